"""What is left of a yuan paid: gross margin, fees, refunds and ads as shares, and the returns on ads that follow from them.

Contribution per yuan paid = (1 - refund rate) x (gross margin - fee rate): a refund gives back the money, the goods and the fee.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from tools.base import Records
from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import metric_of, table_text, unlock_text
from tools.metrics.customers import Figure, over, whole_shop_only
from tools.metrics.engine import Where, cut
from tools.metrics.reader import Reader, as_decimal
from tools.text import Text

__all__ = ["fee_rate_on", "margin_figure", "stated_share", "stated_value"]

ONE = Decimal(1)
_FREIGHT = Text(
    "未扣物流、包装和固定费用；实际能留下的更少。",
    "Freight, packing and fixed costs are not deducted; less will be left.",
)
_REFUNDS = Text(
    "退款率取全店同期；推广带来的订单退得更多时，实际更低。",
    "The refund rate is the whole shop's; where ads bring orders that are refunded more, the true figure is lower.",
)


def margin_figure(reader: Reader, metric_id: str, window: Window, where: Where = ()) -> Figure:
    """contribution_margin, contribution_after_ads, ad_break_even, ad_roi_net. Raises DataMissing for what is not known."""
    whole_shop_only(where)
    shares = {name: _share(reader, name, window) for name in _NEEDED[metric_id]}
    known = [value for value, _ in shares.values() if value is not None]
    tables = tuple(dict.fromkeys(table for _, found in shares.values() for table in found))
    if len(known) < len(shares):
        return Figure(None, None, 0, "count", (_absent(),), tables)
    value = {name: share or Decimal(0) for name, (share, _) in shares.items()}
    if metric_id == "ad_roi_net":
        return Figure(value["ad_roi"] * (ONE - value["refund_rate"]), None, 0, "count", (_REFUNDS,), tables)
    left = (ONE - value["refund_rate"]) * (value["goods_margin"] - value["fee_rate"])
    if metric_id == "ad_break_even":
        none = Text("每一元支付都不剩钱，没有保本投产比。", "Nothing is left of a yuan paid, so no return breaks even.")
        return Figure(
            over(ONE, left) if left > 0 else None, None, 0, "count", (_FREIGHT if left > 0 else none,), tables
        )
    return Figure(left - value.get("fee_ratio", Decimal(0)), None, 0, "count", (_FREIGHT,), tables)


_LEFT = ("goods_margin", "fee_rate", "refund_rate")
_NEEDED = {
    "contribution_margin": _LEFT,
    "contribution_after_ads": (*_LEFT, "fee_ratio"),
    "ad_break_even": _LEFT,
    "ad_roi_net": ("ad_roi", "refund_rate"),
}


def _absent() -> Text:
    return Text("窗口内缺少其中一项（不是 0）。", "One of its parts has no data in the window (which is not zero).")


def _share(reader: Reader, name: str, window: Window) -> tuple[Decimal | None, tuple[str, ...]]:
    if name == "fee_rate" and not reader.has("ledger_entries"):
        return _listed_fees(reader, window), ("fees",)
    metric_id = "ledger_fee_rate" if name == "fee_rate" else name
    found = cut(reader, [metric_of(metric_id)], [window])
    return found.rows.get((0, ""), {}).get(metric_id), found.tables


def _listed_fees(reader: Reader, window: Window) -> Decimal | None:
    """The rates of the fee table in force on the window's last day, added up."""
    if not reader.has("fees"):
        ledger, fees = unlock_text("ledger_entries", reader.platform), unlock_text("fees", reader.platform)
        raise DataMissing(
            Text(f"还没有“{table_text('fees').zh}”或账务明细，平台扣费未知。", "There is neither a fee table nor a settlement ledger, so the platform's fees are unknown."),
            tables=("ledger_entries", "fees"),
            unlock=Text(f"导出后拖进来即可：{ledger.zh}；或{fees.zh}。", f"Export it and drop it here: {ledger.en}; or {fees.en}."),
        )  # fmt: skip
    return fee_rate_on(reader, window.end)


def fee_rate_on(reader: Reader, day: date) -> Decimal | None:
    """The rates of the fee table in force on the day, added up; None where none is."""
    fees = reader.table("fees")
    fees = fees.filter((fees.valid_from <= day) & fees.rate.notnull())
    by_fee = fees.group_by("fee").aggregate(rate=fees.rate.argmax(fees.valid_from))
    return as_decimal(reader.run(by_fee.aggregate(rate=by_fee.rate.sum()))[0]["rate"])


def stated_value(records: Records | None, key: str) -> Decimal | None:
    """What the merchant stated under this key; None where nothing readable was said."""
    said = records.stated(key) if records is not None else None
    try:
        value = Decimal(str(said["value"])) if said else None
    except (InvalidOperation, KeyError):
        return None
    return value if value is not None and value.is_finite() else None


def stated_share(records: Records | None, key: str) -> Decimal | None:
    """A share the merchant stated, as 0.45 or as 45 for 45 %."""
    value = stated_value(records, key)
    return value / 100 if value is not None and value > 1 else value
