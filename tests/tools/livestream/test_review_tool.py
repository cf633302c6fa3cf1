"""`live_review` as a merchant meets it: planted breaks, a first stream, nobody came, posts only, refused tables; every sentence checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from advisor.grounding import check
from tests.tools.livestream.review_rooms import DAY, history, row
from tests.tools.playbooks.shopkit import make_shop
from tests.tools.playbooks.test_playbook_tools import uncovered
from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing, NotPermitted
from tools.facts import Fact, ToolResult, WhyClass
from tools.livestream.tool_review import live_review
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import create_demo

TODAY = DAY + timedelta(days=1)
BROKEN = {"viewers": 700, "item_viewers": 350, "item_clickers": 140, "order_creators": 70, "buyers": 35, "orders": 35, "paid_amount": D(3500), "refund_amount": D(350), "watch_seconds": 42_000}  # fmt: skip
GONE = dict.fromkeys(("viewers", "views", "item_viewers", "item_clickers", "order_creators", "buyers", "orders", "watch_seconds"), 0) | {"paid_amount": D(0), "refund_amount": D(0)}  # fmt: skip


def live_items(day: date, session: str, parts: Mapping[str, tuple[int, int, str]]) -> list[dict[str, Any]]:
    return [{"session_id": session, "product_id": p, "day": day, "title": f"商品{p}", "clickers": c, "buyers": b, "items": b, "paid_amount": D(paid)} for p, (c, b, paid) in parts.items()]  # fmt: skip


def live_orders(count: int) -> list[dict[str, Any]]:
    """All of them in the first half hour."""
    start = datetime.combine(DAY, datetime.min.time()) + timedelta(hours=19, minutes=31)
    return [{"line_id": f"l{n}", "order_id": f"o{n}", "session_id": "now", "host": "小林", "product_id": "p", "paid_at": start + timedelta(seconds=20 * n), "paid_date": DAY, "amount": D(100)} for n in range(count)]  # fmt: skip


def room(now: Mapping[str, Any], count: int = 40) -> dict[str, Sequence[Mapping[str, Any]]]:
    return {"live_sessions": [*history(count), row("now", DAY, **now)]}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shop]:
    usual = {"p": (1000, 100, "9000"), "q": (1500, 150, "9000"), "r": (900, 90, "900")}
    before = [one for n in range(3) for one in live_items(DAY - timedelta(days=n + 1), f"s{39 - n}", usual)]
    made: dict[str, Any] = {
        "broken": room(BROKEN | {"host": "小周", "minutes": 80, "average_online": 40, "presale_amount": D(800)}),
        "usual": room({}),
        "zero": room(GONE),
        "first": room({}, 0),
        "thin": room({}, 5),
        "bare": {"live_sessions": [row(f"s{n}", DAY - timedelta(days=n), **dict.fromkeys(k for k in row("x", DAY) if k not in ("session_id", "title", "host", "day", "paid_amount"))) for n in range(20)]},
        "goods": room({}) | {"live_items": before + live_items(DAY, "now", {"p": (300, 60, "6000"), "q": (300, 0, "0"), "r": (80, 8, "80")}), "live_orders": live_orders(60)},
        "posts": {"content_posts": [{"post_id": f"v{n}", "day": DAY - timedelta(days=n), "published_at": datetime.combine(DAY - timedelta(days=n), time(9)), "kind": "video", "likes": 90 + n % 20, "comments": 10, "shares": 3} for n in range(30)]},
        "none": {},
    }  # fmt: skip
    return {name: make_shop(tmp_path_factory.mktemp(name), tables) for name, tables in made.items()}


def ask(shop: Shop, lang: Any = "zh", today: date = TODAY, **arguments: Any) -> ToolResult:
    return live_review.call(ToolContext(shop=shop, today=today, lang=lang), arguments)


def part(result: ToolResult, name: str) -> Fact:
    return next(fact for fact in result.facts if fact.data["part"] == name)


def parts(result: ToolResult) -> set[str]:
    return {fact.data["part"] for fact in result.facts}


_YEARS = re.compile(r"\d{4}年|\b20\d\d\b")


def assert_sound(result: ToolResult, today: date = TODAY) -> None:
    assert 0 < len(result.facts) <= 10 and len(result.tables) <= 1
    for fact in result.facts:
        assert fact.why_class is not WhyClass.EXPERIMENT
        for lang in ("zh", "en"):
            text = fact.claim.get(lang)  # type: ignore[arg-type]
            assert "{" not in text and "None" not in text and text[-1] in "。."
            left = uncovered(fact, lang, _YEARS.sub(" ", text))
            assert not left, (text, left)
            verdict = check(f"{text} [l1]", cited={"l1": fact}, lang=lang, section="what", today=today)  # type: ignore[arg-type]
            assert verdict.ok, (text, verdict.problems)
        first = fact.claim.zh.split("。")[0]
        assert len(first) <= 60 or fact is not result.facts[0], first
    for note in result.notes:
        assert note.zh and note.en and "None" not in note.zh + note.en


@pytest.mark.parametrize("name", ["broken", "usual", "zero", "first", "thin", "bare", "goods", "posts"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_room_is_answered_in_sound_sentences(shops: dict[str, Shop], name: str, lang: str) -> None:
    assert_sound(ask(shops[name], lang))


def test_a_planted_break_is_told_with_its_money_causes_and_next_step(shops: dict[str, Shop]) -> None:
    found = ask(shops["broken"])
    head = found.facts[0].claim
    assert "第一处断点是进入率：7.0%，平时 20.0%" in head.zh and "first broken step is the entry rate" in head.en
    assert "3,500 元" in head.zh
    causes = part(found, "causes")
    assert causes.why_class is WhyClass.ASSOCIATION and "证明不了" in causes.claim.zh and "封面" in causes.claim.zh
    assert "进入率能不能回到" in part(found, "actions").claim.zh and "1–3 场" in part(found, "actions").claim.zh
    different = part(found, "differences").claim.zh
    assert "小周" in different and "80 分钟" in different and "不等于就是原因" in different
    data = part(found, "data").claim.zh
    assert "平均在线" in data and "预售" in data and "退款还没到齐" in data
    table = found.tables[0]
    verdicts = {step: verdict for step, _, _, _, verdict, *_ in table.rows}
    assert verdicts["进入率"] == "第一处断点" and verdicts["人均停留"] == "正常"
    chart = found.charts[0].data
    total = sum((D(step["value"]) for step in chart["steps"]), D(0))
    assert D(chart["before"]) + total == D(chart["after"]) == D(3500)


def test_a_usual_stream_is_called_that(shops: dict[str, Shop]) -> None:
    found = ask(shops["usual"])
    assert "没有断点" in found.facts[0].claim.zh and "nothing broke" in found.facts[0].claim.en
    assert not parts(found) & {"causes", "actions", "differences"}


def test_nobody_came(shops: dict[str, Shop]) -> None:
    head = ask(shops["zero"]).facts[0].claim.zh
    assert "进入率：0.0%" in head and "成交 0.00 元" in head


def test_a_first_stream_and_a_thin_room_get_figures_and_references_but_no_verdict(shops: dict[str, Shop]) -> None:
    for name in ("first", "thin"):
        found = ask(shops[name])
        assert "判断不了" in found.facts[0].claim.zh and "10,000" in found.facts[0].claim.en
        public = part(found, "public")
        assert "可信度" in public.claim.zh and "不是标准" in public.claim.zh and "http" in public.source
        assert not parts(found) & {"causes", "actions"}
    assert "public" not in parts(ask(shops["usual"]))  # own history first


def test_items_to_repeat_and_to_drop(shops: dict[str, Shop]) -> None:
    claim = part(ask(shops["goods"]), "items").claim
    assert "下场重复：商品p" in claim.zh and "先撤下或改讲法再上：商品q" in claim.zh
    times = part(ask(shops["goods"]), "times").claim.zh
    assert "19:30–20:00" in times and "60 单" in times and "运气" not in times


def test_posts_alone_say_what_cannot_be_known(shops: dict[str, Shop]) -> None:
    found = ask(shops["posts"])
    assert "判断不了哪一步断了" in found.facts[0].claim.zh
    assert "分不出哪条是直播" in found.facts[1].claim.zh and "互动多不等于卖得多" in found.facts[1].claim.zh


def test_nothing_imported_nothing_found_and_nothing_shared_are_three_answers(shops: dict[str, Shop]) -> None:
    with pytest.raises(DataMissing):
        ask(shops["none"])
    with pytest.raises(DataMissing):
        ask(shops["usual"], session="2025-01-01")
    with pytest.raises(DataMissing):
        ask(shops["usual"], today=date(2026, 1, 1))
    with pytest.raises(BadArguments):
        ask(shops["usual"], session="没有这场")


def test_a_room_that_reports_gmv_alone_is_not_said_to_be_sound_at_every_step(shops: dict[str, Shop], tmp_path: Path) -> None:  # fmt: skip
    found = ask(shops["bare"])
    assert "只有每场成交额能和以前比" in found.facts[0].claim.zh
    rows = [row(f"s{n}", DAY - timedelta(days=n), **dict.fromkeys(k for k in row("x", DAY) if k not in ("session_id", "title", "host", "day", "paid_amount"))) for n in range(20)]  # fmt: skip
    rows[0]["paid_amount"] = D(2000)
    low = ask(make_shop(tmp_path, {"live_sessions": rows}))
    assert_sound(low)
    assert "第一处断点是每场成交额" in low.facts[0].claim.zh and "先导出" in part(low, "actions").claim.zh
    assert "causes" not in parts(low)


def test_impossible_lengths_and_counts_are_said_and_not_read(tmp_path: Path) -> None:
    odd = ask(
        make_shop(tmp_path, room({"minutes": 26 * 60, "viewers": 90_000, "average_online": -4, "ad_spend": D(-5)}))
    )
    assert_sound(odd)
    data = part(odd, "data").claim
    assert "1,560 分钟不可能" in data.zh and "进入率超过百分之百" in data.zh and "is impossible" in data.en
    assert "第一处断点是进入率" not in odd.facts[0].claim.zh


def test_what_is_not_shared_is_said_as_that(tmp_path: Path) -> None:
    make_shop(tmp_path, room({}) | {"live_items": live_items(DAY, "now", {"p": (300, 60, "6000")})})
    warehouse = Warehouse(tmp_path)
    with pytest.raises(NotPermitted):
        ask(warehouse.for_merchant("t1", hidden=frozenset({"live_sessions"})))
    found = ask(warehouse.for_merchant("t1", hidden=frozenset({"live_items"})))
    assert_sound(found)
    assert "没有分享" in found.notes[0].zh and "items" not in parts(found)


def test_a_window_counts_breaks_and_its_parts_add_up(shops: dict[str, Shop]) -> None:
    found = ask(shops["broken"], window="7d")
    assert_sound(found)
    head = found.facts[0].claim
    assert "7 场里 1 场有断点" in head.zh and "进入率（1 场）" in head.zh
    values = {q.role: q.value for q in part(found, "split").quantities if q.metric == "live.gap"}
    told = sum((q.value for q in part(found, "split").quantities if q.metric in ("live.gap.part", "live.gap.rest")), D(0))  # fmt: skip
    assert list(values.values()) == [told]
    assert len(found.tables[0].rows) == 7
    assert_sound(ask(shops["first"], window="7d"))


@pytest.mark.slow
def test_the_demo_streams_planted_break_is_found_first(tmp_path: Path) -> None:
    create_demo(tmp_path)
    shop = Warehouse(tmp_path).for_merchant("demo-skincare")
    today = date(2026, 11, 1)
    for lang in ("zh", "en"):
        found = ask(shop, lang, today, session="L20261030-daytime")
        assert_sound(found, today)
        assert "第一处断点是进入率" in found.facts[0].claim.zh and found.facts[0].simulated
        assert "流量来源" in part(found, "crowd").claim.zh
        assert_sound(ask(shop, lang, today, window="last_week"), today)
    assert "第一处断点" not in ask(shop, "zh", today, session="L20261031-evening").facts[0].claim.zh
