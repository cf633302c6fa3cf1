"""Windows, covers and first spends at their edge: what one day, one line or one yuan more changes, counted by hand."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal as D
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scipy import stats

from tests.tools.livestream.review_rooms import DAY
from tests.tools.livestream.review_rooms import stream as live_stream
from tests.tools.livestream.test_economics import WORKED
from tests.tools.livestream.test_ground import ALL, COSTS, LAST, LINES, TODAY, grounded, stream
from tests.tools.livestream.test_modes_choice import ECONOMICS, ask, empty, figures, part
from tests.tools.livestream.test_products import item
from tests.tools.playbooks.shopkit import make_shop
from tools.facts import Window
from tools.livestream.ads_verdict import _action, _losing
from tools.livestream.costs_shop import Swings
from tools.livestream.demand import Past, _spread, alike
from tools.livestream.demand_items import _margin
from tools.livestream.ground_shop import RoomShop
from tools.livestream.pack_costs import _swings, plan_unit
from tools.livestream.products_model import solve
from tools.livestream.products_types import Audience, Rules
from tools.livestream.products_values import Values
from tools.metrics.reader import Reader
from tools.warehouse.access import Shop

__all__ = ["empty"]


def test_ninety_days_end_with_the_last_stream_and_leave_the_day_before_them_out(tmp_path: Path) -> None:
    streams = [stream(n, LAST - timedelta(days=back), paid, 40, None, None) for n, (back, paid) in enumerate([(0, "4000"), (89, "5000"), (90, "70000")])]  # fmt: skip
    found = RoomShop(Reader(make_shop(tmp_path, {"live_sessions": streams})), TODAY).monthly_gmv()
    assert found is not None and found.value == 3000  # 9,000 in 90 days
    assert found.window == Window(start=LAST - timedelta(days=89), end=LAST)


@pytest.mark.parametrize(("costed", "known"), [(49, False), (50, True)])
def test_costs_of_less_than_half_the_sales_are_no_cost_share(tmp_path: Path, costed: int, known: bool) -> None:
    lines = [{**one, "product_id": "p2" if n < costed else "p3"} for n, one in enumerate(LINES)]
    tables = {name: rows for name, rows in ALL.items() if name != "live_orders"} | {"order_lines": lines, "item_costs": COSTS}  # fmt: skip
    assert grounded(tmp_path, tables).lacks("economics.cost_share") != known


def test_a_small_taxpayer_gets_no_input_vat_back_whatever_its_invoices(tmp_path: Path) -> None:
    found = grounded(tmp_path, ALL, {"economics": {"taxpayer": "small", "cost_invoiced": True}})
    assert found.unit is not None and not found.unit.cost_invoiced
    assert found.unit.vat_share == D("0.01") / D("1.01")  # 1 % of the price without it, nothing comes off


def test_a_public_yearly_cost_is_taken_at_its_middle_over_twelve_months(empty: Shop) -> None:
    """20 to 50万 a year."""
    fact = part(ask(empty, {"economics": ECONOMICS}), "mode 自播")
    assert figures(fact, "fixed") == [D(29167)]


def test_prime_time_caps_what_the_whole_plan_sells_of_a_thin_item() -> None:
    """Four rounds sell one piece each, two of prime time two each. Five pieces, two thirds of them safe: four outside it, or three with it."""
    audience = Audience(180, (D(300), D(300), D(600), D(300), D(600), D(300)))
    thin = item("A", "hero", "10", 5, "20", stock=5, spread=D(1))
    off = frozenset({"hero", "hooks", "shares", "run"})
    values = Values((thin, item("B", "hero", "1", 5, "0"), item("C", "hero", "1", 5, "0")), audience, Rules(safety=D("0.5"), off=off))  # fmt: skip
    assert values.milli[0] == (1000, 1000, 2000, 1000, 2000, 1000)
    found = solve(values)
    assert (found.status, found.objective) == ("optimal", 4 * 10 * 100)
    free = solve(Values(values.items, audience, Rules(safety=D(0), off=off)))
    assert free.objective == 5 * 10 * 100


def test_order_values_that_spread_make_orders_count_for_less() -> None:
    """Eight orders of 200 for 1,600 of ads at m .4: twenty break-even orders; with a squared spread of 1 both count half."""
    plan: Any = SimpleNamespace(value_spread=lambda window: D(1))
    sums: Any = SimpleNamespace(paid=D(1600), spend=D(1600), order_value=D(200))
    window = Window(start=date(2026, 10, 1), end=date(2026, 10, 30))
    found = _losing(plan, sums, window, WORKED, D("0.4"))
    assert found == pytest.approx(stats.gamma.cdf(2 + 20 / 2, 2 + 8 / 2))


@pytest.mark.parametrize(("spend", "action"), [(239, "early"), (241, "stop")])
def test_nothing_is_decided_before_the_spend_of_three_break_even_orders(spend: int, action: str) -> None:
    """An order of 200 at m .4 may cost 80."""
    sums = cast(Any, SimpleNamespace(order_value=D(200), spend=D(spend)))
    assert _action(sums, D("0.4"), 0.95, None, None, upper=False, unit=WORKED) == action


@pytest.mark.parametrize(("pieces", "spread"), [([4, 4, 4], D("0.5")), ([1, 1, 1], D(1)), ([0, 0, 12], D("1.414")), ([9, 9], D(1))])  # fmt: skip
def test_sales_of_a_stream_spread_at_least_as_chance_does(pieces: list[int], spread: D) -> None:
    """Poisson of mean four: a standard deviation of two. √2 for one stream of three that sold all."""
    assert _spread(pieces) == spread


def test_half_past_eleven_and_half_past_midnight_are_an_hour_apart() -> None:
    late = [live_stream(f"s{n}", DAY + timedelta(days=n), started_at=datetime.combine(DAY + timedelta(days=n), time(23, 30))) for n in range(5)]  # fmt: skip
    noon = [live_stream(f"n{n}", DAY + timedelta(days=n), started_at=datetime.combine(DAY + timedelta(days=n), time(12, 0))) for n in range(5)]  # fmt: skip
    past = Past(Window(start=DAY, end=DAY + timedelta(days=9)), (*late, *noon), (), ())
    assert alike(past, time(0, 30)) == late


def test_a_planned_stream_is_refunded_as_its_own_items_are_by_their_money() -> None:
    """1,000 of an item half of which comes back and 3,000 of one that is like the room (30 %): a half of 1,000 and .3 of 3,000 are 1,400 of 4,000."""
    blocks = [SimpleNamespace(sku="A", units=D(10), price=D(100)), SimpleNamespace(sku="B", units=D(10), price=D(300))]
    items = [SimpleNamespace(sku="A", refund=D("0.5")), SimpleNamespace(sku="B", refund=None)]
    plan = SimpleNamespace(candidates=items, talks=lambda: blocks, gmv=D(4000), contribution=D(1000))
    unit, refunded = plan_unit(cast(Any, SimpleNamespace(plan=plan, unit=WORKED)))
    assert refunded == D("0.35") and unit.refunded == pytest.approx(refunded)
    assert unit.contribution() * 4000 == pytest.approx(D(1000))


def test_a_piece_leaves_its_price_less_its_own_goods_and_refunds() -> None:
    """100 a piece, goods 40, half refunded (.2 before, .3 after shipping): 50 × .55 less half an order of 200's parcels, 8.2."""
    assert _margin(WORKED, D(100), D(40), D("0.5")) == D("23.40")  # 4 × .8 + .8 + .3 × (6 + a tenth of 80) = 8.2
    assert _margin(WORKED, D(100), None, None) == round(100 * WORKED.contribution(), 2)


def test_a_plan_swings_as_wide_as_the_rooms_own_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of 50 to 180 around 100: a plan of 400 between 200 and 720."""
    own = Swings(D(50), D(100), D(180), 12, 90, "streams")
    monkeypatch.setattr("tools.livestream.pack_costs.swings", lambda *_: own)
    ctx: Any = SimpleNamespace(shop=SimpleNamespace(hidden=()), today=TODAY)
    found = _swings(cast(Any, None), cast(Any, SimpleNamespace(gmv=D(400))), ctx)
    assert (found.low, found.usual, found.high, found.around_plan) == (200, 400, 720, True)
