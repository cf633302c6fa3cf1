"""Half sentences read in the light of the turn before: "那会员呢?", "why?", "and last year", "怎么做"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from advisor.brains.base import Message

__all__ = ["Resolved", "previous_frame", "resolve"]

_OPENER = re.compile(
    r"^(?:那么?|还有|以及|另外|换成|and|what about|how about|then|also|so|but)(?![a-z])|呢[?？\s。]*$|^(?:同样|一样|same)(?![a-z])"
)
# One part of what was just shown: "只看直播间的", "just the members".
_ONLY = re.compile(r"^(?:只|光|单独?)(?:看|要|算|说)|^(?:just|only)\b|\bonly[.!?]*$")
# A change to what was just made (a text, a line-up, a plan): "再短一点", "move it to second place".
_CHANGE = re.compile(
    r"再(?:短|长|口语|活泼|正式|来|写|改|排|精简|加|温柔|具体)|(?:短|长|活泼|口语|正式|委婉|简单|温柔)一?点|改成|改(?:短|长|一下|下|得)|换(?:成|掉|个|一)|加(?:上|个|一|点)|去掉|删|重新?(?:排|写|来|做)|往[前后]|挪|提前|放到?(?:第|最)|压缩"
    r"|\b(?:shorter|longer|rewrite|redo|rephrase|again|another version|one more|add|remove|drop|swap|move|replace|casual|formal|friendlier|softer|translate|less|fewer)\b"
)
_MADE = {"content", "live_script", "live_products", "live_schedule", "growth_plan", "wording"}
# Wishes whose words are enough to know them in a half sentence, when the reader is this sure.
_STANDS = {
    "feedback", "plan_review", "rules", "wording", "cases", "playbook", "data_status", "reconcile", "effect", "landing",
    "peers", "decision", "how_to", "what_to_do", "content", "live_mode", "live_script", "live_schedule", "live_products",
    "live_hosts", "live_review", "live_ads", "live_cost", "price", "pricing", "segments", "cohorts", "lifetime",
}  # fmt: skip
_SURE = 0.6
# What a figure is called for one group of buyers or one channel: after "复购率多少", "那会员呢" asks for theirs.
_OF_TOPIC: Mapping[str, Mapping[str, str]] = {
    "members": {"repurchase_rate": "member_repurchase_rate", "aov_buyer": "member_spend", "buyers": "member_buyers", "gmv": "member_share"},
    "livestream": {"gmv": "live_gmv"},
}  # fmt: skip
_SHOWN = {"figure", "breakdown", "compare"}
# Without such a name the figure is cut by what the topic is one part of: after a refund rate, "直播的呢" is read off the channels.
_CUT = {"livestream": "channel", "products": "product", "traffic": "source"}
_ASKS_ELSE = frozenset({"why", "how_so", "how", "what", "decision", "state"})
_POINTER = re.compile(
    r"这个|那个|它|这样|这么做|上面|刚才|你说的|第[一二三四五1-5][个步条点]|\b(?:it|this|that|these|those|the (?:first|second|third) (?:one|step))\b"
)
_BARE = re.compile(
    r"^(?:(?:那|那么|so|and|but|ok|好的?)[,， ]?)?(?:为什么|原因呢?|怎么会|怎么做|怎么办|具体呢|具体点|详细点|详细说说|展开说说|然后呢|接下来呢|接下来|下一步|怎么操作|为什么会这样|why|why is that|how|how so|how exactly|what (?:now|next|should i do)|tell me more|more(?: details?)?|go on|and then|details?)[?？!！。\s呢啊]*$"
)
_FORMS = {"why_change", "what_to_do", "how_to", "figure", "compare", "breakdown", "decision", "cases", "playbook"}
_CARRIED = ("metric", "topic", "topics", "subject", "source", "by", "window", "compare")
_TOPIC_FORM = {"repurchase", "members", "products", "traffic", "ads", "livestream"}


class Resolved(NamedTuple):
    intent: str
    slots: dict[str, Any]
    followed: bool


def previous_frame(history: Sequence[Message]) -> Mapping[str, Any]:
    """Intent and slots of the latest turn that had a real question; empty when there is none."""
    for message in reversed(history):
        intent = message.frame.get("intent")
        if intent and intent not in {"smalltalk", "out_of_scope", "other_shop", "unclear", "feedback", "act"}:
            return message.frame
    return {}


def resolve(
    text: str,
    intent: str,
    slots: Mapping[str, Any],
    found: frozenset[str],
    previous: Mapping[str, Any],
    *,
    sure: float = 0.0,
) -> Resolved:
    """Fill what a half sentence leaves out from the turn before. A whole new question is left as it is.

    ``sure`` is how probable ``intent`` is by the sentence's own words.
    """
    before = dict(previous.get("slots", {}))
    asked = str(previous.get("intent", ""))
    if previous and asked in _MADE and _CHANGE.search(text) and intent in _MADE | {"feedback", "decision", "unclear"}:
        return Resolved(asked, {**before, **slots}, True)
    if not previous or not _is_half(text, slots, found):
        return Resolved(intent, dict(slots), False)
    new = dict(slots)
    bare = bool(_BARE.match(text))
    if _back(text, new) or (asked in _SHOWN and not found & _ASKS_ELSE and _part(new, before)):
        chosen = _keep_form(asked, new)
    elif sure >= _SURE and intent in _STANDS and not bare and not found & {"why", "how_so"}:
        chosen = intent
    else:
        chosen = _intent(intent, new, found, asked, bare=bare)
    new_subject = "metric" in new or "topic" in new
    for name in _CARRIED:
        if name in new or name not in before or (name == "window" and new.get("recent")):
            continue
        if name == "compare" and before[name] == "none":
            continue  # said of that window only
        if new_subject and name in {"metric", "topic", "topics", "subject", "source", "by"}:
            continue
        new[name] = before[name]
    _shift_year(text, new, before)
    if chosen in {"what_to_do", "how_to"} and "playbook_id" in before:
        new.setdefault("playbook_id", before["playbook_id"])
    return Resolved(chosen, new, True)


def _is_half(text: str, slots: Mapping[str, Any], found: frozenset[str]) -> bool:
    if _BARE.match(text) or _OPENER.search(text) or _ONLY.search(text) or _EARLIER.search(text):
        return True
    short = len(text) <= 10 if re.search(r"[\u4e00-\u9fff]", text) else len(text.split()) <= 4
    about = {"metric", "topic", "subject"} & set(slots)
    if short and not about and slots:
        return True  # "上个月", "by channel", "同比"
    return (
        bool(_POINTER.search(text))
        and not about
        and bool(found & {"why", "how", "what", "figure", "state", "decision"})
    )


def _intent(intent: str, slots: dict[str, Any], found: frozenset[str], asked: str, *, bare: bool) -> str:
    if found & {"why", "how_so"}:
        return "why_change"
    if "how" in found:
        return "how_to"
    if "what" in found or (bare and not found & {"state"}):
        return intent if intent in {"what_to_do", "how_to", "why_change"} else "what_to_do"
    if found & {"decision"}:
        return "decision"
    if found & {"cases", "playbook", "rules", "data", "feedback", "plan"}:
        return intent
    if "compare" in found and "metric" not in slots:
        return "compare"
    if "breakdown" in found:
        return "breakdown"
    if found & {"figure"} and asked in _FORMS | _TOPIC_FORM:
        return "figure"
    if "metric" in slots or "topic" not in slots:
        return _keep_form(asked, slots)
    # "那会员呢?" after a why or a figure: the new topic in the same spirit, else the topic itself
    topic = str(slots["topic"])
    return topic if topic in _TOPIC_FORM else _keep_form(asked, slots)


def _keep_form(asked: str, slots: Mapping[str, Any]) -> str:
    if asked in _FORMS:
        return asked
    if asked in _TOPIC_FORM and "metric" in slots:
        return "figure"
    return asked or "figure"


_EARLIER = re.compile(
    r"再(?:往前|早|前)(?:推|看|一?点)?[一1]?个?(?P<zh>年|季度?|月|周|天)|\b(?:the )?(?P<en>year|quarter|month|week|day) before(?: (?:that|it|then))?[?.!]*$|\bone (?:more )?(?P<one>year|quarter|month|week|day) (?:further )?(?:back|earlier)"
)


def _part(slots: dict[str, Any], before: Mapping[str, Any]) -> bool:
    """Only a topic was said after a figure: the same figure for that part of the trade, by its own name or by its split."""
    topic, metric = str(slots.get("topic", "")), str(before.get("metric", ""))
    if "metric" in slots or not metric:
        return False
    if name := _OF_TOPIC.get(topic, {}).get(metric):
        slots["metric"] = name
        return True
    if topic in _CUT:
        slots["metric"] = metric
        slots.setdefault("by", _CUT[topic])
    return topic in _CUT


def _back(text: str, slots: dict[str, Any]) -> bool:
    """ "再往前一年", "the month before that": the window of the turn before moved once more; `frame.bases` moves it."""
    said = _EARLIER.search(text)
    if said is None or {"metric", "topic"} & set(slots):
        return False
    unit = said["zh"] or said["en"] or said["one"]
    slots.pop("window", None)
    slots["earlier"] = "yoy" if unit in ("年", "year") else "previous"
    return True


def _shift_year(text: str, slots: dict[str, Any], before: Mapping[str, Any]) -> None:
    """ "and last year?" asks for the same window a year earlier (`frame.bases` finds it), not for the whole year."""
    if re.search(r"去年(?:呢|同期)?[?？\s]*$|last year", text) and before.get("window") != "all":
        slots.pop("window", None)
        if before.get("window"):
            slots["window"] = before["window"]
            slots["compare"] = "yoy"
        slots["year_before"] = True
