"""Facts with claims written by code: every figure in a claim is one of the fact's quantities, written by `format_value`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, WhyClass, Window, fact_id
from tools.metrics.catalog import Metric, catalog
from tools.metrics.measure import MetricResult, measure_many
from tools.metrics.reader import Reader
from tools.metrics.stats import Interval
from tools.metrics.windows import when_en, window_text
from tools.text import Text, format_value

__all__ = [
    "Topic",
    "change_words",
    "figure_claim",
    "gmv_fact",
    "make_fact",
    "note",
    "quantities_of",
    "rate_quantity",
    "say",
]

Topic = Literal[
    "change", "factor", "entity", "event", "check", "missing", "figure", "gap", "question", "unlock", "row", "size", "stage",
    "finding", "outcome", "landing",
]  # fmt: skip


def say(value: Decimal, unit: str, *, signed: bool = False) -> Text:
    """A figure in both languages."""
    return Text(format_value(value, unit, "zh", signed=signed), format_value(value, unit, "en", signed=signed))


def note(text: Text) -> Claim:
    return Claim(zh=text.zh, en=text.en)


def make_fact(
    ctx: ToolContext,
    key: Sequence[object],
    claim: Text,
    quantities: Sequence[Quantity],
    *,
    topic: Topic,
    rank: int = 1,
    formula: Text | None = None,
    source: str = "",
    why_class: WhyClass | None = None,
    entities: Sequence[str] = (),
    **data: Any,
) -> Fact:
    """A metric fact. `key` with the shop and its data generation makes the id; `data` is plain JSON for the composer."""
    shop = ctx.shop
    return Fact(
        id=fact_id(*key, shop.merchant_id, shop.generation),
        kind="metric",
        claim=Claim.of(claim),
        quantities=tuple(quantities),
        formula=formula.get(ctx.lang) if formula else "",
        source=source,
        why_class=why_class,
        entities=tuple(dict.fromkeys(name for name in entities if name)),
        data={"topic": topic, "rank": rank, **data},
        simulated=shop.simulated,
    )


def rate_quantity(value: Decimal, before: Decimal, template: Quantity) -> Quantity | None:
    """Relative change as a quantity of the same metric; None from nothing."""
    if not before:
        return None
    return template.model_copy(
        update={"value": (value - before) / abs(before), "unit": "ratio", "role": Role.CHANGE_RATE}
    )


def quantities_of(
    metric: str,
    unit: str,
    window: Window,
    value: Decimal,
    *,
    before: Decimal | None = None,
    previous: Window | None = None,
    subject: tuple[str, ...] = (),
    n: tuple[int, str] = (0, ""),
    interval: Interval | None = None,
) -> list[Quantity]:
    """The figure, its comparison, change (pp for ratios), relative change, sample and interval, as far as given."""
    base = Quantity(metric=metric, value=value, unit=unit, window=window, subject=subject)
    found = [base]
    if before is not None:
        found.append(base.model_copy(update={"value": before, "role": Role.PREVIOUS, "window": previous or window}))
        step = (value - before) * 100 if unit == "ratio" else value - before
        found.append(
            base.model_copy(update={"value": step, "unit": "pp" if unit == "ratio" else unit, "role": Role.CHANGE})
        )
        rate = rate_quantity(value, before, base) if unit != "ratio" else None
        if rate is not None:
            found.append(rate)
    if n[0] and n[1] in ("orders", "buyers", "visitors"):
        found.append(
            Quantity(metric=n[1], value=Decimal(n[0]), unit=n[1], role=Role.SAMPLE, window=window, subject=subject)
        )
    if interval is not None:
        for role, edge in ((Role.RANGE_LOW, interval.low), (Role.RANGE_HIGH, interval.high)):
            found.append(base.model_copy(update={"value": edge, "role": role}))
    return found


def change_words(value: Decimal, before: Decimal, unit: str, previous: Window) -> Text:
    """“，比2026年9月少 7.78 万元（-7.9%）” / ", down ¥77,834 (-7.9%) on September 2026"."""
    words, when = window_text(previous), when_en(previous)
    if value == before:
        return Text(f"，与{words.zh}持平", f", the same as {when}")
    if unit == "ratio":
        step = say(abs(value - before) * 100, "pp")
        if step == say(Decimal(0), "pp"):
            return Text(f"，与{words.zh}基本持平", f", about the same as {when}")
        old = say(before, unit)
        if value > before:
            return Text(f"，比{words.zh}的 {old.zh} 高 {step.zh}", f", up {step.en} on {old.en} {when}")
        return Text(f"，比{words.zh}的 {old.zh} 低 {step.zh}", f", down {step.en} on {old.en} {when}")
    step = say(abs(value - before), unit)
    rate = say((value - before) / abs(before), "ratio", signed=True) if before else None
    tail = Text(f"（{rate.zh}）", f" ({rate.en})") if rate else Text("", "")
    if value > before:
        return Text(f"，比{words.zh}增加 {step.zh}{tail.zh}", f", up {step.en}{tail.en} against {words.en}")
    return Text(f"，比{words.zh}减少 {step.zh}{tail.zh}", f", down {step.en}{tail.en} against {words.en}")


def _aside(tail: Text, why: Text | None) -> Text:
    """The comparison with the reason why these days are compared."""
    if why is None or not why.zh or not tail.zh:
        return tail
    return Text(f"{tail.zh}（{why.zh}）", f"{tail.en} ({why.en})")


def figure_claim(
    metric: Metric, result: MetricResult, before: MetricResult | None = None, why: Text | None = None
) -> Text:
    """One metric over one window in a sentence, with its comparison when both figures exist and why it is that one."""
    words, when = window_text(result.window), when_en(result.window)
    if result.value is None:
        why = result.notes[0] if result.notes else Text("", "")
        return Text(f"{words.zh}{metric.name.zh}：{why.zh}", f"{metric.name.en} {when}: {why.en}")
    figure = say(result.value, result.unit)
    tail = Text("", "")
    if before is not None and before.value is not None:
        tail = _aside(change_words(result.value, before.value, result.unit, before.window), why)
    small = Text("（样本太小，只作参考）", " (a small sample, for orientation only)") if result.small else Text("", "")
    return Text(
        f"{words.zh}{metric.name.zh} {figure.zh}{tail.zh}{small.zh}。",
        f"{_sentence(metric.name.en)} {when}: {figure.en}{tail.en}{small.en}.",
    )


def _sentence(name: str) -> str:
    return name[:1].upper() + name[1:]


def gmv_fact(
    ctx: ToolContext,
    reader: Reader,
    window: Window,
    previous: Window | None,
    *,
    topic: Literal["figure", "change"],
    lead: str = "gmv",
    why: Text | None = None,
) -> Fact:
    """GMV and net GMV of a window in one sentence, with the orders behind them and the comparison of the leading one."""
    ids = ("gmv", "net_gmv", "orders") if lead == "gmv" else ("net_gmv", "gmv", "orders")
    metrics = [catalog()[name] for name in ids]
    now, old = _gmv_pair(reader, metrics, window, previous)
    quantities: list[Quantity] = []
    for result, before in zip(now[:2], old[:2], strict=True):
        if result.value is not None:
            quantities += quantities_of(
                result.metric_id,
                result.unit,
                window,
                result.value,
                before=before.value if before else None,
                previous=previous,
            )
    if now[2].value is not None:
        quantities.append(Quantity(metric="orders", value=now[2].value, unit="orders", window=window, role=Role.SAMPLE))
    claim = _gmv_claim(metrics, now, old, why)
    return make_fact(
        ctx,
        (topic, lead, window, previous),
        claim,
        quantities,
        topic=topic,
        formula=_both_formulas(metrics),
        source=now[1].source or now[0].source,
        metric=lead,
    )


def _gmv_pair(
    reader: Reader, metrics: Sequence[Metric], window: Window, previous: Window | None
) -> tuple[list[MetricResult], list[MetricResult | None]]:
    """Both windows measured; net GMV has no value in a shop whose files tell nothing of refunds."""
    if reader.refunds_known or metrics[0].id != "gmv":
        now = measure_many(reader, metrics, window)
        return now, [*measure_many(reader, metrics, previous)] if previous else [None, None, None]
    known = [metrics[0], metrics[2]]
    gmv, orders = measure_many(reader, known, window)
    net = replace(gmv, metric_id="net_gmv", value=None, formula=metrics[1].formula)
    before = measure_many(reader, known, previous) if previous else [None, None]
    return [gmv, net, orders], [before[0], None, before[1]]


def _both_formulas(metrics: Sequence[Metric]) -> Text:
    first, second = metrics[:2]
    return Text(
        f"{first.name.zh}：{first.formula.zh}；{second.name.zh}：{second.formula.zh}",
        f"{first.name.en}: {first.formula.en}; {second.name.en}: {second.formula.en}",
    )


def _gmv_claim(
    metrics: Sequence[Metric], now: Sequence[MetricResult], old: Sequence[MetricResult | None], why: Text | None
) -> Text:
    words, when, lead, other = window_text(now[0].window), when_en(now[0].window), now[0], now[1]
    if lead.value is None:
        return figure_claim(metrics[0], lead)
    figure, tail = say(lead.value, lead.unit), Text("", "")
    before = old[0]
    if before is not None and before.value is not None:
        tail = _aside(change_words(lead.value, before.value, lead.unit, before.window), why)
    beside = Text("", "")
    if other.value is not None:
        value = say(other.value, other.unit)
        beside = Text(f"；{metrics[1].name.zh} {value.zh}", f"; {metrics[1].name.en} {value.en}")
    elif lead.metric_id == "gmv":
        beside = Text("；没有退款数据，净成交未知", "; net GMV unknown, as the files carry no refunds")
    count = Text("", "")
    if now[2].value is not None:
        orders = say(now[2].value, "orders")
        count = Text(f"；共 {orders.zh}", f"; {orders.en}")
    name = metrics[0].name
    return Text(
        f"{words.zh}{name.zh} {figure.zh}{tail.zh}{beside.zh}{count.zh}。",
        f"{name.en[:1].upper()}{name.en[1:]} {when}: {figure.en}{tail.en}{beside.en}{count.en}.",
    )
