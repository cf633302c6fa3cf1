"""Answers that are figures: one number, two windows side by side, a split, a topic at a glance, what data there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from advisor.brains.base import Draft
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say
from advisor.brains.compose.why import check_of, verdict
from tools.facts import Quantity, Role

__all__ = ["breakdown_drafts", "data_drafts", "figure_drafts", "glance_drafts", "landing_drafts", "ranked", "row_list"]

_ROWS_TOLD = 3
_LANDS = ("landing", "target")
_FEW = 100  # a rate over fewer people is told with its denominator


def figure_drafts(pieces: Pieces, say: Say, metric: str) -> Iterator[Draft]:
    """One sentence with the figure, the change in the same sentence, and whether that is usual.

    Year on year, what like days say follows: averages by the day, campaign against campaign. Nothing else.
    """
    main = _main(pieces.figures, metric)
    if main is None:
        return
    beside = _beside(pieces, main, say)
    normal = check_of(pieces, "normal")
    usual = f"{say.claim(normal)}{normal.cite}" if normal is not None and verdict(normal) in ("ok", "warn") else ""
    yield Draft("headline", say.join(_moved_with_net(main, say), _fair(pieces, main, say), beside, usual))
    for part in [p for p in pieces.checks if p.fact.data.get("check") == "alignment" and p.metric == main.metric]:
        yield Draft("why", say.join(f"{say.claim(part)}{part.cite}"), None)
    sample = main.q(Role.SAMPLE)
    if sample is not None and (_is_small(main) or (main.fact.unit == "ratio" and sample.value < _FEW)):
        count = say.value(sample)
        said = say.t(
            f"分母只有 {count}{main.cite}，差一两个人就会变，别据此做决定。",
            f"Only {count} stand behind it{main.cite}: one or two people more would move it, so decide nothing on it.",
        )
        yield Draft("limits", said)


def _fair(pieces: Pieces, main: Piece, say: Say) -> str:
    """The change at equal refund age, which may turn round the one of a window whose refunds are still coming in."""
    piece = check_of(pieces, "equal_age")
    if piece is None or piece.metric != main.metric or piece.q(Role.PREVIOUS) is None:
        return ""
    moved = say.moved(piece)
    return say.t(f"同口径看，{moved}", f"at equal age, {moved[:1].lower()}{moved[1:]}")


def _main(figures: Sequence[Piece], metric: str) -> Piece | None:
    return next((p for p in figures if p.metric == metric), figures[0] if figures else None)


def _net_of(main: Piece) -> Quantity | None:
    return next((q for q in main.fact.quantities if q.metric == "net_gmv" and q.role is Role.VALUE), None)


def ranked(rows: Sequence[Piece], *, worst: bool = False) -> list[Piece]:
    """Rows by their value, what stands for several others last."""
    named = [p for p in rows if not p.subject.startswith("(")]
    named.sort(key=lambda p: p.number(Role.VALUE) or Decimal(0), reverse=not worst)
    return named + [p for p in rows if p.subject.startswith("(")]


def _moved_with_net(main: Piece, say: Say) -> str:
    net = _net_of(main)
    text = say.moved(main)
    if net is None or main.metric != "gmv":
        return text
    return text + say.t(
        f"，退款后净成交 {say.value(net)}{main.cite}", f", net GMV after refunds {say.value(net)}{main.cite}"
    )


def _beside(pieces: Pieces, main: Piece, say: Say) -> str:
    """GMV and net GMV are shown together; a second metric that was asked for follows."""
    others = [p for p in pieces.figures if p is not main and (p.metric, p.window) != (main.metric, main.window)]
    told = []
    for piece in others[:2]:
        now = piece.q(Role.VALUE)
        if now is None:
            continue
        if piece.window == main.window and (main.metric, piece.metric) == ("gmv", "net_gmv"):
            if _net_of(main) is not None:
                continue  # told with the figure itself
            told.append(
                say.t(
                    f"退款后净成交 {say.value(now)}{piece.cite}",
                    f"net GMV after refunds was {say.value(now)}{piece.cite}",
                )
            )
        else:
            told.append(say.moved(piece))
    return ("；" if say.zh else "; ").join(told)


def _is_small(piece: Piece) -> bool:
    return bool(piece.fact.data.get("small"))


def breakdown_drafts(pieces: Pieces, say: Say, *, worst: bool = False) -> Iterator[Draft]:
    """The whole, then what stands out in the split; the table itself is shown by the page and the terminal."""
    rows = [p for p in pieces.rows if p.q(Role.VALUE) is not None]
    main = pieces.figures[0] if pieces.figures else None
    if not rows:
        if main is not None:
            yield Draft("headline", say.join(say.moved(main)))
        return
    ordered = ranked(rows, worst=worst)
    lead = row_list(ordered[:_ROWS_TOLD], say)
    whole = say.level(main) if main is not None else ""
    first = say.t(f"{'最少的是' if worst else '最多的是'}{lead}", f"{'lowest' if worst else 'highest'}: {lead}")
    if _time_rows(rows):
        yield Draft("headline", say.join(whole, _trend(rows, say)))
    else:
        yield Draft("headline", say.join(whole, first))
    mover = _largest_move(rows)
    if mover is not None:
        yield Draft(
            "why",
            say.join(say.t(f"变化最大的是{_row_moved(mover, say)}", f"The largest move: {_row_moved(mover, say)}")),
            mover.fact.why_class,
        )


def _time_rows(rows: Sequence[Piece]) -> bool:
    return len({p.window.start for p in rows if p.window is not None}) > 1


def _trend(rows: Sequence[Piece], say: Say) -> str:
    high = max(rows, key=lambda p: p.number(Role.VALUE) or Decimal(0))
    low = min(rows, key=lambda p: p.number(Role.VALUE) or Decimal(0))
    top, bottom = high.q(Role.VALUE), low.q(Role.VALUE)
    if top is None or bottom is None:
        return ""
    return say.t(
        f"最高是{say.window(top.window)} {say.value(top)}{high.cite}，最低是{say.window(bottom.window)} {say.value(bottom)}{low.cite}",
        f"highest in {say.window(top.window)} at {say.value(top)}{high.cite}, lowest in {say.window(bottom.window)} at {say.value(bottom)}{low.cite}",
    )


def row_list(rows: Sequence[Piece], say: Say) -> str:
    """Names with their values and shares, in the order given."""
    told = []
    for piece in rows:
        now, share = piece.q(Role.VALUE), piece.q(Role.SHARE)
        if now is None:
            continue
        part = say.t(f"（占 {say.value(share)}）", f" ({say.value(share)} of all)") if share is not None else ""
        told.append(f"{say.name(piece)} {say.value(now)}{part}{piece.cite}")
    return ("、" if say.zh else ", ").join(told)


def _largest_move(rows: Sequence[Piece]) -> Piece | None:
    moved = [p for p in rows if p.number(Role.CHANGE) and p.q(Role.PREVIOUS) is not None]
    return max(moved, key=lambda p: abs(p.number(Role.CHANGE) or Decimal(0)), default=None)


def _row_moved(piece: Piece, say: Say) -> str:
    now, before = piece.q(Role.VALUE), piece.q(Role.PREVIOUS)
    if now is None or before is None:
        return ""
    up = now.value > before.value
    name, windows = say.name(piece), (say.window(before.window), say.window(now.window))
    if say.zh:
        verb = "升到" if up else "降到"
        return f"{name}：从{windows[0]}的 {say.bare(before)} {verb}{windows[1]}的 {say.value(now)}{piece.cite}"
    verb = "rose" if up else "fell"
    return f"{name} {verb} from {say.bare(before)} in {windows[0]} to {say.bare(now)} in {windows[1]}{piece.cite}"


def glance_drafts(pieces: Pieces, say: Say, *, which: bool = False, worst: bool = False) -> Iterator[Draft]:
    """A topic at a glance: its own figure first, then what stands out in the split, then the second figure.

    ``which``: the question asks for one of them ("which host sells best"), so the ranking leads.
    """
    if not pieces.figures and not pieces.rows:
        return
    valued = [p for p in pieces.figures if p.q(Role.VALUE) is not None]
    main = next(iter(valued), None)
    rows = [p for p in pieces.rows if p.q(Role.VALUE) is not None and not _time_rows(pieces.rows)]
    rows = ranked(rows, worst=worst)
    split = row_list(rows[:_ROWS_TOLD], say)
    if which and split and main is not None:
        name = say.metric(main.metric)
        lead = say.t(
            f"{say.window(main.window)}{name}{'最低' if worst else '最高'}的是{split}",
            f"{'lowest' if worst else 'highest'} {name} for {say.window(main.window)}: {split}",
        )
        yield Draft("headline", say.join(lead))
        yield Draft("why", say.join(say.moved(main)), None)
    elif main is not None:
        yield Draft("headline", say.join(say.moved(main)))
    elif split:
        yield Draft("headline", say.join(say.t(f"靠前的是{split}", f"in front: {split}")))
    if main is not None and split and not which:
        yield Draft("why", say.join(say.t(f"分开看，靠前的是{split}", f"split up, in front: {split}")), None)
    mover = _largest_move(rows)
    if mover is not None:
        yield Draft(
            "why",
            say.join(say.t(f"变化最大的是{_row_moved(mover, say)}", f"the largest move: {_row_moved(mover, say)}")),
            None,
        )
    for piece in valued[1:3]:
        text = say.moved(piece)
        if text:
            yield Draft("why", say.join(text), None)


def landing_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Where it lands, the gap to the target, then the shop's own levels that would close it."""
    told = [(_cited(piece, say), piece) for piece in pieces.figures]
    if told:
        yield Draft("headline", say.join(*(text for text, piece in told if piece.fact.data.get("part") in _LANDS)))
    for text, piece in told:
        if piece.fact.data.get("part") not in _LANDS:
            yield Draft("why", say.join(text), piece.fact.why_class)


def _cited(piece: Piece, say: Say) -> str:
    """The claim with its mark behind every clause: each is checked by itself."""
    mark = ("；", f"{piece.cite}；") if say.zh else ("; ", f"{piece.cite}; ")
    return f"{say.claim(piece).replace(*mark)}{piece.cite}"


def data_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """What is there, what looks odd, what one more file would unlock."""
    shown = [*pieces.figures, *pieces.rows]
    if shown:
        yield Draft("headline", say.join(*(f"{say.claim(p)}{p.cite}" for p in shown[:2])))
    for gap in pieces.gaps[:2]:
        yield Draft("why", say.join(f"{say.claim(gap)}{gap.cite}"), None)
    for piece in [*pieces.unlocks, *pieces.missing][:3]:
        yield Draft("limits", say.join(f"{say.claim(piece)}{piece.cite}"))
    for question in pieces.questions[:1]:
        yield Draft(
            "follow_ups", say.claim(question) + ("？" if say.zh and not say.claim(question).endswith("？") else "")
        )
