"""Each metric says what feeds it: this shop's data, the export that would, and the shipped formats that can at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from metric_shops import make_shop

from tools.base import ToolSpec
from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics import tool_assets, tool_customers
from tools.metrics.bases import BASES, SAMPLE_UNITS
from tools.metrics.calculated import CALCULATED
from tools.metrics.catalog import add_up, catalog, computed, find_metric, metric_of, unlock_text
from tools.metrics.measure import measure
from tools.metrics.reader import Reader
from tools.metrics.relations import RELATIONS
from tools.metrics.supply import fed_by, grain, only_by_template, supply
from tools.metrics.tools import TOOLS
from tools.metrics.windows import month_of
from tools.warehouse.formats import all_formats
from tools.warehouse.schema import table_spec, tables

FAMILIES = {
    "sales", "refunds", "buyers", "traffic", "ads", "live", "content", "members", "products", "service", "brand", "campaign",
    "profit", "tools",
}  # fmt: skip


def test_every_family_of_the_issue_is_there() -> None:
    assert {metric.family for metric in catalog().values()} == FAMILIES


def test_every_column_named_is_a_column() -> None:
    """A misspelt column would make a metric that nothing can ever feed."""
    for base, feeds in BASES.items():
        assert any(feed.total for feed in feeds), base
        for feed in feeds:
            relation = RELATIONS[feed.relation]
            known = {column.name for column in table_spec(relation.table).columns}
            assert {*feed.columns, relation.date} <= known, base
            assert all(column in {c.name for c in table_spec(table).columns} for table, column in relation.needs)
    for metric in catalog().values():
        for need in (need for alternatives in metric.needs for need in alternatives):
            table, dot, column = need.partition(".")
            assert (column in {c.name for c in table_spec(table).columns}) if dot else need in catalog(), (
                metric.id,
                need,
            )


def test_computations_and_catalogue_agree() -> None:
    named = {metric.id for metric in catalog().values() if metric.calc}
    assert named == set(CALCULATED)
    assert all(metric.needs for metric in catalog().values() if metric.calc)
    assert set(SAMPLE_UNITS) <= set(BASES)
    used = {term.base for metric in catalog().values() for term in (*metric.num, *metric.den)}
    internal = {"report_days"}  # the factors of an explanation read it
    assert set(BASES) - used - internal == set(), "a base no metric is made of"


def test_figures_of_tools_are_listed_apart() -> None:
    made = [*vars(tool_customers).values(), *vars(tool_assets).values(), *TOOLS]
    known = {item.name for item in made if isinstance(item, ToolSpec)}
    assert computed() and not set(computed()) & set(catalog())
    for item in computed().values():
        assert item.tool in known, item.id
        with pytest.raises(BadArguments) as caught:
            find_metric(item.id)
        assert item.tool in caught.value.message.zh and item.tool in caught.value.message.en


def test_an_empty_shop_is_told_the_export_of_every_metric(tmp_path: Path) -> None:
    reader = Reader(
        make_shop(tmp_path, {"targets": [{"metric": "gmv", "starts_on": "2026-10-01", "value": 1}]}, platform="tmall")
    )
    for metric in catalog().values():
        found = supply(reader, metric)
        assert not found.ready and found.missing and found.unlock, metric.id
        assert "→" in found.unlock.zh or "模板" in found.unlock.zh, metric.id


def test_a_metric_said_to_be_ready_gives_a_figure(tmp_path: Path) -> None:
    """What the list promises holds: on a shop with every column filled all metrics are ready and none is refused."""
    rows = {
        name: [{column.name: _cell(name, column.type, column.name) for column in spec.columns}]
        for name, spec in tables().items()
    }
    rows["orders"].append(
        {**rows["orders"][0], "order_id": "0", "paid_date": "2026-09-02", "created_date": "2026-09-02"}
    )
    rows["order_lines"].append({**rows["order_lines"][0], "line_id": "0", "order_id": "0", "paid_date": "2026-09-02"})
    reader = Reader(make_shop(tmp_path, rows, platform="tmall"))
    for metric in catalog().values():
        found = supply(reader, metric)
        assert found.ready, (metric.id, found.missing)
        measure(reader.shop, metric.id, month_of(date(2026, 10, 1)))


def _cell(table: str, kind: str, name: str) -> object:
    if kind == "text":
        return {"kind": "brand", "phase": "sale", "status": "completed"}.get(name, "x")
    return {"date": "2026-10-02", "time": "2026-10-02 10:00", "bool": False, "rate": "0.01"}.get(kind, 7)


def test_a_column_no_file_filled_is_named(tmp_path: Path) -> None:
    shop = make_shop(
        tmp_path, {"live_sessions": [{"session_id": "s", "day": "2026-10-02", "views": 9, "paid_amount": 5}]}
    )
    found = supply(Reader(shop), metric_of("live_stay_per_view"))
    assert not found.ready and found.tables == ("live_sessions",) and "观看总时长" in found.missing.zh  # type: ignore[union-attr]
    with pytest.raises(DataMissing):
        measure(shop, "live_stay_per_view", month_of(date(2026, 10, 1)))
    assert supply(Reader(shop), metric_of("live_gpm")).ready


def test_formats_that_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tmall_orders" in fed_by(metric_of("gmv"))
    assert "facebook_live_posts" in fed_by(metric_of("content_interactions"))
    shipped = {name for name in all_formats() if not name.startswith("template_")}
    for metric in catalog().values():
        assert set(fed_by(metric)) <= shipped
    alone = {metric.id for metric in only_by_template()}
    assert "inquiry_conversion" in alone and not {"gmv", "stock_out_days"} & alone


def test_sums_are_refused_where_parts_do_not_add_up() -> None:
    values = [Decimal(1), Decimal(2)]
    for metric in catalog().values():
        if metric.additive:
            assert add_up(metric, values) == 3
            assert "adds up" in grain(metric).en
        else:
            with pytest.raises(BadArguments):
                add_up(metric, values)


def test_windows_before_the_data_are_missing_not_zero(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"ledger_entries": [
        {"entry_id": "1", "account": "a", "booked_date": "2026-10-09", "kind": "sale", "income": 5},
        {"entry_id": "2", "account": "a", "booked_date": "2026-10-09", "kind": "freight", "expense": 1},
    ]})  # fmt: skip
    early = Window(start=date(2026, 1, 1), end=date(2026, 1, 31))
    assert measure(shop, "ledger_fee_rate", early).value is None
    assert measure(shop, "commission_cost", month_of(date(2026, 10, 1))).value == 0


@pytest.mark.parametrize(
    "table",
    ["members_daily", "crowd_stock", "market_daily", "content_posts", "service_daily", "reviews", "stock_daily"],
)
def test_an_export_no_format_reads_is_not_promised_to_be_enough(table: str) -> None:
    """Where no shipped format of the platform reads an export, the reader is told to bring it under the template's columns."""
    formats = all_formats().items()
    read = any(
        table in spec.targets for name, spec in formats if not name.startswith("template_") and spec.platform != "other"
    )
    told = unlock_text(table)
    assert read or ("通用模板" in told.zh and "generic template" in told.en)
