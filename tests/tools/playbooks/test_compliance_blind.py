"""Wording rules on phrases labelled blind to them, and on texts that hide what they say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.benchmarks.wording import Share, phrases, score
from tools.playbooks.compliance import categories, check_text, exemptions, find_category, rules, rules_for
from tools.playbooks.compliance_clean import plain


def blocked(text: str, category: str = "") -> set[str]:
    return {flag.rule_id for flag in check_text(text, category) if flag.severity == "block"}


# --- the labelled set (dev part; the locked part is scored by a command, once)


def test_hard_violations_are_found_and_innocent_texts_pass_on_the_dev_part() -> None:
    dev = phrases("dev")
    assert len(dev) >= 200 and sum(phrase.label == "ok" for phrase in dev) >= 0.4 * len(dev)
    found = score(dev)
    assert found["recall"].value >= 0.97
    assert found["precision"].value >= 0.9


def test_the_wilson_interval_is_that_of_the_textbook() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662
    low, high = Share(81, 263).interval
    assert low == pytest.approx(0.2553, abs=5e-4) and high == pytest.approx(0.3662, abs=5e-4)


def test_no_rule_is_lost_on_the_phrases_of_its_tuning() -> None:
    """Regression only: these phrases were known to the rules, so that the bars say nothing of new texts."""
    rows = yaml.safe_load(Path(__file__).with_name("test_compliance_phrases.yaml").read_text(encoding="utf-8"))
    missed = [text for category, text in rows["breach"] if not blocked(text, category)]
    wrong = [text for category, text in rows["fine"] if check_text(text, category)]
    assert len(rows["breach"]) >= 500 and len(rows["fine"]) >= 250
    assert len(missed) <= 0.03 * len(rows["breach"]), missed
    assert len(wrong) <= 0.02 * len(rows["fine"]), wrong


def test_a_long_text_is_read_in_time() -> None:
    """No pattern may run away on a text as long as the tool takes."""
    texts = ["最" * 4000, "1" * 4000, "不要写" * 1300, "（实际" * 1300, "吃了三天" * 1000, "a b " * 1000]
    began = perf_counter()
    for text in texts:
        check_text(text, "food")
    assert perf_counter() - began < 6


# --- disguises


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("最 低 价", "lowest-price"),
        ("最.低.价", "lowest-price"),
        ("最，低，价", "lowest-price"),
        ("最🔥低🔥价", "lowest-price"),
        ("zui低价", "lowest-price"),
        ("zuì好的面膜", "absolute-best"),
        ("蕞好吃的辣酱", "absolute-best"),
        ("第①品牌", "number-one"),
        ("第 壹 品牌", "number-one"),
        ("ＮＯ．１ 之选", "number-one"),
        ("ＴＯＰ１四件套", "number-one"),
        ("國家級工艺", "absolute-state"),
        ("国\u200b家\u200b级工艺", "absolute-state"),
        ("顶(级)品质", "absolute-state"),
        ("治 liao 失眠", "cure"),
        ("xiao炎舒缓", "cure"),
        ("好评 返 xian", "fake-review"),
    ],
)
def test_a_disguise_changes_nothing(text: str, rule: str) -> None:
    assert rule in blocked(text)


def test_a_flag_shows_the_words_as_they_were_written() -> None:
    text = "今天最 低 价，仅此一次"
    flag = next(flag for flag in check_text(text) if flag.rule_id == "lowest-price")
    assert flag.found == "最 低 价" and text[flag.start : flag.end] == flag.found and flag.disguised
    assert not next(flag for flag in check_text("今天最低价") if flag.rule_id == "lowest-price").disguised


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_and_every_place_is_in_it(text: str) -> None:
    read = plain(text)
    assert len(read.text) == len(read.places)
    assert all(0 <= start < end <= len(text) for start, end in read.places)
    for flag in check_text(text, "beauty"):
        assert text[flag.start : flag.end] == flag.found and flag.found


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["全网最低价", "国家级配方", "销量第一品牌", "好评返现"]),
    st.sampled_from([" ", "*", ".", "\u200b", "🔥", "·"]),
)
def test_what_is_put_between_the_characters_hides_nothing(words: str, filler: str) -> None:
    assert blocked(filler.join(words)) >= blocked(words)


# --- exemptions of the SAMR guide, negation, questions


@pytest.mark.parametrize(
    ("allowed", "forbidden"),
    [
        ("这款是本店今年最轻的羽绒服", "这款是全网最轻的羽绒服"),
        ("我们用最真诚的态度做服务", "我们的面霜最有效"),
        ("最佳食用时间是开封后两天", "最佳的辣酱"),
        ("特级大红袍，等级依据GB/T 18745", "极品大红袍"),
        ("“第一坊”是我们的注册商标", "销量第一"),
        ("本店2026年10月天猫类目销量第一，数据来源生意参谋", "全国销量第一"),
        ("本品不能治疗疾病", "本品能治疗疾病"),
        ("我们不刷单，也不做好评返现", "好评返现三元"),
        ("哪款最好用？", "这款最好用"),
        ("广告法规定不能说最好，所以只讲参数", "最好的面膜"),
        ("面料：100%桑蚕丝", "100%有效"),
        ("如有湿疹请咨询医生", "专治湿疹"),
    ],
)
def test_an_allowed_use_passes_beside_one_that_is_not(allowed: str, forbidden: str) -> None:
    assert blocked(allowed) == set() and blocked(forbidden)


def test_the_exemptions_do_not_reach_efficacy_in_medicine() -> None:
    claim = "2026年10月统计，本店有效率最高，治愈率98%"
    assert "medical-claim" in blocked(claim, "medical")


def test_what_is_said_on_a_negation_does_not_hide_the_next_clause() -> None:
    assert "lowest-price" in blocked("别再用别家的了，我们全网最低价")
    assert "always-forever" in blocked("没有任何副作用")


# --- categories and dates


@pytest.mark.parametrize(
    ("text", "strict", "free"),
    [
        ("增强免疫力", "food", "apparel"),
        ("美白精华", "cosmetics", "electronics"),
        ("有效率98%", "medical", "apparel"),
        ("医生推荐的软胶囊", "health_food", "apparel"),
    ],
)
def test_a_category_is_stricter(text: str, strict: str, free: str) -> None:
    there, here = check_text(text, strict), check_text(text, free)
    assert {flag.rule_id for flag in there} - {flag.rule_id for flag in here}


def test_before_and_after_is_a_breach_for_health_food_and_a_question_of_proof_for_cosmetics() -> None:
    severity = {
        kind: {flag.severity for flag in check_text("看看使用前后对比", kind) if flag.rule_id == "before-after"}
        for kind in ("cosmetics", "health_food")
    }
    assert severity == {"cosmetics": {"review"}, "health_food": {"block"}}


def test_a_rule_binds_from_its_day_on() -> None:
    text = "数字人直播，别让观众看出来，不用标"
    assert "ai-unlabelled" in {flag.rule_id for flag in check_text(text, day=date(2025, 9, 1))}
    assert "ai-unlabelled" not in {flag.rule_id for flag in check_text(text, day=date(2025, 8, 31))}


def test_names_people_use_lead_to_a_category() -> None:
    assert find_category("护肤") == find_category("Cosmetics") == "beauty"
    assert find_category("保健品") == "health_food" and find_category("不存在") is None
    assert len(rules_for("不存在")) == len(rules_for("general"))
    for row in categories().values():
        assert row.means["zh"] and row.means["en"]


# --- the table itself


def test_every_exemption_says_on_what_ground() -> None:
    used = {name for rule in rules() for name in rule.spared_by} | {
        "mention",
        "talked_about",
        "asked",
        "denied",
        "negated",
    }
    assert used == set(exemptions())
    assert all(row.basis and row.zh and row.en for row in exemptions().values())


def test_an_article_that_was_not_confirmed_is_not_called_certain() -> None:
    for rule in rules():
        if "待核" in rule.article or "并见平台规则" in rule.article:
            assert rule.confidence in {"low", "medium"}, rule.id


@pytest.mark.parametrize(
    ("text", "flagged"),
    [("原价2999，现价99", True), ("原价399，现价299", False), ("划线价 500 元，今天只要 125 元", True)],
)
def test_a_list_price_many_times_the_price_is_a_false_comparison(text: str, flagged: bool) -> None:
    assert ("list-price-far" in blocked(text)) is flagged
