"""The texts of a plan in the terminal: every one of them whole, each with what the rules say of it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.advisor.terminal import Run
from tests.tools.playbooks.shopkit import make_shop, order


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Buyers of a steady shop who come back less of late: the second-order playbook fits."""
    rows, number = [], 0
    for n in range(2400):
        first = date(2024, 4, 1) + timedelta(days=n * 940 // 2400)
        for gap in [0] + ([45] if n % (4 if first < date(2026, 5, 1) else 7) == 0 else []):
            if (day := first + timedelta(days=gap)) <= date(2026, 10, 31):
                number += 1
                rows.append(order(number, day, str(90 + n % 60), f"b{n}"))
    make_shop(tmp_path / "warehouse", {"orders": rows}, name="第一名旗舰店").close()
    return tmp_path


@pytest.mark.parametrize(
    ("lang", "title", "kinds", "label", "passed"),
    [  # no text about an item: this shop's file names none
        ("zh", "可直接用的文案", ["短信", "优惠券"], "合规检查：", "已按规则检查，未发现问题"),
        ("en", "Texts to paste", ["SMS", "Coupon"], "Check: ", "checked against the rules, nothing found"),
    ],
)
def test_a_plan_prints_its_texts_with_their_checks(
    run: Run, workspace: Path, lang: str, title: str, kinds: list[str], label: str, passed: str
) -> None:
    arguments = ("playbooks", "plan", "first-to-second-order", "--workspace", workspace, "--merchant", "t1")
    out = run(*arguments, "--lang", lang).out
    texts = out[out.index(title) :].splitlines()
    heads = [line for line in texts if line[:1].isdigit() and ". " in line[:4]]
    assert [line.split(". ", 1)[1] for line in heads] == kinds
    given = run(*arguments, "--lang", lang, "--json").json["texts"]
    assert [one["kind"] for one in given] == kinds
    for one in given:
        place = texts.index(one["text"])  # a line of its own, unbroken, to be copied
        assert "\n".join(texts[place + 1 :]).startswith(label + one["verdict"])
    sms, coupon = given
    assert "→" in sms["verdict"], "the shop's own name is a superlative: said, with what to write instead"
    assert coupon["verdict"] == passed
