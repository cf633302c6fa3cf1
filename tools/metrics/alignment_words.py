"""Facts beside a year-on-year figure: averages by the day where the windows differ in length, and the parts like with like."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role, Window
from tools.metrics.alignment import Alignment, Part
from tools.metrics.catalog import Metric
from tools.metrics.engine import cut
from tools.metrics.measure import source_text
from tools.metrics.reader import Reader
from tools.metrics.windows import window_text
from tools.metrics.wording import make_fact, rate_quantity, say
from tools.text import Text, quantize

__all__ = ["alignment_facts"]

_DAILY = Text("日均", "daily average")


def alignment_facts(ctx: ToolContext, reader: Reader, metric: Metric, aligned: Alignment | None) -> list[Fact]:
    """Averages by the day of two windows of unlike length, and one fact per part. Empty for figures that do not add over days."""
    if aligned is None or not metric.additive or metric.calc:
        return []
    facts = []
    if not aligned.even and aligned.kind != "unlike":
        facts.append(_daily_fact(ctx, reader, metric, aligned))
    facts += [_part_fact(ctx, reader, metric, part, rank) for rank, part in enumerate(aligned.parts, 1)]
    return [fact for fact in facts if fact is not None]


def _daily_fact(ctx: ToolContext, reader: Reader, metric: Metric, aligned: Alignment) -> Fact | None:
    spans = (aligned.compared,), (aligned.previous,)
    values, tables = _sums(reader, metric, spans)
    unit = metric.unit_in(reader.shop.currency)
    quantities = _both(metric.id, unit, spans, values, (_DAILY.zh, _DAILY.en), by_day=True)
    if not quantities:
        return None
    days = [Quantity(metric="days", value=Decimal(span[0].days), unit="days", window=span[0]) for span in spans]
    now, old = (say(q.value, unit) for q in quantities[:2])
    length, before = (say(q.value, "days") for q in days)
    words, name = window_text(aligned.previous), metric.name
    claim = Text(
        f"两段长短不同（{length.zh}对 {before.zh}），看日均：{name.zh}日均 {now.zh}，{words.zh}日均 {old.zh}{_rate(quantities).zh}。",
        f"The two windows differ in length ({length.en} against {before.en}); by the day: {name.en} {now.en}, {words.en} {old.en}{_rate(quantities).en}.",
    )
    key = ("per_day", metric.id, aligned.compared, aligned.previous)
    return _fact(ctx, reader, key, claim, [*quantities, *days], metric, tables, 1)


def _part_fact(ctx: ToolContext, reader: Reader, metric: Metric, part: Part, rank: int) -> Fact | None:
    if not part.days:
        return _only_then(ctx, reader, metric, part, rank)
    values, tables = _sums(reader, metric, (part.days, part.base))
    if values[0] is None:
        return None
    unit, name, label = metric.unit_in(reader.shop.currency), metric.name, part.label
    subject = (label.zh, label.en)
    total = Quantity(metric=metric.id, value=values[0], unit=unit, window=_hull(part.days), subject=subject)
    figure, days = say(values[0], unit), _spans(part.days)
    head = Text(
        f"{label.zh}（{days.zh}）{name.zh} {figure.zh}", f"{_upper(label.en)} ({days.en}): {name.en} {figure.en}"
    )
    key = ("part", metric.id, label.en, *part.days, *part.base)
    if not part.base or values[1] is None:
        reason = part.why if part.why.zh else Text("去年这些天没有数据", "there are no data for those days")
        claim = Text(
            f"{head.zh}；去年没有可比的日子（{reason.zh}），不可比。",
            f"{head.en}; not comparable with the year before ({reason.en}).",
        )
        return _fact(ctx, reader, key, claim, [total], metric, tables, rank)
    before, base = say(values[1], unit), _spans(part.base)
    old = total.model_copy(update={"value": values[1], "role": Role.PREVIOUS, "window": _hull(part.base)})
    even = _length(part.days) == _length(part.base)
    pair = _both(metric.id, unit, (part.days, part.base), values, subject, by_day=not even)
    tail = _rate(pair)
    if not even and pair:
        now_a, old_a = (say(q.value, unit) for q in pair[:2])
        tail = Text(
            f"；日均 {now_a.zh}，去年对应的日子日均 {old_a.zh}{tail.zh}",
            f"; by the day {now_a.en} against {old_a.en}{tail.en}",
        )
    claim = Text(
        f"{head.zh}，去年对应的{base.zh} {before.zh}{tail.zh}。",
        f"{head.en}, against {before.en} on the like days of the year before ({base.en}){tail.en}.",
    )
    rest = pair if not even else pair[2:]
    return _fact(ctx, reader, key, claim, [total, old, *rest], metric, tables, rank)


def _only_then(ctx: ToolContext, reader: Reader, metric: Metric, part: Part, rank: int) -> Fact | None:
    """Days of last year's window that are a campaign this year's window does not hold."""
    values, tables = _sums(reader, metric, (part.base, ()))
    if values[0] is None:
        return None
    unit, label, name, days = metric.unit_in(reader.shop.currency), part.label, metric.name, _spans(part.base)
    quantity = Quantity(
        metric=metric.id, value=values[0], unit=unit, window=_hull(part.base), subject=(label.zh, label.en)
    )
    figure = say(values[0], unit)
    claim = Text(
        f"{label.zh}去年落在{days.zh}，{name.zh} {figure.zh}；{part.why.zh}，不可比。",
        f"{_upper(label.en)} lay on {days.en} the year before, {name.en} {figure.en}; {part.why.en}: not comparable.",
    )
    return _fact(ctx, reader, ("only_then", metric.id, label.en, *part.base), claim, [quantity], metric, tables, rank)


def _fact(
    ctx: ToolContext,
    reader: Reader,
    key: Sequence[object],
    claim: Text,
    quantities: Sequence[Quantity],
    metric: Metric,
    tables: Sequence[str],
    rank: int,
) -> Fact:
    return make_fact(
        ctx,
        key,
        claim,
        quantities,
        topic="check",
        rank=10 + rank,
        formula=metric.formula,
        source=source_text(reader, tables),
        entities=quantities[0].subject,
        metric=metric.id,
        check="alignment",
        verdict="ok",
    )


def _sums(
    reader: Reader, metric: Metric, spans: tuple[Sequence[Window], Sequence[Window]]
) -> tuple[tuple[Decimal | None, Decimal | None], tuple[str, ...]]:
    """The metric over both sets of days; None where one of the days' windows has no data, or there are no days."""
    windows = [*spans[0], *spans[1]]
    found = cut(reader, [metric], windows)
    cells = [found.rows.get((index, ""), {}).get(metric.id) for index in range(len(windows))]
    return (_sum(cells[: len(spans[0])]), _sum(cells[len(spans[0]) :])), found.tables


def _sum(cells: Sequence[Decimal | None]) -> Decimal | None:
    known = [cell for cell in cells if cell is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(cells) else None


def _both(
    metric: str,
    unit: str,
    spans: tuple[Sequence[Window], Sequence[Window]],
    values: tuple[Decimal | None, Decimal | None],
    subject: tuple[str, ...],
    *,
    by_day: bool,
) -> list[Quantity]:
    """Both figures, divided by their days where these differ, and the relative change."""
    now, old = values
    if now is None or old is None:
        return []
    if by_day:
        now, old = (quantize(v / _length(span), 2) for v, span in zip((now, old), spans, strict=True))
    value = Quantity(metric=metric, value=now, unit=unit, window=_hull(spans[0]), subject=subject)
    before = value.model_copy(update={"value": old, "role": Role.PREVIOUS, "window": _hull(spans[1])})
    rate = rate_quantity(now, old, value)
    return [value, before, *([rate] if rate else [])]


def _rate(quantities: Sequence[Quantity]) -> Text:
    rate = next((q for q in quantities if q.role is Role.CHANGE_RATE), None)
    if rate is None:
        return Text("", "")
    words = say(rate.value, "ratio", signed=True)
    return Text(f"（{words.zh}）", f" ({words.en})")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _length(spans: Sequence[Window]) -> int:
    return sum(span.days for span in spans)


def _hull(spans: Sequence[Window]) -> Window:
    return Window(start=spans[0].start, end=spans[-1].end)


def _spans(spans: Sequence[Window]) -> Text:
    words = [window_text(span) for span in spans]
    return Text("、".join(w.zh for w in words), " and ".join(w.en for w in words))
