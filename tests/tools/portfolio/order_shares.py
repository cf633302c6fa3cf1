"""What a shop that has nothing but orders shares."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.tools.metrics.metric_shops import make_shop
from tools.portfolio.peers import PeerStore, Share
from tools.warehouse.access import Warehouse

__all__ = ["LAST", "TODAY", "order_share"]

TODAY = date(2026, 11, 24)
LAST = date(2026, 11, 20)


def order_share(folder: Path, rows: list[dict[str, Any]]) -> Share:
    make_shop(folder / "warehouse", {"orders": rows}, merchant="mine", category="护肤")
    store = PeerStore(folder / "portfolio", Warehouse(folder / "warehouse"), lambda _zone: TODAY)
    store.join("mine")
    share = store.read("mine")
    assert share is not None
    return share
