"""A hand-made evidence set for grounding and model-brain tests: one shop in October 2024, each fact as a tool would return it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tools.facts import Claim, Fact, Quantity, Role, WhyClass, Window

TODAY = date(2024, 11, 5)
OCT = Window(start=date(2024, 10, 1), end=date(2024, 10, 31))
SEP = Window(start=date(2024, 9, 1), end=date(2024, 9, 30))
LAST30 = Window(start=date(2024, 10, 6), end=date(2024, 11, 4))


def q(
    metric: str,
    value: str,
    unit: str,
    role: Role = Role.VALUE,
    window: Window | None = OCT,
    subject: tuple[str, ...] = (),
) -> Quantity:
    return Quantity(metric=metric, value=Decimal(value), unit=unit, role=role, window=window, subject=subject)


def moved(
    metric: str, unit: str, value: str, previous: str, change: str, rate: str | None = None
) -> tuple[Quantity, ...]:
    """A figure with its comparison, as `metrics.query` gives it."""
    found = [
        q(metric, value, unit),
        q(metric, previous, unit, Role.PREVIOUS, SEP),
        q(metric, change, "pp" if unit == "ratio" else unit, Role.CHANGE),
    ]
    return (*found, q(metric, rate, "ratio", Role.CHANGE_RATE)) if rate else tuple(found)


def fact(
    kind: str, zh: str, en: str, *quantities: Quantity, entities: tuple[str, ...] = (), why: WhyClass | None = None
) -> Fact:
    return Fact(
        id="f_" + str(abs(hash((zh, en))))[:12],
        kind=kind,  # type: ignore[arg-type]
        claim=Claim(zh=zh, en=en),
        quantities=quantities,
        entities=entities,
        why_class=why,
        formula="",
        source="orders",
    )


FACTS: dict[str, Fact] = {
    "m1": fact(
        "metric",
        "2024-10-01 至 2024-10-31 支付金额 128.44 万元，比上期（2024-09-01 至 2024-09-30）的 121.05 万元增加 7.39 万元（+6.1%）。",
        "GMV was ¥1,284,350 in 2024-10-01..2024-10-31, up ¥73,850 (+6.1%) on ¥1,210,500 in 2024-09-01..2024-09-30.",
        *moved("gmv", "CNY", "1284350", "1210500", "73850", "0.061"),
    ),
    "m2": fact(
        "metric",
        "新客 90 天复购率 17.6%，上期 24.1%，下降 6.5 个百分点。",
        "The 90-day repurchase rate of first-time buyers was 17.6%, down 6.5 pp from 24.1%.",
        *moved("repurchase_90d", "ratio", "0.176", "0.241", "-6.5"),
    ),
    "m3": fact(
        "metric",
        "按结构拆解，搜索访客减少使支付金额少了 8.2 万元，推荐访客使其多了 2.1 万元。",
        "By decomposition, fewer search visitors took ¥82,000 off GMV and recommendation visitors added ¥21,000.",
        q("gmv", "-82000", "CNY", Role.CONTRIBUTION, subject=("搜索", "search")),
        q("gmv", "21000", "CNY", Role.CONTRIBUTION, subject=("推荐", "recommendation")),
        entities=("搜索", "推荐"),
        why=WhyClass.DECOMPOSITION,
    ),
    "m4": fact(
        "metric",
        "会员成交占比 18.0%。",
        "Members' share of GMV was 18.0%.",
        q("member_share", "0.18", "ratio"),
    ),
    "m5": fact(
        "metric",
        "支付转化率 3.2%，上期 3.6%，下降 0.4 个百分点（-11.1%）。",
        "Conversion was 3.2%, down 0.4 pp (-11.1%) from 3.6%.",
        *moved("conversion", "ratio", "0.032", "0.036", "-0.4", "-0.111"),
    ),
    "m6": fact(
        "metric",
        "笔单价 261.47 元，上期 246.10 元，上涨 6.2%。",
        "Order value was ¥261.47, up 6.2% on ¥246.10.",
        *moved("aov_order", "CNY", "261.47", "246.10", "15.37", "0.062"),
    ),
    "m7": fact(
        "metric",
        "首购在福袋直播的新客占 41.0%，上期 9.0%。",
        "41.0% of new buyers came in through lucky-bag livestreams, against 9.0% before.",
        q("new_buyers", "0.41", "ratio", Role.SHARE, subject=("福袋直播", "lucky-bag livestream")),
        q("new_buyers", "0.09", "ratio", Role.PREVIOUS, SEP, subject=("福袋直播", "lucky-bag livestream")),
        entities=("福袋直播", "lucky-bag livestream"),
        why=WhyClass.ASSOCIATION,
    ),
    "m8": fact(
        "metric",
        "单品“玫瑰面膜 30片装”支付金额 21.43 万元，占 16.7%。",
        "The product “玫瑰面膜 30片装” had GMV of ¥214,300, 16.7% of the total.",
        q("gmv", "214300", "CNY", subject=("玫瑰面膜 30片装",)),
        q("gmv", "0.167", "ratio", Role.SHARE, subject=("玫瑰面膜 30片装",)),
        entities=("玫瑰面膜 30片装",),
    ),
    "m9": fact(
        "metric",
        "对照实验：发二单券的一组复购率高 1.9 个百分点。",
        "In the controlled test the coupon group's repurchase rate was 1.9 pp higher.",
        q("repurchase_rate", "1.9", "pp", Role.CHANGE),
        why=WhyClass.EXPERIMENT,
    ),
    "m10": fact(
        "metric",
        "2024-10 净成交 110.29 万元；4,912 单，4,377 位买家。",
        "Net GMV in 2024-10 was ¥1,102,918; 4,912 orders from 4,377 buyers.",
        q("net_gmv", "1102918", "CNY"),
        q("orders", "4912", "orders"),
        q("buyers", "4377", "buyers"),
    ),
    "m11": fact(
        "metric",
        "直播成交金额 22 万元，上期 11 万元。",
        "Livestream GMV was ¥220,000 against ¥110,000 before.",
        *moved("live_gmv", "CNY", "220000", "110000", "110000", "1.0"),
    ),
    "m12": fact(
        "metric",
        "近 30 天福袋新客 8,420 人。",
        "8,420 new buyers came from lucky-bag streams in the last 30 days.",
        q("new_buyers", "8420", "buyers", window=LAST30, subject=("福袋新客", "lucky-bag new buyers")),
        entities=("福袋新客",),
    ),
    "m13": fact(
        "metric",
        "退款率（金额）14.1%，比去年同期低 2.3 个百分点。",
        "The refund rate by value was 14.1%, 2.3 pp lower than a year earlier.",
        q("refund_rate", "0.141", "ratio"),
        q("refund_rate", "0.164", "ratio", Role.PREVIOUS, Window(start=date(2023, 10, 1), end=date(2023, 10, 31))),
        q("refund_rate", "-2.3", "pp", Role.CHANGE),
    ),
    "m14": fact(
        "metric",
        "“搜索”的访客2024年10月6日起明显走低。",
        "Visitors from “搜索” are clearly lower from 6 October 2024 on.",
        q("source_visitors", "28794", "visitors", subject=("搜索", "search")),
        entities=("搜索", "search"),
        why=WhyClass.ASSOCIATION,
    ),
    "c1": fact(
        "case",
        "巴黎欧莱雅 2021 年双11：自家券叠加后 257 元，低于主播预售的 429 元，引来大量投诉。",
        "L'Oréal Paris, Double 11 2021: its own stacked coupons came to ¥257 against ¥429 in the hosts' presale; many complaints followed.",
        q("price", "257", "CNY", window=None),
        q("price", "429", "CNY", window=None),
        entities=("巴黎欧莱雅", "L'Oréal Paris", "loreal-double11-2021"),
    ),
    "p1": fact(
        "playbook",
        "首单→二单承接：二单券“满 99 减 15”，每追回 1 个百分点约合 1.7–2.9 万元净成交，全部追回约值 11–19 万元；样本只看得出 1.6 个百分点以上的差。",
        "First-to-second-order follow-up: coupon “¥15 off ¥99”; each point won back is worth ¥17,000–29,000 of net GMV, all of it ¥110,000–190,000; "
        "the sample can only show differences of 1.6 pp or more.",
        q("net_gmv", "110000", "CNY", Role.RANGE_LOW, None),
        q("net_gmv", "190000", "CNY", Role.RANGE_HIGH, None),
        q("repurchase_90d", "1.6", "pp", Role.TARGET, None),
    ),
    "l1": fact(
        "livestream",
        "代播保本月成交 25 万元，自播保本 38 万元；投流按付款口径投产低于 2.6 就停。",
        "Break-even monthly sales: ¥250,000 with an agency, ¥380,000 in house; stop paid traffic when return on payment is below 2.6.",
        q("break_even", "250000", "CNY", Role.TARGET, None, ("代播", "agency")),
        q("break_even", "380000", "CNY", Role.TARGET, None, ("自播", "in house")),
        q("ad_roi", "2.6", "number", Role.TARGET, None),
    ),
    "u1": fact(
        "stated",
        "商家口述：毛利率 45%。",
        "The merchant says the gross margin is 45%.",
        q("gross_margin", "0.45", "ratio", window=None),
    ),
}  # fmt: skip

GBP: dict[str, Fact] = {
    "m1": fact(
        "metric",
        "2024-10 支付金额 £58,636。",
        "GMV was £58,636 in 2024-10.",
        q("gmv", "58635.56", "GBP"),
    ),
}
