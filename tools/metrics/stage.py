"""The stage of a shop's life: start-up, growth, mature, brand, decline. A rule set as data, read on the shop's own figures.

Public descriptions of the stages (traffic a day, ROI, rank) agree poorly with one another, so the rules use what a shop's own
history shows: how long it has sold, how much, which way it moves, and how far it lives on buyers who return.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from tools.facts import Quantity, Window
from tools.metrics.health_history import History
from tools.metrics.health_model import MONTH, Stage, StageId
from tools.metrics.health_people import People
from tools.metrics.windows import window_text
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["RULES", "Rule", "Signs", "signs_of", "stage_of"]

ZERO = Decimal(0)
NAMES: dict[StageId, Text] = {
    "start_up": Text("启动期", "start-up"),
    "growth": Text("成长期", "growth"),
    "mature": Text("成熟期", "mature"),
    "brand": Text("品牌期", "brand"),
    "decline": Text("衰退期", "decline"),
    "unknown": Text("暂时判断不了", "cannot be told yet"),
}


@dataclass(frozen=True)
class Rule:
    """A stage and the least or most of each sign it asks for; every bound must hold. The first rule that holds decides."""

    stage: StageId
    least: tuple[tuple[str, str], ...] = ()
    most: tuple[tuple[str, str], ...] = ()


# Signs: whole months of data, orders a month, growth (median month of the last year against the year before, of half years or
# four months where history is shorter), returning / new_share of the month's buyers, full_price (1 - order discount share).
RULES: tuple[Rule, ...] = (
    Rule("decline", least=(("months", "12"),), most=(("growth", "-0.50"), ("orders", "100"))),
    Rule("start_up", most=(("orders", "100"),)),
    Rule("start_up", least=(("new_share", "0.85"),), most=(("months", "3"),)),
    Rule("unknown", most=(("months", "7.99"),)),
    Rule("decline", most=(("growth", "-0.20"),)),
    Rule("growth", least=(("growth", "0.20"),)),
    Rule("brand", least=(("months", "18"), ("orders", "10000"), ("returning", "0.50"), ("full_price", "0.90"))),
    Rule("mature", least=(("orders", "100"),)),
)


_TWO_YEARS = 24  # months of 30 days


@dataclass(frozen=True)
class Signs:
    """What the rules read; a sign that cannot be told is absent and no rule that asks for it holds."""

    values: dict[str, Decimal]
    windows: dict[str, Window]


def signs_of(history: History, people: People | None) -> Signs:
    months = [value for value in history.series["gmv"].values if value is not None] if "gmv" in history.series else []
    values = {"months": Decimal(len(months))}
    windows = {"months": Window(start=history.months[-1].start, end=history.month.end)}
    orders = history.now("orders")
    if orders is not None:
        values["orders"] = orders
    half = 12 if len(months) >= 24 else 6 if len(months) >= 12 else 4 if len(months) >= 8 else 0
    if half:  # the median of months: one campaign does not make a stage
        now, then = (median(part) for part in _halves(months, half))
        if then:
            values["growth"] = now / then - 1
            windows["growth"] = Window(start=history.months[half - 1].start, end=history.month.end)
    if people is not None:
        new, old = (int(flags.sum()) for flags in people.split(0))
        if new + old:
            share = Decimal(old) / (new + old)
            values |= {"returning": share, "new_share": 1 - share}
    if (discount := history.now("order_discount_rate")) is not None:
        values["full_price"] = 1 - discount
    return Signs(values, windows)


def _halves(months: Sequence[Decimal], half: int) -> tuple[list[Decimal], list[Decimal]]:
    return list(months[:half]), list(months[half : 2 * half])


def stage_of(history: History, people: People | None) -> Stage:
    """The stage by the first rule that holds, with the figures it rests on."""
    signs = signs_of(history, people)
    rule = next((rule for rule in RULES if _holds(rule, signs.values)), Rule("unknown"))
    reasons, quantities = _reasons(rule, signs, history)
    seasonal = rule.stage in ("growth", "decline") and signs.values["months"] < _TWO_YEARS
    if seasonal:
        reasons += (Text("不足两年，季节因素没有排除", "under two years, so the season is not ruled out"),)
    return Stage(rule.stage, NAMES[rule.stage], reasons, quantities, sure=rule.stage != "unknown" and not seasonal)


def _holds(rule: Rule, signs: dict[str, Decimal]) -> bool:
    def known(name: str) -> Decimal | None:
        return signs.get(name)

    least = all((value := known(name)) is not None and value >= Decimal(bound) for name, bound in rule.least)
    most = all((value := known(name)) is not None and value <= Decimal(bound) for name, bound in rule.most)
    return least and most


def _reasons(rule: Rule, signs: Signs, history: History) -> tuple[tuple[Text, ...], tuple[Quantity, ...]]:
    values, month = signs.values, history.month
    reasons: list[Text] = []
    quantities: list[Quantity] = []
    if (orders := values.get("orders")) is not None:
        count = say(orders, "orders")
        reasons.append(Text(f"近 30 天 {count.zh}", f"{count.en} in the last 30 days"))
        quantities.append(Quantity(metric="orders", value=orders, unit="orders", window=month))
    if "growth" in values and rule.stage != "start_up":
        window = signs.windows["growth"]
        rate, words = say(values["growth"], "ratio", signed=True), window_text(window)
        reasons.append(
            Text(
                f"{words.zh}的月支付金额中位数比之前同样长的一段 {rate.zh}",
                f"median monthly GMV of {words.en} stands {rate.en} against as long before",
            )
        )
        quantities.append(Quantity(metric="gmv_growth", value=values["growth"], unit="ratio", window=window))
    if "returning" in values and rule.stage not in ("start_up", "unknown"):
        share = say(values["returning"], "ratio")
        reasons.append(Text(f"近 30 天买家里老客占 {share.zh}", f"{share.en} of the last 30 days' buyers returned"))
        quantities.append(
            Quantity(metric="returning_buyer_share", value=values["returning"], unit="ratio", window=month)
        )
    if rule.stage in ("start_up", "unknown"):
        days = Decimal((signs.windows["months"].days if values["months"] else MONTH) // 1)
        span = say(days, "days")
        why = (
            Text("数据还短，看不出走向", "too short a history to show a direction")
            if rule.stage == "unknown"
            else Text(
                "体量还小，复购、分层和终身价值都还谈不了", "too small yet for repurchase, tiers or lifetime value"
            )
        )
        reasons.append(Text(f"完整历史 {span.zh}，{why.zh}", f"{span.en} of whole months, {why.en}"))
        quantities.append(Quantity(metric="history_days", value=days, unit="days", window=signs.windows["months"]))
    return tuple(reasons), tuple(quantities)
