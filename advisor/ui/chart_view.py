"""Charts as inline SVG: small, sharp, readable without colour, and nothing to load. Exact values show on hover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from advisor.ui.html import element, esc
from tools.facts import Chart
from tools.text import Lang, format_value

__all__ = ["charts_html"]

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 720.0, 150.0, 18.0, 20.0
_MOST = 3


@dataclass(frozen=True)
class _Point:
    label: str
    value: float | None
    said: str


def charts_html(charts: Sequence[Chart], lang: Lang) -> str:
    """The charts we can draw, at most three; an odd one is left out, never half drawn."""
    drawn = [svg for chart in charts if (svg := _draw(chart, lang))]
    return "".join(drawn[:_MOST])


def _draw(chart: Chart, lang: Lang) -> str:
    unit = str(chart.data.get("unit", ""))
    if chart.kind == "trend":
        series = chart.data.get("series") or [{}]
        points = [_point(point, unit, lang) for point in series[0].get("points", [])]
        body = _trend(points, chart.title.get(lang))
    elif chart.kind == "waterfall":
        body = _waterfall(chart.data, unit, lang)
    else:
        return ""
    if not body:
        return ""
    title = element("figcaption", esc(chart.title.get(lang)))
    return element("figure", title + body, class_=f"chart {chart.kind}")


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
    return found if found is None or found.is_finite() else None


def _point(pair: Sequence[Any], unit: str, lang: Lang) -> _Point:
    value = _number(pair[1])
    said = format_value(value, unit, lang) if value is not None else "–"
    return _Point(str(pair[0]), float(value) if value is not None else None, said)


def _trend(points: Sequence[_Point], title: str) -> str:
    """A line that breaks where a value is missing, an area below it, the highest point and both ends named."""
    known = [point.value for point in points if point.value is not None]
    if len(known) < 2:
        return ""
    top = max([*known, 0.0]) or 1.0
    low = min([*known, 0.0])
    step = _WIDTH / max(1, len(points) - 1)
    floor = _HEIGHT - _BOTTOM

    def place(index: int, value: float) -> str:
        return f"{index * step:.1f},{_TOP + (floor - _TOP) * (1 - (value - low) / (top - low)):.1f}"

    runs: list[list[str]] = [[]]
    for index, point in enumerate(points):
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(place(index, point.value))
    lines = "".join(
        f'<polyline points="{" ".join(run)}" class="line" vector-effect="non-scaling-stroke"/>' for run in runs if run
    )
    hover = "".join(
        f'<rect x="{max(0.0, index * step - step / 2):.1f}" y="0" width="{step:.1f}" height="{_HEIGHT:.0f}" class="hit">'
        f"<title>{esc(point.label)} · {esc(point.said)}</title></rect>"
        for index, point in enumerate(points)
    )
    base = f'<line x1="0" x2="{_WIDTH:.0f}" y1="{floor:.1f}" y2="{floor:.1f}" class="base" vector-effect="non-scaling-stroke"/>'
    svg = (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{esc(title)}" preserveAspectRatio="none">'
        f"{base}{lines}{hover}</svg>"
    )
    peak = max((point for point in points if point.value is not None), key=lambda point: point.value or 0.0)
    axis = [points[0].label, f"▲ {peak.label} {peak.said}", points[-1].label]
    return svg + element("p", "".join(element("span", esc(text)) for text in axis), class_="axis")


def _waterfall(data: dict[str, Any], unit: str, lang: Lang) -> str:
    """Before, each factor, after: as rows of a bar from the running total, so it reads on a phone too."""
    before, after = _number(data.get("before")), _number(data.get("after"))
    steps = [
        (str(step.get(lang) or step.get("name", "")), _number(step.get("value"))) for step in data.get("steps", [])
    ]
    if before is None or after is None or not steps or any(value is None for _, value in steps):
        return ""
    ends = {"zh": ("之前", "现在"), "en": ("before", "now")}[lang]
    spans = [(ends[0], Decimal(0), before, "total")]
    running = before
    for name, value in steps:
        moved = running + (value or Decimal(0))
        spans.append((name, running, moved, "up" if moved >= running else "down"))
        running = moved
    spans.append((ends[1], Decimal(0), after, "total"))
    widest = max(max(abs(a), abs(b)) for _, a, b, _ in spans) or Decimal(1)
    return element("div", "".join(_bar(span, widest, unit, lang) for span in spans), class_="bars", role="img")


def _bar(span: tuple[str, Decimal, Decimal, str], widest: Decimal, unit: str, lang: Lang) -> str:
    name, start, end, kind = span
    left = max(Decimal(0), min(start, end)) / widest * 100
    width = max(abs(end - start) / widest * 100, Decimal("0.4"))
    said = format_value(end if kind == "total" else end - start, unit, lang, signed=kind != "total")
    fill = element("span", "", class_=f"bar {kind}", style=f"left:{left:.1f}%;width:{width:.1f}%")
    return element(
        "div",
        element("span", esc(name), class_="name")
        + element("span", fill, class_="lane")
        + element("span", esc(said), class_="said"),
        class_="row",
    )
