"""Charts of several series: every series is drawn and named, marks lie where they belong, and odd data draw nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from advisor.ui.chart_bars import series_name
from advisor.ui.chart_view import charts_html
from tools.facts import Chart, Claim

TITLE = Claim(zh="每月剩余", en="left a month")


def drawn(kind: Any, data: dict[str, Any], lang: Any = "zh") -> str:
    return charts_html([Chart(kind=kind, title=TITLE, data=data)], lang)


def two() -> dict[str, Any]:
    own = {"name": "自播", "points": [["0", "-100"], ["10", "0"], ["20", "100"]], "marks": [{"at": "1", "zh": "保本 10 元", "en": "breaks even at ¥10"}]}  # fmt: skip
    agency = {"name": "代播 <b>", "points": [["0", "-50"], ["10", "-20"], ["20", "10"]], "marks": [{"at": "9", "zh": "外", "en": "out"}]}  # fmt: skip
    return {"unit": "CNY", "series": [own, agency]}


@pytest.mark.parametrize(("lang", "said"), [("zh", "自播 → 100.00 元 · 保本 10 元"), ("en", "自播 → ¥100.00 · breaks even at ¥10")])  # fmt: skip
def test_all_series_stand_in_the_picture_and_in_the_legend(lang: str, said: str) -> None:
    html = drawn("trend", two(), lang)
    assert html.count("<polyline") == 2 and 'class="line s0"' in html and 'class="line s1"' in html
    legend = html[html.index('<ul class="legend"') :]
    assert said in legend and "代播 &lt;b&gt;" in legend and html.count("<title>") == 3
    assert "外" not in html and ">out" not in html, "a mark outside the curve is left out"


def test_the_mark_of_the_break_even_lies_on_the_zero_line_where_the_curve_crosses_it() -> None:
    html = drawn("trend", two())
    (line,) = re.findall(r'<polyline points="([^"]+)" class="line s0"', html)
    middle = [float(part) for part in line.split()[1].split(",")]
    (mark,) = re.findall(r'<line x1="([\d.]+)" x2="[\d.]+" y1="([\d.]+)" y2="([\d.]+)" class="mark s0"', html)
    zero = float(re.findall(r'y1="([\d.]+)" y2="[\d.]+" class="base"', html)[0])
    assert float(mark[0]) == middle[0] and (float(mark[1]) + float(mark[2])) / 2 == zero == middle[1]


def test_bars_start_at_a_common_zero_and_say_their_figures() -> None:
    data = {"unit": "buyers", "labels": ["0", "1"], "series": [{"name": "actual", "values": ["30", "-10"]}, {"name": "model", "values": ["20", None]}]}  # fmt: skip
    html = drawn("bars", data)
    assert [(float(a), float(b)) for a, b in re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html)] == [(25, 75), (25, 50), (0, 25)]  # fmt: skip
    assert "0 · 实际" in html and "1 · 模型" in html and "30 人" in html and "–" in html
    assert "0 · actual" in drawn("bars", data, "en")
    for odd in ({}, {"labels": ["a"], "series": [{"values": ["1", "2"]}]}, {"labels": ["a"], "series": [{"values": [None]}]}):  # fmt: skip
        assert drawn("bars", odd) == ""


def test_a_grid_shades_by_size_and_leaves_the_unknown_empty() -> None:
    data = {"unit": "ratio", "rows": ["2026-01", "2026-02"], "buyers": [["1", "0.4", "0.2"], ["1", "0.1", None]]}
    html = drawn("heatmap", data)
    assert "40.0%" in html and 'class="heat5"' in html and 'class="heat2"' in html and "<td></td>" in html
    assert "100.0%" not in html, "the first column is everybody"
    for odd in ({}, {"rows": ["a"], "buyers": [["1"], ["1"]]}, {"rows": ["a", "b"], "buyers": [["1", "2"], ["1"]]}):
        assert drawn("heatmap", odd) == ""


def test_names_of_series_follow_the_language() -> None:
    assert series_name({"name": {"zh": "自播", "en": "own room"}}, "en") == "own room"
    assert series_name({"name": "gmv"}, "zh") == "成交" and series_name({}, "zh") == ""
