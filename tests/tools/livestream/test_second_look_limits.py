"""Windows, covers and first spends at their edge: what one day, one line or one yuan more changes, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scipy import stats

from tests.tools.livestream.test_economics import WORKED
from tests.tools.livestream.test_ground import ALL, COSTS, LAST, LINES, TODAY, grounded, stream
from tests.tools.livestream.test_modes_choice import ECONOMICS, ask, empty, figures, part
from tests.tools.livestream.test_products import item
from tests.tools.playbooks.shopkit import make_shop
from tools.facts import Window
from tools.livestream.ads_verdict import _action, _losing
from tools.livestream.ground_shop import RoomShop
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
