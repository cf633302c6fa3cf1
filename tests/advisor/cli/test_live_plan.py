"""`advisor live plan`: the pack in the terminal and as three files, and every wrong field named before any work."""

from __future__ import annotations

import io
from pathlib import Path

import icalendar
import openpyxl
import pytest

from tests.advisor.cli.test_live_cli import Door
from tests.tools.livestream.test_ground import ALL
from tests.tools.playbooks.shopkit import make_shop

ITEMS = """
  - {sku: A1, title: 洁面 旅行装, role: hook, price: 19.9, cost: 12, stock: 200, units_per_1000: 12}
  - {sku: A2, title: 面霜 50g, role: hero, price: 169, cost: 46, stock: 600, units_per_1000: 6}
  - {sku: A3, title: 礼盒, role: profit, price: 299, cost: 80, stock: 300, units_per_1000: 3}
"""
BRIEF = f"session: {{start: 19:30, lasting: 2, viewers: 3000}}\nhosts: [{{name: 小满, hourly: 100}}]\nitems:{ITEMS}"


@pytest.fixture
def door(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Door:
    make_shop(tmp_path / "warehouse", ALL)
    return Door(tmp_path, capsys)


def test_three_files_and_the_terminal_tell_the_same(door: Door) -> None:
    written = {}
    for suffix in (".xlsx", ".md", ".ics"):
        path = door.folder / "out" / f"plan{suffix}"
        code, out, err = door.with_brief("plan", BRIEF, "--out", str(path), "--lang", "zh")
        assert code == 0, err
        assert "19:30–21:30（120 分钟），3 个商品" in out and str(path) in err
        written[suffix] = path.read_bytes()
    book = openpyxl.load_workbook(io.BytesIO(written[".xlsx"]))
    text = written[".md"].decode()
    assert all(f"## {name}" in text for name in book.sheetnames) and len(book.sheetnames) == 11
    assert "洁面 旅行装" in text and book["流程表"].freeze_panes == "A3"
    assert len(icalendar.Calendar.from_ical(written[".ics"]).walk("VEVENT")) >= 4
    code, out, _ = door.with_brief("plan", BRIEF, "--lang", "en")
    assert code == 0 and "Rundown" in out and "Cost" in out and "--out plan.xlsx" in out


def test_json_holds_the_sheets(door: Door) -> None:
    found = door.with_brief("plan", BRIEF, "--lang", "en", "--json")
    assert found.code == 0 and len(found.json["tables"]) == 11 and found.json["notes"]


def test_the_schedule_of_the_next_weeks_can_be_added(door: Door) -> None:
    path = door.folder / "plan.xlsx"
    code, _, err = door.with_brief("plan", BRIEF, "--weeks", "1", "--out", str(path), "--lang", "zh")
    assert code == 0, err
    assert "场次" in openpyxl.load_workbook(path).sheetnames


def test_options_count_before_the_brief(door: Door) -> None:
    code, out, _ = door.with_brief("plan", BRIEF, "--day", "2030-01-02", "--start", "20:00", "--hours", "1.5", "--lang", "en")  # fmt: skip
    assert code == 0 and "Wed 2 January, 20:00–21:30 (90 minutes)" in out


BAD = [
    ("session: {lasting: 26}", "session.lasting"),
    (BRIEF.replace("stock: 200", "stock: -3"), "items.1.stock"),
    ("hosts: [{name: 小满}, {name: 小满}]", "小满"),
    (f"currency: USD\n{BRIEF}", "currency"),
    ("- a\n- b\n", ""),
    ("x" * 10_000_000, ""),
    ("session: {day: 2020-01-01}", "session.day"),
]


@pytest.mark.parametrize(("text", "field"), BAD)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bad_input_is_refused_by_name_and_writes_nothing(door: Door, text: str, field: str, lang: str) -> None:
    path = door.folder / "plan.xlsx"
    code, _, err = door.with_brief("plan", text, "--out", str(path), "--lang", lang)
    assert code == 2 and field in err and "Traceback" not in err and not path.exists()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in err.replace("小满", "").replace("出现两次", "")) == (lang == "zh")  # fmt: skip


def test_an_empty_history_is_asked_for_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_shop(tmp_path / "warehouse", {})
    bare = Door(tmp_path, capsys)
    for lang, word in (("zh", "要卖的商品"), ("en", "items to sell")):
        code, _, err = bare("plan", "--workspace", str(tmp_path), "--lang", lang)
        assert code == 3 and word in err and "economics.platform_fee" in err and "self_run.fixed" in err


def test_another_ending_is_refused_before_the_work(door: Door) -> None:
    code, _, err = door.with_brief("plan", BRIEF, "--out", str(door.folder / "plan.pdf"), "--lang", "en")
    assert code == 2 and ".xlsx" in err


def test_a_chat_is_never_offered_the_pack() -> None:
    """A pack is a document: its tools stand behind every other one, so no model is shown them."""
    from advisor.app import build_registry
    from advisor.brains.offer import offered

    specs = [build_registry().get(name) for name in build_registry().names()]
    assert {"live_pack", "live_start"} <= {spec.name for spec in specs}
    for intent in ("live_mode", "live_products", "live_script", "plan", "unknown"):
        assert not {"live_pack", "live_start"} & {spec.name for spec in offered(intent, specs)}
