"""The tool `explain_change`: the windows to compare, the facts of the explanation, and its charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import DataMissing
from tools.facts import Chart, Claim, Fact, ToolResult, Window
from tools.metrics.alignment import Alignment
from tools.metrics.alignment_words import alignment_facts
from tools.metrics.catalog import Metric, catalog, find_metric
from tools.metrics.drivers import Explanation
from tools.metrics.engine import cut
from tools.metrics.explain import EXPLAINED, explain_with
from tools.metrics.explained import Writer
from tools.metrics.first_orders import latest_matured
from tools.metrics.measure import UNRIPE, age_notes, anchor_of, measure_many, source_text
from tools.metrics.query import base_of
from tools.metrics.reader import Reader
from tools.metrics.refund_age_words import refund_age_facts
from tools.metrics.windows import (
    Anchor,
    Compare,
    compare_window,
    parse_window,
    same_length_before,
    split_periods,
    window_text,
)
from tools.metrics.wording import figure_claim, gmv_fact, make_fact, note, quantities_of
from tools.text import Text

__all__ = ["attention", "explain_change"]

# What explains a metric that has no tree of its own.
_PARENT = {
    "refund_amount": "net_gmv",
    "refund_rate": "net_gmv",
    "refunded_orders_share": "net_gmv",
    "new_buyers": "buyers",
}


@tool(label=Text("找原因", "looking for the why"), needs=(Need("orders", 28),), timeout_s=30)
def explain_change(
    ctx: ToolContext,
    *,
    metric: Annotated[str, Field(description="metric that moved, e.g. gmv, 净成交, orders, buyers, 复购率")] = "gmv",
    window: Annotated[str, Field(description="the window asked about, e.g. last_month, 2026-10, 30d")] = "last_month",
    compare: Annotated[Literal["previous", "yoy"], Field(description="previous period or a year earlier")] = "previous",
) -> ToolResult:
    """Explain why a figure moved: checks first (market, gaps, normal swing, calendar), an exact factor split, then entity and event.

    Use for any why. The first entity fact with its event is the best account of the change; it is association, not proof.
    """
    reader, asked = Reader(ctx.shop), find_metric(metric)
    target = asked if asked.id in EXPLAINED else catalog()[_PARENT.get(asked.id, "gmv")]
    pair = _pick_pair(reader, anchor_of(ctx.shop, ctx.today), window, compare)
    if asked.id == "repurchase_90d":
        pair = _matured_pair(reader, pair, compare)
    found = explain_with(reader, target, pair.window, pair.previous)
    facts = _change_facts(ctx, reader, asked, found, pair.aligned)
    facts += alignment_facts(ctx, reader, asked, pair.aligned)
    aged = refund_age_facts(ctx, reader, asked, found.window, found.previous)
    facts += aged
    writer = Writer(ctx, found, partial(source_text, reader))
    facts += writer.factors() + writer.causes() + writer.checks() + writer.missing()
    fair = any(fact.data.get("check") == "equal_age" for fact in aged)  # says more than the plain caveat
    told = [text for text in found.notes if not (fair and text == UNRIPE)]
    notes = [note(text) for text in (*pair.notes, *told, *age_notes(ctx.shop, ctx.today))]
    charts = [_waterfall(found, facts), _daily(reader, found, facts)]
    return ToolResult(facts=facts, tables=writer.tables(), charts=charts, notes=notes, guidance=_GUIDE_WHY)


_GUIDE_WHY = (
    "Say the change and whether it is within normal variation; then the leading factor, then the entity and the dated event. "
    "Contributions are decomposition; entities and events are association: never write caused. "
    "If the market check is unknown, say once that market and shop cannot be told apart and which export would tell."
)


@dataclass(frozen=True)
class _Pair:
    window: Window
    previous: Window
    notes: tuple[Text, ...] = ()
    aligned: Alignment | None = None


def _pick_pair(reader: Reader, anchor: Anchor, window: str, compare: Compare) -> _Pair:
    """The windows asked for, or, where the earlier one has no data, the last days against as many before."""
    span = parse_window(window, anchor)
    before, aligned = base_of(reader, span, compare)
    if before.start >= anchor.first:
        return _Pair(span, before, (aligned.why,) if aligned and aligned.why.zh else (), aligned)
    end = min(span.end, anchor.day)
    days = min(span.days, ((end - anchor.first).days + 1) // 2)
    if days < 7:
        raise DataMissing(
            Text(
                f"数据只有 {anchor.first} 至 {anchor.last}，比不出变化。",
                f"The data run from {anchor.first} to {anchor.last} only, too few days to compare.",
            ),
            tables=("orders",),
            unlock=Text("再导入更早一段时间的订单报表即可。", "Import the order report of an earlier period."),
        )
    late = parse_window(f"{days}d", Anchor(first=anchor.first, last=end, today=anchor.today))
    early = same_length_before(late)
    words, first = window_text(before), window_text(late)
    return _Pair(
        late,
        early,
        (
            Text(
                f"没有{words.zh}的完整数据，改为比较{first.zh}与之前同样长的一段。",
                f"There are no complete data for {words.en}; {first.en} is compared with as many days before.",
            ),
        ),
    )


def _matured_pair(reader: Reader, pair: _Pair, compare: Compare) -> _Pair:
    """Move back to first-time buyers whose 90 days have passed."""
    matured = latest_matured(reader)
    if matured is None or pair.window.end <= matured.end:
        return pair
    zh, en = window_text(matured)
    said = Text(
        f"90 天复购要等满 90 天才能看，所以看的是{zh}首购的新客，与之前一期比较。",
        f"90-day repurchase needs 90 days to pass, so these are the first-time buyers of {en}, against the period before.",
    )
    return _Pair(matured, compare_window(matured, compare), (said,))


def _change_facts(
    ctx: ToolContext, reader: Reader, asked: Metric, found: Explanation, aligned: Alignment | None
) -> list[Fact]:
    facts = []
    why = aligned.short if aligned else None
    if asked.id in ("gmv", "net_gmv"):
        return [gmv_fact(ctx, reader, found.window, found.previous, topic="change", lead=asked.id, why=why)]
    now = measure_many(reader, [asked], found.window)[0]
    old = measure_many(reader, [asked], found.previous)[0]
    if now.value is not None:
        quantities = quantities_of(
            asked.id,
            now.unit,
            found.window,
            now.value,
            before=old.value,
            previous=found.previous,
            n=(now.n, now.n_unit),
            interval=now.interval,
        )
        facts.append(
            make_fact(
                ctx,
                ("change", asked.id, found.window, found.previous),
                figure_claim(asked, now, old, why),
                quantities,
                topic="change",
                formula=asked.formula,
                source=now.source,
                metric=asked.id,
                small=now.small,
            )
        )
    if found.metric in ("gmv", "net_gmv"):
        facts.append(
            gmv_fact(
                ctx, reader, found.window, found.previous, topic="figure" if facts else "change", lead=found.metric
            )
        )
    return facts


def attention(ctx: ToolContext, reader: Reader, anchor: Anchor) -> list[Fact]:
    """The one thing worth attention in the last complete month: its first cause with the event; [] when nothing stands out."""
    window = parse_window("last_month", anchor)
    previous = compare_window(window, "previous")
    if previous.start < anchor.first:
        return []
    try:
        found = explain_with(reader, catalog()["gmv"], window, previous)
    except DataMissing:
        return []
    return Writer(ctx, found, partial(source_text, reader)).causes()[:2] if found.causes else []


def _waterfall(found: Explanation, facts: Sequence[Fact]) -> Chart:
    steps = [{"id": d.id, "zh": d.label.zh, "en": d.label.en, "value": str(d.contribution)} for d in found.factors]
    return Chart(
        kind="waterfall",
        title=Claim(zh="变化拆解", en="What the change is made of"),
        data={"unit": found.unit, "before": str(found.before), "after": str(found.value), "steps": steps},
        fact_ids=tuple(fact.id for fact in facts if fact.data.get("topic") in ("change", "factor")),
    )


def _daily(reader: Reader, found: Explanation, facts: Sequence[Fact]) -> Chart:
    """GMV by day over both windows."""
    days = [*split_periods(found.previous, "day"), *split_periods(found.window, "day")]
    gmv = catalog()["gmv"]
    cells = cut(reader, [gmv], days)
    points = [[str(day.start), _plain(cells.rows[index, ""]["gmv"])] for index, day in enumerate(days)]
    return Chart(
        kind="trend",
        title=Claim(zh="每日支付金额", en="GMV by day"),
        fact_ids=tuple(fact.id for fact in facts[:1]),
        data={"unit": reader.shop.currency, "series": [{"name": "gmv", "points": points}]},
    )


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
