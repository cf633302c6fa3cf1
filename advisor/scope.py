"""Who asks, and which one merchant is bound. Made only by a door after authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Role", "Scope"]

Role = Literal["merchant", "staff"]


@dataclass(frozen=True)
class Scope:
    """The one merchant everything in a request is bound to, and the person behind it."""

    merchant_id: str
    actor: str
    role: Role = "merchant"
