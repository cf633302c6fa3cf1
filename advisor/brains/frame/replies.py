"""Turns that end without tools: kind declines, small talk, and the one clarifying question with its default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from advisor.brains.base import ShopCard
from advisor.brains.frame.lexicon import data_yaml
from tools.text import Text

__all__ = ["clarify", "decline", "feedback", "heard", "is_about_an_answer", "is_praise", "needs_price", "smalltalk"]

_POINTERS = re.compile(r"第[一二三四五1-5]个|那个|这个|\b(?:the (?:first|second|third) one|that one|this one)\b")
_WRONG = re.compile(r"数|对不上|算|报表|参谋|口径|number|figure|match|add up|report|total")
_FEATURE = re.compile(r"功能|希望|支持|加一?个|feature|would like|please add")


def _text(*path: str, **names: str) -> Text:
    node: Any = data_yaml("replies.yaml")
    for key in path:
        node = node[key]
    return Text(str(node["zh"]).format(**names), str(node["en"]).format(**names))


def decline(intent: str, found: frozenset[str]) -> Text:
    """For out of scope, another shop, and rules without a dated entry."""
    if intent == "out_of_scope" and found & {"personal", "secret", "inject"}:
        return _text("private_data")
    if intent == "out_of_scope":
        return _text("tax" if "tax" in found else "law" if "law" in found else "out_of_scope")
    return _text(intent)


def smalltalk(found: frozenset[str], shop: ShopCard) -> Text:
    for name in ("who", "thanks", "bye"):
        if name in found:
            return _text("smalltalk", name, shop=shop.name)
    return _text("smalltalk", "hello", shop=shop.name)


def feedback(text: str) -> Text:
    if _FEATURE.search(text):
        return _text("feedback", "feature")
    return _text("feedback", "wrong_figure" if _WRONG.search(text) else "unhelpful")


_DONE = re.compile(
    r"换了|改了|涨价|降价|停了|开始|上新|断货|坏了|走了|暂停|变更|上线|改版"
    r"|\b(?:changed|switched|paused|stopped|raised|cut|started|launch\w*|out of stock|went up|went down|down on|left)\b"
)
_QUOTE = 60  # characters of the sentence that are said back


def heard(raw: str) -> Text:
    """A fact of the own business without a place to keep it: said back, with what it is good for and what can be kept."""
    said = re.sub(r"\s+", " ", raw).strip(" 。.，,")
    said = said if len(said) <= _QUOTE else f"{said[:_QUOTE]}…"
    labels = [spec["label"] for spec in data_yaml("stated.yaml").values()]
    zh, en = "、".join(str(one["zh"]) for one in labels[:3]), ", ".join(str(one["en"]) for one in labels[:3])
    return _text("heard", "event" if _DONE.search(raw.lower()) else "fact", said=said, kept_zh=zh, kept_en=en)


def is_about_an_answer(text: str) -> bool:
    """Feedback that complains of an answer, rather than wishing for a feature or doubting a figure."""
    return not (_FEATURE.search(text) or _WRONG.search(text))


_PRAISE = re.compile(
    r"有用|好用|有帮助|很棒|真棒|不错|点赞|赞一个|^赞|谢|到位|专业|👍|\b(?:thanks|thank you|thx|helpful|useful|perfect|great|brilliant|good (?:answer|job|point)|nice one|well done|love it)\b"
)
_QUALIFIED = re.compile(r"没|不(?!错)|但|可是|吗|[?？]|\b(?:not|but|un\w+)\b|n't|useless|辛苦")


def is_praise(text: str) -> bool:
    """Thanks or praise and nothing held against the answer."""
    return bool(_PRAISE.search(text)) and not _QUALIFIED.search(text)


def needs_price() -> Text:
    """A price of stacked offers cannot be worked out without them: which are asked for, and how to say them."""
    return _text("needs_price")


def clarify(text: str, slots: Mapping[str, Any]) -> Text:
    """The one question back; it names what will be assumed without an answer."""
    if not text:
        return _text("clarify", "empty")
    pointer = _POINTERS.search(text)
    if pointer and not {"metric", "topic", "subject"} & set(slots):
        return _text("clarify", "which", what=pointer.group())
    return _text("clarify", "unclear")
