"""The tools `shop_snapshot` and `first_look`: what any advice needs, and what a stranger's file shows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import Field

from tools.base import ToolContext, tool
from tools.errors import BadArguments, DataMissing
from tools.facts import Chart, Claim, Fact, Quantity, Role, ToolResult, Window
from tools.metrics.catalog import Metric, catalog
from tools.metrics.checks import gap_text
from tools.metrics.data_status import unlock_facts
from tools.metrics.engine import choose, cut
from tools.metrics.gaps import Gap, find_gaps
from tools.metrics.measure import MetricResult, age_notes, anchor_of, measure_many
from tools.metrics.query import query_with
from tools.metrics.reader import Reader
from tools.metrics.tool_explain import attention
from tools.metrics.windows import parse_window, split_periods, when_en, window_text
from tools.metrics.wording import figure_claim, gmv_fact, make_fact, note, quantities_of, say
from tools.text import Text

__all__ = ["first_look", "shop_snapshot"]

ZERO = Decimal(0)
_SNAPSHOT = (
    "orders",
    "aov_order",
    "buyers",
    "aov_buyer",
    "visitors",
    "conversion",
    "refund_rate",
    "returning_share",
    "repurchase_rate",
)
_IF_THERE = ("fee_ratio", "live_gmv", "member_share")


@tool(label=Text("看店铺概况", "reading the shop at a glance"))
def shop_snapshot(
    ctx: ToolContext,
    *,
    window: Annotated[str, Field(description="e.g. last_month, 30d, 2026-10, all")] = "last_month",
) -> ToolResult:
    """The few figures any advice needs, over one window: GMV and net, orders, buyers, order value, traffic, refunds, repurchase, size.

    Use before advice on what to do, or for "how is my shop doing". Figures that cannot be made come back as notes with the export.
    """
    reader = Reader(ctx.shop)
    span = parse_window(window, anchor_of(ctx.shop, ctx.today))
    wanted, notes = _possible(reader, [catalog()[name] for name in _SNAPSHOT])
    more, _ = _possible(reader, [catalog()[name] for name in _IF_THERE])
    wanted += more
    facts = [gmv_fact(ctx, reader, span, None, topic="figure")]
    results = measure_many(reader, wanted, span)
    for rank, (metric, result) in enumerate(zip(wanted, results, strict=True), 2):
        if result.value is not None:
            facts.append(_figure(ctx, metric, result, rank))
        notes += list(result.notes)
    size = _size(ctx, results, span)
    if size is not None:
        facts.append(size)
    return ToolResult(facts=facts, notes=[note(text) for text in dict.fromkeys(notes)], guidance=_GUIDE)


_GUIDE = (
    "These are levels, not changes. Say GMV and net GMV together and every figure with its window. "
    "In a shop of the size class micro do not talk of rates, tiers or lifetime value."
)


def _possible(reader: Reader, metrics: Sequence[Metric]) -> tuple[list[Metric], list[Text]]:
    """Metrics whose tables are there, and one note per missing table or buyer identity."""
    found, notes = [], []
    for metric in metrics:
        try:
            if metric.calc:
                choose(reader, "buyers", ())
            for term in (*metric.num, *metric.den):
                if not term.optional:
                    choose(reader, term.base, ())
        except DataMissing as error:
            notes.append(error.message)
            continue
        found.append(metric)
    return found, list(dict.fromkeys(notes))


def _figure(ctx: ToolContext, metric: Metric, result: MetricResult, rank: int) -> Fact:
    value = result.value if result.value is not None else ZERO
    quantities = quantities_of(
        metric.id, result.unit, result.window, value, n=(result.n, result.n_unit), interval=result.interval
    )
    return make_fact(
        ctx,
        ("figure", metric.id, result.window, None),
        figure_claim(metric, result),
        quantities,
        topic="figure",
        rank=rank,
        formula=metric.formula,
        source=result.source,
        metric=metric.id,
        small=result.small,
    )


def _size(ctx: ToolContext, results: Sequence[MetricResult], window: Window) -> Fact | None:
    """The shop's size by orders a month: micro < 100, small < 1,000, medium < 10,000, large."""
    orders = next((r for r in results if r.metric_id == "orders" and r.value is not None), None)
    if orders is None or orders.value is None:
        return None
    monthly = orders.value * 30 / window.days
    limits = ((100, "micro"), (1000, "small"), (10000, "medium"))
    size = next((name for limit, name in limits if monthly < limit), "large")
    words, when = window_text(window), when_en(window)
    count = say(orders.value, "orders")
    micro = Text(
        f"{words.zh}只有 {count.zh}，样本太小，还不足以判断复购或人群。",
        f"{words.en} has only {count.en}, too few to judge repurchase or segments by.",
    )
    sizes = {
        "small": Text("小店", "a small shop"),
        "medium": Text("中型店", "a mid-size shop"),
        "large": Text("大店", "a large shop"),
    }
    claim = micro
    if size != "micro":
        claim = Text(
            f"{words.zh}有 {count.zh}，按单量是{sizes[size].zh}。",
            f"With {count.en} {when} this is {sizes[size].en} by orders.",
        )
    quantity = Quantity(metric="orders", value=orders.value, unit="orders", window=window)
    return make_fact(
        ctx,
        ("size", window),
        claim,
        [quantity],
        topic="size",
        rank=90,
        source=orders.source,
        size_class=size,
    )


@tool(label=Text("初看数据", "taking a first look"))
def first_look(ctx: ToolContext) -> ToolResult:
    """What a newly imported shop shows: period, three facts, one thing worth attention, one question back, what one more file unlocks.

    Use right after an import, or when the merchant asks what the data say without asking for anything in particular.
    """
    reader = Reader(ctx.shop)
    anchor = anchor_of(ctx.shop, ctx.today)
    notes = [note(text) for text in age_notes(ctx.shop, ctx.today)]
    broken = _rejected_fact(ctx)
    if broken is not None:
        return ToolResult(facts=[broken], notes=notes, guidance=_GUIDE_BROKEN)
    whole = Window(start=anchor.first, end=anchor.last)
    facts = [gmv_fact(ctx, reader, whole, None, topic="figure")]
    facts += _three(ctx, reader, whole)[:2]
    gaps = [gap for gap in find_gaps(reader) if not gap.edge]
    facts += [_gap_fact(ctx, gap, rank) for rank, gap in enumerate(gaps[:2], 1)]
    if not gaps:
        facts += attention(ctx, reader, anchor)
    facts.append(_question(ctx, gaps))
    facts += unlock_facts(ctx, reader)[:1]
    months = split_periods(whole, "month" if whole.days > 70 else "day")
    charts = [_trend(reader, months, facts)]
    return ToolResult(facts=facts, charts=charts, notes=notes, guidance=_GUIDE_FIRST)


_GUIDE_BROKEN = "Most of the last file was rejected: say only that it must be mended first. Give no figures of sales."


@runtime_checkable
class _HasLedger(Protocol):
    def imports(self) -> list[dict[str, Any]]: ...


def _rejected_fact(ctx: ToolContext) -> Fact | None:
    """What to mend first when over half the rows of the newest file were rejected."""
    ledger = ctx.shop.imports() if isinstance(ctx.shop, _HasLedger) else []
    if not ledger or int(ledger[0]["rejected"]) * 2 <= int(ledger[0]["rows"]):
        return None
    rows, lost = Decimal(int(ledger[0]["rows"])), Decimal(int(ledger[0]["rejected"]))
    every, out = say(rows, "rows"), say(lost, "rows")
    claim = Text(
        f"最近导入的文件共 {every.zh}，其中 {out.zh}被拒收，先修好这个文件再看数。被拒的行和原因在导入结果里。",
        f"Of {every.en} in the last file {out.en} were rejected: mend the file before reading any figure."
        " The import result lists the rejected rows with reasons.",
    )
    quantities = [
        Quantity(metric="rejected_rows", value=lost, unit="rows"),
        Quantity(metric="file_rows", value=rows, unit="rows"),
    ]
    return make_fact(ctx, ("rejected", str(ledger[0]["import_id"])), claim, quantities, topic="gap", source="imports")


_GUIDE_FIRST = (
    "Say the period covered, the facts, the one thing worth attention, then ask the one question. Do not advise yet."
)


def _three(ctx: ToolContext, reader: Reader, whole: Window) -> list[Fact]:
    """Facts that say most about this shop, in the order they are worth saying."""
    names = ["refund_rate", "returning_share", "repurchase_rate", "conversion", "aov_order"]
    wanted, _ = _possible(reader, [catalog()[name] for name in names])
    results = measure_many(reader, wanted, whole)
    facts = [
        _figure(ctx, metric, result, rank)
        for rank, (metric, result) in enumerate(zip(wanted, results, strict=True), 2)
        if result.value is not None and not result.small and not (metric.id == "returning_share" and whole.days > 400)
    ]
    top = _top_entity(ctx, reader, whole)
    return [top, *facts] if top is not None else facts


def _top_entity(ctx: ToolContext, reader: Reader, whole: Window) -> Fact | None:
    """The product (else province, else channel) that sells most, and its share."""
    gmv = catalog()["gmv"]
    for dim in ("product", "channel", "province"):
        try:
            found = query_with(reader, gmv, whole, by=dim, top=1)
        except (DataMissing, BadArguments):
            continue
        row = next((row for row in found.rows if not row.key.startswith("(") and row.key), None)
        if row is None or not row.value or not found.total.value:
            continue
        share = row.value / found.total.value
        amount, part, words = say(row.value, found.total.unit), say(share, "ratio"), window_text(whole)
        when = when_en(whole)
        claim = Text(
            f"{words.zh}支付金额最高的是“{row.label.zh}”：{amount.zh}，占 {part.zh}。",
            f'"{row.label.en}" sold most {when}: {amount.en} of GMV, a share of {part.en}.',
        )
        value = Quantity(metric="gmv", value=row.value, unit=found.total.unit, window=whole, subject=(row.label.zh,))
        quantities = [value, value.model_copy(update={"value": share, "unit": "ratio", "role": Role.SHARE})]
        return make_fact(
            ctx,
            ("top", dim, row.key, whole),
            claim,
            quantities,
            topic="figure",
            rank=2,
            formula=gmv.formula,
            source=found.total.source,
            entities=(row.label.zh,),
            dim=dim,
        )
    return None


def _gap_fact(ctx: ToolContext, gap: Gap, rank: int) -> Fact:
    text, quantities = gap_text(gap)
    claim = Text(
        f"{text.zh}这几天是停止销售，还是数据没有导全？",
        f"{text.en} Did sales stop on these days, or are rows missing?",
    )
    return make_fact(
        ctx,
        ("gap", gap.window),
        claim,
        quantities,
        topic="gap",
        rank=rank,
        source=gap.table,
        start=str(gap.window.start),
        end=str(gap.window.end),
    )


def _question(ctx: ToolContext, gaps: Sequence[Gap]) -> Fact:
    """One question back: the margin, which decides what advice is worth. A gap asks its own."""
    claim = Text(
        "想请教一个数：你们主力商品的毛利率大概是多少？有了它，我才能算出哪些动作值得做、让利能让到哪里。",
        "One question: what is the gross margin of your main products, roughly? With it I can tell which actions pay and how deep a"
        " discount may go.",
    )
    return make_fact(
        ctx, ("question", "gross_margin"), claim, (), topic="question", rank=2 if gaps else 1, asks="gross_margin"
    )


def _trend(reader: Reader, periods: Sequence[Window], facts: Sequence[Fact]) -> Chart:

    found = cut(reader, [catalog()["gmv"]], periods)
    points = []
    for index, period in enumerate(periods):
        value = found.rows[index, ""]["gmv"]
        points.append([str(period.start), None if value is None else str(value)])
    return Chart(
        kind="trend",
        title=Claim(zh="支付金额走势", en="GMV over time"),
        fact_ids=(facts[0].id,),
        data={"unit": reader.shop.currency, "series": [{"name": "gmv", "points": points}]},
    )
