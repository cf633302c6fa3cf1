"""Charts as inline SVG: small, sharp, readable without colour, and nothing to load. Exact values show on hover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisor.ui.chart_bars import LEAST_WIDE, bar_fill, bar_row, bars_html, heatmap_html, number, series_name
from advisor.ui.html import element, esc
from tools.facts import Chart
from tools.text import Lang, format_value

__all__ = ["charts_html"]

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 720.0, 150.0, 18.0, 20.0
_MOST, _STYLES = 3, 4


@dataclass(frozen=True)
class _Point:
    label: str
    value: float | None
    said: str


@dataclass(frozen=True)
class _Mark:
    """A place between two points, such as where a mode breaks even."""

    at: float
    said: str


@dataclass(frozen=True)
class _Line:
    name: str
    points: tuple[_Point, ...]
    marks: tuple[_Mark, ...]


def charts_html(charts: Sequence[Chart], lang: Lang) -> str:
    """The charts we can draw, at most three; an odd one is left out, never half drawn."""
    drawn = [svg for chart in charts if (svg := _draw(chart, lang))]
    return "".join(drawn[:_MOST])


def _draw(chart: Chart, lang: Lang) -> str:
    unit = str(chart.data.get("unit", ""))
    if chart.kind == "trend":
        lines = _lines(chart.data, unit, lang)
        body = _trend(lines[0], chart.title.get(lang)) if len(lines) == 1 else _compared(lines, chart.title.get(lang))
    elif chart.kind == "waterfall":
        body = _waterfall(chart.data, unit, lang)
    elif chart.kind == "bars":
        body = bars_html(chart.data, unit, lang)
    else:
        body = heatmap_html(chart.data, unit, lang)
    if not body:
        return ""
    title = element("figcaption", esc(chart.title.get(lang)))
    return element("figure", title + body, class_=f"chart {chart.kind}")


def _point(pair: Sequence[Any], unit: str, lang: Lang) -> _Point:
    value = number(pair[1])
    said = format_value(value, unit, lang) if value is not None else "–"
    return _Point(str(pair[0]), float(value) if value is not None else None, said)


def _lines(data: dict[str, Any], unit: str, lang: Lang) -> list[_Line]:
    """Series with their names and marks; the text of a mark may be one for both languages."""
    found = []
    for series in data.get("series") or [{}]:
        points = tuple(_point(point, unit, lang) for point in series.get("points", []))
        marks = [(number(mark.get("at")), mark.get(lang) or mark.get("said", "")) for mark in series.get("marks", [])]
        inside = [_Mark(float(at), str(said)) for at, said in marks if at is not None and 0 <= at <= len(points) - 1]
        found.append(_Line(series_name(series, lang), points, tuple(inside)))
    return found


@dataclass(frozen=True)
class _Frame:
    """Where a value of a series lies in the picture."""

    low: float
    top: float
    steps: int

    @classmethod
    def of(cls, lines: Sequence[_Line]) -> _Frame:
        known = [point.value for line in lines for point in line.points if point.value is not None]
        low = min([*known, 0.0])
        return cls(low, max([*known, 0.0]) or low + 1.0, max(1, len(lines[0].points) - 1))

    def x(self, index: float) -> float:
        return index * _WIDTH / self.steps

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _BOTTOM - _TOP) * (1 - (value - self.low) / (self.top - self.low))


def _compared(lines: Sequence[_Line], title: str) -> str:
    """Several series over the same places: a zero line, each line with its own dashes, marks on the zero line, and a legend."""
    places = [[point.label for point in line.points] for line in lines]
    if any(one != places[0] for one in places) or any(sum(p.value is not None for p in line.points) < 2 for line in lines):  # fmt: skip
        return ""
    frame, parts = _Frame.of(lines), []
    zero = frame.y(0.0)
    parts.append(f'<line x1="0" x2="{_WIDTH:.0f}" y1="{zero:.1f}" y2="{zero:.1f}" class="base" vector-effect="non-scaling-stroke"/>')  # fmt: skip
    for n, line in enumerate(lines):
        parts += _runs(line.points, frame, f"line s{n % _STYLES}")
        for mark in line.marks:
            at = frame.x(mark.at)
            parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{zero - 9:.1f}" y2="{zero + 9:.1f}" class="mark s{n % _STYLES}" vector-effect="non-scaling-stroke"/>')  # fmt: skip
    for index, label in enumerate(places[0]):
        said = " · ".join([label, *(f"{line.name} {line.points[index].said}" for line in lines)])
        parts.append(_hit(index, frame, said))
    ends = [places[0][0], places[0][-1]]
    axis = element("p", "".join(element("span", esc(text)) for text in ends), class_="axis")
    return _svg(parts, title) + axis + _legend(lines)


def _legend(lines: Sequence[_Line]) -> str:
    """Name, where it ends up at the right edge, and its marks."""
    items = []
    for n, line in enumerate(lines):
        last = next(point for point in reversed(line.points) if point.value is not None)
        swatch = f'<svg viewBox="0 0 30 8" class="swatch"><line x1="0" x2="30" y1="4" y2="4" class="line s{n % _STYLES}"/></svg>'
        said = [f"{line.name} → {last.said}", *(mark.said for mark in line.marks)]
        items.append(element("li", swatch + esc(" · ".join(one for one in said if one))))
    return element("ul", "".join(items), class_="legend")


def _runs(points: Sequence[_Point], frame: _Frame, style: str) -> list[str]:
    """One polyline for each stretch of known values."""
    runs: list[list[str]] = [[]]
    for index, point in enumerate(points):
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(f"{frame.x(index):.1f},{frame.y(point.value):.1f}")
    return [f'<polyline points="{" ".join(run)}" class="{style}" vector-effect="non-scaling-stroke"/>' for run in runs if run]  # fmt: skip


def _hit(index: int, frame: _Frame, said: str) -> str:
    step = _WIDTH / frame.steps
    return (
        f'<rect x="{max(0.0, frame.x(index) - step / 2):.1f}" y="0" width="{step:.1f}" height="{_HEIGHT:.0f}" class="hit">'
        f"<title>{esc(said)}</title></rect>"
    )


def _svg(parts: Sequence[str], title: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{esc(title)}" preserveAspectRatio="none">{"".join(parts)}</svg>'


def _trend(line: _Line, title: str) -> str:
    """A line that breaks where a value is missing, the highest point and both ends named."""
    points = line.points
    known = [point.value for point in points if point.value is not None]
    if len(known) < 2:
        return ""
    frame, floor = _Frame.of([line]), _HEIGHT - _BOTTOM
    parts = [f'<line x1="0" x2="{_WIDTH:.0f}" y1="{floor:.1f}" y2="{floor:.1f}" class="base" vector-effect="non-scaling-stroke"/>']  # fmt: skip
    parts += _runs(points, frame, "line")
    parts += [_hit(index, frame, f"{point.label} · {point.said}") for index, point in enumerate(points)]
    peak = max((point for point in points if point.value is not None), key=lambda point: point.value or 0.0)
    axis = [points[0].label, f"▲ {peak.label} {peak.said}", points[-1].label]
    return _svg(parts, title) + element("p", "".join(element("span", esc(text)) for text in axis), class_="axis")


def _waterfall(data: dict[str, Any], unit: str, lang: Lang) -> str:
    """Before, each factor, after: as rows of a bar from the running total, so it reads on a phone too."""
    before, after = number(data.get("before")), number(data.get("after"))
    steps = [(str(step.get(lang) or step.get("name", "")), number(step.get("value"))) for step in data.get("steps", [])]
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
    width = max(abs(end - start) / widest * 100, LEAST_WIDE)
    said = format_value(end if kind == "total" else end - start, unit, lang, signed=kind != "total")
    return bar_row(name, bar_fill(kind, left, width), said)
