"""How an entity of a diagnosis and its event are told: a source by its visitors, a product by its sales, a host by the sessions."""

from __future__ import annotations

import re

from advisor.brains.compose.pieces import Piece
from advisor.brains.compose.say import Say
from tools.facts import Role
from tools.text import Text

__all__ = ["entity_level", "entity_name", "event_words", "is_turning_point"]

_DAY = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日|\d{1,2} [A-Z][a-z]+ \d{4}")

# What an entity of each cut is called, and what its own figure is.
_NAMES = {
    "traffic_source": Text("{}来的访客", "visitors from {}"),
    "product": Text("{}", "{}"),
    "stock_out": Text("{}", "{}"),
    "channel": Text("{}渠道", "the {} channel"),
    "province": Text("{}", "{}"),
    "live_host": Text("主播{}的直播", "livestreams of host {}"),
    "ad_plan": Text("推广计划{}", "the ad plan {}"),
    "promotion": Text("活动{}", "the promotion {}"),
}
_LEVELS = {
    "traffic_source": Text("{}来的访客", "visitors from {}"),
    "live_host": Text("主播{}的直播成交金额", "livestream GMV of host {}"),
    "ad_plan": Text("推广计划{}的花费", "spend of the ad plan {}"),
}
# Parts that are estimates through something else say so.
_THROUGH = {
    "live_host": Text("把接替的场次算上，", "counting the sessions others took over, about "),
    "ad_plan": Text("按表面投产折合，", "at its surface return about "),
    "market": Text("若只跟着大盘走，", "moving with the market alone, about "),
}


def entity_name(entity: Piece, say: Say) -> str:
    """The entity as the headline names it."""
    if entity.driver == "market":
        return say.t("大盘", "the market")
    subject = say.name(entity) if entity.subject else say.driver(entity)
    return _NAMES.get(entity.driver, Text("{}", "{}")).get(say.lang).format(subject)


def entity_level(entity: Piece, say: Say) -> str:
    """The entity's own move, then what it carries of the change."""
    now, before = entity.q(Role.VALUE), entity.q(Role.PREVIOUS)
    name, part = entity_name(entity, say), _part(entity, say)
    if now is None or before is None or now.value == before.value:
        return f"{name}，{part}" if say.zh else f"{name}, {part}"
    metric = say.metric(now.metric)
    moved = say.shift(before, now)
    if entity.driver == "promotion":
        return say.t(f"{name}前后，{metric}{moved}，{part}", f"around {name}, {metric} {moved}, {part}")
    if entity.driver == "market":
        return say.t(f"大盘指数{moved}，{part}", f"the market index {moved}, {part}")
    level = _LEVELS.get(entity.driver, Text("{}的" + metric, metric + " of {}")).get(say.lang)
    told = level.format(say.name(entity) if entity.subject else say.driver(entity))
    # the source around a host or a plan says nothing new; the product inside a source does
    within = str(entity.fact.data.get("within") or "") if entity.driver == "traffic_source" else ""
    inner = say.t(f"（其中{say.quote(within)}变化最大）", f" ({say.quote(within)} most of all)") if within else ""
    return say.t(f"{told}{moved}{inner}，{part}", f"{told} {moved}{inner}, {part}")


def _part(entity: Piece, say: Say) -> str:
    amount = entity.q(Role.CONTRIBUTION)
    through = _THROUGH.get(entity.driver)
    if amount is None:
        return entity.cite
    less = amount.value < 0
    size = say.value(amount, size=True)
    what = say.metric(amount.metric)
    if say.zh:
        return f"{through.zh if through else ''}{what}{'约' if through else ''}{'少' if less else '多'} {size}{entity.cite}"
    return f"{through.en if through else ''}{size} {'less' if less else 'more'} {what}{entity.cite}"


def event_words(event: Piece, say: Say, *, of: Piece | None = None) -> str:
    """The event's own sentence, fit to stand inside another. After its own entity a turn of its visitors keeps only the day."""
    text = say.claim(event)
    if of is not None and is_turning_point(event) and event.fact.data.get("turned") == "visitors":
        day = _DAY.search(text)
        if day is not None:
            return say.t(
                f"{day.group()}起明显{'走低' if of.sign < 0 else '走高'}",
                f"clearly {'lower' if of.sign < 0 else 'higher'} from {day.group()} on",
            )
    if say.zh or text.startswith(tuple(event.fact.entities[:1])):
        return text
    return text[0].lower() + text[1:] if text[:1].isupper() and text[1:2].islower() else text


def is_turning_point(event: Piece) -> bool:
    """A day from which the entity itself ran differently: when, not what."""
    return event.fact.data.get("event") == "turning_point"
