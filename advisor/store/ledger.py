"""The advice ledger: adopted plans with what was promised and the forecast made before they began. Every call names the scope."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import Engine, Select, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from advisor.scope import Scope
from advisor.store.schema import adopted
from tools.errors import NotFound, NotPermitted
from tools.text import Text

__all__ = ["AdoptedPlan", "PlanLedger", "visible_to"]

Answer = Literal["yes", "no"]


@dataclass(frozen=True)
class AdoptedPlan:
    """A plan as it was adopted. `plan` and `forecast` are facts as JSON; `executed` is what the merchant said, None if nothing.

    `promotion` names the row of the promotions table that carries the plan out, where a hold-out was declared under it.
    """

    plan_id: str
    playbook_id: str
    actor: str
    role: str
    adopted_at: datetime
    start: date
    end: date
    plan: dict[str, Any]
    forecast: dict[str, Any]
    promotion: str | None
    executed: str | None
    asked: bool
    shared: bool


class PlanLedger:
    """Part of the store (`Store.plans`). A plan of another merchant looks like one that does not exist."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def adopt(
        self,
        scope: Scope,
        *,
        playbook_id: str,
        start: date,
        end: date,
        plan: Mapping[str, Any],
        forecast: Mapping[str, Any],
        promotion: str | None = None,
        shared: bool = False,
        plan_id: str | None = None,
    ) -> AdoptedPlan:
        """Keep a plan. What staff adopt is open to the staff; what the merchant adopts is not, unless shared.

        `plan_id`: the number it must get; where the merchant has that plan already, it is returned and nothing is kept.
        """
        row = {
            "plan_id": plan_id or f"p_{uuid.uuid4().hex[:12]}",
            "merchant_id": scope.merchant_id,
            "playbook_id": playbook_id,
            "actor": scope.actor,
            "role": scope.role,
            "adopted_at": datetime.now(UTC).replace(tzinfo=None),
            "start": start,
            "end": end,
            "plan": dict(plan),
            "forecast": dict(forecast),
            "promotion": promotion,
            "executed": None,
            "asked": False,
            "shared": shared or scope.role != "merchant",
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(adopted).values(row))
        except IntegrityError:
            return self.get(scope, str(row["plan_id"]))
        return _plan(row)

    def all(self, scope: Scope) -> list[AdoptedPlan]:
        """The plans this scope may see, newest first."""
        query = visible_to(scope).order_by(adopted.c.adopted_at.desc(), adopted.c.plan_id)
        with self._engine.connect() as connection:
            return [_plan(row) for row in connection.execute(query).mappings()]

    def get(self, scope: Scope, plan_id: str) -> AdoptedPlan:
        """Raises NotFound for an unknown plan and for one this scope may not see."""
        with self._engine.connect() as connection:
            row = connection.execute(visible_to(scope).where(adopted.c.plan_id == plan_id)).mappings().first()
        if row is None:
            raise _unknown(plan_id)
        return _plan(row)

    def answer(self, scope: Scope, plan_id: str, executed: Answer) -> AdoptedPlan:
        """Record whether the plan was carried out; a later answer replaces it. Raises NotFound or NotPermitted."""
        if scope.role != "merchant":
            raise NotPermitted(
                Text("只有商家自己能回答计划是否执行。", "Only the merchant can say whether a plan was carried out.")
            )
        self.get(scope, plan_id)
        self._set(scope, [plan_id], executed=executed)
        return self.get(scope, plan_id)

    def mark_asked(self, scope: Scope, plan_ids: list[str]) -> None:
        """The question was put: it is not put again."""
        self._set(scope, plan_ids, asked=True)

    def _set(self, scope: Scope, plan_ids: list[str], **values: Any) -> None:
        mine = (adopted.c.merchant_id == scope.merchant_id) & adopted.c.plan_id.in_(plan_ids)
        with self._engine.begin() as connection:
            connection.execute(update(adopted).where(mine).values(**values))


def visible_to(scope: Scope) -> Select[Any]:
    """A merchant sees every plan of the shop, staff those adopted by staff or shared: a plan carries stated margins."""
    query = select(adopted).where(adopted.c.merchant_id == scope.merchant_id)
    return query if scope.role == "merchant" else query.where(adopted.c.shared.is_(True))


def _plan(row: Mapping[str, Any] | RowMapping) -> AdoptedPlan:
    return AdoptedPlan(**{key: value for key, value in row.items() if key != "merchant_id"})


def _unknown(plan_id: str) -> NotFound:
    shown = plan_id[:40]
    return NotFound(
        Text(
            f"没有找到计划 {shown}。用 advisor playbooks review 查看已采纳的计划。",
            f"No plan {shown} was found. See the adopted ones with `advisor playbooks review`.",
        )
    )
