"""What the search for causes shares: the cuts of a change, who is live or paid traffic, and when a move stands out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tools.metrics.drivers import Driver
from tools.metrics.entities import EntityTable
from tools.metrics.pair import Move, moves

__all__ = [
    "LIVE",
    "PAID",
    "RETURNING",
    "SURPRISE",
    "Cuts",
    "judged_moves",
    "judged_rates",
    "over",
    "rounded",
    "stands_out",
]

ZERO = Decimal(0)
LIVE = re.compile(r"直播|live", re.IGNORECASE)
PAID = re.compile(r"推广|付费|直通车|万相台|引力魔方|超级钻展|广告|paid|\bads?\b|cpc", re.IGNORECASE)
RETURNING = re.compile(r"老客|会员|购物车|我的淘宝|直接访问|\bdirect\b|returning", re.IGNORECASE)
SURPRISE = 3.0
_JUDGED = 60  # the largest entities; a shop may sell thousands of items
_NO_HISTORY = Decimal("0.25")  # own move that counts where no history tells what is usual


@dataclass(frozen=True)
class Cuts:
    """The cuts that could be made, and every driver in them by (cut id, key)."""

    source: EntityTable | None
    product: EntityTable | None
    traffic: EntityTable | None
    channel: EntityTable | None
    host: EntityTable | None
    plan: EntityTable | None
    drivers: Mapping[tuple[str, str], Driver]

    def driver(self, cut: str, key: str) -> Driver | None:
        return self.drivers.get((cut, key))


def stands_out(move: Move, amount: Decimal, least: Decimal, *, bar: float = SURPRISE) -> bool:
    """The amount is worth naming, and the move departs from the entity's own past (or is large where there is no past)."""
    if abs(amount) < least:
        return False
    if move.surprise is not None:
        return abs(move.surprise) >= bar
    return move.before <= 0 or abs(move.after - move.before) >= _NO_HISTORY * move.before


def judged_moves(table: EntityTable, base: str, *, counts: str = "", alone: bool = False) -> list[Move]:
    """Moves of the largest entities of a cut."""
    keys = sorted(table.keys, key=lambda key: -sum(table.get(base, key)[:2]))[:_JUDGED]
    noise = [table.get(counts, key) for key in keys] if counts else None
    return moves([table.get(base, key) for key in keys], keys, counts=noise, alone=alone)


def judged_rates(table: EntityTable, above: str, below: str, *, counts: str, alone: bool = False) -> list[Move]:
    """Moves of a rate (above over below) of the largest entities that have it in both windows."""
    keys = sorted(table.keys, key=lambda key: -sum(table.get(below, key)[:2]))[:_JUDGED]
    keys = [key for key in keys if min(*table.get(below, key)[:2], *table.get(above, key)[:2]) > 0]
    rates = [
        [over(up, low) or ZERO for up, low in zip(table.get(above, key), table.get(below, key), strict=True)]
        for key in keys
    ]
    return moves(rates, keys, counts=[table.get(counts, key) for key in keys], alone=alone)


def rounded(move: Move) -> Decimal | None:
    """The surprise as a Decimal with one place."""
    return None if move.surprise is None else Decimal(str(round(move.surprise, 1)))


def over(above: Decimal, below: Decimal) -> Decimal | None:
    return above / below if below else None
