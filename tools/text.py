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


def _money(value: Decimal, unit: str, lang: Lang) -> str:
    sign = "-" if value < 0 else ""
    size = abs(value)
    places = 2 if size < 1000 else 0
    amount = f"{quantize(size, places):,}"
    if unit == "CNY" and lang == "zh":
        if size >= 10_000:
            scale, word = (Decimal(100_000_000), "亿") if size >= 100_000_000 else (Decimal(10_000), "万")
            return f"{sign}{quantize(size / scale, 2):,} {word}元"
        return f"{sign}{amount} 元"
    return f"{sign}{CURRENCY_SIGNS.get(unit, unit + ' ')}{amount}"


def format_value(value: Decimal, unit: str, lang: Lang, *, signed: bool = False) -> str:
    """Write one figure for a reader.

    ``unit`` is an ISO currency, ``ratio`` (0.18 is written 18.0%), ``pp`` (already in percentage points), ``number``
    (a bare decimal) or a count noun (``orders``, ``buyers``, ``visitors``, ``items``, ``days``, ``rows``, ``times``).
    """
    plus = "+" if signed and value > 0 else ""
    if is_money(unit):
        return plus + _money(value, unit, lang)
    if unit == "ratio":
        return f"{plus}{quantize(value * 100, 1)}%"
    if unit == "pp":
        return f"{plus}{quantize(value, 1)}{' 个百分点' if lang == 'zh' else ' pp'}"
    if unit == "number":
        return f"{plus}{quantize(value, 2):,}"
    nouns = _COUNT_NOUNS.get(unit, (f" {unit}", f" {unit}"))
    places = 0 if value == value.to_integral_value() else 1
    return f"{plus}{quantize(value, places):,}{nouns[0 if lang == 'zh' else 1]}"
