"""`advisor live`: the printed brief works with data and without, errors name every field in both languages, prices below cost are said."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.advisor.terminal import Outcome, called
from tests.tools.livestream.test_ground import ALL
from tests.tools.playbooks.shopkit import make_shop


class Door:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def open(self, *, empty: bool = False) -> Door:
        make_shop(self.folder / "warehouse", {} if empty else ALL)
        return self

    def __call__(self, *arguments: str) -> Outcome:
        return called(self.capsys, "live", *arguments)

    def with_brief(self, command: str, text: str, *arguments: str) -> Outcome:
        path = self.folder / "brief.yaml"
        path.write_text(text, encoding="utf-8")
        return self(command, str(path), "--workspace", str(self.folder), *arguments)


@pytest.fixture
def door(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(tmp_path, capsys)


@pytest.mark.parametrize("empty", [False, True])
def test_the_printed_example_runs_on_a_shop_with_data_and_on_an_empty_one(door: Door, empty: bool) -> None:
    door.open(empty=empty)
    code, example, _ = door("example")
    assert code == 0
    code, out, err = door.with_brief("modes", example, "--lang", "zh")
    assert code == 0, err
    assert "24.90 万元保本" in out and "38.02 万元保本" in out and "80.36 万元" in out
    code, out, err = door.with_brief("costs", example, "--period", "session", "--lang", "en")
    assert code == 0, err
    assert "P&L" in out and "share of fixed cost" in out


def test_json_holds_facts_tables_and_what_is_missing(door: Door) -> None:
    door.open()
    found = door.with_brief("modes", "room: 一号\n", "--lang", "en", "--json")
    assert found.code == 0
    assert {"facts", "tables", "notes"} <= set(found.json)
    assert {fact["kind"] for fact in found.json["facts"]} == {"livestream"}


def test_without_a_brief_the_shop_alone_is_read(door: Door) -> None:
    door.open()
    code, out, _ = door("costs", "--session", "s1", "--workspace", str(door.folder), "--lang", "zh")
    assert code == 0 and "8,000 元" in out


BAD = [
    ("session: {lasting: 26}", "session.lasting", ("不能大于 24", "must not be above 24")),
    ("items: [{sku: a, title: x, price: 9, stock: -3}]", "items.1.stock", ("不能小于 0", "must not be below 0")),
    ("economics: {cost_share: 135%}", "economics.cost_share", ("不能大于 1", "must not be above 1")),
    ("economics: {cancelled: 60%, returned: 60%}", "economics", ("超过 100%", "exceed 100 %")),
    ("hosts: [{name: 小满}, {name: 小满}]", "?", ("出现两次：小满", "named twice")),
    ("agencies: [{fee: 1}, {fee: 2}]", "?", ("出现两次：代播", "named twice")),
    ("self_run: {fixed: 很多}", "self_run.fixed", ("要写数字", "must be a number")),
    ("items: [{sku: a, title: x, price: $12}]", "items.1.price", ("要写数字", "must be a number")),
    ("rooms: 3", "rooms", ("没有这个字段", "no such field")),
]


@pytest.mark.parametrize(("text", "field", "said"), BAD)
def test_a_wrong_field_is_named_in_both_languages(door: Door, text: str, field: str, said: tuple[str, str]) -> None:
    for lang, words in zip(("zh", "en"), said, strict=True):
        code, _, err = door.with_brief("modes", text, "--lang", lang)
        assert code == 2 and field in err and words in err, err


def test_several_wrong_fields_are_named_at_once(door: Door) -> None:
    text = "session: {lasting: 26}\nitems: [{sku: a, title: x, price: 9, stock: -3}]\nnonsense: 1\n"
    _, _, err = door.with_brief("modes", text, "--lang", "zh")
    assert all(name in err for name in ("session.lasting", "items.1.stock", "nonsense"))


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "", "x" * 100_001])
def test_what_is_no_brief_is_refused(door: Door, text: str) -> None:
    assert door.with_brief("modes", text).code == 2


def test_a_file_that_is_not_there_is_named(door: Door) -> None:
    code, _, err = door("modes", str(door.folder / "nowhere.yaml"), "--lang", "en")
    assert code == 2 and "nowhere.yaml" in err


def test_another_currency_is_refused_and_a_price_below_cost_is_said(door: Door) -> None:
    door.open()
    for lang, words in (("zh", "不能混着算"), ("en", "cannot be mixed")):
        code, _, err = door.with_brief("modes", "currency: USD\n", "--lang", lang)
        assert code == 2 and words in err and "currency" in err
    for lang, words in (("zh", "低于成本"), ("en", "below its cost")):
        code, out, _ = door.with_brief("modes", "items: [{sku: A9, title: x, price: 9, cost: 15}]\n", "--lang", lang)
        assert code == 0 and words in out and "A9" in out


def test_an_empty_room_history_says_what_to_import_or_write(door: Door) -> None:
    door.open(empty=True)
    for lang, words in (("zh", "还没有“直播场次”"), ("en", "no livestream sessions data")):
        code, _, err = door("costs", "--workspace", str(door.folder), "--lang", lang)
        assert code == 3 and words in err and "expected_gmv" in err


def test_times_and_numbers_are_read_as_written(door: Door) -> None:
    """YAML would read 19:30 as 1170 and 0012 as ten."""
    from tools.livestream.brief import load_brief

    path = door.folder / "b.yaml"
    path.write_text("session: {start: 19:30, coupons: [20:00]}\nitems: [{sku: 0012, title: x, price: 0.10}]\n", encoding="utf-8")  # fmt: skip
    found = load_brief(path)
    assert (found.session.start.hour, found.session.start.minute) == (19, 30)
    assert found.items[0].sku == "0012" and str(found.items[0].price) == "0.10"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["products", "--order", "sideways"], "order"),
        (["products", "--hours", "26"], "hours"),
        (["script", "--day", "gestern"], "day"),
        (["schedule", "--start", "soon"], "start"),
        (["check", "x" * 100_000], "text"),
    ],
)
def test_a_wrong_option_is_named_by_the_tool_it_reaches(door: Door, arguments: list[str], said: str) -> None:
    """Options travel to the tool of the command under its own argument names, and the tool refuses them there."""
    door.open()
    code, _, err = door(*arguments, "--workspace", str(door.folder), "--lang", "en")
    assert code == 2 and f"Argument {said} of" in err, err


STATED = [
    ("代播佣金率 8%", {"agency_commission": "0.08"}),  # never the platform's rate
    ("达人佣金率 20%", {"creator_commission": "0.2"}),
    ("平台佣金率 5%", {"platform_fee_rate": "0.05"}),
    ("达人坑位费 5万", {"creator_slot_fee": "50000"}),
    ("达人保量 30万", {"creator_guaranteed": "300000"}),
    ("代播时自己还要付 1.5万", {"agency_kept_cost": "15000"}),
    ("直播投流占比15%", {"live_ad_ratio": "0.15"}),
    ("our creator commission is 20%", {"creator_commission": "0.2"}),
]


@pytest.mark.parametrize(("said", "keys"), STATED)
def test_terms_said_in_a_chat_are_the_ones_the_modes_are_compared_on(said: str, keys: dict[str, str]) -> None:
    from advisor.brains.frame.stated import read_stated

    assert {one.key: one.value for one in read_stated(said)} == {key: Decimal(value) for key, value in keys.items()}
