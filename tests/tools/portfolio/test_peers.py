"""Peers: what a merchant agrees to share, who may be compared with whom, and that no other shop's figure can be read off a position."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.advisor.terminal import called
from tests.tools.metrics.metric_shops import fill, make_shop
from tests.tools.portfolio.order_shares import LAST, TODAY, order_share
from tools.base import ToolContext
from tools.errors import DataMissing, NotPermitted
from tools.facts import Role, ToolResult
from tools.portfolio.peers import PeerStore, Share, span_of
from tools.portfolio.standing import LEAST, decile, peer_standing, percentile, standings
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile, write_merchant

OCTOBER = date(2026, 10, 1)


def daily(buyers: int, *, first: date = date(2026, 9, 1), last: date = LAST) -> list[dict[str, Any]]:
    """A shop report with 1,000 visitors a day, so that `buyers` is the conversion in thousandths."""
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return [{"day": d, "visitors": 1000, "buyers": buyers, "orders": buyers, "paid_amount": buyers * 77} for d in days]


class Workspace:
    """A workspace of small shops and the store of what they share."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warehouse = Warehouse(root / "warehouse")
        self.store = PeerStore(root / "portfolio", self.warehouse, lambda _zone: TODAY)

    def shop(self, name: str, buyers: int, *, share: bool = True, **profile: Any) -> None:
        make_shop(self.warehouse.folder, {"shop_daily": daily(buyers)}, merchant=name, **{"category": "护肤"} | profile)
        if share:
            self.store.join(name)

    def peers(self, count: int = LEAST, **profile: Any) -> None:
        for number in range(count):
            self.shop(f"p{number}", 10 + number * 10, **profile)

    def ask(self, name: str, lang: Any = "zh") -> ToolResult:
        shop = self.warehouse.for_merchant(name)
        return peer_standing.call(ToolContext(shop=shop, today=TODAY, lang=lang, resources={PeerStore: self.store}), {})


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_the_position_is_the_decile_of_the_brute_force_rank(ws: Workspace) -> None:
    ws.peers()  # conversions of 1, 2, 3, 4 and 5 %
    ws.shop("mine", 35)
    result = ws.ask("mine")
    fact = next(fact for fact in result.facts if fact.quantities[0].metric == "conversion")
    assert fact.value == Decimal("0.035") and fact.window == span_of("conversion", OCTOBER)
    assert fact.quantity(Role.SHARE) is not None and fact.quantity(Role.SHARE).value == Decimal("0.6")  # type: ignore[union-attr]
    assert "2026年10月支付转化率 3.5%，高于约 60% 的同类店铺" in fact.claim.zh and "5 家" in fact.claim.zh
    assert "in October 2026: 3.5%, higher than about 60% of similar shops" in fact.claim.en
    assert fact.source == "本工作区的店铺组合（5 家）"
    assert ws.ask("mine", "en").facts[0].source == "portfolio of this workspace (5 shops)"


def test_no_figure_of_another_shop_leaves(ws: Workspace) -> None:
    ws.peers()
    ws.shop("mine", 35)
    result = ws.ask("mine")
    said = result.model_dump_json()
    assert not any(f"p{number}" in said for number in range(LEAST))
    told = {q.value for fact in result.facts for q in fact.quantities}
    assert told == {Decimal("0.035"), Decimal("0.6"), Decimal(LEAST)}
    assert not any(f"{number}.0%" in said for number in range(1, 6))


def test_every_claim_passes_the_statement_check(ws: Workspace) -> None:
    from advisor.grounding import check

    ws.peers()
    for number, buyers in enumerate((5, 30, 60)):
        ws.shop(f"mine{number}", buyers)
        facts = ws.ask(f"mine{number}").facts
        assert facts
        for fact in facts:
            for lang in ("zh", "en"):
                claim = fact.claim.get(lang)  # type: ignore[arg-type]
                verdict = check(f"{claim} [m1]", cited={"m1": fact}, lang=lang, section="what", today=TODAY)  # type: ignore[arg-type]
                assert verdict.ok, (claim, verdict.problems)


def test_only_ratios_are_written(ws: Workspace) -> None:
    ws.shop("mine", 35)
    table = pq.read_table(ws.root / "portfolio" / "mine.parquet")
    assert table.column_names == ["metric", "month", "value"]
    assert all(0 <= value <= 1 for value in table["value"].to_pylist())
    assert set(table.schema.metadata) == {b"category", b"simulated", b"joined"}
    assert {str(month) for month in table["month"].to_pylist()} == {"2026-09-01", "2026-10-01"}  # November is not over


def test_fewer_than_five_others_are_refused_without_counting_them(ws: Workspace) -> None:
    ws.peers(LEAST - 1)
    ws.shop("mine", 35)
    with pytest.raises(NotPermitted) as caught:
        ws.ask("mine")
    assert "不足 5 家" in caught.value.message.zh and "Fewer than 5" in caught.value.message.en
    assert "4" not in caught.value.message.zh + caught.value.message.en
    ws.shop("p4", 50, share=False)
    with pytest.raises(NotPermitted):  # a shop that did not agree does not count
        ws.ask("mine")
    ws.store.join("p4")
    assert ws.ask("mine").facts


def test_only_who_shares_sees(ws: Workspace) -> None:
    ws.peers()
    ws.shop("mine", 35, share=False)
    assert not ws.store.shares("mine")
    with pytest.raises(NotPermitted) as caught:
        ws.ask("mine")
    assert "advisor merchants share mine --peers on" in caught.value.message.zh
    assert "advisor merchants share mine --peers on" in caught.value.message.en
    ws.store.refresh("mine")  # an import shares nothing by itself
    assert not ws.store.shares("mine")


def test_leaving_removes_what_was_shared(ws: Workspace) -> None:
    ws.peers()
    ws.shop("mine", 35)
    assert ws.ask("mine").facts
    assert ws.store.leave("p2") and not (ws.root / "portfolio" / "p2.parquet").exists()
    with pytest.raises(NotPermitted):
        ws.ask("mine")
    assert not ws.store.leave("p2")


def test_a_shop_without_its_data_does_not_count(ws: Workspace) -> None:
    ws.peers()
    ws.shop("mine", 35)
    ws.warehouse.delete("p1")
    assert ws.store.read("p1") is None
    with pytest.raises(NotPermitted):
        ws.ask("mine")


def test_an_unreadable_share_is_left_out(ws: Workspace) -> None:
    ws.peers(LEAST + 1)
    ws.shop("mine", 35)
    (ws.root / "portfolio" / "p0.parquet").write_bytes(b"not a table")
    pq.write_table(pa.table({"metric": ["conversion"]}), ws.root / "portfolio" / "Foreign File.parquet")
    assert ws.ask("mine").facts[0].quantities[2].value == LEAST


@pytest.mark.parametrize("profile", [{"simulated": True}, {"category": "零食"}, {"category": ""}])
def test_simulated_shops_and_other_categories_stay_apart(ws: Workspace, profile: dict[str, Any]) -> None:
    ws.peers(**profile)
    ws.shop("mine", 35)
    with pytest.raises(NotPermitted):
        ws.ask("mine")


def test_simulated_shops_are_compared_with_each_other_and_say_so(ws: Workspace) -> None:
    ws.peers(simulated=True)
    ws.shop("mine", 35, simulated=True)
    assert all(fact.simulated for fact in ws.ask("mine").facts)


def test_a_shop_without_category_or_data_is_told_which(ws: Workspace) -> None:
    ws.peers()
    ws.shop("nameless", 35, category="")
    with pytest.raises(DataMissing, match="category"):
        ws.ask("nameless")
    make_shop(ws.warehouse.folder, {}, merchant="empty", category="护肤")
    ws.store.join("empty")
    with pytest.raises(DataMissing, match="whole month"):
        ws.ask("empty")


def test_an_import_brings_the_share_up_to_date_and_keeps_its_place(ws: Workspace) -> None:
    ws.shop("mine", 35)
    before = ws.store.read("mine")
    with write_merchant(ws.warehouse.folder, MerchantProfile("mine", "mine")) as connection:
        connection.execute("DELETE FROM shop_daily")
        fill(connection, "mine", "shop_daily", pd.DataFrame(daily(60)))
    ws.store.refresh("mine")
    after = ws.store.read("mine")
    assert before is not None and after is not None
    assert after.values["conversion", OCTOBER] == Decimal("0.06") != before.values["conversion", OCTOBER]
    assert after.joined == before.joined


def test_ratios_of_orders_equal_an_independent_count(tmp_path: Path) -> None:
    first = date(2025, 8, 1)
    rows = [
        {
            "order_id": f"o{day}-{k}", "created_date": first + timedelta(days=day), "paid_date": first + timedelta(days=day),
            "gross_amount": 100 + k, "refund_amount": 100 + k if (day + k) % 9 == 0 else 0, "buyer_key": f"b{(day * 31 + k * 977) % 1500}",
        }
        for day in range((LAST - first).days + 1)
        for k in range(4)
    ]  # fmt: skip
    share = order_share(tmp_path, rows)
    frame = pd.DataFrame(rows)
    months = frame.paid_date.map(lambda day: day.replace(day=1))
    told = {name for name, _ in share.values}
    assert told == {"refund_rate", "returning_share", "repurchase_rate"}
    assert ("refund_rate", OCTOBER) not in share.values  # the last orders may still be refunded
    september = frame[months == date(2026, 9, 1)]
    assert float(share.values["refund_rate", date(2026, 9, 1)]) == pytest.approx(
        september.refund_amount.sum() / september.gross_amount.sum(), abs=6e-5
    )
    october = frame[months == OCTOBER]
    year = frame[(frame.paid_date < OCTOBER) & (frame.paid_date >= OCTOBER - timedelta(days=365))]
    known = october.buyer_key.isin(year.buyer_key)
    assert float(share.values["returning_share", OCTOBER]) == pytest.approx(
        october[known].gross_amount.sum() / october.gross_amount.sum(), abs=6e-5
    )
    assert min(month for name, month in share.values if name == "returning_share") == date(2026, 8, 1)
    quarter = frame[months.isin([date(2026, 8, 1), date(2026, 9, 1), OCTOBER])]
    days = quarter.groupby("buyer_key").paid_date.nunique()
    assert float(share.values["repurchase_rate", OCTOBER]) == pytest.approx((days >= 2).mean(), abs=6e-5)


def share_of(number: int, value: int) -> Share:
    return Share(f"s{number}", "beauty", False, f"2026-01-{number + 1:02d}", {("conversion", OCTOBER): Decimal(value)})


def position(value: int, others: list[int]) -> Decimal | None:
    found = standings(share_of(20, value), [share_of(number, other) for number, other in enumerate(others)])
    return found[0].below if found else None


values = st.integers(0, 40)


@given(values, st.lists(values, min_size=LEAST, max_size=17))
def test_any_position_is_the_brute_force_decile_of_whole_groups(mine: int, others: list[int]) -> None:
    counted = others[: len(others) // LEAST * LEAST]
    halves = sum(2 if other < mine else 1 if other == mine else 0 for other in counted)
    exact = halves * 10 / (2 * len(counted))  # in tenths
    expected = min(max(int(exact + 0.5), 1), 9)
    assert position(mine, others) == Decimal(expected) / 10


@given(values, st.lists(values, min_size=LEAST, max_size=LEAST), st.lists(values, max_size=LEAST - 1))
def test_joining_changes_nothing_until_five_have_come(mine: int, others: list[int], joined: list[int]) -> None:
    assert position(mine, others) == position(mine, [*others, *joined])


@given(values, st.lists(values, min_size=LEAST, max_size=14), st.data())
def test_another_shop_moving_on_its_side_of_mine_is_not_seen(mine: int, others: list[int], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(others) - 1))
    moved = list(others)
    if others[which] < mine:
        moved[which] = data.draw(st.integers(0, mine - 1))
    elif others[which] > mine:
        moved[which] = data.draw(st.integers(mine + 1, 60))
    assert position(mine, moved) == position(mine, others)


@given(values, st.lists(values, min_size=10, max_size=10), st.data())
def test_one_shop_moves_a_position_among_ten_by_one_decile_at_most(
    mine: int, others: list[int], data: st.DataObject
) -> None:
    moved = list(others)
    moved[data.draw(st.integers(0, 9))] = data.draw(values)
    before, after = position(mine, others), position(mine, moved)
    assert before is not None and after is not None and abs(before - after) <= Decimal("0.1")


@given(values, st.lists(values, max_size=LEAST - 1))
def test_below_five_there_is_no_position(mine: int, others: list[int]) -> None:
    assert position(mine, others) is None


def test_a_position_never_says_above_or_below_all() -> None:
    assert decile(percentile(Decimal(9), [Decimal(1)] * 5)) == Decimal("0.9")
    assert decile(percentile(Decimal(0), [Decimal(1)] * 5)) == Decimal("0.1")


def test_the_command_says_what_is_shared_and_deletion_removes_it(
    ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    ws.peers()
    ws.shop("mine", 35, share=False)
    at = ("--workspace", ws.root)
    code, out, _ = called(capsys, "merchants", "share", "mine", "--lang", "zh", *at)
    assert code == 0 and "没有参加匿名同行对比" in out
    code, _, err = called(capsys, "metrics", "peers", "--merchant", "mine", "--lang", "en", *at)
    assert code == 3 and "--peers on" in err
    code, out, _ = called(capsys, "merchants", "share", "mine", "--peers", "on", "--lang", "zh", *at)
    assert code == 0 and "只分享每月的比率" in out and "不含店名、金额" in out
    code, out, _ = called(capsys, "merchants", "share", "mine", "--lang", "en", *at)
    assert code == 0 and "Only monthly ratios are shared" in out and "no name, no amount" in out
    code, out, _ = called(capsys, "metrics", "peers", "--merchant", "mine", "--lang", "zh", *at)
    assert code == 0 and "高于约 60% 的同类店铺" in out and "portfolio" not in out
    code, out, _ = called(capsys, "metrics", "peers", "--merchant", "mine", "--lang", "en", *at)
    assert code == 0 and "portfolio of this workspace (5 shops)" in out
    code, out, _ = called(capsys, "merchants", "share", "p0", "--peers", "off", "--json", *at)
    assert code == 0 and json.loads(out) == {"merchant_id": "p0", "peers": False}
    assert called(capsys, "merchants", "delete", "mine", "--yes", *at)[0] == 0
    assert not (ws.root / "portfolio" / "mine.parquet").exists()
    assert called(capsys, "merchants", "share", "nobody", "--peers", "on", *at)[0] == 3


def test_an_import_shares_what_is_new_and_a_trial_run_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.advisor.door_files import tmall_orders

    orders, root = tmp_path / "orders.csv", tmp_path / "ws"
    at = ("--workspace", root, "--merchant", "mine")
    assert called(capsys, "merchants", "add", "mine", "--category", "护肤", "--workspace", root)[0] == 0
    assert called(capsys, "merchants", "share", "mine", "--peers", "on", "--workspace", root)[0] == 0
    shared = root / "portfolio" / "mine.parquet"
    assert pq.read_table(shared).num_rows == 0
    tmall_orders(orders, days=150)
    assert called(capsys, "import", orders, "--dry-run", *at)[0] == 0
    assert pq.read_table(shared).num_rows == 0
    assert called(capsys, "import", orders, *at)[0] == 0
    assert pq.read_table(shared).num_rows > 0
