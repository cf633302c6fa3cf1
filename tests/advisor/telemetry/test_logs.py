"""Log lines: one JSON object each, shaped fields only, and nothing a person said, is called, owns or pays gets in."""

from __future__ import annotations

import json
import logging
import stat
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.logs import FIELDS, JsonLog, LibraryLog, day_files
from advisor.scope import Scope
from advisor.telemetry import watch
from advisor.telemetry.redaction import Redactor

CODE_LETTERS = set(string.ascii_lowercase + string.digits + "_")


def _lines(*fields: dict[str, Any], redactor: Redactor | None = None) -> list[dict[str, Any]]:
    kept: list[str] = []
    log = JsonLog(kept.append, redactor)
    for one in fields:
        log.write("tool", **one)
    assert all(line.endswith("\n") and line.count("\n") == 1 and line.isascii() for line in kept)
    return [json.loads(line) for line in kept]


def test_a_line_holds_what_it_was_given() -> None:
    given_fields = {"tool": "explain_change", "thread": "t_5e1eafaaf0ce4022", "code": "ok", "ms": 12, "role": None}
    [line] = _lines(given_fields)
    assert {key: line[key] for key in ("event", "tool", "thread", "code", "ms")} == {
        "event": "tool", "tool": "explain_change", "thread": "t_5e1eafaaf0ce4022", "code": "ok", "ms": 12,
    }  # fmt: skip
    assert "role" not in line
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


@given(
    st.sampled_from([key for key, shape in FIELDS.items() if shape is not str]),
    st.one_of(
        st.text(max_size=60),
        st.floats(),
        st.binary(max_size=9),
        st.sampled_from(
            [
                "13800138000",
                "张三",
                "Zhang San",
                "sk-abcdefgh12345678",
                "¥128,435",
                "上个月GMV为什么掉了",
                "demo-skincare 13900139000",
            ]
        ),
    ),
)
def test_no_free_text_gets_through_a_field(key: str, value: object) -> None:
    [line] = _lines({key: value})
    written = line[key]
    if written == "?":
        return
    assert isinstance(written, str)
    assert written == value or "[secret]" in written
    assert not any(ord(letter) > 127 or letter.isspace() for letter in written)
    assert (
        not any(part.isdigit() and len(part) > 8 for part in written.replace("_", ".").split(".")) or len(written) == 12
    )


@pytest.mark.parametrize("value", ["13800138000", "tel13800138000", "sk-abcdefgh12345678", "zhang san"])
@pytest.mark.parametrize("key", ["tool", "code", "thread", "model", "shop", "format"])
def test_phones_and_keys_never_pass(key: str, value: str) -> None:
    [line] = _lines({key: value})
    assert value not in json.dumps(line)


def test_a_field_without_a_shape_is_a_bug() -> None:
    with pytest.raises(KeyError):
        JsonLog(lambda _line: None).write("turn", question="上个月GMV为什么掉了")


def test_a_key_pasted_as_the_model_name_is_not_written() -> None:
    [line] = _lines({"model": "my-own-secret"}, redactor=Redactor(["my-own-secret"]))
    assert line["model"] == "[secret]"


def test_a_library_s_warning_keeps_its_template_and_loses_what_was_filled_in() -> None:
    kept: list[str] = []
    logger = logging.getLogger("test.library")
    logger.propagate = False
    handler = LibraryLog(JsonLog(kept.append))
    logger.addHandler(handler)
    try:
        logger.info("not worth a line")
        try:
            raise KeyError("张三 13800138000")
        except KeyError:
            logger.exception("retry of %s for '张三' failed", "13800138000")
    finally:
        logger.removeHandler(handler)
    [line] = map(json.loads, kept)
    assert (line["event"], line["level"], line["error"]) == ("library", "ERROR", "KeyError")
    assert line["text"] == "retry of %s for [quoted] failed"


def test_files_of_a_day_are_appended_private_and_kept_for_two_weeks(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    today = datetime.now(UTC).date()
    old, kept = (folder / f"advisor-{today - timedelta(days=days)}.jsonl" for days in (15, 14))
    other = folder / "errors.log"
    for path in (old, kept, other):
        path.write_text("x\n")
    for _process in range(2):
        JsonLog(day_files(folder)).write("turn", ms=1)
    written = folder / f"advisor-{today}.jsonl"
    assert len(written.read_text().splitlines()) == 2
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert not old.exists()
    assert kept.exists()
    assert other.exists()


class _File:
    format, rows, accepted, updated, duplicate, rejected, error = "tmall_orders", 120, 100, 10, 5, 5, None


class _Refused(_File):
    format, rows, error = "", 0, "张三的订单.xlsx 打不开"


def test_imports_and_decisions_are_lines_of_counts_and_ids() -> None:
    kept: list[str] = []
    watch.use(watch.Watch(JsonLog(kept.append), None, lambda name: "0123456789ab"))
    try:
        watch.imported("shop-of-ann", [_File(), _Refused()], ms=9)
        watch.decided(Scope("shop-of-ann", "ann"), "a_0123456789abcdef", tool="export_list", code="approval_accepted")
        watch.decided(Scope("shop-of-ann", "ann"), "张三 13800138000", tool="approvals", code="not_found")
    finally:
        watch.use(None)
    first, second, third, fourth = map(json.loads, kept)
    assert {key: first[key] for key in ("format", "rows", "accepted", "rejected", "code")} == {
        "format": "tmall_orders", "rows": 120, "accepted": 100, "rejected": 5, "code": "ok",
    }  # fmt: skip
    assert (second["code"], "format" in second) == ("refused", False)
    assert (third["approval"], third["tool"], third["code"]) == (
        "a_0123456789abcdef",
        "export_list",
        "approval_accepted",
    )
    assert fourth["approval"] == "?"
    assert not any(word in "".join(kept) for word in ("ann", "\\u5f20", "xlsx"))


def test_a_full_disk_stops_the_log_and_not_the_work() -> None:
    calls = []

    def full(line: str) -> None:
        calls.append(line)
        raise OSError(28, "No space left on device")

    log = JsonLog(full)
    log.write("turn", ms=1)
    log.write("turn", ms=1)
    assert len(calls) == 1
