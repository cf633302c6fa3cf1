"""The refund trap: whether an export's paid amount is before or after refunds is decided once per file, and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from tools.facts import Claim
from tools.warehouse.ingest.expressions import condition_sql, quote
from tools.warehouse.ingest.spec import RefundReading

__all__ = ["Reading", "read_refunds"]

Mode = Literal["absent", "plain", "net", "gross"]
_NEARLY_ALL = 0.8
_FEW = 0.2


@dataclass(frozen=True)
class Reading:
    """SQL of the amount paid before refunds and of the refund of a row, and the sentence that says how it was read."""

    mode: Mode
    gross: str
    refund: str
    claim: Claim


def read_refunds(
    connection: duckdb.DuckDBPyConnection, spec: RefundReading, columns: Mapping[str, object], *, source: str
) -> Reading:
    """Decide the reading over the readable rows of `source`; `columns` are the fields this file has."""
    paid_when = condition_sql(spec.paid_when)
    total, paid = quote(spec.total), quote(spec.paid)
    if spec.refund not in columns:
        return _absent(total, paid, paid_when, condition_sql(spec.closed))
    refund = f"coalesce({quote(spec.refund)}, 0)"
    if spec.refund_when is not None:
        refund = f"CASE WHEN {condition_sql(spec.refund_when)} THEN {refund} ELSE 0 END"
    agrees = f"coalesce(abs({paid} - ({total} - {refund})) <= 0.01, FALSE)"
    found = connection.execute(
        f"SELECT count(*), count(*) FILTER ({agrees}) FROM {source} "  # noqa: S608
        f"WHERE _error IS NULL AND {paid_when} AND {refund} > 0"
    ).fetchone()
    refunded, net = found if found is not None else (0, 0)
    if refunded and net >= _NEARLY_ALL * refunded:
        return _net(total, paid, refund, paid_when, refunded, net)
    return _gross(total, paid, refund, agrees, paid_when, refunded, net)


def _net(total: str, paid: str, refund: str, paid_when: str, refunded: int, net: int) -> Reading:
    before = f"coalesce({paid}, {total} - {refund})"
    # 实付 + 退款, never above what was due: the few rows that do not agree are still before refunds
    gross = f"greatest({before}, least({before} + {refund}, coalesce({total}, {before} + {refund})))"
    return Reading(
        "net",
        f"CASE WHEN {paid_when} THEN {gross} ELSE 0 END",
        f"CASE WHEN {paid_when} THEN {refund} ELSE 0 END",
        Claim(
            zh=f"退款读法：{refunded:,} 笔有退款的已付款订单中，{net:,} 笔满足“实付 = 总金额 − 退款”，说明这份文件的实付已经扣过退款。"
            "因此支付金额取退款前的金额，净成交等于实付，退款没有重复扣减。",
            en=f"Refund reading: of {refunded:,} paid orders with a refund, {net:,} have paid = total - refund, so the paid amount "
            "of this file is already after refunds. Gross is taken before refunds, net equals the paid amount, and no refund "
            "is deducted twice.",
        ),
    )


def _gross(total: str, paid: str, refund: str, agrees: str, paid_when: str, refunded: int, net: int) -> Reading:
    kept = f"CASE WHEN {agrees} THEN 0 ELSE {refund} END"
    zh = en = ""
    if net:
        zh = f"；其中 {net:,} 笔满足“实付 = 总金额 − 退款”，是已从实付里扣掉的取消行，退款记 0"
        en = f"; {net:,} of them have paid = total - refund: cancelled lines already left out of the paid amount, refund 0"
    if net > _FEW * refunded:
        zh += "。两种情况混在一起，请和生意参谋的成功退款金额核对一次"
        en += ". Both kinds occur side by side: please compare once with the refunds in the platform's own report"
    if not refunded:
        claim = Claim(
            zh="这份文件里没有退款，支付金额就是实付。", en="No refunds in this file; gross is the paid amount."
        )
    else:
        claim = Claim(
            zh=f"退款读法：{refunded:,} 笔有退款的已付款订单，实付是退款前的金额，净成交 = 实付 − 退款{zh}。",
            en=f"Refund reading: {refunded:,} paid orders have a refund, and the paid amount is before it; net = paid - refund{en}.",
        )
    return Reading(
        "gross" if refunded else "plain",
        f"CASE WHEN {paid_when} THEN coalesce({paid}, {total}) ELSE 0 END",
        f"CASE WHEN {paid_when} THEN {kept} ELSE 0 END",
        claim,
    )


def _absent(total: str, paid: str, paid_when: str, closed: str) -> Reading:
    whole = f"CASE WHEN coalesce({paid}, 0) > 0 THEN {paid} ELSE coalesce({total}, 0) END"
    return Reading(
        "absent",
        f"CASE WHEN {paid_when} THEN CASE WHEN {closed} THEN {whole} ELSE coalesce({paid}, {total}) END ELSE 0 END",
        f"CASE WHEN {paid_when} AND {closed} THEN {whole} END",  # empty: unknown, which is not none
        Claim(
            zh="这份文件没有“退款金额”列：付款后关闭的订单按全额退款计，部分退款看不到，净成交会偏高。"
            "重新导出带退款金额的新版订单报表即可补上。",
            en="This file has no refund column: orders closed after payment count as refunded in full, partial refunds cannot be "
            "seen and net sales are too high. Export the current order report, which has 退款金额.",
        ),
    )
