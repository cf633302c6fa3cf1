"""True sentences about random facts, and mutants of each that a checker must withhold. Knows nothing of the checker."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.advisor.grounding_facts import fact
from tools.facts import Fact, Quantity, Role, Window
from tools.text import Lang, format_value, quantize

NAMES = {  # metric -> unit, zh, en
    "gmv": ("CNY", "支付金额", "GMV"),
    "net_gmv": ("CNY", "净成交", "net GMV"),
    "aov_order": ("CNY", "笔单价", "order value"),
    "aov_buyer": ("CNY", "客单价", "spend per buyer"),
    "refund_amount": ("CNY", "退款金额", "refunded amount"),
    "orders": ("orders", "支付订单数", "order count"),
    "buyers": ("buyers", "支付买家数", "buyer count"),
    "visitors": ("visitors", "访客数", "unique visitors"),
    "conversion": ("ratio", "支付转化率", "conversion rate"),
    "refund_rate": ("ratio", "退款率", "refund rate"),
    "repurchase_rate": ("ratio", "复购率", "repurchase rate"),
    "member_share": ("ratio", "会员占比", "member share"),
    "add_to_cart_rate": ("ratio", "加购率", "add-to-cart rate"),
    "ad_roi": ("number", "投产比", "ROI"),
}
EN_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
TODAY = date(2024, 12, 10)


@dataclass(frozen=True)
class Sentence:
    """`mutation` is empty for a true sentence."""

    text: str
    lang: Lang
    cited: dict[str, Fact]
    mutation: str = ""


@dataclass(frozen=True)
class Story:
    """One metric that moved between two months, as the parts a sentence is made of."""

    metric: str
    unit: str
    value: Decimal
    previous: Decimal
    month: int

    @property
    def up(self) -> bool:
        return self.value > self.previous

    @property
    def change(self) -> Decimal:
        gap = self.value - self.previous
        return gap * 100 if self.unit == "ratio" else gap

    @property
    def rate(self) -> Decimal:
        return (self.value - self.previous) / self.previous

    def fact(self) -> Fact:
        window, before = month_window(self.month), month_window(self.month - 1)
        parts = [
            (Role.VALUE, self.value, self.unit, window),
            (Role.PREVIOUS, self.previous, self.unit, before),
            (Role.CHANGE, self.change, "pp" if self.unit == "ratio" else self.unit, window),
            (Role.CHANGE_RATE, self.rate, "ratio", window),
        ]
        quantities = [Quantity(metric=self.metric, value=v, unit=u, role=r, window=w) for r, v, u, w in parts]
        _, zh, en = NAMES[self.metric]
        return fact("metric", f"{zh}（{window}）", f"{en} ({window})", *quantities)


def month_window(month: int) -> Window:
    start = date(2024, month, 1)
    return Window(start=start, end=(start + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def story(rng: random.Random) -> Story:
    metric = rng.choice(sorted(NAMES))
    unit = NAMES[metric][0]
    factor = Decimal(rng.choice([rng.randint(40, 92), rng.randint(108, 190)])) / 100
    if unit == "ratio":
        previous = Decimal(rng.randint(30, 450)) / 1000
    elif unit == "number":
        previous = Decimal(rng.randint(120, 900)) / 100
    elif metric.startswith("aov"):
        previous = Decimal(rng.randint(3000, 90000)) / 100
    else:
        previous = Decimal(rng.randint(900, 5_000_000))
    places = 2 if unit in ("CNY", "number") else 4 if unit == "ratio" else 0
    return Story(metric, unit, quantize(previous * factor, places), previous, rng.randint(2, 11))


@dataclass(frozen=True)
class Parts:
    """The words of a sentence; a mutant swaps exactly one."""

    name: str
    when: str
    before: str
    value: str
    previous: str
    change: str
    rate: str
    up: bool


def parts(s: Story, lang: Lang) -> Parts:
    when, before = (
        (f"{s.month} 月", f"{s.month - 1} 月") if lang == "zh" else (EN_MONTHS[s.month - 1], EN_MONTHS[s.month - 2])
    )
    return Parts(
        NAMES[s.metric][1 if lang == "zh" else 2], when, before, format_value(s.value, s.unit, lang),
        format_value(s.previous, s.unit, lang), format_value(abs(s.change), "pp" if s.unit == "ratio" else s.unit, lang),
        format_value(abs(s.rate), "ratio", lang), s.up,
    )  # fmt: skip


def _zh(p: Parts) -> list[str]:
    verb, noun, by = ("增长", "涨幅", "升") if p.up else ("下降", "跌幅", "降")
    return [
        f"{p.when}{p.name}为 {p.value}[m1]。",
        f"{p.when}{p.name} {p.value}，比 {p.before}的 {p.previous}{verb} {p.rate}[m1]。",
        f"{p.name}从 {p.before}的 {p.previous}{by}到 {p.when}的 {p.value}[m1]。",
        f"{p.when}{p.name}{verb}了 {p.rate}，到 {p.value}[m1]。",
        f"{p.when}{p.name}{verb} {p.change}[m1]，{noun} {p.rate}。",
        f"与 {p.before}相比，{p.when}{p.name}{verb}约 {p.rate}[m1]。",
    ]


def _en(p: Parts) -> list[str]:
    verb, noun, adverb = ("rose", "increase", "up") if p.up else ("fell", "drop", "down")
    return [
        f"{p.name[0].upper() + p.name[1:]} was {p.value} in {p.when}[m1].",
        f"In {p.when} {p.name} {verb} {p.rate} to {p.value}[m1].",
        f"{p.when}'s {p.name} was {p.value}, {adverb} from {p.previous} in {p.before}[m1].",
        f"The {p.name} {verb} from {p.previous} in {p.before} to {p.value} in {p.when}[m1].",
        f"{p.when}: {p.name} {p.value}, {adverb} {p.rate} on {p.before}[m1].",
        f"A {p.rate} {noun} in {p.name} in {p.when} brought it to {p.value}[m1].",
    ]


def _swap(p: Parts, **changes: object) -> Parts:
    return Parts(**{**p.__dict__, **changes})  # type: ignore[arg-type]


def _digits(text: str, rng: random.Random) -> str:
    """Change the leading digit, so that no rounding excuses it."""
    for index, char in enumerate(text):
        if char.isdigit():
            return text[:index] + rng.choice([d for d in "123456789" if d != char]) + text[index + 1 :]
    return text + "1"


def sentences(seed: int, count: int) -> Iterator[Sentence]:
    """`count` true sentences, each followed by its mutants."""
    rng = random.Random(seed)
    for _ in range(count):
        s = story(rng)
        lang: Lang = rng.choice(["zh", "en"])
        make, p = (_zh if lang == "zh" else _en), parts(s, lang)
        index = rng.randrange(6)
        cited = {"m1": s.fact()}
        true = make(p)[index]
        yield Sentence(true, lang, cited)
        for mutation, text in _mutants(p, s, true, lambda q, make=make, index=index: make(q)[index], lang, rng):
            if text != true:
                yield Sentence(text, lang, cited, mutation)


def _mutants(p: Parts, s: Story, true: str, write, lang: Lang, rng: random.Random) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]
    other = rng.choice(
        [m for m in NAMES if (m != s.metric and not {m, s.metric} <= {"gmv", "net_gmv"}) or m == "net_gmv" != s.metric]
    )
    names = NAMES[other]
    yield "metric", write(_swap(p, name=names[1 if lang == "zh" else 2]))
    for field in ("value", "previous", "change", "rate"):
        yield "value", write(_swap(p, **{field: _digits(getattr(p, field), rng)}))
    yield "direction", write(_swap(p, up=not p.up))
    yield "order", write(_swap(p, value=p.previous, previous=p.value))
    far = [m for m in range(1, 13) if m not in (s.month, s.month - 1)]
    month = rng.choice(far)
    yield "window", write(_swap(p, when=f"{month} 月" if lang == "zh" else EN_MONTHS[month - 1]))
    yield "mark", true.replace("[m1]", "")
    yield "mark", true.replace("[m1]", "[m7]")
    yield (
        "unit",
        write(
            _swap(
                p, value=_other_unit(p.value, s.unit), rate=p.rate.replace("%", " 个百分点" if lang == "zh" else " pp")
            )
        ),
    )
    if s.unit == "CNY":
        yield "currency", write(_swap(p, value="£" + p.value.replace("¥", "").replace(" 元", "").replace("元", "")))


def _other_unit(text: str, unit: str) -> str:
    if unit == "ratio":
        return text.replace("%", " pp")
    if "万" in text:
        return text.replace(" 万", "")
    if unit == "CNY":
        return text.replace("¥", "").replace(" 元", "") + "%"
    return text.replace("单", "人").replace("人", "件") if unit != "number" else text + "%"
