"""A slide beside the other causes: it replaces what had no day of its own, and never what happened on a known day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tools.facts import Window
from tools.metrics import causes_slow
from tools.metrics.causes_slow import slow_causes, with_slides
from tools.metrics.drift import Slide
from tools.metrics.drift_series import Found
from tools.metrics.drivers import Cause, Driver, Event
from tools.text import Text

D = Decimal
OCT = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
SEP = Window(start=date(2026, 9, 1), end=date(2026, 9, 30))
NAME = Text("推荐", "推荐")
DRIVER = Driver("entity", "traffic_source", NAME, D(0), D(0), D(2), D(1), "CNY", "gmv", key="推荐")


def event(kind: Any, turned: str = "") -> Event:
    return Event(kind, NAME, OCT.start, turned=turned)


SLIDE = Cause(DRIVER, event("turning_point", "slide visitors"), D(-100), "visitors")
SHARP = Cause(DRIVER, None, D(-250), "visitors")


def test_the_slide_takes_the_place_of_an_undated_cause_with_the_larger_amount() -> None:
    assert with_slides([SHARP], [SLIDE]) == [replace(SLIDE, amount=D(-250))]
    small = replace(SHARP, amount=D(-40), event=event("turning_point", "visitors"))
    assert with_slides([small], [SLIDE]) == [SLIDE]


@pytest.mark.parametrize(
    "other",
    [
        replace(SHARP, event=event("ad_stopped")),  # happened on a day
        replace(SHARP, amount=D(250)),  # went the other way
        replace(SHARP, factor="conversion"),
        replace(SHARP, entity=replace(DRIVER, key="搜索")),
    ],
)
def test_another_cause_stays_beside_it(other: Cause) -> None:
    assert with_slides([other], [SLIDE]) == [other, SLIDE]


@pytest.mark.parametrize(
    ("what", "metric", "rate", "slope", "whole", "step"),
    [
        # -20 % from 8 to 12 weeks before: 1000 now was 1250 then; 31 days of -2 % a week are 1 - e^(0.02 x 31 / 7) of 1000
        ("conversion", "conversion", -0.2, -0.02, -250, -92.61),
        ("returning_buyers", "returning_buyer_share", -0.2, -0.02, -100, -37.04),  # 400 of the 1000 came from them
        ("refunds", "refund_rate", 0.25, 0.02, -16, -6.78),  # 80 went back, 64 at the earlier rate
    ],
)
def test_the_money_of_a_slide_by_hand(
    what: str, metric: str, rate: float, slope: float, whole: float, step: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = SimpleNamespace(shop=SimpleNamespace(name="小店"))
    pair: Any = SimpleNamespace(now=OCT, before=SEP, currency="CNY", reader=reader)
    factor = replace(DRIVER, kind="factor", id=what, key="")
    found = Found("", what, Slide(rate, slope, -5.0, 12))
    money = SimpleNamespace(new=SimpleNamespace(gmv=D(600)), returning=SimpleNamespace(gmv=D(400)))
    monkeypatch.setattr(causes_slow, "shop_slides", lambda *_, **__: [found])
    monkeypatch.setattr(causes_slow, "split", lambda *_: money)
    monkeypatch.setattr(causes_slow, "split_drivers", lambda *_: [factor])
    cuts: Any = SimpleNamespace(source=None, traffic=None)
    totals: Any = SimpleNamespace(now={"gross": D(1000), "refund_linked": D(80)})

    def told(least: float) -> list[Cause]:
        return slow_causes(pair, cuts, totals, [factor], D(str(least)), net=True)

    (cause,) = told(abs(whole))
    assert float(cause.amount) == pytest.approx(step, abs=0.01)
    assert cause.event is not None
    assert [(q.metric, float(q.value)) for q in cause.event.quantities] == [(metric, rate), ("gmv", pytest.approx(whole))]  # fmt: skip
    assert cause.event.start == date(2026, 8, 9)  # the first of the last twelve weeks
    assert told(abs(whole) + 1) == []
