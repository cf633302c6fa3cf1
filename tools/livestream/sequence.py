"""Rundowns other than the optimum, to compare it with, and airings written out as the blocks of a rundown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tools.livestream.products_types import Block
from tools.livestream.products_values import Airing, Values, covered, eligible
from tools.text import Text

__all__ = ["blocks_of", "faults", "greedy", "in_order", "totals"]

_MILLI = Decimal(1000)
_ASIDE = 2  # minutes left that are worth a line of their own


def greedy(values: Values) -> list[Airing]:
    """What a sensible host does by hand: at each moment the item that earns most a minute, hooks where they belong, heroes in time."""
    v = values
    found: list[Airing] = []
    closes = {parts[0] for parts in v.closing}
    shut = {p for parts in v.closing for p in parts[1:]}
    left = {i: item.stock * 1000 for i, item in enumerate(v.items) if item.stock is not None}
    last_round: dict[int, int] = {}
    hero = 0
    for p, part in enumerate(v.parts):
        minute = part.start
        while p not in shut:
            room = part.end - minute
            able = [
                i
                for i in range(len(v.items))
                if v.length[i] <= room and _may(v, i, part.round, last_round, left, found)
            ]
            hooks = [i for i in able if v.items[i].role == "hook"]
            shortest = min((v.length[i] for i in hooks), default=0)
            if (p in closes and hooks and room < shortest + min(v.length)) or (not found and hooks):
                able = hooks
            elif (heroes := [i for i in able if v.items[i].role == "hero"]) and minute + max(
                v.length
            ) - hero > v.rules.hero_gap:
                able = heroes
            if not able:
                break
            best = max(able, key=lambda i: (_earns(v, i, part.round, left) / v.length[i], -i))
            found.append(Airing(p, minute, best))
            if best in left:
                left[best] = max(0, left[best] - v.milli[best][part.round])
            last_round[best], hero = part.round, minute if v.items[best].role == "hero" else hero
            minute += v.length[best]
    return found


def _earns(v: Values, i: int, r: int, left: dict[int, int]) -> float:
    want = v.milli[i][r]
    return v.fen[i][r] * (min(1.0, left[i] / want) if i in left and want else 1.0)


def _may(v: Values, i: int, r: int, last_round: dict[int, int], left: dict[int, int], found: Sequence[Airing]) -> bool:
    item = v.items[i]
    if eligible(item, v.rules) or (i in last_round and r - last_round[i] < v.rules.apart.get(item.role, 1)):
        return False
    cover = covered(item, v.rules)
    if cover is not None and left[i] < v.milli[i][r] and (item.margin <= 0 or r in v.audience.prime):
        return False
    taken = (item.stock or 0) * 1000 - left.get(i, 0)
    if r in v.audience.prime and cover is not None and taken + v.milli[i][r] > cover:
        return False
    run = [v.items[one.item].role for one in found[-v.rules.in_a_row :]]
    return len(run) < v.rules.in_a_row or any(role != item.role for role in run)


def in_order(values: Values, order: Sequence[int]) -> list[Airing]:
    """The items in this order over and over, as long as the session lasts: how a host loops through the bag."""
    found: list[Airing] = []
    place = 0
    for p, part in enumerate(values.parts):
        minute = part.start
        for _ in range(len(order) * 50):
            i = order[place % len(order)] if order else -1
            if i < 0 or minute + values.length[i] > part.end:
                break
            found.append(Airing(p, minute, i))
            minute += values.length[i]
            place += 1
    return found


def faults(values: Values, airings: Sequence[Airing]) -> set[str]:
    """Rules of the merchant and of stock that an order breaks: pinned, must, floor, stock. Rhythm is the host's own affair."""
    found: set[str] = set()
    on = {one.item for one in airings}
    for i, item in enumerate(values.items):
        if item.must and i not in on:
            found.add("must")
        if item.pinned and (item.pinned > len(airings) or airings[item.pinned - 1].item != i):
            found.add("pinned")
        if i in on and (why := eligible(item, values.rules)):
            found.add(why)
    for i, wanted in values.taken(airings).items():
        cover, stock = covered(values.items[i], values.rules), values.items[i].stock
        prime = any(one.item == i and values.parts[one.part].round in values.audience.prime for one in airings)
        if cover is not None and stock is not None and (prime and wanted > cover):
            found.add("stock")
    return found


def blocks_of(values: Values, airings: Sequence[Airing]) -> tuple[Block, ...]:
    """Airings as a rundown: link numbers by first airing, pieces as long as stock lasts, spare minutes as questions from the audience."""
    v = values
    links: dict[int, int] = {}
    for one in airings:
        links.setdefault(one.item, len(links) + 1)
    left = {i: item.stock * 1000 for i, item in enumerate(v.items) if item.stock is not None}
    last = {parts[0] for parts in v.closing}
    blocks: list[Block] = [Block(r.kind, r.start, r.minutes) for r in v.rules.reserved if "events" not in v.rules.off]
    for p, part in enumerate(v.parts):
        mine = [one for one in airings if one.part == p]
        minute = part.start
        for k, one in enumerate(mine):
            item, spare = v.items[one.item], part.end - (mine[-1].start + v.length[mine[-1].item])
            final = k == len(mine) - 1
            start, talk = one.start, item.talk
            if final and p in last and spare >= _ASIDE and item.role == "hook":
                blocks.append(Block("interaction", start, spare))
                start += spare
            elif final and spare < _ASIDE:
                talk += max(0, spare)
            want = v.milli[one.item][part.round]
            sold = min(want, left.get(one.item, want))
            if one.item in left:
                left[one.item] -= sold
            hook = item.role == "hook" and ((final and p in last) or part.start < v.rules.hook_within)
            blocks.append(_block(v, one.item, start, talk, links[one.item], sold, want, hook))
            minute = start + talk + v.rules.change
        if part.end - minute >= _ASIDE:
            blocks.append(Block("interaction", minute, part.end - minute))
    return tuple(sorted(blocks, key=lambda block: block.start))


def _block(v: Values, i: int, start: int, talk: int, link: int, sold: int, want: int, hook: bool) -> Block:
    item = v.items[i]
    note = Text("", "")
    if sold < want:
        note = Text("预计卖完，备好替换款", "expected to sell out: have a replacement ready")
    elif hook:
        note = Text("拉人：开场或低谷前", "to draw people in: opening, or before a trough")
    return Block(
        "hook" if hook else "talk",
        start,
        talk,
        item.sku,
        item.title,
        item.role,
        link,
        item.price,
        Decimal(sold) / _MILLI,
        note,
    )


def totals(values: Values, airings: Iterable[Airing]) -> tuple[Decimal, Decimal]:
    """Pieces and paid GMV expected, stock counted."""
    pieces, gmv = Decimal(0), Decimal(0)
    for i, want in values.taken(airings).items():
        item = values.items[i]
        sold = Decimal(want if item.stock is None else min(want, item.stock * 1000)) / _MILLI
        pieces, gmv = pieces + sold, gmv + sold * item.price
    return pieces, gmv
