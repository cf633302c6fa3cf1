"""Half sentences read in the light of the turn before: "那会员呢?", "why?", "and last year", "怎么做"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from advisor.brains.base import Message

__all__ = ["Resolved", "previous_frame", "resolve"]

_OPENER = re.compile(
    r"^(?:那么?|还有|以及|另外|and|what about|how about|then|also|so|but)(?![a-z])|呢[?？\s。]*$|^(?:同样|一样|same)(?![a-z])"
)
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
    text: str, intent: str, slots: Mapping[str, Any], found: frozenset[str], previous: Mapping[str, Any]
) -> Resolved:
    """Fill what a half sentence leaves out from the turn before. A whole new question is left as it is."""
    before = dict(previous.get("slots", {}))
    if not previous or not _is_half(text, slots, found):
        return Resolved(intent, dict(slots), False)
    asked = str(previous.get("intent", ""))
    new = dict(slots)
    chosen = _intent(intent, new, found, asked, bare=bool(_BARE.match(text)))
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
    if _BARE.match(text) or _OPENER.search(text):
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


def _shift_year(text: str, slots: dict[str, Any], before: Mapping[str, Any]) -> None:
    """ "and last year?" asks for the same window a year earlier (`frame.bases` finds it), not for the whole year."""
    if re.search(r"去年(?:呢|同期)?[?？\s]*$|last year", text) and before.get("window") != "all":
        slots.pop("window", None)
        if before.get("window"):
            slots["window"] = before["window"]
            slots["compare"] = "yoy"
        slots["year_before"] = True
