"""Bars by label and series, and a grid of shares: rows of plain HTML, so that they read on a phone and without colour."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from advisor.ui.html import element, esc
from tools.text import Lang, format_value

__all__ = ["LEAST_WIDE", "bar_fill", "bar_row", "bars_html", "heatmap_html", "number", "series_name"]

SHADES = 5
LEAST_WIDE = Decimal("0.4")  # % of a lane: a value that is not zero can be seen
_KNOWN = {"actual": ("实际", "actual"), "model": ("模型", "model"), "gmv": ("成交", "GMV")}


def number(value: object) -> Decimal | None:
    """A finite figure of chart data, else None."""
    try:
        found = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
    return found if found is None or found.is_finite() else None


def series_name(series: dict[str, Any], lang: Lang) -> str:
    """What a series is called: one text, one for each language, or an id everybody knows."""
    name = series.get("name", "")
    if isinstance(name, dict):
        return str(name.get(lang, ""))
    zh, en = _KNOWN.get(str(name), (str(name), str(name)))
    return zh if lang == "zh" else en


def bars_html(data: dict[str, Any], unit: str, lang: Lang) -> str:
    """For each label one bar a series, from a common zero."""
    labels = [str(label) for label in data.get("labels", [])]
    series = [(series_name(one, lang), [number(value) for value in one.get("values", [])]) for one in data.get("series", [])]  # fmt: skip
    known = [value for _, values in series for value in values if value is not None]
    if not labels or not known or any(len(values) != len(labels) for _, values in series):
        return ""
    low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
    width = high - low or Decimal(1)
    rows = []
    for k, label in enumerate(labels):
        for n, (name, values) in enumerate(series):
            said = f"{label} · {name}" if len(series) > 1 else label
            rows.append(_row(said, values[k], n, low, width, unit, lang))
    return element("div", "".join(rows), class_="bars", role="img")


def _row(label: str, value: Decimal | None, n: int, low: Decimal, width: Decimal, unit: str, lang: Lang) -> str:
    if value is None:
        return bar_row(label, "", "–")
    left = (min(value, Decimal(0)) - low) / width * 100
    wide = max(abs(value) / width * 100, LEAST_WIDE) if value else Decimal(0)
    return bar_row(label, bar_fill(f"s{n % 4}", left, wide), format_value(value, unit, lang))


def bar_fill(style: str, left: Decimal, wide: Decimal) -> str:
    """The filled part of a lane; where it begins and how wide it is in % of the lane."""
    return element("span", "", class_=f"bar {style}", style=f"left:{left:.1f}%;width:{wide:.1f}%")


def bar_row(name: str, fill: str, said: str) -> str:
    """A name, its lane and what it says; `name` and `said` are texts, `fill` is a `bar_fill` or nothing."""
    return element(
        "div",
        element("span", esc(name), class_="name")
        + element("span", fill, class_="lane")
        + element("span", esc(said), class_="said"),
        class_="row",
    )


def heatmap_html(data: dict[str, Any], unit: str, lang: Lang) -> str:
    """A grid of buyers' figures, darker where higher; every cell says its figure, an unknown one nothing."""
    rows, grid = [str(row) for row in data.get("rows", [])], data.get("buyers", [])
    lines = [[number(value) for value in line] for line in grid]
    known = [value for line in lines for value in line[1:] if value is not None]  # the first column is all of them
    if not known or len(rows) != len(lines) or len({len(line) for line in lines}) != 1:
        return ""
    top = max(known) or Decimal(1)
    word = "第 {} 月" if lang == "zh" else "month {}"
    head = "".join(element("th", esc(word.format(k))) for k in range(1, len(lines[0])))
    body = "".join(_line(row, line[1:], top, unit, lang) for row, line in zip(rows, lines, strict=True))
    table = element("thead", element("tr", element("th", "") + head)) + element("tbody", body)
    return element("div", element("table", table), class_="wide")


def _line(row: str, line: Sequence[Decimal | None], top: Decimal, unit: str, lang: Lang) -> str:
    cells = element("th", esc(row))
    for value in line:
        shade = "" if value is None else f"heat{min(SHADES, int(value / top * SHADES))}"
        cells += element("td", "" if value is None else esc(format_value(value, unit, lang)), class_=shade)
    return element("tr", cells)
