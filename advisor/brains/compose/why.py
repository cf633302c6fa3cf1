"""Why a number moved: the headline's cause, then at most four reasons, drivers first, then market, then what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from advisor.brains.base import Draft
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import FLAT, Say
from tools.facts import Role, WhyClass

__all__ = ["cause_clause", "check_of", "is_flat", "offsetting", "why_drafts", "within_normal"]

_MOST = 4
_REAL_PART = Decimal("0.25")  # a driver below a quarter of the change is told only beside a larger one
_FACTOR_ROOM = 2


def check_of(pieces: Pieces, name: str) -> Piece | None:
    """A check by its id (market, gaps, normal, calendar, coverage, flat)."""
    return next((p for p in pieces.checks if name in (p.fact.data.get("check_id"), p.driver)), None)


def verdict(piece: Piece | None) -> str:
    return str(piece.fact.data.get("verdict", "")) if piece else ""


def is_flat(pieces: Pieces) -> bool:
    """The whole hardly moved."""
    rate = pieces.change.number(Role.CHANGE_RATE) if pieces.change else None
    return rate is not None and abs(rate) < FLAT


def within_normal(pieces: Pieces) -> Piece | None:
    """The check that says the change is within the shop's usual swing, when it says so."""
    check = check_of(pieces, "normal")
    return check if verdict(check) == "ok" else None


def _amount(piece: Piece) -> Decimal:
    return piece.number(Role.CONTRIBUTION) or Decimal(0)


def _along(pieces: Pieces, parts: Sequence[Piece]) -> list[Piece]:
    """Parts that pull with the change, largest first; all of them when the whole is flat."""
    sign = pieces.change.sign if pieces.change else 0
    with_it = [p for p in parts if not sign or _amount(p) * sign > 0]
    return sorted(with_it, key=lambda p: -abs(_amount(p)))


def offsetting(pieces: Pieces) -> tuple[Piece, Piece] | None:
    """The largest loss and the largest gain when each outweighs the change that is left, else None."""
    losses = [p for p in pieces.factors if _amount(p) < 0]
    gains = [p for p in pieces.factors if _amount(p) > 0]
    change = pieces.change.number(Role.CHANGE) if pieces.change else None
    if not losses or not gains or change is None:
        return None
    loss, gain = min(losses, key=_amount), max(gains, key=_amount)
    smaller = min(abs(_amount(loss)), abs(_amount(gain)))
    return (loss, gain) if smaller >= abs(change) and smaller > 0 else None


def primary(pieces: Pieces) -> tuple[Piece | None, Piece | None]:
    """The entity that carries most of the change and the event that goes with it in time."""
    entity = next(iter(pieces.entities), None)
    if entity is None:
        return None, next((e for e in pieces.events if e.rank == 1), None)
    names = {entity.subject, *entity.fact.entities}
    for event in pieces.events:
        if event.fact.data.get("cause") == entity.driver or names & {event.subject, *event.fact.entities} - {""}:
            return entity, event
    ranked = next((e for e in pieces.events if e.rank == entity.rank), None)
    return entity, ranked


def cause_clause(pieces: Pieces, say: Say) -> str:
    """The headline's middle: where the change sits and what went with it."""
    both = offsetting(pieces)
    if both:
        return _offset_clause(both, say)
    if within_normal(pieces) is not None:
        normal = within_normal(pieces)
        cite = normal.cite if normal else ""
        return say.t(
            f"在这家店平常的波动之内，不宜当成问题来救{cite}",
            f"that is within this shop's usual swing, so there is no problem to read into it{cite}",
        )
    entity, event = primary(pieces)
    if entity is not None:
        return _entity_clause(entity, event, say)
    factor = next(iter(_along(pieces, pieces.factors)), None)
    if factor is None:
        return ""
    name = _name(factor, say)
    if say.zh:
        return f"按拆解，主要在{name}：{say.part(factor)}"
    return f"the split puts most of it in {name}: {say.part(factor)}"


def _offset_clause(both: tuple[Piece, Piece], say: Say) -> str:
    loss, gain = both
    back = gain.q(Role.CONTRIBUTION)
    if back is None:
        return ""
    if say.zh:
        return (
            f"表面平静，底下两股力量互相抵消：{_name(loss, say)}{say.part(loss)}，"
            f"{_name(gain, say)}补回 {say.value(back, size=True)}{gain.cite}"
        )
    return (
        f"two moves cancel out underneath: {_name(loss, say)} {say.part(loss)}, "
        f"{_name(gain, say)} made up {say.value(back, size=True)}{gain.cite}"
    )


def _entity_clause(entity: Piece, event: Piece | None, say: Say) -> str:
    up = _amount(entity) > 0
    name = say.quote(entity.subject) if entity.subject else _name(entity, say)
    if say.zh:
        where = f"{'多出来的' if up else '缺口'}主要在{name}，{say.part(entity)}"
        return where + (f"；同一时间{say.claim(event)}{event.cite}" if event else "")
    where = f"most of it sits in {name}, {say.part(entity)}"
    return where + (f"; at the same time {say.claim(event)}{event.cite}" if event else "")


def _name(piece: Piece, say: Say) -> str:
    """What a driver is called: its label, its subject, else its metric."""
    return piece.text("label", say.lang) or (say.quote(piece.subject) if piece.subject else say.metric(piece.metric))


def why_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """At most four reasons. Each says its class; nothing here says that one thing caused another."""
    drafts = [
        *_factor_drafts(pieces, say),
        *_entity_drafts(pieces, say),
        *_market_drafts(pieces, say),
        *_check_drafts(pieces, say),
    ]
    yield from drafts[:_MOST]


def _factor_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    parts = _along(pieces, pieces.factors)
    both = offsetting(pieces)
    if both:
        parts = list(both)
    told = [p for i, p in enumerate(parts) if i == 0 or both or (p.number(Role.SHARE) or Decimal(0)) >= _REAL_PART]
    told = told[:_FACTOR_ROOM]
    if not told:
        return
    against = [p for p in pieces.factors if p not in told and pieces.change and _amount(p) * pieces.change.sign < 0]
    clauses = [_factor_clause(p, say, first=i == 0) for i, p in enumerate(told)]
    text = ("；" if say.zh else "; ").join(clauses)
    counter = max(against, key=lambda p: abs(_amount(p)), default=None)
    if counter is not None and abs(_amount(counter)) * 5 >= abs(_amount(told[0])):
        text += say.t(
            f"；{_name(counter, say)}反向抵消，{say.part(counter)}",
            f"; {_name(counter, say)} worked the other way, {say.part(counter)}",
        )
    yield Draft("why", say.join(text), told[0].fact.why_class or WhyClass.DECOMPOSITION)


def _factor_clause(piece: Piece, say: Say, *, first: bool) -> str:
    """The factor's own move and what it is worth: "访客数从 8.1 万人降到 6.0 万人，合少 18 万元"."""
    now, before, amount = piece.q(Role.VALUE), piece.q(Role.PREVIOUS), piece.q(Role.CONTRIBUTION)
    name = _name(piece, say)
    share = piece.q(Role.SHARE)
    if now is None or before is None or amount is None:
        return (
            f"{name}{'：' if say.zh else ': '}{say.part(piece)}"
            if amount is not None
            else f"{say.claim(piece)}{piece.cite}"
        )
    part = ""
    if first and share is not None and Decimal("0.3") <= share.value <= 1:
        part = say.t(f"，占全部变化的 {say.value(share)}", f", {say.value(share)} of the whole change")
    less = amount.value < 0
    if say.zh:
        return f"{name}{say.shift(before, now)}，折合{'少' if less else '多'} {say.value(amount, size=True)}{part}{piece.cite}"
    worth = f"worth {say.value(amount, size=True)} {'less' if less else 'more'} in the split"
    return f"{name} {say.shift(before, now)}, {worth}{part}{piece.cite}"


def _entity_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    entity, event = primary(pieces)
    if entity is None:
        if event is not None:
            yield Draft(
                "why",
                say.join(f"{say.claim(event)}{event.cite}", _only_timing(say)),
                event.fact.why_class or WhyClass.ASSOCIATION,
            )
        return
    if event is not None:
        yield Draft("why", _with_event(entity, event, say), event.fact.why_class or WhyClass.ASSOCIATION)
    else:
        tail = say.t(
            "还没有看到与它同时发生的停投、缺货或改价",
            "no stopped plan, stock-out or price change was found at the same time",
        )
        yield Draft("why", say.join(_entity_level(entity, say), tail), entity.fact.why_class or WhyClass.DECOMPOSITION)
    second = next(
        (p for p in pieces.entities[1:] if p.driver != entity.driver and abs(_amount(p)) * 3 >= abs(_amount(entity))),
        None,
    )
    if second is not None:
        yield Draft(
            "why",
            say.join(say.t(f"另一处在{_entity_level(second, say)}", f"another part: {_entity_level(second, say)}")),
            second.fact.why_class or WhyClass.DECOMPOSITION,
        )


def _entity_level(entity: Piece, say: Say) -> str:
    now, before = entity.q(Role.VALUE), entity.q(Role.PREVIOUS)
    name = say.quote(entity.subject) if entity.subject else _name(entity, say)
    if now is None or before is None or now.value == before.value:
        return f"{name}{say.part(entity)}" if say.zh else f"{name}, {say.part(entity)}"
    metric = say.metric(now.metric)
    if say.zh:
        return f"{name}的{metric}{say.shift(before, now)}，{say.part(entity)}"
    return f"{metric} of {name} {say.shift(before, now)}, {say.part(entity)}"


def _with_event(entity: Piece, event: Piece, say: Say) -> str:
    return say.join(_entity_level(entity, say), f"{say.claim(event)}{event.cite}", _only_timing(say))


def _only_timing(say: Say) -> str:
    return say.t("时间对得上，但还不是因果的证明", "the timing fits, which is not yet proof")


def _market_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Market or me, once it can be told; when it cannot, the limits say which file would."""
    market = check_of(pieces, "market")
    if market is not None and verdict(market) in ("ok", "warn"):
        yield Draft("why", say.join(f"{say.claim(market)}{market.cite}"), market.fact.why_class or WhyClass.ASSOCIATION)


def _check_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    gaps = check_of(pieces, "gaps")
    if gaps is not None and verdict(gaps) == "warn":
        tail = say.t(
            "先确认这几天是真没卖，还是导出漏了行",
            "first make sure whether sales really stopped or rows are missing from the export",
        )
        yield Draft("why", say.join(f"{say.claim(gaps)}{gaps.cite}", tail), gaps.fact.why_class or WhyClass.INFERENCE)
    normal = check_of(pieces, "normal")
    if normal is not None and verdict(normal) == "warn":
        yield Draft("why", say.join(f"{say.claim(normal)}{normal.cite}"), normal.fact.why_class or WhyClass.INFERENCE)
