"""The tool `reconcile`: the platform's shop report against the order files by day, and tables that tell the same money twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Protocol, runtime_checkable

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import DataMissing
from tools.facts import ToolResult, Window
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.measure import anchor_of, source_text
from tools.metrics.reader import Reader
from tools.metrics.reconcile import Reconciliation, split_gap
from tools.metrics.reconcile_books import overlap_of, read_books
from tools.metrics.reconcile_check_words import check_facts
from tools.metrics.reconcile_checks import cross_checks
from tools.metrics.reconcile_words import day_table, reconcile_facts
from tools.metrics.windows import parse_window, window_text
from tools.metrics.wording import note
from tools.text import Text
from tools.warehouse.formats import all_formats

__all__ = ["reconcile", "reconciled"]

_GUIDE = (
    "Give the gap with both sides and its parts; what is unexplained stays so, with the file that would tell. Where the gap is a finding, "
    "say it beside every GMV figure used. Definitions differ, nobody is wrong."
)
_SIDES = ("orders", "shop_daily")


@runtime_checkable
class _HasLedger(Protocol):
    def imports(self) -> list[dict[str, object]]: ...


@tool(
    label=Text("与店铺日报对账", "reconciling with the shop report"),
    needs=(Need("orders"), Need("shop_daily")),
    timeout_s=30,
)
def reconcile(
    ctx: ToolContext,
    *,
    window: Annotated[
        str, Field(max_length=64, description="e.g. last_month, 30d, 2026-10, all (every day both sides cover)")
    ] = "all",
) -> ToolResult:
    """The platform's shop report (生意参谋) against the order files, day by day: the gap in paid amount, split into its causes.

    Use for "why does this differ from Sycm / the platform report", and before a figure is trusted. Also checks item lines against
    orders, the product report against the shop report, live order lines against sessions, and refunds against orders.
    """
    reader = Reader(ctx.shop)
    span, missing = _span(ctx, reader, window)
    result = ToolResult(guidance=_GUIDE)
    if missing is None:
        found = reconciled(reader, span)
        result.facts += reconcile_facts(ctx, found, source_text(reader, _SIDES))
        table = day_table(ctx, found)
        result.tables += [table] if table is not None else []
        result.notes += [note(text) for text in _notes(found)]
    else:
        result.notes.append(note(missing.message))
    result.facts += check_facts(ctx, cross_checks(reader, span), source_text(reader, _SIDES))
    if missing is not None and not result.facts:
        raise missing
    return result


def reconciled(reader: Reader, span: Window) -> Reconciliation:
    """The two sides over `span`; what the evidence is weighed on is every day both cover."""
    both = overlap_of(reader) or span
    whole = Window(start=min(both.start, span.start), end=max(both.end, span.end))
    return split_gap(read_books(reader, whole, rejected=_rejected(reader)), span)


def _span(ctx: ToolContext, reader: Reader, text: str) -> tuple[Window, DataMissing | None]:
    """The days to look at, and what is missing when the two sides cannot be set against each other there."""
    anchor = anchor_of(ctx.shop, ctx.today)
    lacking = next((table for table in _SIDES if not reader.has(table)), None)
    both = overlap_of(reader)
    asked = parse_window(text, anchor)
    if lacking is not None:
        return asked, _one_side(reader, lacking)
    if text.strip().lower() == "all":
        return (asked, _apart(reader)) if both is None else (both, None)
    covers = [days for days in map(reader.coverage, _SIDES) if days is not None]
    start = max(asked.start, min(first for first, _ in covers))
    end = min(asked.end, max(last for _, last in covers))
    if both is None or start > end:
        return asked, _apart(reader)
    return Window(start=start, end=end), None


def _one_side(reader: Reader, lacking: str) -> DataMissing:
    there = next(table for table in _SIDES if table != lacking)
    have, want, path = table_text(there), table_text(lacking), unlock_text(lacking, reader.platform)
    if not reader.has(there):
        have = Text("其他数据", "other data")
    message = Text(
        f"有“{have.zh}”，没有“{want.zh}”，两边还不能互相核对；导出路径：{path.zh}。",
        f'There is "{have.en}" but no "{want.en}", so the two cannot be checked against each other yet. Export: {path.en}.',
    )
    return DataMissing(message, tables=(lacking,))


def _apart(reader: Reader) -> DataMissing:
    spans = []
    for table in _SIDES:
        days = reader.coverage(table)
        spans.append(window_text(Window(start=days[0], end=days[1])) if days else Text("", ""))
    message = Text(
        f"订单覆盖{spans[0].zh}，店铺日报覆盖{spans[1].zh}，这段时间没有两边都有的日子；请导出同一段时间的两份文件。",
        f"Orders cover {spans[0].en}, the shop report {spans[1].en}: no day here is in both. Export both for the same period.",
    )
    return DataMissing(message, tables=_SIDES)


def _rejected(reader: Reader) -> int:
    """Rows refused in files that feed orders. The ledger keeps no dates of them, so they count over the whole period."""
    ledger = reader.shop.imports() if isinstance(reader.shop, _HasLedger) else []
    formats = all_formats() if any(row["rejected"] for row in ledger) else {}
    feeding = {name for name, spec in formats.items() if "orders" in spec.targets}
    # a file imported again after correction counts with its last reading only
    last = {str(row["file_name"]): int(str(row["rejected"])) for row in reversed(ledger) if row["format"] in feeding}
    return sum(last.values())


def _notes(found: Reconciliation) -> Iterable[Text]:
    if found.presales and "presale" not in found.parts and found.parts.get("unexplained"):
        yield Text(
            "有跨天付尾款的预售订单，但订单报表不含定金金额，定金记在哪天无法分清。",
            "There are presale orders with the balance on a later day; the order report has no deposit amounts, so where deposits count"
            " cannot be told.",
        )
    if not found.timed and found.gap:
        yield Text(
            "订单没有付款的具体时刻，零点前后和时区的差异看不出来。",
            "Orders carry no clock time of payment, so midnight and time-zone differences cannot be seen.",
        )
    if found.rejected and "rejected" not in found.parts and found.gap:
        yield Text(
            f"订单文件有 {found.rejected:,} 行被拒收或按规则略过，金额不在账里，没有把差额算到它们头上；原因见隔离文件。",
            f"{found.rejected:,} rows of the order files were rejected or left out by rule; their amounts are not known, so no part of the"
            " gap is put down to them. The quarantine file has the reasons.",
        )
