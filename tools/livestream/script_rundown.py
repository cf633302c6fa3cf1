"""The session minute by minute: from the product plan where there is one, else an even loop over the items in the order of their roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any

from tools.errors import BadArguments
from tools.livestream.brief import Brief, Item
from tools.livestream.products_types import ProductPlan
from tools.livestream.script import build_loop, hook_line, loop_seconds, words
from tools.livestream.script_types import Cue, CueKind, Script
from tools.playbooks.render import clean_name
from tools.text import Text

__all__ = ["build_script", "in_role_order"]

_ROLES = ("hook", "bridge", "hero", "profit", "image")
_ENDS = 5  # minutes of opening and of closing
_SHORT = 60  # a session this short opens and closes in less
_RESERVED = {"coupon": 2, "lottery": 5}
_LEAST_LOOP = 3  # minutes below which a rest is questions, not a loop


def build_script(brief: Brief, currency: str, plan: ProductPlan | None = None) -> Script:
    """The script of the brief's session. Raises BadArguments when there is no item or the session is too short for one loop."""
    if not brief.items:
        raise BadArguments(Text("没有商品可讲：在 items 里写上 sku、title、price。", "There is nothing to talk about: give items with sku, title and price."))  # fmt: skip
    minutes = plan.minutes if plan is not None and plan.blocks else int(brief.session.lasting * 60)
    items = in_role_order(brief.items)
    links = _links(items, plan)
    blocks = list(_planned(plan) if plan is not None and plan.blocks else _even(brief, items, minutes))
    if not any(sku for _, _, _, sku in blocks):
        raise BadArguments(Text(f"这场只有 {minutes} 分钟，放不下一个商品的完整讲解（约 {loop_seconds() // 60} 分钟）；加长 session.lasting 或写短 talk_minutes。", f"{minutes} minutes hold no full product loop (about {loop_seconds() // 60}); lengthen session.lasting or shorten talk_minutes."))  # fmt: skip
    ordered = sorted(items, key=lambda item: links[item.sku])
    after = {item.sku: clean_name(nxt.title, 40) for item, nxt in zip(ordered, [*ordered[1:], ordered[0]], strict=True) if nxt.sku != item.sku}  # fmt: skip
    airtime = {sku: minutes for _, _, minutes, sku in reversed(blocks) if sku and minutes >= _LEAST_LOOP}
    loops = tuple(build_loop(item, links[item.sku], currency, place=place, following=after.get(item.sku, ""), minutes=item.talk_minutes or airtime.get(item.sku)) for place, item in enumerate(ordered))  # fmt: skip
    cues = tuple(_cues(brief, blocks, {item.sku: item for item in items}, links, currency))
    return Script(
        start=brief.session.start, minutes=minutes, cues=cues, loops=loops, ai_host=brief.session.ai_host,
        planned=plan is not None and bool(plan.blocks),
    )  # fmt: skip


def in_role_order(items: Sequence[Item]) -> list[Item]:
    """引流 → 承接 → 主推 → 利润 → 形象, those without a role as 主推; an item the boss pinned keeps its place."""
    free = sorted((item for item in items if item.pinned is None), key=lambda item: _ROLES.index(item.role or "hero"))
    for item in sorted((item for item in items if item.pinned is not None), key=lambda item: item.pinned or 0):
        free.insert((item.pinned or 1) - 1, item)
    return free


Stretch = tuple[CueKind, int, int, str]  # kind, start, minutes, sku


def _planned(plan: ProductPlan) -> Iterator[Stretch]:
    """The plan's blocks as they are; opening and closing words take no time of their own there."""
    yield "opening", 0, 0, ""
    for block in plan.blocks:
        kind: CueKind = "talk" if block.kind in ("talk", "hook") else block.kind  # type: ignore[assignment]
        yield kind, block.start, block.minutes, block.sku
    yield "closing", plan.minutes, 0, ""


def _even(brief: Brief, items: Sequence[Item], minutes: int) -> Iterator[Stretch]:
    """Opening, the items over and over with coupons and lotteries at their times, closing. Rests too short for a loop are questions."""
    edge = _ENDS if minutes >= _SHORT else max(1, minutes // 12)
    yield "opening", 0, edge, ""
    at, turn, end = edge, 0, minutes - edge
    for kind, start in [*_reserved(brief, edge, end), ("", end)]:
        while at < start:
            item = items[turn % len(items)]
            talk = item.talk_minutes or loop_seconds() // 60
            if at + talk > start:
                yield "interaction", at, start - at, ""
                at = start
                continue
            yield "talk", at, talk, item.sku
            turn, at = turn + 1, min(start, at + talk + brief.session.change_minutes)
        if kind:
            length = min(_RESERVED[kind], end - at)
            yield kind, at, length, ""  # type: ignore[misc]
            at += length
    yield "closing", end, edge, ""


def _reserved(brief: Brief, first: int, end: int) -> list[tuple[str, int]]:
    session = brief.session
    asked = [("coupon", _offset(session.start, at)) for at in session.coupons]
    asked += [("lottery", _offset(session.start, at)) for at in session.lotteries]
    return sorted(((kind, at) for kind, at in asked if first <= at < end), key=lambda one: one[1])


def _offset(start: time, at: time) -> int:
    """Minutes from the start to a time of day, past midnight too."""
    return ((at.hour - start.hour) * 60 + at.minute - start.minute) % (24 * 60)


def _links(items: Sequence[Item], plan: ProductPlan | None) -> dict[str, int]:
    """Link numbers of the plan; items it leaves out follow, in role order."""
    known = {block.sku: block.link for block in (plan.blocks if plan else ()) if block.sku and block.link}
    rest = iter(range(max(known.values(), default=0) + 1, 10_000))
    return {item.sku: known.get(item.sku) or next(rest) for item in items}


def _cues(
    brief: Brief, blocks: Sequence[Stretch], items: Mapping[str, Item], links: Mapping[str, int], currency: str
) -> Iterator[Cue]:
    told: Counter[str] = Counter()
    label = _pair(words()["ai"]["show"]) if brief.session.ai_host else Text("", "")
    for kind, start, minutes, sku in blocks:
        if kind == "talk" and sku in items:
            item = items[sku]
            told[sku] += 1
            beat = words()["beats"][0]
            link = links[sku]
            yield Cue(
                kind=kind, start=start, minutes=minutes, say=hook_line(item, link, currency, link + told[sku]), show=_joined(label, beat["show"]),
                control=Text(*(beat["control"][lang].format(link=link) for lang in ("zh", "en"))), sku=sku,
                title=clean_name(item.title, 40), link=link, role=item.role, airing=told[sku],
            )  # fmt: skip
            continue
        row: Mapping[str, Any] = words()["session"][kind]
        named = {"room": clean_name(brief.room, 40), "items": len(items)}
        say, control = Text(*(row["say"][lang].format(**named) for lang in ("zh", "en"))), _pair(row["control"])
        if kind == "opening" and brief.session.ai_host:
            ai = words()["ai"]
            say = Text(ai["say"]["zh"] + say.zh, f"{ai['say']['en']} {say.en}")
            control = Text(f"{ai['control']['zh']}；{control.zh}", f"{ai['control']['en']}; {control.en}")
        yield Cue(kind=kind, start=start, minutes=minutes, say=say, show=_joined(label, row["show"]), control=control)


def _pair(row: Mapping[str, str]) -> Text:
    return Text(row["zh"], row["en"])


def _joined(label: Text, row: Mapping[str, str]) -> Text:
    return Text(label.zh + row["zh"], label.en + row["en"])
