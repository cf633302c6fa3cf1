"""`advisor playbooks price`: the printed example is a file that works, `off` is a field, and errors name the field in the language."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.advisor.terminal import called
from tests.tools.playbooks.shopkit import make_shop

LINE = {"line_id": "l1", "order_id": "o1", "paid_date": date(2026, 10, 31), "product_id": "p1", "title": "神经酰胺屏障面霜 50g", "quantity": 1, "amount": Decimal("170"), "is_service": False}  # fmt: skip


class Door:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        make_shop(folder / "warehouse", {"order_lines": [LINE]})

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        return called(self.capsys, "playbooks", "price", *arguments)

    def priced(self, text: str, *arguments: str) -> tuple[int, str, str]:
        path = self.folder / "offers.yaml"
        path.write_text(text, encoding="utf-8")
        return self(str(path), "--workspace", str(self.folder), *arguments)


@pytest.fixture
def door(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(tmp_path, capsys)


def test_the_printed_example_is_a_file_that_works(door: Door) -> None:
    code, example, _ = door("--example")
    assert code == 0
    code, out, err = door.priced(example, "--day", "2026-11-01", "--lang", "zh")
    assert code == 0, err
    assert "115.05" in out  # 2 × 219 − 2 × 30 − 50 − 20 − 50 = 258; − 5 % = 245.10; − 15 = 230.10; a piece 115.05
    code, out, _ = door.priced(example, "--day", "2026-11-01", "--lang", "en", "--json")
    assert code == 0
    assert {fact["kind"] for fact in json.loads(out)["facts"]} == {"stated", "metric"}


def test_a_wrong_field_is_named_in_the_language_asked(door: Door) -> None:
    wrong = "title: x\nlist_price: 一百\noffers: [{kind: vip, off: -1}]\ncosts: 3\n"
    code, _, err = door.priced(wrong, "--lang", "zh")
    assert code == 2
    for part in ("list_price：要写数字", "offers.1.off：不能小于 0", "costs：没有这个字段"):
        assert part in err
    code, _, err = door.priced(wrong, "--lang", "en")
    assert code == 2
    assert "list_price: must be a number" in err


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "", "x" * 100_001])
def test_what_is_no_file_of_offers_is_refused(door: Door, text: str) -> None:
    code, out, err = door.priced(text, "--lang", "en")
    assert (code, out) == (2, "")
    assert "offers.yaml" in err


def test_no_file_and_a_wrong_day(door: Door) -> None:
    assert "--example" in door("--lang", "en")[2]
    assert "nowhere.yaml" in door("nowhere.yaml", "--lang", "en")[2]
    code, _, err = door.priced("title: x\nlist_price: 9\n", "--day", "双11", "--lang", "zh")
    assert code == 2
    assert "双11" in err
