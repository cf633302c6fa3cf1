"""One adopted plan against what happened: was it carried out, what came, what was forecast before, and the verdict with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import Claim, Fact, Quantity, Role, WhyClass, Window, fact_id
from tools.metrics.landing import daily_gmv
from tools.metrics.measure import anchor_of, measure
from tools.metrics.reader import Reader
from tools.metrics.tool_effects import campaign_effect
from tools.metrics.wording import say
from tools.playbooks.execution import Trace, traces
from tools.playbooks.ledger_verdict import STATUS, Range, Verdict, judge, lift_of
from tools.playbooks.plan import pair
from tools.text import Text, quantize

__all__ = ["Review", "review_fact", "review_of"]

_SAID = {"yes": Text("是（商家说）", "yes (said)"), "no": Text("否（商家说）", "no (said)")}
_UNKNOWN = Text("不知道", "not known")


@dataclass(frozen=True)
class Review:
    """`actual` is GMV of the whole window, None while it runs or has holes. `effect` is the hold-out's fact, where there is one."""

    plan: Mapping[str, Any]
    name: Text
    window: Window
    promised: Range | None
    forecast: Range | None
    expected: Decimal | None
    actual: Decimal | None
    lift: Range | None
    executed: bool | None
    traces: tuple[Trace, ...]
    verdict: Verdict
    effect: Fact | None
    unit: str
    ask: bool

    @property
    def executed_text(self) -> Text:
        if self.plan["executed"] in _SAID:
            return _SAID[self.plan["executed"]]
        return Text("是（数据里看到）", "yes (seen in the data)") if self.executed else _UNKNOWN

    @property
    def promise_text(self) -> Text:
        return self._span(self.promised)

    @property
    def forecast_text(self) -> Text:
        return self._span(self.forecast)

    def _span(self, given: Range | None) -> Text:
        if given is None:
            return Text("–", "–")
        low, high = say(given.low, self.unit), say(given.high, self.unit)
        if not given.low:
            return Text(f"最多 {high.zh}", f"at most {high.en}")
        return Text(f"{low.zh} 至 {high.zh}", f"{low.en} to {high.en}")


def review_of(ctx: ToolContext, plan: Mapping[str, Any]) -> Review:
    """Judge one plan by the data there are now."""
    fact, forecast = Fact.model_validate(plan["plan"]), Fact.model_validate(plan["forecast"])
    window = Window(start=_day(forecast.data["window"][0]), end=_day(forecast.data["window"][1]))
    last = anchor_of(ctx.shop, ctx.today).last
    low, high = fact.quantity(Role.RANGE_LOW), fact.quantity(Role.RANGE_HIGH)
    promised = Range(low.value, high.value) if low is not None and high is not None else None
    band = _range(forecast)
    seen = tuple(traces(ctx.shop, fact.data, window)) if last >= window.start else ()
    executed = {"yes": True, "no": False}.get(plan["executed"] or "", True if any(t.seen for t in seen) else None)
    verdict, actual, lift, effect = _early(last, window), None, None, None
    if verdict is None:
        actual = _actual(ctx, window)
        effect = _effect(ctx, plan["promotion"], window)
        verdict, lift = _verdict(ctx, fact, forecast, promised, band, actual, effect, executed, window)
    return Review(
        plan=plan,
        name=Text(fact.data["name"]["zh"], fact.data["name"]["en"]),
        window=window,
        promised=promised,
        forecast=band,
        expected=forecast.value,
        actual=actual,
        lift=lift,
        executed=executed,
        traces=seen,
        verdict=verdict,
        effect=effect,
        unit=ctx.shop.currency,
        ask=executed is None and last >= window.start,
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _range(fact: Fact) -> Range | None:
    low, high = fact.quantity(Role.RANGE_LOW), fact.quantity(Role.RANGE_HIGH)
    return Range(low.value, high.value) if low is not None and high is not None else None


def _early(last: date, window: Window) -> Verdict | None:
    """Nothing is judged before its days are over and imported."""
    if last < window.start:
        return Verdict(
            "planned", Text(f"数据到 {last}，还没有计划开始后的日子", f"the data end on {last}, before the plan begins")
        )
    if last < window.end:
        return Verdict(
            "running",
            Text(
                f"数据到 {last}；导入到 {window.end} 的订单后再判断",
                f"the data end on {last}; import orders up to {window.end} to judge",
            ),
        )
    return None


def _actual(ctx: ToolContext, window: Window) -> Decimal | None:
    """GMV of the window; None where a day of it is missing from the export."""
    series = daily_gmv(Reader(ctx.shop), window.end)
    values = [value for day, value in series.items() if day >= window.start]
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == window.days else None


def _effect(ctx: ToolContext, promotion: str | None, window: Window) -> Fact | None:
    """What the declared hold-out shows; None without one, or where no effect can be identified."""
    if not promotion:
        return None
    try:
        facts = campaign_effect.run(ctx, what=promotion).facts
    except (BadArguments, DataMissing):
        return None
    found = next((f for f in facts if f.data.get("identified") and f.quantity(Role.RANGE_LOW) is not None), None)
    # an older promotion of that name says nothing of this plan
    mine = found is not None and found.window is not None and window.start <= found.window.start <= window.end
    return found if mine else None


def _verdict(
    ctx: ToolContext,
    fact: Fact,
    forecast: Fact,
    promised: Range | None,
    band: Range | None,
    actual: Decimal | None,
    effect: Fact | None,
    executed: bool | None,
    window: Window,
) -> tuple[Verdict, Range | None]:
    def cannot(zh: str, en: str) -> tuple[Verdict, None]:
        return Verdict("not_measurable", Text(zh, en)), None

    if executed is None:
        return cannot("不知道是否执行：数据里看不出，也还没有回答", "whether it was carried out is not known: the data do not tell and nobody said")  # fmt: skip
    if not executed:
        return cannot("没有执行，谈不上效果", "it was not carried out, so there is nothing to judge")
    if promised is None:
        return cannot("采纳时没有给出金额范围，只能看走向", "no amount was promised when it was adopted")
    if effect is not None and (found := _range(effect)) is not None:
        return judge(promised, found), found
    if band is None:
        reason = forecast.data["reason"]
        return cannot(f"开始前没有基线预测（{reason['zh'].rstrip('。')}）", f"there was no forecast before the start ({reason['en'].rstrip('.')})")  # fmt: skip
    if actual is None:
        return cannot("观察期里有日子没有导出，合计不完整", "days of the window are missing from the export, so the total is not complete")  # fmt: skip
    share = _share(ctx, str(fact.data.get("net_of", "")), window)
    if share is None:
        return cannot("承诺的是毛利或投入，整店支付金额的预测说明不了", "the promise is of margin or spend, which a forecast of the shop's GMV cannot show")  # fmt: skip
    lift = lift_of(actual, band, share)
    return judge(promised, Range(quantize(lift.low, 2), quantize(lift.high, 2))), lift


def _share(ctx: ToolContext, net_of: str, window: Window) -> Decimal | None:
    """What turns a difference of GMV into the promised kind of money: 1, or what refunds of the window leave of it."""
    if net_of == "gmv":
        return Decimal(1)
    if net_of != "net":
        return None
    try:
        rate = measure(ctx.shop, "refund_rate", window).value
    except DataMissing:
        return None
    return None if rate is None else 1 - rate


def review_fact(ctx: ToolContext, review: Review) -> Fact:
    """The verdict as one sentence with its figures."""
    status, reason = STATUS[review.verdict.status], review.verdict.reason
    parts = _parts(review)
    zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
    plan_id = review.plan["plan_id"]
    experiment = review.effect is not None and review.effect.why_class is WhyClass.EXPERIMENT
    judged = review.verdict.status in ("kept", "missed")
    caution = Text("", "")
    if judged and not experiment:
        caution = Text(
            "这是与预测的差，不能证明因果。", " This is a difference from a forecast and cannot prove cause."
        )
    return Fact(
        id=fact_id("review", plan_id, ctx.shop.generation, review.plan["executed"]),
        kind="metric",
        claim=Claim(
            zh=f"“{review.name.zh}”（{review.window.start} 至 {review.window.end}）：{status.zh}，{reason.zh}。{zh}。{caution.zh}",
            en=f'"{review.name.en}" ({review.window.start} to {review.window.end}): {status.en}, {reason.en}. {en}.{caution.en}',
        ),
        quantities=_quantities(review),
        source="store: adopted; orders",
        why_class=None if not judged else WhyClass.EXPERIMENT if experiment else WhyClass.ASSOCIATION,
        entities=(
            review.name.zh,
            review.name.en,
            plan_id,
            *(t.text.zh for t in review.traces),
            *(t.text.en for t in review.traces),
        ),
        data={
            "plan_id": plan_id,
            "status": review.verdict.status,
            "reason": pair(reason),
            "executed": review.executed,
            "traces": [{"table": t.table, "seen": t.seen, "text": pair(t.text)} for t in review.traces],
            "ask": review.ask,
        },
        simulated=ctx.shop.simulated,
    )


def _parts(review: Review) -> list[Text]:
    unit, parts = review.unit, []
    if review.promised is not None:
        parts.append(Text(f"承诺 {review.promise_text.zh}", f"promised {review.promise_text.en}"))
    if review.forecast is not None:
        parts.append(
            Text(f"开始前的预测区间 {review.forecast_text.zh}", f"forecast before the start {review.forecast_text.en}")
        )
    if review.actual is not None:
        actual = say(review.actual, unit)
        parts.append(Text(f"实际支付金额 {actual.zh}", f"actual GMV {actual.en}"))
    if review.lift is not None and review.effect is None:
        parts.append(_above(review.lift, unit))
    if review.effect is not None:
        parts.append(Text(review.effect.claim.zh.rstrip("。"), review.effect.claim.en.rstrip(".")))
    parts += [trace.text for trace in review.traces if trace.seen is not None]
    executed = review.executed_text
    return [*parts, Text(f"执行：{executed.zh}", f"carried out: {executed.en}")]


def _above(lift: Range, unit: str) -> Text:
    """What came above the forecast, or below it where all of the interval is."""
    below = lift.high < 0
    low, high = (say(end, unit) for end in ((-lift.high, -lift.low) if below else (lift.low, lift.high)))
    more = Text("少", "below") if below else Text("多", "above")
    return Text(f"比预测{more.zh} {low.zh} 至 {high.zh}", f"{more.en} the forecast by {low.en} to {high.en}")


def _quantities(review: Review) -> tuple[Quantity, ...]:
    def money(metric: str, value: Decimal | None, role: Role) -> list[Quantity]:
        if value is None:
            return []
        return [Quantity(metric=metric, value=quantize(value, 2), unit=review.unit, role=role, window=review.window)]

    found = money("gmv", review.actual, Role.VALUE)
    for metric, span in (("forecast_gmv", review.forecast), ("promised", review.promised), ("lift", review.lift)):
        if span is not None:
            found += money(metric, span.low, Role.RANGE_LOW) + money(metric, span.high, Role.RANGE_HIGH)
    return (*found, *(review.effect.quantities if review.effect is not None else ()))
