"""Business words for what a trace names by code: intents, slots, arguments, windows, sections, codes, purposes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tools.text import Lang, Text

__all__ = ["CODES", "PURPOSES", "SECTIONS", "arguments_said", "intent_said"]

SECTIONS = {
    "headline": Text("结论", "Headline"),
    "decision": Text("决定", "Decision"),
    "why": Text("为何", "Why"),
    "what": Text("做什么", "What to do"),
    "how": Text("如何做", "How"),
    "limits": Text("还不知道", "Not known yet"),
    "follow_ups": Text("可以接着问", "You could ask next"),
}
PURPOSES = {
    "decide": Text("选要查的数据", "choosing what to look up"),
    "compose": Text("写答案", "writing the answer"),
    "repair": Text("改没过核对的句子", "rewording a sentence that failed the check"),
}
CODES = {
    "running": Text("正在作答，或被中断", "being answered, or cut off"),
    "cancelled": Text("已取消，没有答案", "cancelled, no answer"),
    "failed": Text("没有答出来", "no answer came of it"),
}
_INTENTS = {
    "figure": Text("查一个数", "one figure"),
    "compare": Text("对比", "a comparison"),
    "breakdown": Text("拆开看", "a breakdown"),
    "why_change": Text("问数字为什么变动", "why a number moved"),
    "what_to_do": Text("问接下来做什么", "what to do next"),
    "how_to": Text("问怎么做", "how to do it"),
    "decision": Text("问要不要做", "whether to do it"),
    "growth_plan": Text("要一份增长方案", "a growth plan"),
    "repurchase": Text("复购与顾客", "repurchase and customers"),
    "members": Text("会员", "members"),
    "products": Text("商品", "products"),
    "traffic": Text("流量", "traffic"),
    "ads": Text("投放", "paid ads"),
    "cases": Text("找案例", "cases of others"),
    "playbook": Text("问打法和工具", "methods and tools"),
    "rules": Text("平台规则", "platform rules"),
    "data_status": Text("数据齐不齐", "which data is there"),
    "feedback": Text("对答案的意见", "feedback on an answer"),
    "smalltalk": Text("打招呼", "small talk"),
    "out_of_scope": Text("不在职责内", "out of scope"),
    "other_shop": Text("别家的数据", "another shop's figures"),
    "peers": Text("和同行比", "compared with peers"),
    "landing": Text("预计能做到多少", "forecast and target"),
    "health": Text("店铺体检", "the state of the shop"),
    "segments": Text("顾客分层", "customer groups"),
    "cohorts": Text("新客后来怎样", "what became of new buyers"),
    "lifetime": Text("一位顾客值多少", "what a customer is worth"),
    "assets": Text("平台人群资产", "platform audiences"),
    "price": Text("价格与折扣", "price and discounts"),
    "pricing": Text("到手价", "the price after offers"),
    "content": Text("内容与种草", "content"),
    "live_mode": Text("要不要做直播、谁来播", "whether and who to stream"),
    "live_cost": Text("直播的账", "what streaming costs and earns"),
    "live_products": Text("直播排品", "products of a session"),
    "live_schedule": Text("直播排期", "streaming times"),
    "live_script": Text("直播话术", "words for a host"),
    "live_ads": Text("直播投流", "paid traffic of the room"),
    "live_review": Text("直播复盘", "how sessions went"),
    "live_hosts": Text("主播", "hosts"),
    "wording": Text("检查文案", "wording held against the rules"),
    "reconcile": Text("对账", "figures that should agree"),
    "effect": Text("做过的事有没有用", "whether something worked"),
    "plan_review": Text("回看采纳的计划", "how adopted plans turned out"),
    "state": Text("你告诉我的事", "something you told"),
}
_SLOTS = {
    "metric": Text("指标", "metric"),
    "metrics": Text("指标", "metrics"),
    "window": Text("时间", "time"),
    "compare": Text("对比", "compared with"),
    "by": Text("拆分", "split by"),
    "subject": Text("对象", "about"),
    "source": Text("来源", "source"),
    "topic": Text("话题", "topic"),
    "topics": Text("话题", "topics"),
    "query": Text("找什么", "looking for"),
    "own": Text("你的原话", "your words"),
    "limit": Text("最多", "at most"),
    "k": Text("最多", "at most"),
    "goal": Text("目标", "goal"),
    "playbook_id": Text("打法", "method"),
}
_HIDDEN = {"sections", "recent", "followed"}  # how the program steers itself; --json has them
_VALUES = {
    "yesterday": Text("昨天", "yesterday"),
    "last_week": Text("上周", "last week"),
    "this_week": Text("本周", "this week"),
    "last_month": Text("上个月", "last month"),
    "this_month": Text("本月", "this month"),
    "last_quarter": Text("上季度", "last quarter"),
    "all": Text("全部", "all of it"),
    "previous": Text("前一段", "the period before"),
    "yoy": Text("去年同期", "a year earlier"),
    "none": Text("不对比", "nothing"),
    "down": Text("下降", "down"),
    "up": Text("上升", "up"),
}
_TOLD = Text("你说的方向", "as you put it")


def intent_said(intent: str, lang: Lang) -> str:
    return _INTENTS[intent].get(lang) if intent in _INTENTS else intent


def arguments_said(arguments: Mapping[str, Any], lang: Lang) -> str:
    """Slots or arguments of a call as `metric GMV, time last month`; names that have no word stay as they are."""
    words = []
    for key, value in arguments.items():
        if key in _HIDDEN or value in (None, "", [], {}):
            continue
        name = _TOLD if key == "told" else _SLOTS.get(key)
        words.append(f"{name.get(lang) if name is not None else key} {_value(key, value, lang)}")
    return ("，" if lang == "zh" else ", ").join(words)


def _value(key: str, value: Any, lang: Lang) -> str:
    if isinstance(value, list | tuple):
        return ("、" if lang == "zh" else ", ").join(_value(key, one, lang) for one in value)
    if isinstance(value, str):
        if key in ("metric", "metrics") and value in _metric_names():
            return _metric_names()[value].get(lang)
        if value in _VALUES:
            return _VALUES[value].get(lang)
        if key == "window" and value.endswith("d") and value[:-1].isdigit():
            return f"近 {value[:-1]} 天" if lang == "zh" else f"the last {value[:-1]} days"
        return value
    return str(value)


@cache
def _metric_names() -> Mapping[str, Text]:
    from tools.metrics.catalog import catalog, computed

    return {one.id: one.name for one in catalog().values()} | {
        key: name for key, one in computed().items() if isinstance(name := getattr(one, "name", None), Text)
    }
