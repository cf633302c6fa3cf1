"""Who pays for a turn: the merchant's account of the day, its limits, and what is said when one is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from advisor.brains.base import Exchange
from advisor.errors import ModelSpent
from advisor.scope import Scope
from advisor.settings import Settings
from advisor.store.usage import UsageBook
from tools.text import Text

__all__ = ["Spending", "TurnLedger"]

_MILLION = Decimal(1_000_000)
_CENT = Decimal("0.000001")  # the scale of the column


@dataclass(frozen=True)
class Spending:
    """Prices of a million tokens and limits of a day; None is no price and no limit."""

    book: UsageBook
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    daily_tokens: int | None = None
    daily_cost: Decimal | None = None

    @classmethod
    def of(cls, settings: Settings, book: UsageBook) -> Spending:
        return cls(book, settings.price_in, settings.price_out, settings.daily_tokens, settings.daily_cost)

    def turn(self, scope: Scope, day: date, record: Callable[[Exchange], None] | None = None) -> TurnLedger:
        """The ledger of one turn; `day` is the merchant's local day and `record` keeps what was sent."""
        return TurnLedger(self, scope, day, record)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """In the currency of the price list; None when a price is missing."""
        if self.price_in is None or self.price_out is None:
            return None
        return ((prompt_tokens * self.price_in + completion_tokens * self.price_out) / _MILLION).quantize(_CENT)


class TurnLedger:
    """`advisor.brains.base.Ledger` of one turn and scope."""

    def __init__(
        self, spending: Spending, scope: Scope, day: date, record: Callable[[Exchange], None] | None = None
    ) -> None:
        self._spending = spending
        self._scope = scope
        self._day = day
        self._record = record

    def allow(self) -> None:
        """Raises ModelSpent when a limit of the day is reached. The request that crosses it is the last one."""
        limits = self._spending
        if limits.daily_tokens is None and limits.daily_cost is None:
            return
        spent = limits.book.spent(self._scope, self._day)
        if limits.daily_tokens is not None and spent.tokens >= limits.daily_tokens:
            raise ModelSpent(
                Text(
                    f"今天的模型用量已到上限（{limits.daily_tokens:,} 个 token）；可用 ADVISOR_DAILY_TOKENS 调高",
                    f"Today's limit of {limits.daily_tokens:,} model tokens is used up; raise it with ADVISOR_DAILY_TOKENS",
                )
            )
        if limits.daily_cost is not None and (spent.cost or Decimal(0)) >= limits.daily_cost:
            raise ModelSpent(
                Text(
                    f"今天的模型费用已到上限（{limits.daily_cost:f}，按你设置的单价）；可用 ADVISOR_DAILY_COST 调高",
                    f"Today's model cost limit of {limits.daily_cost:f} (at the prices you set) is reached; "
                    "raise it with ADVISOR_DAILY_COST",
                )
            )

    def note(self, exchange: Exchange) -> None:
        """Count the request and hand it on for the trace."""
        tokens_in, tokens_out = exchange.prompt_tokens, exchange.completion_tokens
        self._spending.book.add(
            self._scope,
            self._day,
            exchange.model,
            prompt_tokens=tokens_in,
            completion_tokens=tokens_out,
            cost=self._spending.cost(tokens_in, tokens_out),
        )
        if self._record is not None:
            self._record(exchange)
