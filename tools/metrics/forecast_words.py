"""Facts about customer lifetime: forecast, back-test, fit, and an honest no where there is no figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Chart, Claim, Fact, Quantity, Role, ToolTable, Window
from tools.metrics.customer_words import count_of, customer_fact
from tools.metrics.forecast import BackTest, Estimate, Forecast, Refusal
from tools.metrics.windows import day_text, when_en, window_text
from tools.metrics.wording import say
from tools.text import Text, quantize

__all__ = ["fit_chart", "fit_table", "forecast_facts", "refusal_fact"]

_MODEL = Text(
    "BG/NBD（购买次数与流失）× Gamma-Gamma（单次金额），最大似然拟合本店订单；区间 95%，含参数误差、随机波动与回测偏差；同一天的付款算一次，不含服务类订单",
    "BG/NBD (purchases and dropout) × Gamma-Gamma (spend), fitted to the shop's orders by maximum likelihood; 95 % interval with parameter"
    " error, chance and the miss of the back-test; payments of one day are one, service orders left out",
)


def _money(value: float) -> Decimal:
    return quantize(Decimal(str(value)), 2)


def _whole(value: float) -> Decimal:
    return quantize(Decimal(str(value)), 0)


def _ratio(value: float) -> Decimal:
    return quantize(Decimal(str(value)), 4)


def _ranged(
    metric: str, unit: str, window: Window, found: Estimate, *, subject: tuple[str, ...] = ()
) -> list[Quantity]:
    place = {"buyers": _whole, "times": _whole, "number": _ratio}.get(unit, _money)
    base = Quantity(metric=metric, value=place(found.value), unit=unit, window=window, subject=subject)
    low = base.model_copy(update={"value": place(found.low), "role": Role.RANGE_LOW})
    return [base, low, base.model_copy(update={"value": place(found.high), "role": Role.RANGE_HIGH})]


def _shown(quantities: Sequence[Quantity]) -> tuple[Text, Text]:
    """A ranged figure and its interval in words."""
    value, low, high = (say(q.value, q.unit) for q in quantities[:3])
    return value, Text(f"区间 {low.zh}至 {high.zh}", f"{low.en} to {high.en}")


def forecast_facts(ctx: ToolContext, found: Forecast, refund_rate: Decimal | None, source: str) -> list[Fact]:
    """Money, buyers coming back, those still customers, a new buyer's worth, concentration, and how well the model did."""
    ahead = Window(start=found.end + timedelta(days=1), end=found.end + timedelta(days=found.horizon))
    facts = [_money_fact(ctx, found, ahead, refund_rate, source), _active_fact(ctx, found, ahead, source)]
    facts += [_newcomer_fact(ctx, found, ahead, source), _top_fact(ctx, found, ahead, source)]
    if found.returned:
        facts.append(_alive_fact(ctx, found, source))
    if found.backtest is not None:
        facts.append(_backtest_fact(ctx, found.backtest, source, rank=6))
    facts.append(_fit_fact(ctx, found, source))
    return facts


def _money_fact(ctx: ToolContext, found: Forecast, ahead: Window, refund_rate: Decimal | None, source: str) -> Fact:
    currency, words = ctx.shop.currency, window_text(ahead)
    money = _ranged("lifetime_gmv", currency, ahead, found.money)
    times = _ranged("lifetime_purchases", "times", ahead, found.purchases)
    people = count_of("lifetime_customers", found.customers, ahead, role=Role.SAMPLE)
    size, (worth, span), often = say(people.value, "buyers"), _shown(money), say(times[0].value, "times")
    quantities = [*money, *times, people]
    net = Text("", "")
    if refund_rate is not None:
        kept = quantize(money[0].value * (1 - refund_rate), 2)
        rate, left = say(refund_rate, "ratio"), say(kept, currency)
        quantities.append(Quantity(metric="lifetime_net_gmv", value=kept, unit=currency, window=ahead))
        quantities.append(
            Quantity(metric="refund_rate", value=refund_rate, unit="ratio", window=_year_to(found), role=Role.SAMPLE)
        )
        net = Text(
            f"；按近一年退款率 {rate.zh} 折算，净成交约 {left.zh}",
            f"; after refunds at the past year's rate of {rate.en}, about {left.en}",
        )
    claim = Text(
        f"已有买家 {size.zh}，预计{words.zh}还会付款 {worth.zh}（{span.zh}），约购买 {often.zh}{net.zh}。这是按过去规律的预测，不含新客。",
        f"The {size.en} known so far are expected to pay {worth.en} ({span.en}) {when_en(ahead)}, buying about {often.en}{net.en}. A forecast from past behaviour, without new buyers.",
    )
    return customer_fact(
        ctx, ("ltv", "money", ahead), claim, quantities, rank=1, formula=_MODEL, source=source, part="lifetime"
    )


def _year_to(found: Forecast) -> Window:
    return Window(start=found.end - timedelta(days=364), end=found.end)


def _active_fact(ctx: ToolContext, found: Forecast, ahead: Window, source: str) -> Fact:
    quantities = _ranged("lifetime_active", "buyers", ahead, found.active)
    share = _ratio(found.active.value / found.customers)
    quantities.append(
        Quantity(metric="lifetime_active_share", value=share, unit="ratio", window=ahead, role=Role.SHARE)
    )
    (size, span), part, words = _shown(quantities), say(share, "ratio"), window_text(ahead)
    claim = Text(
        f"其中预计有 {size.zh}（{span.zh}）在{words.zh}至少回来买一次，占已有买家的 {part.zh}。",
        f"{size.en} ({span.en}) of the known buyers are expected to buy at least once {when_en(ahead)}, {part.en} of them.",
    )
    return customer_fact(
        ctx, ("ltv", "active", ahead), claim, quantities, rank=2, formula=_MODEL, source=source, part="active"
    )


def _newcomer_fact(ctx: ToolContext, found: Forecast, ahead: Window, source: str) -> Fact:
    subject = ("新客", "a new buyer")
    money = _ranged("lifetime_new_gmv", ctx.shop.currency, ahead, found.newcomer_money, subject=subject)
    often = Quantity(
        metric="lifetime_new_purchases",
        value=_ratio(found.newcomer_purchases.value),
        unit="number",
        window=ahead,
        subject=subject,
    )
    span = say(Decimal(found.horizon), "days")
    (worth, limits), times = _shown(money), say(often.value, "number")
    quantities = [
        *money,
        often,
        Quantity(metric="lifetime_horizon", value=Decimal(found.horizon), unit="days", role=Role.TARGET),
    ]
    claim = Text(
        f"一位新客首单之后的 {span.zh}里，平均还会带来 {worth.zh}（{limits.zh}），人均回购次数 {times.zh}；首单不算在内。",
        f"In the {span.en} after the first order a new buyer brings {worth.en} more on average ({limits.en}), {times.en} further purchases each; the first order is not counted.",
    )
    return customer_fact(
        ctx, ("ltv", "newcomer", ahead), claim, quantities, rank=3, formula=_MODEL, source=source, part="newcomer"
    )


def _top_fact(ctx: ToolContext, found: Forecast, ahead: Window, source: str) -> Fact:
    share, tenth = _ratio(found.top_share), Decimal("0.1")
    part, who, words = say(share, "ratio"), say(tenth, "ratio"), window_text(ahead)
    quantities = [
        Quantity(metric="lifetime_top_share", value=share, unit="ratio", window=ahead, role=Role.SHARE),
        Quantity(metric="lifetime_top_buyers", value=tenth, unit="ratio", window=ahead, role=Role.SHARE),
    ]
    claim = Text(
        f"预计价值最高的前 {who.zh} 买家，占{words.zh}预计付款的 {part.zh}。",
        f"The most valuable {who.en} of buyers make up {part.en} of the money expected {when_en(ahead)}.",
    )
    return customer_fact(
        ctx, ("ltv", "top", ahead), claim, quantities, rank=4, formula=_MODEL, source=source, part="top"
    )


def _alive_fact(ctx: ToolContext, found: Forecast, source: str) -> Fact:
    day = Window(start=found.end, end=found.end)
    alive, share = _whole(found.alive), _ratio(found.alive / found.returned)
    size, part, all_ = say(alive, "buyers"), say(share, "ratio"), say(Decimal(found.returned), "buyers")
    words = day_text(found.end)
    quantities = [
        Quantity(metric="lifetime_alive", value=alive, unit="buyers", window=day),
        Quantity(metric="lifetime_alive_share", value=share, unit="ratio", window=day, role=Role.SHARE),
        count_of("lifetime_returned", found.returned, day, role=Role.SAMPLE),
    ]
    claim = Text(
        f"截至{words.zh}，回来过的 {all_.zh}里，按模型仍是客户的约 {size.zh}（{part.zh}），其余大概率不会再来；只买过一次的人模型分不出去留，不在此列。",
        f"On {words.en}, about {size.en} ({part.en}) of the {all_.en} who ever came back are still customers by the model; of those who bought once it cannot tell.",
    )
    return customer_fact(
        ctx, ("ltv", "alive", day), claim, quantities, rank=5, formula=_MODEL, source=source, part="alive"
    )


_BACKTEST = Text(
    "只用截止日之前的订单拟合，预测之后一段的购买天数，再与实际比较；偏差 = 预测 ÷ 实际 − 1",
    "fitted on orders up to the cut only; purchase days forecast for the stretch after it and compared; miss = forecast ÷ actual − 1",
)


def _backtest_fact(ctx: ToolContext, test: BackTest, source: str, *, rank: int) -> Fact:
    window = Window(start=test.cut + timedelta(days=1), end=test.cut + timedelta(days=test.days))
    expected = _ranged("lifetime_backtest", "times", window, test.expected)
    actual = Quantity(metric="lifetime_actual", value=Decimal(test.actual), unit="times", window=window)
    (said, span), came, words = _shown(expected), say(actual.value, "times"), window_text(window)
    quantities = [*expected, actual]
    tail = Text("", "")
    if test.actual:
        miss = _ratio(abs(test.miss))
        quantities.append(Quantity(metric="lifetime_miss", value=miss, unit="ratio", window=window))
        size = say(miss, "ratio")
        tail = Text(f"，相差 {size.zh}", f", {size.en} apart")
    claim = Text(
        f"回测：只用更早的订单预测{words.zh}的购买为 {said.zh}（{span.zh}），实际 {came.zh}{tail.zh}。",
        f"Back-test: from earlier orders alone, people were forecast to buy {said.en} ({span.en}) {when_en(window)}; they bought {came.en}{tail.en}.",
    )
    return customer_fact(
        ctx,
        ("ltv", "backtest", window),
        claim,
        quantities,
        rank=rank,
        formula=_BACKTEST,
        source=source,
        part="backtest",
    )


_FIT = Text(
    "按回购次数 0–7+ 分组，模型期望人数与实际人数之差的绝对值之和 ÷ 2 ÷ 总人数（0 为完全一致）",
    "buyers grouped by 0 to 7+ repeat purchases: sum of absolute differences between expected and actual numbers ÷ 2 ÷ all (0 is perfect)",
)


def _fit_fact(ctx: ToolContext, found: Forecast, source: str) -> Fact:
    actual, expected = found.fit
    window = Window(start=found.end, end=found.end)
    off = _ratio(float(abs(actual - expected).sum()) / 2 / found.fitted)
    share, size = say(off, "ratio"), say(Decimal(found.fitted), "buyers")
    quantities = [
        Quantity(metric="lifetime_fit_gap", value=off, unit="ratio", window=window),
        count_of("lifetime_fitted", found.fitted, window, role=Role.SAMPLE),
    ]
    claim = Text(
        f"拟合用了 {size.zh}的购买记录；按回购次数看，模型与实际放错组的人占 {share.zh}。",
        f"{size.en} were used for the fit; by number of repeat purchases the model puts {share.en} of them in the wrong group.",
    )
    return customer_fact(
        ctx, ("ltv", "fit", found.end), claim, quantities, rank=7, formula=_FIT, source=source, part="fit"
    )


def fit_table(ctx: ToolContext, found: Forecast) -> ToolTable:
    """Actual and expected numbers of buyers by repeat purchases."""
    head = ("回购次数", "实际人数", "模型人数") if ctx.lang == "zh" else ("repeat purchases", "actual", "model")
    actual, expected = found.fit
    last = len(actual) - 1
    rows = tuple(
        (f"{k}{'+' if k == last else ''}", f"{actual[k]:,.0f}", f"{expected[k]:,.0f}") for k in range(last + 1)
    )
    return ToolTable(
        title=Claim(zh="模型与实际：回购次数分布", en="Model and actual: repeat purchases"), columns=head, rows=rows
    )


def fit_chart(found: Forecast, facts: Sequence[Fact]) -> Chart:
    actual, expected = found.fit
    return Chart(
        kind="bars",
        title=Claim(zh="回购次数：实际与模型", en="Repeat purchases: actual and model"),
        data={
            "unit": "buyers",
            "labels": [str(k) for k in range(len(actual))],
            "series": [
                {"name": "actual", "values": [str(round(float(value))) for value in actual]},
                {"name": "model", "values": [str(round(float(value))) for value in expected]},
            ],
        },
        fact_ids=tuple(fact.id for fact in facts if fact.data.get("part") == "fit"),
    )


_UNITS = {"orders": "orders", "groups": "orders", "group_days": "days", "history": "days", "horizon": "days"}


def _refused(no: Refusal, unit: str) -> Text:
    """What there is and what it would take."""
    have, need = say(Decimal(no.have), unit), say(Decimal(no.need), unit)
    texts = {
        "orders": Text(
            f"有买家标识的订单只有 {have.zh}，不到 {need.zh}，还不能估计客户终身价值；现在给出的任何数字都会误导你。",
            f"There are {have.en} with a buyer id, under {need.en}: no lifetime value can be estimated yet, and any figure would mislead.",
        ),
        "groups": Text(
            f"有买家标识的订单只有 {have.zh}，不到 {need.zh}，分群没有意义：每群只剩几个人。",
            f"There are {have.en} with a buyer id, under {need.en}: groups would hold a handful of people each and mean nothing.",
        ),
        "group_buyers": Text(
            f"有买家标识的买家只有 {have.zh}，不到 {need.zh}，分群没有意义：每群只剩几个人。",
            f"There are {have.en}, under {need.en}: groups would hold a handful of people each and mean nothing.",
        ),
        "group_days": Text(
            f"订单历史只有 {have.zh}，不到 {need.zh}，还分不出谁是近期客户、谁已经走远。",
            f"The orders span {have.en}, under {need.en}: who is recent and who has gone quiet cannot be told yet.",
        ),
        "history": Text(
            f"订单历史只有 {have.zh}，不到 {need.zh}，看不出买家多久回来一次，还不能估计客户终身价值。",
            f"The orders span {have.en}, under {need.en}: how often buyers return cannot be seen, so no lifetime value can be estimated yet.",
        ),
        "horizon": Text(
            f"订单历史只有 {have.zh}，不能外推到 {need.zh}之后。",
            f"The orders span {have.en}; a forecast over {need.en} would go further than they reach.",
        ),
        "fresh": Text(
            f"能确认首购时间的买家只有 {have.zh}，不到 {need.zh}，还不能估计客户终身价值。",
            f"Only {have.en} have a first purchase that can be dated, under {need.en}: no lifetime value can be estimated yet.",
        ),
        "returned": Text(
            f"回来买过第二次的买家只有 {have.zh}，不到 {need.zh}，几乎没人回购，算不出客户终身价值。",
            f"Only {have.en} ever came back, under {need.en}: with hardly any repeat purchase there is no lifetime value to estimate.",
        ),
        "fit": Text(
            f"{have.zh}的购买记录不足以确定模型参数，不给客户终身价值。",
            f"The histories of {have.en} do not pin the model down, so no lifetime value is given.",
        ),
    }
    return texts[no.why]


def refusal_fact(ctx: ToolContext, no: Refusal, window: Window, source: str) -> list[Fact]:
    """What there is, what it would take, and that nothing is claimed until then."""
    if no.backtest is not None:
        return [_backtest_fact(ctx, no.backtest, source, rank=1), _unreliable(ctx, window, source)]
    unit = _UNITS.get(no.why, "buyers")
    claim = _refused(no, unit)
    quantities = [Quantity(metric=f"lifetime_{no.why}", value=Decimal(no.have), unit=unit, window=window)]
    if no.need:
        quantities.append(quantities[0].model_copy(update={"value": Decimal(no.need), "role": Role.TARGET}))
    return [
        customer_fact(
            ctx,
            ("ltv", "no", no.why, window),
            claim,
            quantities,
            rank=1,
            formula=_MODEL,
            source=source,
            part="refusal",
            why=no.why,
        )
    ]


def _unreliable(ctx: ToolContext, window: Window, source: str) -> Fact:
    claim = Text(
        "模型在这家店的回测里偏差太大，所以不给客户终身价值的金额。",
        "The model missed too far in this shop's own back-test, so no lifetime value is given.",
    )
    return customer_fact(
        ctx,
        ("ltv", "no", "backtest", window),
        claim,
        (),
        rank=2,
        formula=_BACKTEST,
        source=source,
        part="refusal",
        why="backtest",
    )
