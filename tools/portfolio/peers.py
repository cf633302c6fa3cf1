"""What a merchant agreed to share with peers: monthly ratios in `portfolio/<merchant>.parquet`, and nothing else of the shop.

The file is the agreement: it appears when the merchant opts in and goes when the merchant opts out or the shop is deleted.
It holds no name, no amount of money and no count; figures on small samples are left out.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from tools.base import ShopHandle
from tools.cases.vocabulary import guess_category
from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics.catalog import Metric, catalog
from tools.metrics.customers import LOOK_BACK, history_days
from tools.metrics.engine import cut
from tools.metrics.measure import SMALL, UNRIPE, MetricResult, anchor_of, measure_many, result_of
from tools.metrics.reader import Reader
from tools.metrics.windows import month_of
from tools.text import quantize
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import check_merchant_id, merchant_file

__all__ = ["RATIOS", "PeerStore", "Share", "span_of"]

# Ratios alone: a spend per buyer or any other amount would tell how large a shop is.
RATIOS = ("conversion", "repurchase_rate", "returning_share", "refund_rate", "live_share", "fee_ratio")
_MONTHS = 13
_LONG = {"repurchase_rate": 3}  # months a ratio is read over, ending with its month; the others are read over one
_PLACES = 4  # hundredths of a percentage point
_SCHEMA = pa.schema([("metric", pa.string()), ("month", pa.date32()), ("value", pa.decimal128(18, _PLACES))])
_TOLD = frozenset({"category", "simulated", "joined"})


@dataclass(frozen=True)
class Share:
    """One shop's shared ratios by metric and first day of the month. `joined` orders shops by when they opted in."""

    merchant_id: str
    category: str
    simulated: bool
    joined: str
    values: Mapping[tuple[str, date], Decimal]


def span_of(metric_id: str, month: date) -> Window:
    """The days a ratio of that month is read over."""
    first = month
    for _ in range(_LONG.get(metric_id, 1) - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    return Window(start=first, end=month_of(month).end)


class PeerStore:
    """The folder of shared ratios over the warehouse they come from."""

    def __init__(self, folder: Path, warehouse: Warehouse, today: Callable[[str], date]) -> None:
        self._folder = folder
        self._warehouse = warehouse
        self._today = today

    def shares(self, merchant_id: str) -> bool:
        """Whether the merchant opted in."""
        return self._file(merchant_id).exists()

    def join(self, merchant_id: str) -> None:
        """Opt in, or bring what is shared up to date. Raises NotFound for an unknown shop."""
        shop = self._warehouse.for_merchant(merchant_id)
        try:
            with self._lock():
                self._write(_share_of(shop, self._today(shop.timezone), self._joined(merchant_id)))
        finally:
            shop.close()

    def refresh(self, merchant_id: str) -> None:
        """After an import: rewrite what is shared, for shops that opted in alone."""
        if self.shares(merchant_id):
            self.join(merchant_id)

    def leave(self, merchant_id: str) -> bool:
        """Opt out: what was shared is removed. True when there was something."""
        if not self.shares(merchant_id):
            return False
        with self._lock():
            self._file(merchant_id).unlink(missing_ok=True)
        return True

    def read(self, merchant_id: str) -> Share | None:
        """What the merchant shares; None without an agreement, without the shop itself, or for an unreadable file."""
        try:
            path = self._file(merchant_id)
            if not path.exists() or not merchant_file(self._warehouse.folder, merchant_id).exists():
                return None
            table = pq.read_table(path)
        except (BadArguments, pa.ArrowInvalid, OSError):  # a foreign file in the folder is nobody's agreement
            return None
        told = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        if not table.schema.equals(_SCHEMA) or not _TOLD.issubset(told):
            return None
        values = {(row["metric"], row["month"]): row["value"] for row in table.to_pylist()}
        return Share(merchant_id, told["category"], told["simulated"] == "true", told["joined"], values)

    def others(self, merchant_id: str) -> list[Share]:
        """What everybody else shares, in the order of joining."""
        names = [path.stem for path in self._folder.glob("*.parquet") if path.stem != merchant_id]
        found = [share for share in map(self.read, names) if share is not None]
        return sorted(found, key=lambda share: (share.joined, share.merchant_id))

    def _file(self, merchant_id: str) -> Path:
        return self._folder / f"{check_merchant_id(merchant_id)}.parquet"

    def _lock(self) -> FileLock:
        self._folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._folder / ".lock")

    def _joined(self, merchant_id: str) -> str:
        known = self.read(merchant_id)
        return known.joined if known is not None else datetime.now(UTC).isoformat()

    def _write(self, share: Share) -> None:
        rows = [{"metric": name, "month": month, "value": value} for (name, month), value in share.values.items()]
        told = {"category": share.category, "simulated": str(share.simulated).lower(), "joined": share.joined}
        copy = self._folder / f".{share.merchant_id}.{uuid.uuid4().hex}.part"
        try:
            pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata(told)), copy)
            os.replace(copy, self._file(share.merchant_id))
        finally:
            copy.unlink(missing_ok=True)


def _share_of(shop: ShopHandle, today: date, joined: str) -> Share:
    category = guess_category(shop.category) if shop.category else None
    return Share(shop.merchant_id, category or "", shop.simulated, joined, _ratios(shop, today))


def _ratios(shop: ShopHandle, today: date) -> dict[tuple[str, date], Decimal]:
    """The ratios of each whole month that say something; {} for a shop without data."""
    reader = Reader(shop)
    try:
        month = (anchor_of(shop, today).day + timedelta(days=1)).replace(day=1)
    except DataMissing:
        return {}
    months = []
    for _ in range(_MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    found = {}
    for name in RATIOS:
        for first, result in zip(months, _results(reader, catalog()[name], months), strict=True):
            if result is not None and result.value is not None and _tells(reader, result):
                found[name, first] = quantize(result.value, _PLACES)
    return found


def _results(reader: Reader, metric: Metric, months: list[date]) -> list[MetricResult | None]:
    windows = [span_of(metric.id, month) for month in months]
    tables = metric.tables if metric.calc else None
    try:
        if tables is not None:
            return [
                measure_many(reader, [metric], window)[0] if _whole(reader, tables, window) else None
                for window in windows
            ]
        figures = cut(reader, [metric], windows)
    except DataMissing:
        return [None] * len(months)
    return [
        result_of(reader, metric, figures, index, window) if _whole(reader, figures.tables, window) else None
        for index, window in enumerate(windows)
    ]


def _whole(reader: Reader, tables: tuple[str, ...], window: Window) -> bool:
    """Whether every table (but refunds, which come on no fixed days) covers the window from its first day to its last."""
    spans = [reader.coverage(table) for table in tables if table != "refunds"]
    return all(days is not None and days[0] <= window.start and window.end <= days[1] for days in spans)


def _tells(reader: Reader, result: MetricResult) -> bool:
    """Not on a small sample, not before most refunds have come, and returning buyers only with a year to know them by."""
    if result.n < SMALL or UNRIPE in result.notes:
        return False
    return result.metric_id != "returning_share" or history_days(reader, result.window) >= LOOK_BACK
