"""What must not be written down does not survive redaction, whatever stands around it; what an engineer needs does."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.telemetry.redaction import Pseudonyms, Redactor

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
WORDS = st.sampled_from(
    ["connect failed", "invalid value for", "retry after 3 s:", "KeyError", "at line 12", "客户", "订单号", "x="]
)
KEYS = st.builds(
    lambda head, tail: head + tail,
    st.sampled_from(["sk-", "sk-proj-", "pk_live_", "ghp_", "AKIA", "LTAI", "AIza", "xoxb-"]),
    st.text(ALNUM, min_size=16, max_size=60),
)
BEARERS = st.builds(lambda token: f"Bearer {token}", st.text(ALNUM + "._~+/=-", min_size=6, max_size=80))
MOBILES = st.builds(
    lambda second, rest, form: form.format("1" + str(second), *re.findall("..", rest), rest=rest),
    st.integers(3, 9),
    st.text("0123456789", min_size=9, max_size=9).map(lambda digits: digits + "0"),
    st.sampled_from(["{0}{rest}", "+86 {0}{rest}", "{0}{1}-{2}{3}-{4}{5}", "({0}){rest}", "{0} {1}{2} {3}{4}{5}"]),
)
LANDLINES = st.from_regex(r"0[1-9][0-9]{1,2}-[1-9][0-9]{6,7}", fullmatch=True)
ORDER_IDS = st.text("0123456789", min_size=9, max_size=20)
OPAQUE = st.text(ALNUM, min_size=24, max_size=48).filter(lambda t: re.search(r"\d", t) and re.search(r"[A-Za-z]", t))
SECRETS = st.one_of(KEYS, BEARERS, MOBILES, LANDLINES, ORDER_IDS, OPAQUE)


def _core(secret: str) -> str:
    """The part that must be gone: digits of a number, the token behind its word."""
    return secret.removeprefix("Bearer ").strip("()+ ")


@given(SECRETS, WORDS, WORDS, st.sampled_from([" ", "'", '"', "(", "=", "：", "\n"]))
@settings(max_examples=150)
def test_no_key_token_number_or_id_survives(secret: str, before: str, after: str, glue: str) -> None:
    text = f"{before}{glue}{secret}{glue} {after}"
    for written in (Redactor().secrets(text), Redactor().words(text)):
        assert _core(secret) not in written
        runs = re.findall(r"\d+", secret)
        assert not any(run in written for run in runs if len(run) >= 6)


@given(st.text(min_size=1, max_size=20), st.text("abcdefghij", min_size=4, max_size=12), st.text(max_size=20))
def test_a_secret_in_force_goes_whatever_it_looks_like(before: str, secret: str, after: str) -> None:
    redactor = Redactor([secret])
    assert secret not in redactor.secrets(before + secret + after).replace("[secret]", "")


@given(st.text(max_size=200))
def test_redaction_ends_and_is_stable(text: str) -> None:
    once = Redactor().words(text)
    assert Redactor().words(once) == once


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("401: Incorrect API key provided: abcdef. See the dashboard", "abcdef"),
        ("{'Authorization': 'Basic dXNlcjpwdw=='}", "dXNlcjpwdw"),
        ("postgresql://ann:pa55@db.example/shop refused", "pa55"),
        ("GET https://host.example/v1?sig=AbC&uid=9 failed", "AbC"),
        ("mail ann.lee+shop@example.co.uk bounced", "ann.lee"),
        ("total 128,435.50 元 differs", "128,435.50"),
        ("paid ¥1,284,350 twice", "1,284,350"),
        ("masked 138****8000 found", "8000"),
        ("身份证 11010519491231002X", "19491231002"),
        ("password is hunter2", "hunter2"),
        ('x-api-key: "q1w2e3"', "q1w2e3"),
        ("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----", "MIIabc"),
    ],
)
def test_written_examples(text: str, gone: str) -> None:
    assert gone not in Redactor().secrets(text)


@pytest.mark.parametrize(
    "text", ["no buyer '张三' in orders", "未知买家 张三", 'column "Zhang San" is unknown', "问题：“复购怎么掉了”"]
)
def test_names_and_questions_go_with_their_quotes(text: str) -> None:
    written = Redactor().words(text)
    assert not any(word in written for word in ("张三", "Zhang San", "复购"))


@pytest.mark.parametrize(
    "text",
    [
        "Connection refused: host did not answer within 5 s (attempt 3 of 3)",
        "HTTP 429 Too Many Requests, retry after 12 s",
        "table orders has no column pay_time at line 1284",
    ],
)
def test_what_an_engineer_needs_stays(text: str) -> None:
    assert Redactor().words(text) == text


@pytest.mark.parametrize("said", ["张三 13800138000", "order 220913887766 of 'Zhang San' with sk-abcdefgh12345678"])
def test_a_traceback_keeps_places_and_loses_words(said: str) -> None:
    try:
        try:
            raise KeyError(said)
        except KeyError as error:
            raise ValueError(said) from error
    except ValueError as error:
        written = Redactor().traceback(error)
    assert written.count("test_redaction.py") == 2
    assert written.index("ValueError: ") < written.index("KeyError: ")
    assert not any(word in written for word in ("张三", "13800138000", "Zhang San", "220913887766", "sk-abc"))


def test_a_pseudonym_is_stable_and_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "telemetry.key"
    first = Pseudonyms.of(path)("demo-skincare")
    assert first == Pseudonyms.of(path)("demo-skincare")
    assert first != Pseudonyms.of(path)("demo-skincare2")
    assert first != Pseudonyms.of(tmp_path / "other.key")("demo-skincare")
    assert re.fullmatch(r"[0-9a-f]{12}", first)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("damaged")
    assert Pseudonyms.of(path)("demo-skincare") != first
