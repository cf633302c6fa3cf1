"""The tool `query_metric`: a figure over a window, compared, and cut by time or a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.facts import Chart, Claim, Fact, Quantity, ToolResult, ToolTable, Window
from tools.metrics.alignment_words import alignment_facts
from tools.metrics.catalog import find_metric
from tools.metrics.measure import UNRIPE, age_notes, anchor_of
from tools.metrics.query import QueryResult, QueryRow, base_of, query_with
from tools.metrics.reader import Reader
from tools.metrics.refund_age_words import refund_age_facts
from tools.metrics.windows import Compare, parse_window, when_en, window_text
from tools.metrics.wording import change_words, figure_claim, gmv_fact, make_fact, note, quantities_of, say
from tools.text import Text, format_value

__all__ = ["query_metric"]

ZERO = Decimal(0)


@tool(label=Text("查指标", "reading the metric"), needs=(Need("orders"),))
def query_metric(
    ctx: ToolContext,
    *,
    metric: Annotated[str, Field(description="metric id or any of its names, e.g. gmv, 客单价, conversion rate")],
    window: Annotated[
        str, Field(description="30d, last_month, this_month, last_week, 2026-10, 2026-Q3, 2026-10-01..2026-10-07, all")
    ] = "last_month",
    by: Annotated[
        str | None,
        Field(description="day, week, month, new_returning, channel, source, product, province, host, ad_plan"),
    ] = None,
    compare: Annotated[
        Literal["previous", "yoy"] | None, Field(description="previous period or a year earlier")
    ] = "previous",
    top: Annotated[int, Field(ge=1, le=50)] = 10,
) -> ToolResult:
    """Read one figure of the shop over a window, compared with another window and cut by time or a dimension.

    Use for a plain question about a number. GMV always comes with net GMV beside it.
    """
    reader, found = Reader(ctx.shop), find_metric(metric)
    span = parse_window(window, anchor_of(ctx.shop, ctx.today))
    kind, why_not = _comparable(reader, span, compare)
    result = query_with(reader, found, span, by=by, compare=kind, top=top)
    facts = [_headline(ctx, reader, result)]
    if by is None:
        facts += alignment_facts(ctx, reader, found, result.alignment)
        facts += refund_age_facts(ctx, reader, found, span, result.previous.window if result.previous else None)
    facts += [
        _row_fact(ctx, result, row, rank) for rank, row in enumerate(result.rows[:top], 1) if row.value is not None
    ]
    aged = any(fact.data.get("check") == "equal_age" for fact in facts)  # says more than the plain caveat
    notes = [note(text) for text in (*why_not, *result.notes) if not (aged and text == UNRIPE)]
    notes += [note(text) for text in age_notes(ctx.shop, ctx.today)]
    if result.missing_days:
        notes.append(_missing_note(result))
    tables = [_table(ctx, result)] if result.rows else []
    charts = [_trend(result, facts)] if by in ("day", "week", "month") else []
    return ToolResult(facts=facts, tables=tables, charts=charts, notes=notes, guidance=_GUIDE_QUERY)


_GUIDE_QUERY = (
    "State the figure with its window. Say GMV and net GMV together. A value that is missing is not zero. "
    "Do not explain the change; call explain_change for that."
)


def _comparable(reader: Reader, span: Window, compare: Compare | None) -> tuple[Compare | None, list[Text]]:
    """The comparison asked for, or none and why: a base that data cover only in part would read as growth."""
    days = reader.coverage("orders") or reader.coverage("shop_daily")
    if compare is None or days is None:
        return None, []
    base = base_of(reader, span, compare)[0]
    if compare == "yoy" and base.start < days[0]:
        words = window_text(base)
        return None, [
            Text(
                f"去年对应的是{words.zh}，而数据从 {days[0]} 才开始，所以不作同比。",
                f"The like days of the year before are {words.en} and the data begin on {days[0]}, so there is no year-on-year figure.",
            )
        ]
    return (None, []) if base.end < days[0] else (compare, [])


def _headline(ctx: ToolContext, reader: Reader, result: QueryResult) -> Fact:
    metric, total, before = result.metric, result.total, result.previous
    why = result.alignment.short if result.alignment else None
    if metric.id in ("gmv", "net_gmv") and total.value is not None:
        previous = before.window if before else None
        return gmv_fact(ctx, reader, total.window, previous, topic="figure", lead=metric.id, why=why)
    quantities: list[Quantity] = []
    if total.value is not None:
        quantities = quantities_of(
            metric.id,
            total.unit,
            total.window,
            total.value,
            before=before.value if before else None,
            previous=before.window if before else None,
            n=(total.n, total.n_unit),
            interval=total.interval,
        )
    return make_fact(
        ctx,
        ("figure", metric.id, total.window, before.window if before else None),
        figure_claim(metric, total, before, why),
        quantities,
        topic="figure",
        formula=metric.formula,
        source=total.source,
        metric=metric.id,
        small=total.small,
    )


def _row_fact(ctx: ToolContext, result: QueryResult, row: QueryRow, rank: int) -> Fact:
    metric, value = result.metric, row.value if row.value is not None else ZERO
    time = result.by in ("day", "week", "month")
    subject = () if time else (row.label.zh, row.label.en) if row.label.zh != row.label.en else (row.label.zh,)
    previous = result.previous.window if result.previous and not time else None
    old = row.previous if previous else None
    quantities = quantities_of(
        metric.id,
        result.total.unit,
        row.window,
        value,
        before=old,
        previous=previous,
        subject=subject,
        n=(row.n, result.total.n_unit),
        interval=row.interval,
    )
    figure = say(value, result.total.unit)
    tail = change_words(value, old, result.total.unit, previous) if old is not None and previous else Text("", "")
    words, when = window_text(row.window), when_en(row.window)
    small = Text("（样本太小，只作参考）", " (a small sample)") if row.small else Text("", "")
    who = Text("", "") if time else Text(f"“{row.label.zh}”的", f' of "{row.label.en}"')
    claim = Text(
        f"{words.zh}{who.zh}{metric.name.zh} {figure.zh}{tail.zh}{small.zh}。",
        f"{metric.name.en[:1].upper()}{metric.name.en[1:]}{who.en} {when}: {figure.en}{tail.en}{small.en}.",
    )
    return make_fact(
        ctx,
        ("row", metric.id, result.by, row.key, row.window, previous),
        claim,
        quantities,
        topic="row",
        rank=rank,
        formula=metric.formula,
        source=result.total.source,
        entities=subject,
        metric=metric.id,
        by=result.by or "",
    )


def _missing_note(result: QueryResult) -> Claim:
    days = result.missing_days
    shown = "、".join(str(day) for day in days[:5])
    zh = f"窗口内有 {len(days)} 天没有记录（{shown}{' 等' if len(days) > 5 else ''}）：可能没有成交，也可能没导全，不能当作 0。"
    en = f"{len(days)} days of the window have no rows ({', '.join(str(d) for d in days[:5])}{' …' if len(days) > 5 else ''}): no sale, or rows missing; not zero."
    return Claim(zh=zh, en=en)


def _table(ctx: ToolContext, result: QueryResult) -> ToolTable:
    name, unit = result.metric.name, result.total.unit
    title = Claim(
        zh=f"{name.zh}：{window_text(result.total.window).zh}", en=f"{name.en}: {window_text(result.total.window).en}"
    )
    head = ("", name.zh, "对比") if ctx.lang == "zh" else ("", name.en, "before")
    gap = "无数据" if ctx.lang == "zh" else "no data"

    def cell(value: Decimal | None) -> str:
        return gap if value is None else format_value(value, unit, ctx.lang)

    rows = [
        (row.label.get(ctx.lang), cell(row.value), cell(row.previous) if row.previous is not None else "")
        for row in result.rows
    ]
    return ToolTable(title=title, columns=head, rows=tuple(rows))


def _trend(result: QueryResult, facts: Sequence[Fact]) -> Chart:
    points = [[row.key, None if row.value is None else str(row.value)] for row in result.rows]
    name = result.metric.name
    return Chart(
        kind="trend",
        title=Claim(zh=name.zh, en=name.en),
        fact_ids=tuple(fact.id for fact in facts[:1]),
        data={"unit": result.total.unit, "series": [{"name": result.metric.id, "points": points}]},
    )
