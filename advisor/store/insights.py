"""Findings the advisor brings up by itself: kept per merchant, dismissed until they worsen. Every call names the scope."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.engine import Connection, RowMapping

from advisor.scope import Scope
from advisor.store.schema import insights
from tools.errors import NotFound
from tools.text import Text

__all__ = ["Found", "Insight", "InsightBook"]

Status = Literal["open", "dismissed", "gone"]
_WORSE = Decimal(
    "1.25"
)  # of the money at stake when it was dismissed; below that it is the same finding, a little later


@dataclass(frozen=True)
class Found:
    """A finding as a reading of the shop gives it. `key` says what it is about, without figures; `yuan` is at stake a month."""

    key: str
    kind: Literal["problem", "opportunity"]
    yuan: Decimal
    fact: Mapping[str, Any]
    question: Text


@dataclass(frozen=True)
class Insight:
    insight_id: str
    kind: str
    yuan: Decimal
    fact: dict[str, Any]
    question: Text
    status: Status
    worse: bool  # back after it was dismissed
    found_at: datetime
    changed_at: datetime


def _insight_id(merchant_id: str, key: str) -> str:
    about = "\x1f".join((merchant_id, key))
    return f"i_{hashlib.sha256(about.encode()).hexdigest()[:16]}"


class InsightBook:
    """Part of the store (`Store.insights`). An insight of another merchant looks like one that does not exist."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def renew(self, scope: Scope, found: Sequence[Found]) -> None:
        """Take in a new reading: what is found again is brought up to date, what is not is gone; a dismissed one comes back only
        when a quarter more is at stake than when it was dismissed. A reading by staff may lack what the merchant did not share,
        so what it does not find may still be there."""
        now = datetime.now(UTC).replace(tzinfo=None)
        with self._engine.begin() as connection:
            query = select(insights).where(insights.c.merchant_id == scope.merchant_id)
            known = {row["insight_id"]: row for row in connection.execute(query).mappings()}
            seen = set()
            for each in found:
                name = _insight_id(scope.merchant_id, each.key)
                seen.add(name)
                self._take(connection, scope, name, each, known.get(name), now)
            for name, row in known.items():
                if scope.role == "merchant" and name not in seen and row["status"] == "open":
                    connection.execute(_changed(name, now, status="gone"))

    @staticmethod
    def _take(
        connection: Connection, scope: Scope, name: str, found: Found, known: RowMapping | None, now: datetime
    ) -> None:
        values: dict[str, Any] = {
            "kind": found.kind,
            "yuan": found.yuan,
            "facts": [dict(found.fact)],
            "question": {"zh": found.question.zh, "en": found.question.en},
        }
        if known is None:
            row = {
                "insight_id": name,
                "merchant_id": scope.merchant_id,
                "status": "open",
                "found_at": now,
                "changed_at": now,
            }
            connection.execute(insert(insights).values(**row, **values))
            return
        limit = known["dismissed_yuan"]
        if known["status"] != "dismissed" or (limit is not None and found.yuan >= Decimal(limit) * _WORSE):
            values["status"] = "open"
        connection.execute(_changed(name, now, **values))

    def all(self, scope: Scope, status: Status | None = "open") -> list[Insight]:
        """The most money first."""
        query = select(insights).where(insights.c.merchant_id == scope.merchant_id)
        if status is not None:
            query = query.where(insights.c.status == status)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return sorted((_insight(row) for row in rows), key=lambda each: -each.yuan)

    def dismiss(self, scope: Scope, insight_id: str) -> Insight:
        """Do not bring it up again unless it worsens. Raises NotFound."""
        return self._set(scope, insight_id, "dismissed")

    def restore(self, scope: Scope, insight_id: str) -> Insight:
        """Bring a dismissed one up again. Raises NotFound."""
        return self._set(scope, insight_id, "open")

    def _set(self, scope: Scope, insight_id: str, status: Status) -> Insight:
        own = (insights.c.merchant_id == scope.merchant_id, insights.c.insight_id == insight_id)
        with self._engine.begin() as connection:
            row = connection.execute(select(insights).where(*own)).mappings().first()
            if row is None:
                shown = insight_id[:40]
                raise NotFound(
                    Text(
                        f"没有找到提示 {shown}。用 advisor insights 查看。",
                        f"There is no insight {shown}. See `advisor insights`.",
                    )
                )
            away = {"dismissed_yuan": row["yuan"]} if status == "dismissed" else {}
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(_changed(insight_id, now, status=status, actor=scope.actor, **away))
            return _insight(connection.execute(select(insights).where(*own)).mappings().one())


def _changed(insight_id: str, now: datetime, **values: Any) -> Any:
    return update(insights).where(insights.c.insight_id == insight_id).values(changed_at=now, **values)


def _insight(row: RowMapping) -> Insight:
    return Insight(
        insight_id=row["insight_id"],
        kind=row["kind"],
        yuan=Decimal(row["yuan"]),
        fact=row["facts"][0],
        question=Text(row["question"]["zh"], row["question"]["en"]),
        status=row["status"],
        worse=row["status"] == "open" and row["dismissed_yuan"] is not None,
        found_at=row["found_at"],
        changed_at=row["changed_at"],
    )
