"""The inputs of a livestream plan as data (`seeds/livestream.yaml`): their names and units, public ranges, neutral defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.facts import Claim
from tools.livestream.assumption import Assumption, Basis
from tools.livestream.brief import Brief
from tools.seeds import load_yaml
from tools.text import Text, format_value

__all__ = [
    "BRIEF",
    "CHAT",
    "Reference",
    "assumption",
    "below_cost",
    "default_of",
    "input_text",
    "reference",
    "vat_terms",
]

BRIEF = Text("直播需求里写的", "the brief")
CHAT = Text("对话里说过的", "said in a chat")
_PLATFORM = {
    "taobao": Text("淘宝", "Taobao"),
    "douyin": Text("抖音", "Douyin"),
    "kuaishou": Text("快手", "Kuaishou"),
    "web": Text("未分平台", "no platform named"),
}
_CONFIDENCE = {"high": Text("高", "high"), "medium": Text("中", "medium"), "low": Text("低", "low")}
_TERMS = (
    "self_run_fixed_year",
    "agency_commission",
    "creator_commission",
)  # what a contract says, not what a room measures
_MEDIAN = Text("请换成自己近 30 天的中位数", "replace with your own 30-day median")
_QUOTE = Text("请换成自己的报价或账单", "replace with your own quote or bill")
_TMALL = {"tmall": "taobao", "taobao": "taobao", "douyin": "douyin", "kuaishou": "kuaishou"}


def _seed() -> Any:
    return load_yaml("livestream.yaml")


@dataclass(frozen=True)
class Reference:
    """A public range. `text` says platform, confidence and year, and that it is to be replaced."""

    low: Decimal
    high: Decimal
    text: Text

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class InputText:
    """What an input is called, why it matters and where a merchant finds it."""

    unit: str
    label: Text
    why: Text
    where: Text


def input_text(key: str) -> InputText:
    """Raises KeyError for an input the data file does not name."""
    found = _seed()["inputs"][key]
    return InputText(found["unit"], Text(found["zh"], found["en"]), Text(**found["why"]), Text(**found["where"]))


def assumption(key: str, value: Decimal, basis: Basis, source: Text) -> Assumption:
    named = input_text(key)
    return Assumption(key, named.label, value, named.unit, basis, source)


def default_of(key: str, currency: str) -> Assumption | None:
    """The neutral default of an input; None where there is none, or it is money of another currency."""
    found = _seed()["assumed"].get(key)
    if found is None or found.get("currency", currency) != currency:
        return None
    source = Text("小额默认值，请按账单改", "a small default, replace it from your bills")
    return assumption(key, Decimal(found["value"]), Basis.ASSUMED, source)


def vat_terms(taxpayer: str) -> tuple[Decimal, Decimal]:
    """VAT rate and the input VAT rate of the platform's invoice, of a "general" or "small" taxpayer."""
    found = _seed()["vat"][taxpayer]
    return Decimal(found["rate"]), Decimal(found["fee_vat"])


def reference(name: str, platform: str, category: str, currency: str) -> Reference | None:
    """The public range that fits platform and category best; None where none does or it is money of another currency."""
    here = _TMALL.get(platform, platform)
    fitting = [one for one in _fitting(name, category) if one.get("currency", currency) == currency]
    fitting = [one for one in fitting if "categories" in one or one["platform"] in (here, "web")]
    if not fitting:
        return None
    fitting.sort(key=lambda one: one["platform"] != here)
    best, money = fitting[0], "currency" in fitting[0]
    low, high = Decimal(best["low"]), Decimal(best["high"])
    where, trust = _PLATFORM[best["platform"]], _CONFIDENCE[best["confidence"]]
    ends = [[format_value(end, currency if money else "ratio", lang).strip() for end in (low, high)] for lang in ("zh", "en")]  # fmt: skip
    spans = [pair[0] if low == high else "–".join(pair) for pair in ends]
    year = (f"{best['year']} 年，", f"{best['year']}, ") if "year" in best else ("", "")
    url = _seed()["sources"][best["source"]]
    own = _QUOTE if name in _TERMS else _MEDIAN
    text = Text(
        f"公开网页（{year[0]}{where.zh}，可信度{trust.zh}）{spans[0]}，{own.zh}：{url}",
        f"public page ({year[1]}{where.en}, confidence {trust.en}) {spans[1]}; {own.en}: {url}",
    )
    return Reference(low, high, text)


def _fitting(name: str, category: str) -> Iterator[dict[str, Any]]:
    said = category.lower()
    for one in _seed()["references"][name]:
        words = one.get("categories")
        if words is None or any(word.lower() in said for word in words):
            yield one


def below_cost(brief: Brief) -> list[Claim]:
    """One sentence per item of the brief that sells under its cost: allowed for a hook, but said."""
    notes = []
    for item in brief.items:
        if item.cost is not None and item.price < item.cost:
            names = item.sku, item.price, item.cost
            notes.append(Claim(zh="{}：卖价 {} 低于成本 {}，每卖一件都在亏；若是引流款请限量，否则请核对。".format(*names), en="{}: the price {} is below its cost {}, so every piece loses; cap it if it is a hook, else check the figures.".format(*names)))  # fmt: skip
    return notes
