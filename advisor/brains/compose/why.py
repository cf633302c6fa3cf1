"""Why a number moved: the headline's cause, then at most four reasons, drivers first, then market, then what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from advisor.brains.base import Draft
from advisor.brains.compose.entity import entity_level, entity_name, event_words, is_turning_point
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import FLAT, Say
from tools.facts import Role, WhyClass

__all__ = ["cause_clause", "check_of", "is_flat", "offsetting", "verdict", "why_drafts", "within_normal"]

_MOST = 4
_REAL_PART = Decimal("0.25")  # a driver below a quarter of the change is told only beside a larger one
_FACTOR_ROOM = 2
_LEADS = Decimal("0.25")  # an entity below it does not lead a headline
_MOSTLY = Decimal("0.5")
# An asked metric and the factor of GMV that holds it, where the names differ.
_FACTOR_OF = {
    "aov_order": "order_value",
    "aov_buyer": "order_value",
    "refund_amount": "refunds",
    "refund_rate": "refunds",
}


def check_of(pieces: Pieces, name: str) -> Piece | None:
    """A check by its id (market, gaps, normal, calendar, coverage, flat)."""
    return next((p for p in pieces.checks if p.fact.data.get("check") == name), None)


def verdict(piece: Piece | None) -> str:
    """ok, warn, unknown; empty without a check."""
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


def _direction(pieces: Pieces) -> int:
    return pieces.whole.sign if pieces.whole else 0


def _along(pieces: Pieces, parts: Sequence[Piece]) -> list[Piece]:
    """Parts that pull with the change, largest first; all of them when the whole is flat."""
    sign = _direction(pieces)
    return sorted((p for p in parts if not sign or _amount(p) * sign > 0), key=lambda p: -abs(_amount(p)))


def offsetting(pieces: Pieces) -> tuple[Piece, Piece] | None:
    """The largest loss and the largest gain when each outweighs the change that is left, else None."""
    losses = [p for p in pieces.factors if _amount(p) < 0]
    gains = [p for p in pieces.factors if _amount(p) > 0]
    change = pieces.whole.number(Role.CHANGE) if pieces.whole else None
    if not losses or not gains or change is None:
        return None
    loss, gain = min(losses, key=_amount), max(gains, key=_amount)
    smaller = min(abs(_amount(loss)), abs(_amount(gain)))
    return (loss, gain) if smaller >= abs(change) and smaller > 0 else None


def _asked_factor(pieces: Pieces) -> Piece | None:
    """The factor of GMV that is the metric asked about, when the parts are GMV's."""
    if pieces.change is None or pieces.whole is pieces.change:
        return None
    asked = _FACTOR_OF.get(pieces.change.metric, pieces.change.metric)
    return next((p for p in pieces.factors if p.driver == asked), None)


def primary(pieces: Pieces) -> tuple[Piece | None, Piece | None]:
    """The entity that accounts best for the change and the event that goes with it in time.

    For a question about one factor (conversion), only an entity that moved through that factor will do.
    """
    target = pieces.whole.metric if pieces.whole else ""
    entities = [p for p in pieces.entities if _carries(p, target)]
    asked = _asked_factor(pieces)
    if asked is not None:
        entities = [p for p in entities if p.fact.data.get("factor") == asked.driver]
    along = [p for p in entities if not _direction(pieces) or _amount(p) * _direction(pieces) > 0]
    entity = next(iter(along or ([] if asked is None else entities)), None)
    if asked is None and (entity is None or not _told(entity)):
        # what departs from its own history is worth a look even where the total went the other way
        entity = next((p for p in entities if _told(p)), entity)
    if entity is None:
        return None, None
    events = [e for e in pieces.events if e.rank == entity.rank and e.driver == entity.driver]
    return entity, next(iter(events), None)


def _carries(entity: Piece, target: str) -> bool:
    """Entities carry money: they account for GMV and its relatives, not for a rate."""
    part = entity.q(Role.CONTRIBUTION)
    return part is not None and (part.metric == target or target in ("gmv", "net_gmv", "orders", "buyers"))


def _told_apart(pieces: Pieces) -> bool:
    """Whether the leading entity stood out, or is only the largest part of an ordinary split."""
    entity, _ = primary(pieces)
    return entity is not None and _told(entity)


def _told(entity: Piece) -> bool:
    return entity.fact.data.get("factor") is not None


def cause_clause(pieces: Pieces, say: Say) -> str:
    """The headline's middle: where the change sits and what went with it. In a tiny shop a change is mostly chance."""
    if pieces.tiny:
        return say.t(
            "单量还少，涨跌多半是偶然，先不解读",
            "with so few orders a change is mostly chance, so it is not read further",
        )
    gaps = check_of(pieces, "gaps")
    if gaps is not None and verdict(gaps) == "warn":
        return say.t(
            f"先别解读这个变化：{say.claim(gaps)}{gaps.cite}", f"do not read it yet: {say.claim(gaps)}{gaps.cite}"
        )
    asked = _asked_factor(pieces)
    if asked is not None:
        return _asked_clause(pieces, asked, say)
    normal = within_normal(pieces)
    entity, event = primary(pieces)
    if entity is not None and _told(entity) and is_flat(pieces):
        return _aside(entity, say)  # there is no gap to put anywhere
    if entity is not None and _told_apart(pieces) and normal is None and _weight(entity, pieces) >= _LEADS:
        return _entity_clause(entity, event, say, share=_weight(entity, pieces))
    both = offsetting(pieces)
    if both:
        return _offset_clause(both, say)
    if normal is not None:
        calm = say.t(
            f"在这家店平常的波动之内，不用当成问题来救{normal.cite}",
            f"that is within this shop's usual swing, no fire to put out{normal.cite}",
        )
        return (
            f"{calm}{'；' if say.zh else '; '}{_aside(entity, say)}" if entity is not None and _told(entity) else calm
        )
    if entity is not None and _told(entity) and _amount(entity) * _direction(pieces) < 0:
        return _aside(entity, say)
    factor = next(iter(_along(pieces, pieces.factors)), None)
    if factor is None:
        return ""
    name = say.driver(factor)
    return say.t(
        f"按拆解，主要在{name}：{say.part(factor)}", f"the split puts most of it in {name}: {say.part(factor)}"
    )


def _aside(entity: Piece, say: Say) -> str:
    """A part that left its own history under a total that did not, or that went the other way."""
    name = entity_name(entity, say)
    lead = say.t(f"但{name}偏离了它自己的走势", f"yet {name} left its own course")
    return f"{lead}{'，' if say.zh else ', '}{say.part(entity)}"


def _asked_clause(pieces: Pieces, asked: Piece, say: Say) -> str:
    if pieces.change is not None and (is_flat(pieces) or say.level_same(pieces.change)):
        return _elsewhere(pieces, say)
    whole = _whole_amount(pieces, asked, say)
    entity, event = primary(pieces)
    if entity is None:
        return whole
    return ("；" if say.zh else "; ").join([whole, _entity_clause(entity, event, say, share=Decimal(0))])


def _elsewhere(pieces: Pieces, say: Say) -> str:
    """The metric asked about hardly moved: what moved the whole is another factor."""
    lead = next(iter(_along(pieces, pieces.factors)), None)
    if lead is None or pieces.whole is None:
        return ""
    target = say.metric(pieces.whole.metric)
    return say.t(
        f"真正变的是{say.driver(lead)}，按拆解{target}{say.part(lead)}",
        f"what did move is {say.driver(lead)}: in the split, {target} {say.part(lead)}",
    )


def _whole_amount(pieces: Pieces, asked: Piece, say: Say) -> str:
    target = say.metric(pieces.whole.metric) if pieces.whole else ""
    amount = asked.q(Role.CONTRIBUTION)
    if amount is None:
        return ""
    less = amount.value < 0
    size = say.value(amount, size=True)
    if say.zh:
        return f"按拆解，折合{target}{'少' if less else '多'} {size}{asked.cite}"
    return f"in the split that is {size} {'less' if less else 'more'} {target}{asked.cite}"


def _offset_clause(both: tuple[Piece, Piece], say: Say) -> str:
    loss, gain = both
    back = gain.q(Role.CONTRIBUTION)
    if back is None:
        return ""
    if say.zh:
        return (
            f"底下两股力量互相抵消：{say.driver(loss)}{say.part(loss)}，"
            f"{say.driver(gain)}补回 {say.value(back, size=True)}{gain.cite}"
        )
    return (
        f"two moves cancel out underneath: {say.driver(loss)} {say.part(loss)}, "
        f"{say.driver(gain)} made up {say.value(back, size=True)}{gain.cite}"
    )


def _weight(entity: Piece, pieces: Pieces) -> Decimal:
    """The part of the whole change that an entity carries, 0 to 1; 1 when the whole is in another unit."""
    change = pieces.whole.q(Role.CHANGE) if pieces.whole else None
    part = entity.q(Role.CONTRIBUTION)
    if change is None or part is None or change.unit != part.unit or not change.value:
        return Decimal(1)
    return abs(part.value / change.value)


def _entity_clause(entity: Piece, event: Piece | None, say: Say, *, share: Decimal) -> str:
    up = _amount(entity) > 0
    name = entity_name(entity, say)
    if share >= _MOSTLY:
        where = say.t(f"{'多出来的' if up else '缺口'}主要在{name}", f"most of it sits in {name}")
    else:
        where = say.t(f"能落到具体对象的最大一块在{name}", f"the largest part that can be pinned down is {name}")
    where = f"{where}{'，' if say.zh else ', '}{say.part(entity)}"
    if event is None:
        return where
    lead = "" if is_turning_point(event) else say.t("同一时间", "at the same time ")
    return ("；" if say.zh else "; ").join([where, f"{lead}{event_words(event, say, of=entity)}{event.cite}"])


def why_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """At most four reasons. Each says its class; nothing here says that one thing caused another."""
    if pieces.tiny:
        return
    drafts = [*_factor_drafts(pieces, say), *_entity_drafts(pieces, say), *_context_drafts(pieces, say)]
    yield from drafts[:_MOST]


def _factor_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    asked, both = _asked_factor(pieces), offsetting(pieces)
    if asked is not None:
        others = [p for p in _along(pieces, pieces.factors) if p is not asked]
        target = say.driver_whole(pieces)
        lead = say.moved(pieces.whole) if pieces.whole is not None else ""
        rest = _factor_clause(others[0], say, first=False) if others else ""
        if lead:
            yield Draft(
                "why",
                say.join(say.t(f"放到{target}里看：{lead}", f"within {target}: {lead}"), rest),
                WhyClass.DECOMPOSITION,
            )
        return
    parts = list(both) if both else _along(pieces, pieces.factors)
    told = [p for i, p in enumerate(parts) if i == 0 or both or (p.number(Role.SHARE) or Decimal(0)) >= _REAL_PART]
    told = told[:_FACTOR_ROOM]
    if not told:
        return
    text = ("；" if say.zh else "; ").join(
        _factor_clause(p, say, first=i == 0 and not both) for i, p in enumerate(told)
    )
    yield Draft("why", say.join(text, _counter(pieces, told, say)), told[0].fact.why_class or WhyClass.DECOMPOSITION)


def _counter(pieces: Pieces, told: Sequence[Piece], say: Say) -> str:
    """A factor that worked the other way, when it is worth a fifth of the leading one."""
    against = [p for p in pieces.factors if p not in told and _amount(p) * _direction(pieces) < 0]
    counter = max(against, key=lambda p: abs(_amount(p)), default=None)
    if counter is None or abs(_amount(counter)) * 5 < abs(_amount(told[0])):
        return ""
    name = say.driver(counter)
    return say.t(f"{name}反向抵消，{say.part(counter)}", f"{name} offset part of it, {say.part(counter)}")


def _factor_clause(piece: Piece, say: Say, *, first: bool) -> str:
    """The factor's own move and what it is worth: "访客数从 256,000 降到 210,000 人，折合少 25.10 万元"."""
    now, before, amount = piece.q(Role.VALUE), piece.q(Role.PREVIOUS), piece.q(Role.CONTRIBUTION)
    name = say.driver(piece)
    if now is None or before is None or amount is None or now.value == before.value:
        return (
            f"{name}{'，' if say.zh else ', '}{say.part(piece)}"
            if amount is not None
            else f"{say.claim(piece)}{piece.cite}"
        )
    share = piece.q(Role.SHARE)
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
        return
    if not _told_apart(pieces):
        tail = say.t("没有哪一项明显偏离它自己的历史", "nothing departs clearly from its own history")
        yield Draft("why", say.join(entity_level(entity, say), tail), entity.fact.why_class or WhyClass.DECOMPOSITION)
        return
    if event is not None:
        words = f"{event_words(event, say, of=entity)}{event.cite}"
        text = say.join(entity_level(entity, say), words, _unproven(event, say))
        yield Draft("why", text, event.fact.why_class or WhyClass.ASSOCIATION)
    else:
        tail = say.t(
            "没有看到同一时间的停投、缺货或改价", "no stopped ad plan, stock-out or price change shows at that time"
        )
        yield Draft("why", say.join(entity_level(entity, say), tail), entity.fact.why_class or WhyClass.DECOMPOSITION)
    yield from _second_entity(pieces, entity, say)


def _unproven(event: Piece, say: Say) -> str:
    if is_turning_point(event):
        return say.t(
            "那几天改过什么（标题、主图、价格、投放），数据里没有记录",
            "what was changed around that day (title, picture, price, ads) is not in the data",
        )
    return say.t("时间对得上，但还不是因果的证明", "the timing fits, which is not yet proof")


def _second_entity(pieces: Pieces, entity: Piece, say: Say) -> Iterator[Draft]:
    """Another entity with its own event, or one that pulls the other way, when it is large enough to matter."""
    others = [
        p for p in pieces.entities if p is not entity and _told(p) and abs(_amount(p)) * 3 >= abs(_amount(entity))
    ]
    second = next(iter(others), None)
    if second is None:
        return
    event = next((e for e in pieces.events if e.rank == second.rank and e.driver == second.driver), None)
    same = _amount(second) * _amount(entity) > 0
    lead = say.t("另一处：" if same else "反方向的：", "another part: " if same else "the other way: ")
    tail = f"{event_words(event, say, of=second)}{event.cite}" if event else ""
    yield Draft("why", say.join(lead + entity_level(second, say), tail), second.fact.why_class or WhyClass.ASSOCIATION)


def _context_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Holes in the data, market or me, the usual swing, the calendar. A market that cannot be told is a limit, not a reason."""
    gaps, market, normal = (check_of(pieces, name) for name in ("gaps", "market", "normal"))
    if gaps is not None and verdict(gaps) == "warn":
        tail = say.t(
            "先确认这几天是真没卖，还是导出漏了行",
            "first make sure whether sales really stopped or rows are missing from the export",
        )
        lead = say.t(f"近乎空白的那几天{gaps.cite}", f"those nearly empty days{gaps.cite}")
        yield Draft("why", say.join(f"{lead}{'，' if say.zh else ': '}{tail}"), WhyClass.INFERENCE)
    if pieces.change is not None and pieces.change.fact.unit == "ratio":
        market = None  # a market index says nothing about a rate
    told = [f"{say.claim(p)}{p.cite}" for p in (market, normal) if p is not None and verdict(p) in ("ok", "warn")]
    if told:
        yield Draft("why", say.join(*told), WhyClass.INFERENCE)
    event = next((e for e in pieces.events if e.fact.data.get("event") == "calendar"), None)
    if event is not None:
        text = f"{event_words(event, say)}{event.cite}"
        said = say.t(f"两段时间的节点不同：{text}", f"the two windows differ in the calendar: {text}")
        yield Draft("why", say.join(said), WhyClass.ASSOCIATION)
