"""The algebra of a room against the worked examples, an order-by-order simulation, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BadArguments
from tools.livestream.brief import Agency, Brief, Creator, SelfRun, parse_brief
from tools.livestream.contracts import Contract, agency, creator, mixed, profitable, roots, self_run
from tools.livestream.economics import Tier, UnitEconomics, break_even, commission_of
from tools.livestream.modes import compare, contracts_of

# knowhow A1, worked: a=200, rc=.12, rp=.18, c=.35, k=.05, so=4, sr=6, ins=.8, d=.1
WORKED = UnitEconomics(D(200), D("0.12"), D("0.18"), D("0.35"), D("0.05"), D(4), D(6), D("0.8"), D("0.1"))


def test_the_worked_example() -> None:
    assert round(WORKED.contribution(), 3) == D("0.387")
    assert round(break_even(D(120000), WORKED.contribution(), D("0.15")) or 0, -2) == D("507000")
    creator_margin = WORKED.contribution(D("0.2"))
    assert round(creator_margin, 3) == D("0.247")
    assert round(1 / creator_margin, 2) == D("4.05")  # required GMV per yuan of slot fee


@pytest.mark.parametrize(
    ("refunds", "margin", "roi"),
    [(10, ".513", "1.95"), (20, ".450", "2.22"), (30, ".387", "2.59"), (40, ".324", "3.09"), (50, ".261", "3.84"), (60, ".197", "5.07"), (70, ".134", "7.45")],
)  # fmt: skip
def test_the_published_sensitivity_to_refunds(refunds: int, margin: str, roi: str) -> None:
    found = WORKED.with_refunds(D(refunds) / 100).contribution()
    assert abs(found - D(margin)) <= D("0.0006")
    assert abs(1 / found - D(roi)) <= D("0.01")


def test_self_run_overtakes_an_agency_where_the_algebra_says() -> None:
    own = self_run(SelfRun(fixed=D(90000)), D(0))
    for base, gmv in (("received", "803571.43"), ("paid", "562500")):
        room = agency(Agency(fee=D(30000), kept=D(15000), commission=D("0.08"), base=base), WORKED, D(0))
        found = roots(lambda g, room=room: own.profit(g, WORKED) - room.profit(g, WORKED), room.knots)
        assert [round(x, 2) for x in found] == [D(gmv)]


def test_an_order_by_order_simulation_agrees_within_half_a_percent() -> None:
    rng = np.random.default_rng(5)
    n, value = 400_000, 200.0
    u = rng.random(n)
    cancelled, returned = u < 0.12, (u >= 0.12) & (u < 0.30)
    kept = ~cancelled & ~returned
    lost = returned & (rng.random(n) < 0.1)
    profit = kept * value * (1 - 0.35 - 0.05 - 0.08) - ~cancelled * 4 - 0.8 - returned * 6 - lost * 0.35 * value
    share = float(profit.sum()) / (n * value)
    assert share == pytest.approx(float(WORKED.contribution(D("0.08"))), rel=0.005)


shares = st.decimals(0, D("0.45"), places=3)


@given(a=st.decimals(20, 900, places=2), rc=shares, rp=shares, c=shares, k=shares, q=shares)
def test_what_costs_more_never_leaves_more(a: D, rc: D, rp: D, c: D, k: D, q: D) -> None:
    unit = UnitEconomics(a, rc, rp, c, k, D(4), D(6), D("0.8"), D("0.1"))
    here = unit.contribution(q)
    assert unit.contribution(q + D("0.05")) <= here
    fields = ["cost_share", "platform_fee", "outbound", "return_parcel", "insurance"]
    if c + k + q <= 1:  # goods sold below cost lose less when they come back
        fields.append("returned")
    for field in fields:
        assert replace(unit, **{field: getattr(unit, field) + D("0.05")}).contribution(q) <= here + D("1e-20")
    assert unit.contribution(q, "paid") <= unit.contribution(q, "shipped") <= unit.contribution(q, "received")


def test_vat_is_owed_on_net_sales_and_comes_back_on_invoiced_cost() -> None:
    taxed = replace(WORKED, vat_rate=D("0.13"))
    without = replace(taxed, cost_invoiced=False)
    inside = D("0.13") / D("1.13")
    assert WORKED.contribution() - taxed.contribution() == pytest.approx(D("0.7") * inside * D("0.65"))
    assert without.contribution() < taxed.contribution() < WORKED.contribution()


def test_the_worked_example_with_vat() -> None:
    """knowhow A1: at 13 % with invoiced cost m falls from .387 to about .336 and the break-even rises to about 64.4万.

    Those figures hold only with the input VAT of the platform's fee (a service, 6 %), and without any of ads or parcels.
    """
    taxed = replace(WORKED, vat_rate=D("0.13"), fee_vat=D("0.06"))
    assert round(taxed.contribution(), 3) == D("0.336")
    assert round((break_even(D(120000), taxed.contribution(), D("0.15")) or D(0)) / 10000, 1) == D("64.4")
    without = replace(taxed, fee_vat=D(0))
    assert round((break_even(D(120000), without.contribution(), D("0.15")) or D(0)) / 10000, 1) != D("64.4")


@given(v=st.sampled_from([D("0.01"), D("0.09"), D("0.13")]), c=shares, k=shares)
def test_vat_by_hand_on_one_kept_order(v: D, c: D, k: D) -> None:
    """An order of 113 kept, nothing returned: output VAT less the input VAT printed on the two invoices."""
    unit = UnitEconomics(D(113), D(0), D(0), c, k, vat_rate=v, fee_vat=D("0.06"))
    output = D(113) - D(113) / (1 + v)
    goods, service = 113 * c - 113 * c / (1 + v), 113 * k - 113 * k / D("1.06")
    assert float(unit.contribution() * 113) == pytest.approx(float(113 * (1 - c - k) - (output - goods - service)))


def test_commission_steps_are_marginal() -> None:
    steps = (Tier(D(100000), D("0.10")), Tier(D(200000), D("0.15")), Tier(None, D("0.20")))
    assert [commission_of(D(x), steps) for x in (50000, 100000, 150000, 300000)] == [5000, 10000, 17500, 45000]


def test_a_minimum_is_owed_until_commission_exceeds_it() -> None:
    room = agency(Agency(commission=D("0.1"), minimum=D(8000)), WORKED, D(0))
    assert room.commission(D(1000)) == 8000
    (knot,) = room.knots
    assert round(knot * D("0.7") * D("0.1"), 9) == 8000
    assert room.commission(knot * 2) == 16000


def test_rising_steps_can_end_the_profit_again_and_no_volume_may_break_even() -> None:
    rising = Agency(steps=({"up_to": 100000, "rate": "10%"}, {"rate": "70%"}), fee=D(3000))  # type: ignore[arg-type]
    (span,) = profitable(agency(rising, WORKED, D("0.1")), WORKED)
    room = agency(rising, WORKED, D("0.1"))
    assert span.high is not None and abs(room.profit(span.high, WORKED)) < D("1e-6")
    assert profitable(self_run(SelfRun(fixed=D(1)), D("0.39")), WORKED) == ()


def test_a_guarantee_refunds_the_slot_fee_in_proportion() -> None:
    terms = Creator(slot_fee=D(50000), commission=D("0.2"), guaranteed=D(300000))
    room, sunk = creator(terms, WORKED), creator(terms.model_copy(update={"guaranteed": None}), WORKED)
    aim = D(300000) / D("0.7")  # paid GMV that leaves the guaranteed amount after refunds
    assert room.knots == (aim,)
    assert room.fixed(aim / 2) == D(25000)
    assert room.fixed(aim * 2) == sunk.fixed(D(1)) == 50000


@given(gmv=st.decimals(1000, 5_000_000, places=2))
def test_spans_say_exactly_where_money_is_made(gmv: D) -> None:
    room = agency(Agency(fee=D(20000), minimum=D(9000), commission=D("0.12"), kept=D(5000)), WORKED, D("0.1"))
    inside = any(s.low < gmv and (s.high is None or gmv < s.high) for s in profitable(room, WORKED))
    assert inside == (room.profit(gmv, WORKED) > 0)


@given(
    gmv=st.decimals(1000, 3_000_000, places=2),
    rate=st.decimals(0, D("0.3"), places=3),
    more=st.decimals(0, D("0.1"), places=3),
    base=st.sampled_from(["paid", "shipped", "received"]),
    minimum=st.sampled_from([None, D(9000)]),
)
def test_no_contract_leaves_more_for_a_higher_commission_more_returns_or_a_dearer_unit(gmv: D, rate: D, more: D, base: str, minimum: D | None) -> None:  # fmt: skip
    def profits(unit: UnitEconomics, q: D) -> list[D]:
        house = agency(Agency(fee=D(5000), commission=q, base=base, minimum=minimum), unit, D("0.1"))  # type: ignore[arg-type]
        guest = creator(Creator(slot_fee=D(20000), commission=q, base=base), unit)  # type: ignore[arg-type]
        return [room.profit(gmv, unit) for room in (house, guest, self_run(SelfRun(fixed=D(9000)), D("0.1")))]

    here = profits(WORKED, rate)
    worse = [
        profits(WORKED, rate + more),
        profits(WORKED.with_refunds(WORKED.refunded + more), rate),
        profits(replace(WORKED, cost_share=WORKED.cost_share + more), rate),
        profits(replace(WORKED, platform_fee=WORKED.platform_fee + more), rate),
        profits(replace(WORKED, vat_rate=more), rate),
    ]
    for turned in worse:
        assert all(a <= b + D("1e-15") for a, b in zip(turned, here, strict=True))


def _rooms(unit: UnitEconomics) -> list[Contract]:
    brief = Brief(
        self_run=SelfRun(fixed=D(90000), expected_gmv=D(600000)),
        agencies=(Agency(fee=D(30000), kept=D(15000), commission=D("0.08"), expected_gmv=D(600000)),),
        creators=(Creator(slot_fee=D(50000), commission=D("0.2"), expected_gmv=D(300000), known_buyers=D("0.3")),),
    )
    return contracts_of(brief, unit, D("0.15"))


def test_the_choice_flips_where_its_condition_says() -> None:
    found = compare(_rooms, WORKED, D(600000))
    assert [m.contract.name for m in found.modes] == ["混合", "代播", "自播", "达人"]
    assert found.best is not None and found.best.profit == sum(
        (m.profit for m in found.modes if m.contract.name in ("自播", "达人")), D(0)
    )
    for swing in found.swings:
        assert swing.low >= swing.high
        if swing.lever == "refunds" and swing.flips_at is not None:
            beyond = WORKED.with_refunds(WORKED.refunded * (swing.flips_at + D("0.01")))
            again = compare(_rooms, beyond, D(600000))
            assert again.modes[0].contract.name == swing.flips_to != "混合"


def test_known_buyers_bound_what_a_creator_adds() -> None:
    found = compare(_rooms, WORKED, D(600000))
    guest = next(m for m in found.modes if m.contract.kind == "creator")
    assert guest.profit > 0 and guest.incremental is not None
    assert guest.incremental[0] == 210000 and guest.incremental[1] < 0


def test_a_mix_needs_what_each_part_expects() -> None:
    with pytest.raises(ValueError, match="expected"):
        mixed([self_run(SelfRun(fixed=D(1)), D(0))])


def test_a_brief_reads_what_people_write_and_names_every_wrong_field() -> None:
    brief = parse_brief(
        {"self_run": {"fixed": "12万", "ad_share": "15%"}, "items": [{"sku": "a", "title": "x", "price": "1,299元"}]}
    )
    assert brief.self_run is not None and brief.self_run.fixed == 120000 and brief.self_run.ad_share == D("0.15")
    assert brief.items[0].price == 1299
    bad = {"items": [{"sku": "a", "title": "x", "price": 9, "stock": -3}], "session": {"lasting": 26}, "nonsense": 1}
    with pytest.raises(BadArguments) as refused:
        parse_brief(bad)
    for lang in ("zh", "en"):
        text = refused.value.text(lang)
        assert all(name in text for name in ("items.1.stock", "session.lasting", "nonsense"))


@pytest.mark.parametrize("raw", [None, [], "text", 3, {"hosts": [{"name": "a"}, {"name": "a"}]}])
def test_a_brief_that_is_none_is_refused_kindly(raw: object) -> None:
    with pytest.raises(BadArguments):
        parse_brief(raw)


@pytest.mark.parametrize(
    ("tops", "said"),
    [((100000, 200000), "up_to"), ((None, 200000), "up_to"), ((200000, 100000, None), "rise"), ((100000, None), "")],
)
def test_commission_steps_rise_and_the_last_is_open(tops: tuple[int | None, ...], said: str) -> None:
    steps = [{"rate": "0.1"} | ({} if top is None else {"up_to": top}) for top in tops]
    raw = {"agencies": [{"name": "甲", "steps": steps}]}
    if not said:
        assert parse_brief(raw).agencies[0].steps[-1].up_to is None
        return
    with pytest.raises(BadArguments, match="agencies") as refused:
        parse_brief(raw)
    assert said in refused.value.message.en
