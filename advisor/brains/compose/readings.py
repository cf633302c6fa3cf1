"""Readings of one tool in sentences: a reconciliation, a campaign's effect, groups and cohorts of customers, their value, brand assets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from advisor.brains.base import Draft, Frame
from advisor.brains.compose.advice import what_drafts
from advisor.brains.compose.health import told
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say
from tools.facts import Role, Window
from tools.text import Text

__all__ = ["READINGS", "newcomer_drafts", "reading_drafts"]

_MOST = 5
_QUIET = ("drifting", "lost_spenders")  # bought often or much and stopped: the groups a recall is for, dearest first
_BEST = "champions"
_LIFETIME = ("newcomer", "lifetime", "payback", "alive", "top", "backtest")


def reading_drafts(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """The drafts of an intent in READINGS."""
    yield from READINGS[frame.intent](frame, pieces, say)


def _list(found: Sequence[Piece], say: Say, *, most: int = _MOST) -> Iterator[Draft]:
    """The first leads, the others are the reasons."""
    for piece in found[:1]:
        yield Draft("headline", told(piece, say))
    for piece in found[1:most]:
        yield Draft("why", told(piece, say), piece.fact.why_class)


def _reconcile(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """The gap, what it is made of, the widest days; both sides equal is told as that, with what else could differ."""
    differ = [*pieces.gaps, *pieces.factors]
    yield from _list([*differ, *pieces.checks, *pieces.rows], say)
    if not pieces.checks or pieces.factors or pieces.gaps:
        return
    cite = pieces.checks[0].cite
    yield Draft(
        "what",
        say.t(
            f"两边是一样的{cite}，你看到的差别多半是口径：是否扣退款、按付款还是按下单、含不含服务类订单；告诉我是哪一天的哪个数，我逐项对{cite}。",
            f"The two sides are the same{cite}, so what differs on your screen is most likely the definition: refunds taken off or not, by"
            f" payment or by order, service orders in or out; tell me which figure of which day and it can be gone through{cite}.",
        ),
    )


def _effect(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """The estimate with its interval, or why there is none; then before and after, which is no effect; then the test that would tell."""
    parts = [piece for piece in pieces.figures if piece.fact.data.get("part") in ("effect", "cannibalisation")]
    parts += [piece for piece in pieces.rows if piece.fact.data.get("part") in ("effect", "cannibalisation")]
    lead = sorted(parts, key=lambda piece: piece.rank) or [
        piece for piece in pieces.missing if piece.fact.data.get("identified") is False
    ]
    yield from _list(lead, say)
    if lead:
        for piece in pieces.figures:
            if piece not in parts and piece.q(Role.PREVIOUS) is not None:
                only = say.t(
                    "这只是前后两段之差，不能当作活动的效果",
                    "a difference over time, which is not the campaign's effect",
                )
                yield Draft("why", say.join(say.moved(piece), only))
    for piece in pieces.sizes[:1]:
        yield Draft("what", told(piece, say))


def _segments(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Those asked about lead: gone quiet, or best; then the other groups with the condition that rebuilds them."""
    groups = {str(piece.fact.data.get("segment", "")): piece for piece in pieces.customers}
    lapsed = bool(frame.slots.get("lapsed"))
    lead = [groups[name] for name in (_QUIET if lapsed else (_BEST,)) if name in groups]
    if not lead:
        yield from _list(pieces.customers, say)
        return
    counts = [_lost(piece, say) if piece.metric == "lost_buyers" else say.moved(piece) for piece in pieces.figures]
    first = say.t("先召回的是", "win back first: ") if lapsed else ""
    yield Draft("headline", say.join(*counts, f"{first}{told(lead[0], say)}"))
    others = [piece for piece in pieces.customers if piece not in lead]
    for piece in [*lead[1:], *others][: _MOST - 1]:
        yield Draft("why", told(piece, say), piece.fact.why_class)
    steps = list(what_drafts(pieces, say))[:1]
    yield from steps
    if not steps:
        yield Draft("what", _small_batch(lead[0], say, lapsed=lapsed))


def _lost(piece: Piece, say: Say) -> str:
    """The count stands at a day; its window only says when."""
    value = piece.q(Role.VALUE)
    if value is None or value.window is None:
        return ""
    day = say.window(Window(start=value.window.end, end=value.window.end))
    return say.t(
        f"截至{day}，流失买家数 {say.value(value)}（上一年买过、这一年没再买）{piece.cite}",
        f"on {day} buyers lost over a year (bought the year before and not since): {say.value(value)}{piece.cite}",
    )


def _small_batch(group: Piece, say: Say, *, lapsed: bool) -> str:
    name = say.quote(_subject(group, say))
    if lapsed:
        return say.t(
            f"按上面的条件圈出{name}{group.cite}，先发一小批，随机留一部分不发做对照，看出差别再放量{group.cite}。",
            f"Select {name} by the condition above{group.cite}, write to a small batch first with a random part left out, and scale"
            f" only once the two differ{group.cite}.",
        )
    return say.t(
        f"按上面的条件圈出{name}{group.cite}，新品和活动先告诉这批人，随机留一部分不通知做对照{group.cite}。",
        f"Select {name} by the condition above{group.cite} and tell them first of launches and offers, with a random part left out to"
        f" compare{group.cite}.",
    )


def _subject(piece: Piece, say: Say) -> str:
    """The name in the reader's language, where the subject holds both."""
    subjects = next((q.subject for q in piece.fact.quantities if q.subject), ())
    return subjects[0 if say.zh else -1] if subjects else ""


def newcomer_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Which first orders bring buyers who return: the widest difference that holds, in one sentence. Nothing where none was read."""
    groups = [piece for piece in pieces.customers if piece.q(Role.VALUE, "repurchase_90d") is not None]
    if len(groups) < 2:
        return
    ranked = sorted(groups, key=lambda piece: -_share(piece))
    pairs = [(one, other) for one in ranked for other in ranked if _apart(one, other)]
    best, worst = max(pairs, key=lambda pair: _share(pair[0]) - _share(pair[1]), default=(ranked[0], ranked[-1]))
    verdict = (
        say.t("两个区间不重叠，差别站得住", "the two intervals do not overlap, so the difference holds")
        if pairs
        else say.t("区间重叠，各组分不出高下", "the intervals overlap, so the groups cannot be told apart")
    )
    yield Draft("why", say.join(_rate(best, say), _rate(worst, say), verdict), best.fact.why_class)


def _share(piece: Piece) -> Decimal:
    found = piece.q(Role.VALUE, "repurchase_90d")
    return found.value if found is not None else Decimal(0)


def _cohorts(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Which first orders bring buyers who return, then each group, then how fast they come back."""
    lead = [replace(draft, section="headline") for draft in newcomer_drafts(pieces, say)]
    yield from lead
    shown = [p for p in pieces.customers if p.fact.data.get("part") in ("newcomers", "cohort", "curve", "interval")]
    if not lead:
        yield from _list(shown, say)
        return
    for piece in shown[:6]:
        yield Draft("why", told(piece, say), piece.fact.why_class)


_FIRST_ORDER: Mapping[str, Text] = {
    "channel": Text("首单渠道", "first order by channel"),
    "source": Text("首单来源", "first order by source"),
    "product": Text("首单商品", "first order of product"),
    "province": Text("首单省份", "first order from province"),
}


def _rate(piece: Piece, say: Say) -> str:
    value, low, high = (piece.q(role, "repurchase_90d") for role in (Role.VALUE, Role.RANGE_LOW, Role.RANGE_HIGH))
    if value is None:
        return ""
    span = (
        say.t(f"（区间 {say.value(low)}至 {say.value(high)}）", f" ({say.value(low)} to {say.value(high)})")
        if low is not None and high is not None
        else ""
    )
    when, name = say.window(value.window), say.quote(_subject(piece, say))
    by = _FIRST_ORDER.get(str(piece.fact.data.get("by")), Text("首单", "first order by")).get(say.lang)
    return say.t(
        f"{when}{by}为{name}的新客，90 天内再次购买 {say.value(value)}{span}{piece.cite}",
        f"new buyers of {when}, {by} {name}: {say.value(value)} bought again within 90 days{span}{piece.cite}",
    )


def _apart(one: Piece, other: Piece) -> bool:
    low, high = one.q(Role.RANGE_LOW, "repurchase_90d"), other.q(Role.RANGE_HIGH, "repurchase_90d")
    return low is not None and high is not None and low.value > high.value


def _lifetime(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """What a new buyer brings leads, then the known ones, the payback, and how well the forecast did before."""
    found = sorted(pieces.customers, key=lambda piece: (_place(piece), piece.rank))
    yield from _list(found, say, most=6)


def _place(piece: Piece) -> int:
    part = str(piece.fact.data.get("part", ""))
    return _LIFETIME.index(part) if part in _LIFETIME else len(_LIFETIME)


def _assets(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    yield from _list(pieces.customers, say, most=7)


READINGS: Mapping[str, Callable[[Frame, Pieces, Say], Iterator[Draft]]] = {
    "reconcile": _reconcile,
    "effect": _effect,
    "segments": _segments,
    "cohorts": _cohorts,
    "lifetime": _lifetime,
    "assets": _assets,
}
