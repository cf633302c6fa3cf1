"""A room's own history as plain rows: sessions, items, order lines and shifts of the shop's livestreams, read through Ibis.

A count that an export does not hold is None, never 0. Order lines are read by payment time; `received` is what was confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["LiveItem", "LiveOrder", "LiveSession", "Shift", "items", "need", "orders", "sessions", "shifts"]


@dataclass(frozen=True)
class LiveSession:
    """One stream. Counts are people unless named otherwise; money is paid GMV in shop currency; `minutes` on air."""

    session_id: str
    title: str
    host: str
    day: date
    started_at: datetime | None
    minutes: int | None
    impressions: int | None  # times shown
    viewers: int | None
    views: int | None  # times entered
    watch_seconds: int | None
    peak_online: int | None
    average_online: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    item_viewers: int | None
    new_fans: int | None
    item_clickers: int | None
    item_clicks: int | None  # times
    add_to_cart: int | None
    order_creators: int | None
    buyers: int | None
    orders: int | None  # orders
    items: int | None  # pieces
    paid_amount: Decimal | None
    refund_amount: Decimal | None
    presale_amount: Decimal | None
    ad_spend: Decimal | None

    @property
    def ends_at(self) -> datetime | None:
        return None if self.started_at is None or self.minutes is None else self.started_at + timedelta(minutes=self.minutes)  # fmt: skip


@dataclass(frozen=True)
class LiveItem:
    """What one product did in one session."""

    session_id: str
    product_id: str
    day: date
    title: str
    exposed: int | None
    clickers: int | None
    clicks: int | None
    add_to_cart: int | None
    orders: int | None
    buyers: int | None
    items: int | None
    paid_amount: Decimal | None


@dataclass(frozen=True)
class LiveOrder:
    """One order line of a session (直播订单明细). `host` is who was on air, where the export says so."""

    line_id: str
    session_id: str
    host: str
    product_id: str
    title: str
    fan_level: str
    paid_at: datetime | None
    amount: Decimal
    received: Decimal | None


@dataclass(frozen=True)
class Shift:
    """Who was on air, from when to when (主播排班)."""

    session_id: str
    host: str
    starts_at: datetime
    ends_at: datetime | None
    day: date


def need(reader: Reader, table: str, so: Text) -> None:
    """Raise NotPermitted for a hidden table and DataMissing, with what to export and what it is needed for, for an empty one."""
    if table in reader.shop.hidden:
        reader.table(table)
    if reader.has(table):
        return
    name, path = table_text(table), unlock_text(table, reader.platform)
    raise DataMissing(
        Text(f"还没有“{name.zh}”，{so.zh}。", f"There is no {name.en} data, so {so.en}."),
        tables=(table,),
        unlock=Text(f"补上“{path.zh}”即可。", f"Import {path.en}."),
    )


def _rows(reader: Reader, table: str, window: Window | None, order: tuple[str, ...]) -> list[dict[str, Any]]:
    if not reader.has(table):
        return []
    t = reader.table(table)
    day = t.paid_date if table == "live_orders" else t.day
    if window is not None:
        t = t.filter(day.between(window.start, window.end))
    return reader.run(t.order_by(list(order)))


def sessions(reader: Reader, window: Window | None = None) -> list[LiveSession]:
    """Sessions of the window (all of them without one), oldest first. [] where none was imported."""
    rows = _rows(reader, "live_sessions", window, ("day", "started_at", "session_id"))
    return [LiveSession(**_fields(row, LiveSession, ("title", "host"))) for row in rows]


def items(reader: Reader, window: Window | None = None, session_id: str = "") -> list[LiveItem]:
    """Products of the sessions in the window, or of one session."""
    rows = _rows(reader, "live_items", window, ("day", "session_id", "product_id"))
    return [LiveItem(**_fields(row, LiveItem, ("title",))) for row in rows if session_id in ("", row["session_id"])]


def _fields(row: dict[str, Any], kind: type[LiveSession] | type[LiveItem], texts: tuple[str, ...]) -> dict[str, Any]:
    """What the row type holds of a table's row; a missing text is "", a missing count stays None."""
    return {name: _text(row[name]) if name in texts else row[name] for name in kind.__dataclass_fields__}


def orders(reader: Reader, window: Window | None = None, session_id: str = "") -> list[LiveOrder]:
    """Paid order lines, by payment time. [] where none was imported."""
    found = _rows(reader, "live_orders", window, ("paid_at", "line_id"))
    return [
        LiveOrder(
            row["line_id"], _text(row["session_id"]), _text(row["host"]), _text(row["product_id"]), _text(row["title"]),
            _text(row["fan_level"]), row["paid_at"], row["amount"], row["received_amount"],
        )
        for row in found
        if row["amount"] is not None and session_id in ("", row["session_id"])
    ]  # fmt: skip


def shifts(reader: Reader, window: Window | None = None) -> list[Shift]:
    """Shifts with a start; `ends_at` None where the roster does not say."""
    found = _rows(reader, "live_shifts", window, ("starts_at", "host"))
    return [
        Shift(_text(row["session_id"]), row["host"], row["starts_at"], row["ends_at"], row["day"] or row["starts_at"].date())
        for row in found
        if row["starts_at"] is not None
    ]  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None else str(value)
