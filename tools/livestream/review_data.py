"""Before any verdict: are the data complete and counted alike. Checks of a stream's own columns, and what no file of it can tell."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tools.livestream.review_rules import judging
from tools.livestream.room import LiveSession

__all__ = ["Little", "gpm", "little"]


@dataclass(frozen=True)
class Little:
    """Average people online as reported, and as watch time ÷ time on air implies (Little's law: views × stay per view ÷ duration)."""

    reported: int
    implied: Decimal

    @property
    def agrees(self) -> bool:
        return abs(self.implied / self.reported - 1) <= Decimal(str(judging().little))


def little(one: LiveSession) -> Little | None:
    """None where one of the three is missing or nobody was online."""
    if not one.average_online or one.watch_seconds is None or not one.minutes or one.minutes < 0:
        return None
    return Little(one.average_online, Decimal(one.watch_seconds) / (one.minutes * 60))


def gpm(one: LiveSession) -> Decimal | None:
    """Paid GMV per 1,000 views (times, not people)."""
    return None if one.paid_amount is None or not one.views else one.paid_amount * 1000 / one.views
