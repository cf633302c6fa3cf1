"""The window grammar against hand-written dates, and what each window is compared with."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BadArguments
from tools.facts import Window
from tools.metrics.windows import FORMS, Anchor, compare_window, parse_window, split_periods, when_en, window_text


def win(start: str, end: str) -> Window:
    return Window(start=date.fromisoformat(start), end=date.fromisoformat(end))


# data end, today, text, start, end
CASES = [
    ("2026-10-31", "2026-11-24", "last_month", "2026-10-01", "2026-10-31"),  # the data end on a month's last day
    ("2026-10-30", "2026-11-24", "last_month", "2026-09-01", "2026-09-30"),  # October is not complete
    ("2026-12-31", "2026-11-24", "last_month", "2026-10-01", "2026-10-31"),
    ("2026-12-31", "2026-11-01", "last_month", "2026-10-01", "2026-10-31"),  # yesterday closed the month
    ("2026-12-31", "2026-11-24", "this_month", "2026-11-01", "2026-11-23"),
    ("2026-12-31", "2026-11-24", "yesterday", "2026-11-23", "2026-11-23"),
    ("2026-11-20", "2026-11-24", "yesterday", "2026-11-20", "2026-11-20"),  # the last day with data
    ("2026-12-31", "2026-11-24", "30d", "2026-10-25", "2026-11-23"),
    ("2026-12-31", "2026-11-24", "last_week", "2026-11-16", "2026-11-22"),  # Monday to Sunday
    ("2026-11-22", "2026-11-24", "last_week", "2026-11-16", "2026-11-22"),
    ("2026-11-21", "2026-11-24", "last_week", "2026-11-09", "2026-11-15"),
    ("2026-12-31", "2026-11-24", "this_week", "2026-11-23", "2026-11-23"),
    ("2026-12-31", "2026-11-24", "last_quarter", "2026-07-01", "2026-09-30"),
    ("2026-09-30", "2026-11-24", "last_quarter", "2026-07-01", "2026-09-30"),
    ("2026-12-31", "2026-11-24", "2024-02", "2024-02-01", "2024-02-29"),
    ("2026-12-31", "2026-11-24", "2023-02", "2023-02-01", "2023-02-28"),
    ("2026-12-31", "2026-11-24", "2024-Q1", "2024-01-01", "2024-03-31"),
    ("2026-12-31", "2026-11-24", "2024q4", "2024-10-01", "2024-12-31"),
    ("2026-12-31", "2026-11-24", "2025", "2025-01-01", "2025-12-31"),
    ("2026-12-31", "2026-11-24", "2024-01-05", "2024-01-05", "2024-01-05"),
    ("2026-12-31", "2026-11-24", "2024-01-01..2024-03-31", "2024-01-01", "2024-03-31"),
    ("2026-10-31", "2026-11-24", "all", "2024-11-01", "2026-10-31"),
]


@pytest.mark.parametrize(("last", "today", "text", "start", "end"), CASES)
def test_grammar(last: str, today: str, text: str, start: str, end: str) -> None:
    anchor = Anchor(first=date(2024, 11, 1), last=date.fromisoformat(last), today=date.fromisoformat(today))
    assert parse_window(text, anchor) == win(start, end)


@pytest.mark.parametrize("text", ["", "soon", "2024-13", "2024-02-30", "0d", "2024-03-01..2024-02-01", "-5d", "30"])
def test_bad_windows_list_the_valid_forms(text: str) -> None:
    anchor = Anchor(first=date(2024, 1, 1), last=date(2024, 12, 31), today=date(2025, 1, 1))
    with pytest.raises(BadArguments) as caught:
        parse_window(text, anchor)
    assert caught.value.choices == FORMS


def test_data_that_start_today_have_no_complete_day() -> None:
    with pytest.raises(BadArguments):
        parse_window("all", Anchor(first=date(2025, 1, 1), last=date(2025, 1, 1), today=date(2025, 1, 1)))


COMPARED = [
    ("2026-10-01", "2026-10-31", "previous", "2026-09-01", "2026-09-30"),
    ("2026-03-01", "2026-03-31", "previous", "2026-02-01", "2026-02-28"),
    ("2026-01-01", "2026-01-31", "previous", "2025-12-01", "2025-12-31"),
    ("2026-04-01", "2026-06-30", "previous", "2026-01-01", "2026-03-31"),
    ("2026-01-01", "2026-12-31", "previous", "2025-01-01", "2025-12-31"),
    ("2026-10-05", "2026-10-11", "previous", "2026-09-28", "2026-10-04"),
    ("2026-10-01", "2026-10-20", "previous", "2026-09-11", "2026-09-30"),
    ("2024-02-01", "2024-02-29", "yoy", "2023-02-01", "2023-02-28"),
    ("2025-02-01", "2025-02-28", "yoy", "2024-02-01", "2024-02-29"),
    ("2024-02-29", "2024-02-29", "yoy", "2023-02-28", "2023-02-28"),
    ("2026-10-05", "2026-10-11", "yoy", "2025-10-05", "2025-10-11"),
]


@pytest.mark.parametrize(("start", "end", "how", "old_start", "old_end"), COMPARED)
def test_comparison(start: str, end: str, how: str, old_start: str, old_end: str) -> None:
    assert compare_window(win(start, end), how) == win(old_start, old_end)  # type: ignore[arg-type]


@given(st.dates(date(2020, 1, 1), date(2027, 1, 1)), st.integers(0, 400), st.sampled_from(["day", "week", "month"]))
def test_periods_tile_the_window(start: date, length: int, by: str) -> None:
    window = Window(start=start, end=date.fromordinal(start.toordinal() + length))
    periods = split_periods(window, by)  # type: ignore[arg-type]
    assert periods[0].start == window.start
    assert periods[-1].end == window.end
    assert sum(period.days for period in periods) == window.days
    assert all(a.end.toordinal() + 1 == b.start.toordinal() for a, b in pairwise(periods))
    if by == "week":
        assert all(period.start.weekday() == 0 for period in periods[1:])


def test_words() -> None:
    assert window_text(win("2026-10-01", "2026-10-31")) == ("2026年10月", "October 2026")
    assert window_text(win("2026-07-01", "2026-09-30")) == ("2026年第3季度", "Q3 2026")
    assert window_text(win("2026-10-03", "2026-10-03")) == ("2026年10月3日", "3 October 2026")
    assert window_text(win("2025-12-24", "2026-01-03")) == (
        "2025年12月24日至2026年1月3日",
        "24 December 2025 to 3 January 2026",
    )
    assert when_en(win("2026-10-03", "2026-10-09")) == "from 3 October to 9 October 2026"
    assert when_en(win("2026-10-01", "2026-10-31")) == "in October 2026"
    assert when_en(win("2026-10-03", "2026-10-03")) == "on 3 October 2026"
