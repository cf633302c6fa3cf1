"""Facts, table and chart of cohorts and of the repurchase curve: every figure in a claim is a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Chart, Claim, Fact, Quantity, Role, ToolTable, Window
from tools.metrics.cohorts import CohortRow, Curve
from tools.metrics.customer_words import count_of, customer_fact
from tools.metrics.measure import SMALL
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import say
from tools.text import Text, format_value

__all__ = ["cohort_chart", "cohort_facts", "cohort_table", "curve_facts"]

_RETENTION = Text(
    "批次 = 首次付款落在同一自然月的买家；留存 = 该批买家中在之后第 k 个自然月付过款的人数 ÷ 批次人数；未过完的月份留空（不含补差价、邮费等服务类订单）",
    "cohort = buyers whose first payment lies in one calendar month; retention = those paying in the k-th month after ÷ cohort;"
    " months not over are left empty (service orders left out)",
)


def cohort_facts(ctx: ToolContext, rows: Sequence[CohortRow], source: str, rank: int) -> list[Fact]:
    """The pooled share of the month after, then each cohort newest first."""
    facts = []
    known = [row for row in rows if row.retention(1) is not None]
    if known:
        people = sum(row.buyers for row in known)
        back = sum(row.cells[1].buyers for row in known if row.cells[1] is not None)
        window = Window(start=known[0].month.start, end=known[-1].month.end)
        share, words = Decimal(back) / people, window_text(window)
        rate, size = say(share, "ratio"), say(Decimal(people), "buyers")
        claim = Text(
            f"{words.zh}首购的 {size.zh}里，首购后的下一个自然月有 {rate.zh} 再次付款。",
            f"Of the {size.en} who first bought {when_en(window)}, {rate.en} paid again in the calendar month after.",
        )
        quantities = [
            Quantity(metric="cohort_retention", value=share, unit="ratio", window=window),
            count_of("new_buyers", people, window, role=Role.SAMPLE),
        ]
        facts.append(
            customer_fact(
                ctx,
                ("retention", window),
                claim,
                quantities,
                rank=rank,
                formula=_RETENTION,
                source=source,
                part="cohort",
            )
        )
    for row in reversed(rows):
        if row.buyers:
            facts.append(_cohort_fact(ctx, row, source, rank + len(facts)))
    return facts


def _cohort_fact(ctx: ToolContext, row: CohortRow, source: str, rank: int) -> Fact:
    words, size = window_text(row.month), say(Decimal(row.buyers), "buyers")
    quantities = [count_of("new_buyers", row.buyers, row.month)]
    zh, en = f"{words.zh}首购的买家 {size.zh}", f"{size.en} first bought {when_en(row.month)}"
    share, money = row.retention(1), row.money_kept(1)
    if share is None or money is None:
        zh, en = (
            f"{zh}，下一个自然月还没过完，留存还算不出",
            f"{en}; the month after is not over, so their retention cannot be told yet",
        )
    else:
        rate, kept = say(share, "ratio"), say(money, "ratio")
        zh, en = (
            f"{zh}；下一个自然月 {rate.zh} 再次付款，金额是首月的 {kept.zh}",
            f"{en}; {rate.en} paid again in the month after, bringing {kept.en} of the first month's money",
        )
        quantities.append(Quantity(metric="cohort_retention", value=share, unit="ratio", window=row.month))
        quantities.append(Quantity(metric="cohort_money_kept", value=money, unit="ratio", window=row.month))
    small = row.buyers < SMALL
    tail = Text("（样本太小，只作参考）", " (a small sample)") if small else Text("", "")
    claim = Text(f"{zh}{tail.zh}。", f"{en}{tail.en}.")
    return customer_fact(
        ctx,
        ("cohort", row.month),
        claim,
        quantities,
        rank=rank,
        formula=_RETENTION,
        source=source,
        part="cohort_row",
        small=small,
    )


def cohort_table(ctx: ToolContext, rows: Sequence[CohortRow]) -> ToolTable:
    """Retention by buyers; a month that is not over stays empty."""
    later = range(1, len(rows))
    head = (
        ("首购月份", "人数", *(f"+{k} 月" for k in later))
        if ctx.lang == "zh"
        else ("first bought", "buyers", *(f"+{k}" for k in later))
    )

    def cell(share: Decimal | None) -> str:
        return "" if share is None else format_value(share, "ratio", ctx.lang)

    body = tuple(
        (window_text(row.month).get(ctx.lang), f"{row.buyers:,}", *(cell(row.retention(k)) for k in later))
        for row in rows
    )
    return ToolTable(
        title=Claim(zh="首购批次留存（按买家数）", en="Retention by first-purchase month (buyers)"),
        columns=head,
        rows=body,
    )


def cohort_chart(rows: Sequence[CohortRow], facts: Sequence[Fact]) -> Chart:
    """Both retentions as plain data; null is not known."""

    def grid(of: str) -> list[list[str | None]]:
        values = [[getattr(row, of)(k) for k in range(len(rows))] for row in rows]
        return [[None if value is None else str(round(value, 4)) for value in line] for line in values]

    return Chart(
        kind="heatmap",
        title=Claim(zh="首购批次留存", en="Retention by first-purchase month"),
        data={
            "unit": "ratio",
            "rows": [str(row.month.start)[:7] for row in rows],
            "sizes": [row.buyers for row in rows],
            "buyers": grid("retention"),
            "money": grid("money_kept"),
        },
        fact_ids=tuple(fact.id for fact in facts[:1]),
    )


# --- repurchase curve

_CURVE = Text(
    "首次付款日到第二个付款日的天数；还没观察够的买家按 Kaplan–Meier 处理，区间为 Greenwood 95%",
    "days from the first to the second payment day; buyers not in view long enough are handled by Kaplan–Meier, Greenwood 95 % interval",
)


def curve_facts(ctx: ToolContext, curve: Curve, window: Window, source: str, rank: int) -> list[Fact]:
    """Shares who bought again within the given days, and the median interval with what censoring leaves unknown."""
    if not curve.points:
        return []
    words, size = window_text(window), say(Decimal(curve.buyers), "buyers")
    quantities = []
    zh, en = [], []
    for point in curve.points:
        subject = (f"{point.days} 天内", f"within {point.days} days")
        share = say(point.share, "ratio")
        zh.append(f"{subject[0]} {share.zh}")
        en.append(f"{share.en} {subject[1]}")
        base = Quantity(metric="repurchase_within", value=point.share, unit="ratio", window=window, subject=subject)
        quantities.append(base)
        for role, edge in ((Role.RANGE_LOW, point.interval.low), (Role.RANGE_HIGH, point.interval.high)):
            quantities.append(base.model_copy(update={"value": edge, "role": role}))
    quantities.append(count_of("new_buyers", curve.buyers, window, role=Role.SAMPLE))
    claim = Text(
        f"{words.zh}首购的 {size.zh}里再次购买的占比：{'，'.join(zh)}（观察未满的已按 Kaplan–Meier 处理）。",
        f"Share of the {size.en} who first bought {when_en(window)} and bought again: {', '.join(en)} (Kaplan–Meier where people have not been in view long enough).",
    )
    facts = [
        customer_fact(ctx, ("curve", window), claim, quantities, rank=rank, formula=_CURVE, source=source, part="curve")
    ]
    if curve.median is not None:
        facts.append(_median_fact(ctx, curve, window, source, rank + 1))
    return facts


def _median_fact(ctx: ToolContext, curve: Curve, window: Window, source: str, rank: int) -> Fact:
    words = window_text(window)
    span, middle = say(Decimal(curve.horizon), "days"), say(Decimal(curve.median or 0), "days")
    quantities = [
        Quantity(metric="repurchase_interval", value=Decimal(curve.median or 0), unit="days", window=window),
        Quantity(
            metric="repurchase_horizon", value=Decimal(curve.horizon), unit="days", window=window, role=Role.TARGET
        ),
    ]
    zh, en = (
        "全体里回来过的不到一半，所以全体没有中位间隔",
        "fewer than half of all have come back, so there is no median over everybody",
    )
    if curve.half is not None:
        half = say(Decimal(curve.half), "days")
        quantities.append(
            Quantity(metric="repurchase_interval_all", value=Decimal(curve.half), unit="days", window=window)
        )
        zh, en = f"全体买家的中位间隔是 {half.zh}", f"the median over everybody is {half.en}"
    claim = Text(
        f"{words.zh}首购、在 {span.zh}内会回来的买家里，一半在 {middle.zh}内回来；{zh}。",
        f"Of buyers who first bought {when_en(window)} and come back within {span.en}, half do so within {middle.en}; {en}.",
    )
    return customer_fact(
        ctx, ("interval", window), claim, quantities, rank=rank, formula=_CURVE, source=source, part="interval"
    )
