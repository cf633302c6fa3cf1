"""`live_hosts` as a merchant meets it: verdicts of a planted room, refusals with a way out, sentences that pass the grounding check."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from advisor.grounding import check
from tests.tools.livestream.host_rooms import FIRST, shop_tables
from tests.tools.playbooks.shopkit import make_shop
from tests.tools.playbooks.test_playbook_tools import uncovered
from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import Fact, Role, ToolResult
from tools.livestream.tool_hosts import live_hosts
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import create_demo

TODAY = FIRST + timedelta(days=60)
TRUTH = {"小林": 1.35, "小周": 1.0, "小许": 0.7}
_DATES = re.compile(r"\d{4}年|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)( \d{4})?|\b20\d\d\b")  # fmt: skip


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shop]:
    made = {
        "three": shop_tables(TRUTH),
        "two": shop_tables({"小林": 1.3, "小周": 0.8}),
        "one": shop_tables({"小林": 1.0}),
        "bare": shop_tables(TRUTH, shifts=False),
        "week": shop_tables(TRUTH, days=6),
        "tired": shop_tables({"小林": 1.0, "小周": 1.0, "小许": 1.0}, fade=0.5),
        "none": {},
    }
    return {name: make_shop(tmp_path_factory.mktemp(name), {k: v for k, v in tables.items() if v}) for name, tables in made.items()}  # fmt: skip


def ask(shop: Shop, lang: Any = "zh", today: date = TODAY, **arguments: Any) -> ToolResult:
    return live_hosts.call(ToolContext(shop=shop, today=today, lang=lang), arguments)


def assert_sound(result: ToolResult, today: date = TODAY) -> None:
    assert result.facts and len(result.tables) <= 3
    for fact in result.facts:
        for lang in ("zh", "en"):
            text = fact.claim.get(lang)  # type: ignore[arg-type]
            assert "{" not in text and text[-1] in "。."
            left = uncovered(fact, lang, _DATES.sub(" ", text))
            assert not left, (text, left)
            verdict = check(f"{text} [l1]", cited={"l1": fact}, lang=lang, section="what", today=today)  # type: ignore[arg-type]
            assert verdict.ok, (text, verdict.problems)
    for note in result.notes:
        assert note.zh and note.en and "None" not in note.zh + note.en


def effect(result: ToolResult, host: str) -> tuple[D, D, D]:
    fact = next(f for f in result.facts if any(q.metric == "live.host_effect" and q.subject == (host,) for q in f.quantities))  # fmt: skip
    of = [q for q in fact.quantities if q.metric == "live.host_effect" and q.subject == (host,)]
    by = {q.role: q.value for q in of}
    return by[Role.VALUE], by[Role.RANGE_LOW], by[Role.RANGE_HIGH]


def told(result: ToolResult, word: str) -> Fact | None:
    return next((f for f in result.facts if word in f.claim.zh), None)


@pytest.mark.parametrize("name", ["three", "two", "one", "bare", "week", "tired"])
def test_every_sentence_is_sound_in_both_languages(shops: dict[str, Shop], name: str) -> None:
    for lang in ("zh", "en"):
        assert_sound(ask(shops[name], lang))
    brief = {"pay": {"base": 6000, "rate": "1.5%"}, "economics": {"order_value": 180, "returned": "10%", "cancelled": 0, "cost_share": "30%", "platform_fee": "5%", "outbound": 4, "return_parcel": 6, "insurance": 1, "lost_share": 0}}  # fmt: skip
    assert_sound(ask(shops[name], brief=brief))


def test_the_planted_strengths_lie_in_their_intervals(shops: dict[str, Shop]) -> None:
    found = ask(shops["three"])
    mean = (TRUTH["小林"] * TRUTH["小周"] * TRUTH["小许"]) ** (1 / 3)
    for host, strength in TRUTH.items():
        _, low, high = effect(found, host)
        assert low <= D(str(strength / mean - 1)) <= high, host
    first = found.facts[0].claim
    assert first.zh.startswith("小林最能卖") and first.en.startswith("小林 sells best")
    assert found.tables[0].rows[0][0] == "小林" and len(found.tables[0].columns) == 10


@pytest.mark.parametrize(("name", "why"), [("two", "两位主播"), ("one", "只有一位主播"), ("week", "至少要 8 班")])
def test_no_ranking_but_coaching_and_a_plan(shops: dict[str, Shop], name: str, why: str) -> None:
    found = ask(shops[name])
    assert "不能给主播排名" in found.facts[0].claim.zh and why in found.facts[0].claim.zh
    assert "最能卖" not in "".join(f.claim.zh for f in found.facts)
    plan = told(found, "换班计划：") if name != "one" else told(found, "第二、第三位主播")
    assert plan is not None and plan.data["section"] == "how"
    if name != "week":
        assert told(found, "丢点击的商品") is not None and "商品p2" in told(found, "丢点击的商品").claim.zh  # type: ignore[union-attr]


def test_without_shifts_whole_streams_are_used_and_the_roster_is_asked_for(shops: dict[str, Shop]) -> None:
    found = ask(shops["bare"])
    assert any("排班" in n.zh and "疲劳" in n.zh for n in found.notes)
    assert "场数" in found.tables[0].columns and told(found, "疲劳：") is None


def test_the_window_told_is_the_one_with_data(shops: dict[str, Shop]) -> None:
    assert "2026年8月3日至10月1日" in ask(shops["two"]).facts[0].claim.zh


def test_a_tired_room_is_told_to_change_hosts(shops: dict[str, Shop]) -> None:
    fact = told(ask(shops["tired"]), "疲劳：")
    assert fact is not None and "就该换人" in fact.claim.zh and "钟点" in fact.claim.zh
    assert fact.quantities[0].value == pytest.approx(D("0.5"), abs=D("0.12"))


def test_wrong_windows_and_empty_shops_are_said(shops: dict[str, Shop]) -> None:
    with pytest.raises(BadArguments):
        ask(shops["three"], window="last century")
    with pytest.raises(DataMissing):
        ask(shops["none"])
    early = ask(shops["three"], window="2024-01")
    assert "不能给主播排名" in early.facts[0].claim.zh
    assert_sound(early)


@pytest.mark.slow
def test_the_demo_shops(tmp_path: Path) -> None:
    """The strengths planted in demo-skincare lie in the intervals; the snack shop has one host and no ranking."""
    create_demo(tmp_path)
    today = date(2026, 11, 1)
    truth = {"林知夏": 1.34, "周牧然": 0.95, "许小满": 0.78}
    mean = (1.34 * 0.95 * 0.78) ** (1 / 3)
    for window in ("90d", "365d"):
        found = ask(Warehouse(tmp_path).for_merchant("demo-skincare"), today=today, window=window)
        assert_sound(found, today)
        for host, strength in truth.items():
            _, low, high = effect(found, host)
            assert low <= D(str(strength / mean - 1)) <= high, (window, host)
    snacks = ask(Warehouse(tmp_path).for_merchant("demo-snacks"), today=today)
    assert_sound(snacks, today)
    assert "只有一位主播" in snacks.facts[0].claim.zh


def test_a_host_who_left_is_named_and_left_out_of_the_plan(tmp_path: Path) -> None:
    """小林 sold best and has not been on the air for a month: the advice is about those who still are."""
    tables = shop_tables(TRUTH, days=90)
    gone = FIRST + timedelta(days=60)
    lone = {s["session_id"] for s in tables["live_shifts"] if s["host"] == "小林" and s["day"] >= gone}
    kept = {name: [row for row in rows if row["session_id"] not in lone] for name, rows in tables.items()}
    found = ask(make_shop(tmp_path, kept), today=FIRST + timedelta(days=91))
    assert_sound(found, FIRST + timedelta(days=91))
    last = max(s["day"] for s in kept["live_shifts"] if s["host"] == "小林")
    note = told(found, "注意：小林")
    assert note is not None and f"{last.month}月{last.day}日" in note.claim.zh
    assert not any(
        "换班" in t.title.zh for t in found.tables
    )  # shared hours, turns at opening and a clear order: settled
    act = next(f for f in found.facts if f.data["section"] == "what")
    assert "交给小周" in act.claim.zh and "小许先跟播" in act.claim.zh


def test_a_wrong_plain_ranking_is_called_wrong(tmp_path: Path) -> None:
    """小许 sells least per viewer and is on the air most, so total GMV puts 小许 first."""
    tables = shop_tables(TRUTH, days=90)
    drop = {s["session_id"] for n, s in enumerate(tables["live_shifts"]) if s["host"] in ("小林", "小周") and int(s["session_id"][1:]) % 3}  # fmt: skip
    extra = {name: [row for row in rows if name == "live_sessions" or row["session_id"] not in drop or row.get("host") == "小许" or name == "live_items"] for name, rows in tables.items()}  # fmt: skip
    found = ask(make_shop(tmp_path, extra), today=FIRST + timedelta(days=91))
    naive = told(found, "只看总成交额")
    assert naive is not None and "这个排名是错的" in naive.claim.zh and "that ranking is wrong" in naive.claim.en
    assert found.tables[0].rows[0][0] == "小林" and found.tables[0].rows[0][5] != "1"
