"""Bilingual text and the writing of figures: one place decides how 1,284,350 yuan looks in Chinese and in English."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

__all__ = ["CURRENCY_SIGNS", "Lang", "Text", "format_value", "is_money", "quantize"]

Lang = Literal["zh", "en"]

CURRENCY_SIGNS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "HKD": "HK$", "JPY": "JP¥"}

_COUNT_NOUNS: dict[str, tuple[str, str]] = {
    "orders": (" 单", " orders"),
    "buyers": (" 人", " buyers"),
    "visitors": (" 人", " visitors"),
    "items": (" 件", " items"),
    "days": (" 天", " days"),
    "rows": (" 行", " rows"),
    "times": (" 次", " times"),
    "hours": (" 小时", " hours"),
    "minutes": (" 分钟", " minutes"),
    "count": ("", ""),
}


class Text(NamedTuple):
    """The same sentence in both languages of the product."""

    zh: str
    en: str

    def get(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


def is_money(unit: str) -> bool:
    """A unit of three capital letters is an ISO 4217 currency."""
    return len(unit) == 3 and unit.isupper()


def quantize(value: Decimal, places: int) -> Decimal:
    """Round half up, as the platform's reports do."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _plain(value: Decimal, places: int) -> str:
    rounded = quantize(value, places)
    return f"{abs(rounded) if rounded == 0 else rounded:,}"


def _money(value: Decimal, unit: str, lang: Lang) -> str:
    sign = "-" if value < 0 else ""
    size = abs(value)
    places = 2 if size < 1000 else 0
    amount = quantize(size, places)  # round first: 9,999.6 is 1.00 万, not 10,000
    if unit == "CNY" and lang == "zh":
        for scale, word in ((Decimal(100_000_000), "亿"), (Decimal(10_000), "万")):
            if amount >= scale * (1 if scale == 10_000 else Decimal("0.99995")):
                return f"{sign}{quantize(size / scale, 2):,} {word}元"
        return f"{sign}{amount:,} 元"
    return f"{sign}{CURRENCY_SIGNS.get(unit, unit + ' ')}{amount:,}"


def _percent(value: Decimal) -> str:
    percent = value * 100
    small = 0 < abs(percent) < 1
    return f"{_plain(percent, 2 if small else 1)}%"


def format_value(value: Decimal, unit: str, lang: Lang, *, signed: bool = False) -> str:
    """Write one figure for a reader.

    ``unit`` is an ISO currency, ``ratio`` (0.18 is written 18.0%), ``pp`` (already in percentage points), ``number``
    (a bare decimal) or a count noun (``orders``, ``buyers``, ``visitors``, ``items``, ``days``, ``rows``, ``times``, ``hours``, ``minutes``).
    """
    plus = "+" if signed and value > 0 else ""
    if is_money(unit):
        return plus + _money(value, unit, lang)
    if unit == "ratio":
        return plus + _percent(value)
    if unit == "pp":
        return f"{plus}{_plain(value, 1)}{' 个百分点' if lang == 'zh' else ' pp'}"
    if unit == "number":
        return plus + _plain(value, 2)
    nouns = _COUNT_NOUNS.get(unit, (f" {unit}", f" {unit}"))
    places = 0 if value == value.to_integral_value() else 1
    return f"{plus}{_plain(value, places)}{nouns[0 if lang == 'zh' else 1]}"
