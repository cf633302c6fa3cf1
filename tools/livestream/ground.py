"""What a plan stands on: each input from the shop's tables, else from what the merchant stated, else a reference, else asked for by name.

Order of trust per input: the brief (the merchant says so now) · the shop's own tables · stated earlier in a chat · a public reference,
marked with platform and confidence. The platform fee has no reference: without it nothing is made up, it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tools.livestream.assumption import Assumptions
from tools.livestream.economics import UnitEconomics
from tools.text import Text

__all__ = ["Ground", "Missing"]


@dataclass(frozen=True)
class Missing:
    """An input nobody has given: its name in the brief, what it is, why it matters, and where a merchant finds it."""

    key: str
    label: Text
    why: Text
    where: Text


@dataclass(frozen=True)
class Ground:
    """Inputs with their basis, and what is still missing. `unit` is None while an input of it is missing."""

    assumptions: Assumptions
    unit: UnitEconomics | None
    ad_share: Decimal | None
    missing: tuple[Missing, ...] = ()
