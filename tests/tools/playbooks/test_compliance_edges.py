"""The edges of the wording rules: what stays as written, how far a place reaches, on which days and for which goods a rule binds."""

from __future__ import annotations

from datetime import date

import pytest

from tools.playbooks.compliance import check_text, rules
from tools.playbooks.compliance_clean import plain


def ids(text: str, category: str = "") -> set[str]:
    return {flag.rule_id for flag in check_text(text, category)}


@pytest.mark.parametrize(
    "text", ["满100+50，2×3=6，±5°，价格>99~199", "原价：99元，现价（含运费）89元；满减！", "（新）品，到手价:9.9"]
)
def test_signs_that_carry_meaning_stay_as_they_are(text: str) -> None:
    assert plain(text).text == text


def test_a_place_reaches_to_the_end_of_a_spelt_out_disguise() -> None:
    text = "全网zui di jia，手慢无"
    flag = next(flag for flag in check_text(text) if flag.rule_id == "lowest-price")
    assert flag.found == "全网zui di jia" and flag.disguised


def test_a_run_of_digits_is_cut_to_the_longest_price() -> None:
    """Patterns try every start in it."""
    read = plain("价格" + "9" * 4000 + "元")
    assert read.text == "价格" + "9" * 20 + "元"
    assert read.original(0, len(read.text)) == (0, 4003)


def test_a_rule_is_in_force_from_its_first_to_its_last_day_and_today_only_without_a_last() -> None:
    rule = rules()[0].model_copy(update={"since": date(2026, 1, 1), "until": date(2026, 6, 30)})
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [rule.in_force(day) for day in days] == [False, True, True, False]
    assert not rule.in_force(None)
    assert rule.model_copy(update={"until": None}).in_force(None)


def test_medicines_may_say_what_they_treat() -> None:
    text = "主治失眠多梦"
    assert "cure" in ids(text) and "cure" in ids(text, "food")
    assert "cure" not in ids(text, "medical")


@pytest.mark.parametrize(("text", "far"), [("原价400，现价100", True), ("原价399，现价100", False)])
def test_a_list_price_is_far_from_four_times_on(text: str, far: bool) -> None:
    assert ("list-price-far" in ids(text)) is far


def test_a_no_in_front_spares_a_promise_but_not_a_price_nor_the_advice_to_hide_a_label() -> None:
    assert "fake-review" in ids("好评返现") and "fake-review" not in ids("从来不好评返现")
    assert "list-price-far" in ids("没有原价2999现价99")
    assert "ai-unlabelled" in ids("AI主播，麻烦把“AI”两个字弄小到看不见")


@pytest.mark.parametrize(
    "text",
    ["不用标注是数字人，没人在意", "别标AI，标了没人买", "把AI生成的角标裁掉再上传", "Don't label the clip as AI, conversions drop"],
)  # fmt: skip
def test_leaving_a_label_off_is_a_breach_of_the_labelling_measures(text: str) -> None:
    (law,) = {flag.law for flag in check_text(text) if flag.rule_id == "ai-unlabelled" and flag.severity == "block"}
    assert law == "人工智能生成合成内容标识办法"


@pytest.mark.parametrize(
    "text", ["数字人不标注是违法的", "AI生成的图不标识会被下架", "本场是虚拟主播播出，想找真人客服打3"]
)
def test_saying_that_a_label_is_due_is_none(text: str) -> None:
    assert "ai-unlabelled" not in ids(text)


@pytest.mark.parametrize(
    ("denied", "claimed"),
    [
        ("护肤没有七天变白这回事", "七天变白，没有做不到的"),
        ("枕头治不了颈椎病", "没有它治不了的颈椎病"),
        ("手串没有招财转运的作用", "手串招财转运，没有不灵的"),
        ("不许给钱让人改差评", "给钱让人改差评"),
    ],
)
def test_a_claim_denied_passes_but_a_denial_that_boasts_does_not(denied: str, claimed: str) -> None:
    blocks = [{flag.severity for flag in check_text(text, "beauty")} for text in (denied, claimed)]
    assert "block" not in blocks[0] and "block" in blocks[1]
