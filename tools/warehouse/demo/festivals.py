"""When simulated shoppers shop more or less. Read by the simulator only: diagnosis has its own calendar."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from pydantic import ConfigDict, Field

from tools.seeds import load_yaml
from tools.warehouse.demo.spec import Positive, Share, Spec

__all__ = ["Event", "Phase", "Presale", "shopping_calendar"]


class Phase(Spec):
    start: date
    end: date
    visits: Positive
    conversion: Positive
    repeat: Positive = 1
    discount: Share = 0


class Presale(Spec):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    balance: date
    share: Share


class Event(Spec):
    id: str
    name: str
    phases: tuple[Phase, ...]
    presale: Presale | None = None

    @property
    def start(self) -> date:
        return min(phase.start for phase in self.phases)

    @property
    def end(self) -> date:
        return max(phase.end for phase in self.phases)


@cache
def shopping_calendar() -> tuple[Event, ...]:
    """All festivals and holidays of `seeds/demo/calendar.yaml`, in the order in which they are laid over each other."""
    raw: dict[str, Any] = load_yaml("demo", "calendar.yaml")
    return tuple(Event.model_validate(event) for event in raw["events"])
