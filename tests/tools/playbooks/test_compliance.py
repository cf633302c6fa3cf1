"""Wording rules: what they catch, what they must let pass, and what a marketing text message needs."""

from __future__ import annotations

import pytest

from tools.playbooks.compliance import categories, check_sms, check_text, exemptions, rules
from tools.playbooks.toolbox import toolbox
from tools.seeds import load_yaml


def hit(text: str, category: str = "") -> set[str]:
    return {flag.rule_id for flag in check_text(text, category)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("国家级工艺打造", "absolute-state"),
        ("全网最有效的精华", "absolute-best"),
        ("全国销量第一品牌", "number-one"),
        ("NO.1 之选", "number-one"),
        ("本店独家首发，全网首发", "exclusive"),
        ("用了百分之百有效", "always-forever"),
        ("零风险，包退", "always-forever"),
        ("三个疗程根治痘痘", "cure"),
        ("消炎镇静", "cure"),
        ("全网最低价", "lowest-price"),
        ("原价299，现价99", "original-price"),
        ("马上涨价，手慢无", "hurry"),
        ("好评返现5元", "fake-review"),
        ("关注抽奖", "lottery"),
    ],
)
def test_a_rule_catches_its_words(text: str, rule: str) -> None:
    assert rule in hit(text, "beauty")


@pytest.mark.parametrize(
    "text",
    [
        "第一时间发货",
        "先做第一步，第一单就发",
        "最好先试色再决定",
        "最好避开眼周",
        "我们的目标是做好服务",
        "敏感肌请先在耳后试用",
        "满199减20，限本周日前使用",
        "适合混油皮，干皮不建议",
        "最近上新了两款",
        "最后检查一遍收货地址",
    ],
)
def test_allowed_uses_pass(text: str) -> None:
    assert hit(text, "beauty") == set()


def test_self_comparison_is_allowed_but_a_market_claim_is_not() -> None:
    assert hit("这是我们最畅销的一款") == set()
    assert "absolute-best" in hit("最畅销的面霜")


def test_categories_bind_only_where_they_belong() -> None:
    assert "ordinary-function" in hit("提高免疫力", "food")
    assert "ordinary-function" not in hit("提高免疫力", "apparel")
    assert "cosmetic-special" in hit("美白精华", "cosmetics") == hit("美白精华", "beauty") == hit("美白精华", "护肤")
    assert "cure" in hit("治疗失眠", "food")


def test_a_flag_says_where_why_which_law_and_what_instead() -> None:
    (flag,) = check_text("口感很好，国家级工艺")
    assert flag.found == "国家级" and flag.start == 5
    assert flag.severity == "block" and "广告法" in flag.law and flag.article
    assert flag.why.zh and flag.suggest.en and flag.source


def test_flags_come_in_the_order_of_the_text() -> None:
    starts = [flag.start for flag in check_text("最佳，第一品牌，100%有效")]
    assert starts == sorted(starts) and len(starts) == 3


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("【初禾】券已到账，周日前可用。拒收请回复R", 0),
        ("券已到账，周日前可用。拒收请回复R", 1),
        ("【初禾】券已到账，周日前可用", 1),
        ("【初禾】" + "券" * 70 + "拒收请回复R", 1),
        ("券" * 80, 3),
    ],
)
def test_a_text_message_needs_signature_opt_out_and_seventy_characters(text: str, problems: int) -> None:
    assert len(check_sms(text)) == problems


def test_the_limit_is_seventy_exactly() -> None:
    ending = "拒收请回复R"
    fits = "【店】" + "好" * (70 - 3 - len(ending)) + ending
    assert len(fits) == 70 and check_sms(fits) == []
    assert len(check_sms(fits.replace("好", "好好", 1))) == 1


def test_every_rule_has_a_law_a_source_and_a_pattern_that_works() -> None:
    known = set(categories())
    assert len({rule.id for rule in rules()}) == len(rules()) >= 40
    for rule in rules():
        assert rule.law in load_yaml("compliance.yaml")["laws"], rule.id
        assert rule.article and rule.article_en and rule.source
        assert {*rule.categories, *rule.except_categories, *rule.raise_in} <= known
        assert set(rule.spared_by) <= set(exemptions())
        assert {*rule.why} == {*rule.suggest} == {"zh", "en"}


# --- toolbox


def test_the_toolbox_has_twenty_tools_for_all_four_groups() -> None:
    tools = toolbox()
    assert len(tools) >= 20 and len({tool.id for tool in tools}) == len(tools)
    for audience in ("new", "returning", "member", "fan", "lapsed", "high_value"):
        assert any(audience in tool.audience for tool in tools)


def test_more_fitting_tools_come_first() -> None:
    found = toolbox(audience="沉睡会员")
    fits = [len({"lapsed", "member"} & set(tool.audience)) for tool in found]
    assert fits == sorted(fits, reverse=True) and fits[0] == 2


def test_levers_narrow() -> None:
    assert {tool.id for tool in toolbox(lever="召回")} == {tool.id for tool in toolbox(lever="recall")}
    assert all("recall" in tool.lever for tool in toolbox(lever="recall"))


def test_no_tool_recommends_paid_reviews() -> None:
    for tool in toolbox():
        text = " ".join((tool.name.zh, tool.purpose.zh, tool.measure.zh, tool.prerequisites.zh, tool.cost.zh))
        assert check_text(text) == [], tool.id
