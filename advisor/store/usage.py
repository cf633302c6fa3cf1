"""What models used, by merchant, local day and model: calls, tokens, and their price where one is set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from advisor.scope import Scope
from advisor.store.schema import usage

__all__ = ["UsageBook", "Used"]


@dataclass(frozen=True)
class Used:
    """One day of one model, or a sum of them. `cost` is None where no price was set."""

    day: date
    model: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal | None = None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class UsageBook:
    """Part of the store (`Store.usage`). Every call names the scope; staff and merchant share the merchant's account."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        scope: Scope,
        day: date,
        model: str,
        *,
        prompt_tokens: int,
        completion_tokens: int,
        cost: Decimal | None,
    ) -> None:
        """Count one request. Sums are made here, in Decimal: a database may add money as floats."""
        key = {"merchant_id": scope.merchant_id, "day": day, "model": model[:120]}
        mine = (usage.c.merchant_id == scope.merchant_id) & (usage.c.day == day) & (usage.c.model == key["model"])
        while True:
            seen = self._one(mine)
            if seen is None:
                row = {"calls": 1, "prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "cost": cost}
                if self._inserted(key | row):
                    return
                continue  # another process wrote the first row of the day
            grown = {
                "calls": seen.calls + 1,
                "prompt_tokens": seen.prompt_tokens + prompt_tokens,
                "completion_tokens": seen.completion_tokens + completion_tokens,
                "cost": seen.cost if cost is None else (seen.cost or Decimal(0)) + cost,
            }
            with self._engine.begin() as connection:  # `calls` only grows, so it tells whether the row moved meanwhile
                if connection.execute(update(usage).where(mine & (usage.c.calls == seen.calls)).values(grown)).rowcount:
                    return

    def spent(self, scope: Scope, day: date) -> Used:
        """The merchant's day over all models."""
        rows = self.rows(scope, since=day, until=day)
        costs = [row.cost for row in rows if row.cost is not None]
        return Used(
            day,
            "",
            sum(row.calls for row in rows),
            sum(row.prompt_tokens for row in rows),
            sum(row.completion_tokens for row in rows),
            sum(costs, Decimal(0)) if costs else None,
        )

    def rows(self, scope: Scope, *, since: date, until: date) -> list[Used]:
        """Days and models between two days, both included, oldest first."""
        return self._all((usage.c.merchant_id == scope.merchant_id) & usage.c.day.between(since, until))

    def _one(self, where: ColumnElement[bool]) -> Used | None:
        return next(iter(self._all(where)), None)

    def _all(self, where: ColumnElement[bool]) -> list[Used]:
        columns = [usage.c[name] for name in Used.__dataclass_fields__]
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).where(where).order_by(usage.c.day, usage.c.model)).all()
        return [Used(*row) for row in rows]

    def _inserted(self, row: dict[str, object]) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(usage).values(row))
        except IntegrityError:
            return False
        return True
