"""The P&L of a stream: by hand, order by order, to the cent, and the point where it turns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.livestream.costs import Costs, flips, sheet
from tools.livestream.economics import UnitEconomics

UNIT = UnitEconomics(D(200), D("0.12"), D("0.18"), D("0.35"), D("0.05"), D(4), D(6), D("0.8"), D("0.1"))
STREAM = Costs(D(20000), UNIT, ads=D(2000), hosts=D(900), fixed=D(1500), commission=D("0.08"))


def test_every_line_by_hand() -> None:
    """A hundred orders of 200: 12 cancelled, 18 sent back of which a tenth is lost; 70 stay."""
    by_hand = {
        "paid": "20000.00",
        "refunds": "-6000.00",
        "cogs": "-4900.00",  # 14,000 net × 35 %
        "platform_fee": "-700.00",
        "vat": "0.00",
        "parcels": "-432.00",  # 88 parcels at 4 and 100 premiums of 0.8
        "returns": "-234.00",  # 18 at 6, and 1.8 orders of goods worth 70
        "commission": "-1120.00",
        "ads": "-2000.00",
        "hosts": "-900.00",
        "fixed": "-1500.00",
    }
    found = sheet(STREAM)
    assert {line.key: str(line.amount) for line in found.lines} == by_hand
    assert found.profit == sum(map(D, by_hand.values())) == D("2214.00")
    assert found.net == 14000


def test_vat_is_a_line_of_its_own() -> None:
    taxed = replace(STREAM, unit=replace(UNIT, vat_rate=D("0.13"), fee_vat=D("0.06")))
    # 14,000 + 1,610.62 out less 563.72 on goods less 39.62 on the platform's fee
    assert sheet(taxed).amount("vat") == -(D("1610.62") - D("563.72") - D("39.62"))


def test_an_order_by_order_simulation_agrees_within_half_a_percent() -> None:
    rng = np.random.default_rng(11)
    n = 400_000
    value = rng.gamma(4.0, 50.0, n)
    u = rng.random(n)
    cancelled, returned = u < 0.12, (u >= 0.12) & (u < 0.30)
    kept = ~cancelled & ~returned
    lost = returned & (rng.random(n) < 0.1)
    goods = value * 0.35
    profit = kept * (value * (1 - 0.05 - 0.08) - goods) - ~cancelled * 4 - 0.8 - returned * 6 - lost * goods
    gmv = D(str(round(float(value.sum()), 2)))
    costs = Costs(gmv, replace(UNIT, order_value=gmv / n), commission=D("0.08"))
    assert float(sheet(costs).profit) == pytest.approx(float(profit.sum()), rel=0.005)


shares = st.decimals(0, D("0.45"), places=3)
money = st.decimals(0, 9_000_000, places=2)


@given(g=money, a=st.decimals(5, 900, places=2), rc=shares, rp=shares, c=shares, k=shares, q=shares, f=money, v=st.sampled_from([D(0), D("0.13")]))  # fmt: skip
def test_lines_are_cents_that_add_up_and_agree_with_the_algebra(g: D, a: D, rc: D, rp: D, c: D, k: D, q: D, f: D, v: D) -> None:  # fmt: skip
    unit = UnitEconomics(a, rc, rp, c, k, D(4), D(6), D("0.8"), D("0.1"), v)
    found = sheet(Costs(g, unit, ad_share=D("0.1"), fixed=f, commission=q))
    assert all(line.amount == line.amount.quantize(D("0.01")) for line in found.lines)
    assert found.profit == sum(line.amount for line in found.lines)
    exact = g * (unit.contribution(q) - D("0.1")) - f
    assert abs(found.profit - exact) <= D("0.005") * len(found.lines)


@given(rc=shares, rp=shares, c=shares, k=shares, more=st.decimals(0, D("0.1"), places=3))
def test_more_returns_dearer_goods_or_a_higher_fee_never_leave_more(rc: D, rp: D, c: D, k: D, more: D) -> None:
    unit = UnitEconomics(D(200), rc, rp, c, k, D(4), D(6), D("0.8"), D("0.1"))
    here = sheet(Costs(D(100000), unit)).profit
    for field in ("returned", "cost_share", "platform_fee"):
        worse = replace(unit, **{field: getattr(unit, field) + more})
        assert sheet(Costs(D(100000), worse)).profit <= here + D("0.02")


def test_a_flip_is_where_the_profit_is_nothing() -> None:
    found = flips(STREAM)
    assert found[0].input == min(found, key=lambda f: abs(f.factor - 1)).input
    turned = {
        "gmv": lambda v: replace(STREAM, gmv=v),
        "refunds": lambda v: replace(STREAM, unit=UNIT.with_refunds(v)),
        "cost": lambda v: replace(STREAM, unit=replace(UNIT, cost_share=v)),
        "ads": lambda v: replace(STREAM, ads=v),
        "fixed": lambda v: replace(STREAM, fixed=v, hosts=D(0)),
    }
    assert {f.input for f in found} >= {"gmv", "refunds", "cost", "ads", "fixed"}
    for one in found:
        if one.input in turned:
            assert abs(sheet(turned[one.input](one.then)).profit) < D("0.10"), one


def test_a_room_that_no_single_input_can_save_has_no_flip_in_it() -> None:
    hopeless = Costs(D(1000), replace(UNIT, cost_share=D("1.5")), fixed=D(100000))
    assert flips(hopeless) == []
