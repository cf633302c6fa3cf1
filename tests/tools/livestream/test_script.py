"""The words of a livestream: only what is known is said, what is missing is asked for, and the session fills its minutes exactly."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadArguments
from tools.livestream.brief import Brief, Item, parse_brief
from tools.livestream.products_types import Block, ProductPlan
from tools.livestream.script import ask_for, build_loop, item_facts, loop_seconds, words
from tools.livestream.script_rundown import build_script, in_role_order
from tools.livestream.script_types import clock
from tools.playbooks.compliance import categories, check_text

FULL: dict[str, Any] = {
    "sku": "A2", "title": "神经酰胺面霜 50g", "role": "hero", "price": 169, "list_price": 219, "stock": 600,
    "points": ["三种神经酰胺，总含量 2%", "质地偏厚，晚上一层就够"], "proof": ["备案号 沪G妆网备字2025000001"],
    "for_whom": ["干皮", "换季起皮的人"], "not_for": ["大油皮"], "gift": "同款小样 5g 两支", "coupon": "先领满 150 减 20 的券",
    "until": "11月30日24点", "questions": ["敏感肌能用吗？先在耳后试两天", "保质期多久？三年，看瓶底"],
}  # fmt: skip
BARE = {"sku": "A1", "title": "洁面慕斯", "price": "19.9"}


def item(row: dict[str, Any]) -> Item:
    return Item.model_validate(row)


def brief(*rows: dict[str, Any], **session: Any) -> Brief:
    return parse_brief({"room": "初禾直播间", "session": session, "items": list(rows)})


def test_a_full_product_says_each_fact_and_asks_for_nothing() -> None:
    loop = build_loop(item(FULL), 2, "CNY")
    said = "".join(beat.say.zh for beat in loop.beats)
    for fact in ("三种神经酰胺", "质地偏厚", "备案号 沪G妆网备字2025000001", "干皮", "大油皮", "169 元", "219 元", "50 元", "600 件", "11月30日24点", "同款小样", "满 150 减 20", "先在耳后试两天", "2 号链接"):  # fmt: skip
        assert fact in said, fact
    assert loop.missing == () and "请补" not in said


def test_a_bare_product_asks_by_name_and_makes_nothing_up() -> None:
    loop = build_loop(item(BARE), 1, "CNY")
    assert set(loop.missing) == {"points", "for_whom", "proof", "not_for", "stock", "until", "questions"}
    for lang in (0, 1):
        said = " ".join(beat.say[lang] for beat in loop.beats)
        spoken = re.sub(r"【[^】]*】|\[[^\]]*\]", " ", said)
        assert not re.findall(r"\d+", re.sub(r"19\.90|1 号|[Ll]ink 1", "", spoken))
        for key in loop.missing:
            assert ask_for(key)[lang] in said


@pytest.mark.parametrize("key", ["points", "proof", "for_whom", "not_for", "stock", "until", "questions"])
def test_each_gap_alone_is_asked_for(key: str) -> None:
    loop = build_loop(item({name: value for name, value in FULL.items() if name != key}), 2, "CNY")
    assert set(loop.missing) == {key}


def test_a_question_without_an_answer_asks_for_the_answer() -> None:
    loop = build_loop(item({**FULL, "questions": ["保质期多久？"]}), 2, "CNY")
    assert loop.missing == ("answer",)
    assert "“保质期多久？”——【请补：这个问题的答案】" in next(beat.say.zh for beat in loop.beats if beat.id == "ask")


def test_a_list_price_below_the_price_is_no_saving() -> None:
    facts = item_facts(item({**FULL, "list_price": 150}), 2, "CNY")
    assert "saving" not in facts and "list_price" not in facts


def test_neighbours_do_not_sound_alike() -> None:
    script = build_script(
        brief(*({**FULL, "sku": f"S{n}", "title": f"商品{n}"} for n in range(4)), start="19:30", lasting=2), "CNY"
    )
    for part in ("hook", "price", "demo"):
        openings = [
            re.sub(r"商品\d|\d 号", "", beat.say.zh) for loop in script.loops for beat in loop.beats if beat.id == part
        ]
        assert all(one != other for one, other in pairwise(openings)), part


def test_the_same_brief_gives_the_same_words() -> None:
    told = brief(FULL, BARE, lasting=1)
    assert build_script(told, "CNY") == build_script(told, "CNY")


# --- the minutes


@settings(max_examples=60, deadline=None)
@given(
    minutes=st.integers(12, 500),
    talks=st.lists(st.one_of(st.none(), st.integers(1, 9)), min_size=1, max_size=6),
    coupons=st.lists(st.times(), max_size=2),
)
def test_a_session_is_filled_without_overlap(minutes: int, talks: list[int | None], coupons: list[time]) -> None:
    rows = [{**BARE, "sku": f"S{n}", "title": f"商品{n}", "talk_minutes": talk} for n, talk in enumerate(talks)]
    told = brief(*rows, start="22:00", lasting=minutes / 60, coupons=[f"{t.hour:02d}:{t.minute:02d}" for t in coupons])
    try:
        script = build_script(told, "CNY")
    except BadArguments:
        assert minutes < 30
        return
    at = 0
    for cue in script.cues:
        assert cue.start >= at and cue.minutes >= 0
        at = cue.start + cue.minutes
    assert at == script.minutes == int(told.session.lasting * 60)
    assert script.cues[0].kind == "opening" and script.cues[-1].kind == "closing"


def test_coupons_come_at_their_minute_past_midnight_too() -> None:
    script = build_script(brief(FULL, BARE, start="23:00", lasting=2, coupons=["00:10"], lotteries=["23:40"]), "CNY")
    at = {cue.kind: clock(script.start, cue.start) for cue in script.cues}
    assert at["coupon"] == "00:10" and at["lottery"] == "23:40"


def test_a_loop_fills_the_minutes_it_is_given() -> None:
    for minutes in (3, 6, 8, 15):
        assert build_loop(item(FULL), 1, "CNY", minutes=minutes).seconds == minutes * 60
    assert build_loop(item(FULL), 1, "CNY", following="下一个").seconds == loop_seconds() == 480


def test_the_order_is_that_of_the_roles_and_a_pinned_item_keeps_its_place() -> None:
    rows = [
        {**BARE, "sku": role, "title": role, "role": role} for role in ("image", "profit", "hero", "bridge", "hook")
    ]
    rows.append({**BARE, "sku": "boss", "title": "boss", "role": "image", "pinned": 2})
    assert [one.sku for one in in_role_order(brief(*rows).items)] == ["hook", "boss", "bridge", "hero", "profit", "image"]  # fmt: skip


def test_a_product_plan_gives_times_and_links() -> None:
    blocks = (
        Block("hook", 0, 5, "A1", "洁面慕斯", "hook", 4),
        Block("coupon", 6, 2),
        Block("talk", 8, 7, "A2", "面霜", "hero", 3),
        Block("interaction", 15, 5),
    )
    script = build_script(brief(FULL, BARE, start="20:00"), "CNY", ProductPlan("optimal", 20, blocks))
    kinds = [(cue.kind, cue.start, cue.minutes, cue.link) for cue in script.cues]
    assert kinds == [("opening", 0, 0, None), ("talk", 0, 5, 4), ("coupon", 6, 2, None), ("talk", 8, 7, 3), ("interaction", 15, 5, None), ("closing", 20, 0, None)]  # fmt: skip
    assert script.planned and {loop.sku: (loop.link, loop.seconds) for loop in script.loops} == {"A1": (4, 300), "A2": (3, 420)}  # fmt: skip


def test_no_item_and_no_room_for_one_are_said() -> None:
    with pytest.raises(BadArguments) as nothing:
        build_script(brief(), "CNY")
    assert "items" in nothing.value.message.zh
    with pytest.raises(BadArguments) as short:
        build_script(brief(FULL, lasting=0.1), "CNY")
    assert "6 分钟" in short.value.message.zh and "lasting" in short.value.message.en


# --- labels and wording


def test_a_digital_host_is_labelled_at_every_minute() -> None:
    script = build_script(brief(FULL, lasting=1, ai_host=True), "CNY")
    assert all("AI 生成" in cue.show.zh and "AI-generated" in cue.show.en for cue in script.cues)
    assert "数字人" in script.cues[0].say.zh
    assert not any("AI" in cue.show.zh for cue in build_script(brief(FULL, lasting=1), "CNY").cues)


def spoken() -> list[str]:
    found: list[str] = []
    for beat in words()["beats"]:
        found += [text for row in (*beat["says"], *beat.get("adds", []), beat["else"]) for text in row.values()]
    found += [text for row in words()["session"].values() for text in row["say"].values()]
    return found + list(words()["ai"]["say"].values())


@pytest.mark.parametrize("category", sorted(categories()))
def test_no_template_breaks_a_rule_in_any_category(category: str) -> None:
    for text in spoken():
        assert check_text(text, category) == [], text


def test_every_template_names_only_facts_and_both_languages_name_the_same() -> None:
    known = {*item_facts(item(FULL), 1, "CNY", "下一个")}
    for beat in words()["beats"]:
        for row in (*beat["says"], *beat.get("adds", []), beat["else"]):
            names = [set(re.findall(r"\{(\w+)\}", row[lang])) for lang in ("zh", "en")]
            assert names[0] == names[1] <= known, row
        assert set(beat["want"]) <= set(words()["asks"])
