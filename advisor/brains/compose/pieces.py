"""The evidence of a turn, sorted by what it is good for. Facts keep their marks; nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from advisor.brains.base import TurnView
from tools.facts import Fact, Quantity, Role, Window
from tools.text import Lang, Text

__all__ = ["Piece", "Pieces", "gather", "pick"]

SMALL_SHOP_ORDERS = 300
_TINY_PLAYBOOK = "tiny-shop-first-step"


def pick(value: Any, lang: Lang) -> str:
    """A reader's text out of fact data: {zh, en}, a Text, a pair or a plain string."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get(lang) or value.get("zh") or "")
    if isinstance(value, Text):
        return value.get(lang)
    if isinstance(value, list | tuple) and len(value) == 2:
        return str(value[0 if lang == "zh" else 1])
    return str(value)


@dataclass(frozen=True)
class Piece:
    """A fact under its mark."""

    mark: str
    fact: Fact

    @property
    def cite(self) -> str:
        return f"[{self.mark}]"

    @property
    def topic(self) -> str:
        return str(self.fact.data.get("topic", ""))

    @property
    def driver(self) -> str:
        return str(self.fact.data.get("driver_id", ""))

    @property
    def rank(self) -> int:
        return int(self.fact.data.get("rank") or 99)

    @property
    def metric(self) -> str:
        return self.fact.quantities[0].metric if self.fact.quantities else ""

    @property
    def subject(self) -> str:
        """The name the first quantity is narrowed to, or the first entity."""
        for quantity in self.fact.quantities:
            if quantity.subject:
                return quantity.subject[-1]
        return self.fact.entities[0] if self.fact.entities else ""

    @property
    def window(self) -> Window | None:
        return self.fact.window

    def q(self, role: Role, metric: str | None = None) -> Quantity | None:
        return self.fact.quantity(role, metric)

    def number(self, role: Role) -> Decimal | None:
        found = self.q(role)
        return found.value if found else None

    @property
    def sign(self) -> int:
        """Up 1, down -1, 0 when unknown or unchanged."""
        for role in (Role.CHANGE, Role.CHANGE_RATE, Role.CONTRIBUTION):
            value = self.number(role)
            if value:
                return 1 if value > 0 else -1
        now, before = self.number(Role.VALUE), self.number(Role.PREVIOUS)
        return 0 if now is None or before is None or now == before else 1 if now > before else -1

    def text(self, key: str, lang: Lang) -> str:
        return pick(self.fact.data.get(key), lang)


@dataclass(frozen=True)
class Pieces:
    """All pieces of a turn by topic, each list in the order of its ranks."""

    change: Piece | None = None
    factors: Sequence[Piece] = ()
    entities: Sequence[Piece] = ()
    events: Sequence[Piece] = ()
    checks: Sequence[Piece] = ()
    missing: Sequence[Piece] = ()
    figures: Sequence[Piece] = ()
    rows: Sequence[Piece] = ()
    gaps: Sequence[Piece] = ()
    questions: Sequence[Piece] = ()
    unlocks: Sequence[Piece] = ()
    sizes: Sequence[Piece] = ()
    health: Sequence[Piece] = ()
    customers: Sequence[Piece] = ()  # cohorts, groups, lifetime value and brand assets
    cases: Sequence[Piece] = ()
    own: Sequence[Piece] = ()  # passages of the merchant's own documents, never mixed up with published cases
    playbooks: Sequence[Piece] = ()
    tools: Sequence[Piece] = ()
    stated: Sequence[Piece] = ()
    errors: Sequence[tuple[str, str, Text]] = field(default=())  # tool, code, message
    notes: Sequence[tuple[str, Text]] = field(default=())  # tool, note
    history_days: int = 0
    on_topic: frozenset[str] = frozenset()  # playbooks asked for by name, or by the goal of the question

    @property
    def orders_on_record(self) -> Decimal | None:
        """Orders in the whole history: counted where a fact counts them, else projected from the longest window (never shown)."""
        counted = [
            (quantity.value, quantity.window)
            for piece in (*self.figures, *self.rows, *([self.change] if self.change else []))
            for quantity in piece.fact.quantities
            if quantity.unit == "orders"
            and not quantity.subject
            and quantity.role in (Role.VALUE, Role.SAMPLE)
            and quantity.window
        ]
        longest = max(counted, key=lambda found: found[1].days if found[1] else 0, default=None)
        if longest is None or longest[1] is None:
            return None
        return longest[0] * max(self.history_days, longest[1].days) / longest[1].days

    @property
    def tiny(self) -> bool:
        """Too few orders for rates, segments or lifetime values to mean anything."""
        if any(piece.fact.data.get("playbook_id") == _TINY_PLAYBOOK for piece in self.playbooks):
            return True
        orders = self.orders_on_record
        return orders is not None and orders < SMALL_SHOP_ORDERS

    @property
    def whole(self) -> Piece | None:
        """What the parts add up to: the change asked about, or the GMV beside it when the parts are GMV's."""
        if self.change is None:
            return None
        target = next(
            (q.metric for p in (*self.factors, *self.entities) if (q := p.q(Role.CONTRIBUTION))), self.change.metric
        )
        if target == self.change.metric:
            return self.change
        return next((p for p in self.figures if p.metric == target), self.change)

    @property
    def start_here(self) -> Piece | None:
        return next(
            (p for p in self.playbooks if p.fact.data.get("start_here")), self.playbooks[0] if self.playbooks else None
        )


def gather(turn: TurnView) -> Pieces:
    """Sort this turn's facts, tool errors and notes."""
    pieces = [Piece(mark, fact) for mark, fact in turn.facts()]
    metric = [piece for piece in pieces if piece.fact.kind == "metric"]
    figures = _topic(metric, "figure", "")
    return Pieces(
        change=next(iter(_topic(metric, "change")), None),
        factors=_topic(metric, "factor"),
        entities=_topic(metric, "entity"),
        events=_topic(metric, "event"),
        checks=_topic(metric, "check"),
        missing=_topic(metric, "missing"),
        figures=[piece for piece in figures if not _is_row(piece)],
        rows=[piece for piece in figures if _is_row(piece)] + _topic(metric, "row"),
        gaps=_topic(metric, "gap"),
        questions=_topic(metric, "question"),
        unlocks=_topic(metric, "unlock"),
        sizes=_topic(metric, "size"),
        health=[piece for piece in metric if piece.topic in ("stage", "finding", "outcome", "landing")],
        customers=_topic(metric, "customers"),
        cases=[p for p in pieces if p.fact.kind == "case" and not _is_own(p)],
        own=[p for p in pieces if _is_own(p)],
        playbooks=[p for p in pieces if p.fact.kind == "playbook" and "playbook_id" in p.fact.data],
        tools=[p for p in pieces if p.fact.kind == "playbook" and "playbook_id" not in p.fact.data],
        stated=[piece for piece in pieces if piece.fact.kind == "stated"],
        errors=[(o.call.name, o.code, o.error) for o in turn.outcomes if o.error is not None],
        notes=list(_notes(turn)),
        history_days=_history(turn),
        on_topic=frozenset(_on_topic(turn)),
    )


def _is_own(piece: Piece) -> bool:
    return piece.fact.data.get("kind") == "own_document"


def _on_topic(turn: TurnView) -> Iterable[str]:
    for outcome in turn.outcomes:
        goal = outcome.call.arguments.get("goal")
        for fact in outcome.result.facts if outcome.result else ():
            if outcome.call.name == "plan_playbook" or (goal and goal in (fact.data.get("goals") or ())):
                yield str(fact.data.get("playbook_id", ""))


def _history(turn: TurnView) -> int:
    span = turn.shop.tables.get("orders")
    return (date.fromisoformat(span[1][:10]) - date.fromisoformat(span[0][:10])).days + 1 if span else 0


def _topic(pieces: Iterable[Piece], *topics: str) -> list[Piece]:
    return sorted((piece for piece in pieces if piece.topic in topics), key=lambda piece: piece.rank)


def _is_row(piece: Piece) -> bool:
    return bool(piece.fact.quantities and piece.fact.quantities[0].subject)


def _notes(turn: TurnView) -> Iterable[tuple[str, Text]]:
    seen: set[str] = set()
    for outcome in turn.outcomes:
        for note in outcome.result.notes if outcome.result else ():
            if note.zh not in seen:
                seen.add(note.zh)
                yield outcome.call.name, Text(note.zh, note.en)
