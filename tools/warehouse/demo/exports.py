"""The simulated shop as the files a merchant downloads from 千牛: GBK, `="…"` ids, blanks in headers, invented people.

The order file follows the 2022 Tmall header and the reading in which 买家实际支付金额 is already net of refunds.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from tools.seeds import load_yaml
from tools.warehouse.demo.simulation import Simulation

__all__ = ["DETAIL_HEADER", "ORDER_HEADER", "write_exports"]

_HEADERS: dict[str, list[str]] = load_yaml("demo", "exports.yaml")
ORDER_HEADER, DETAIL_HEADER = _HEADERS["orders"], _HEADERS["details"]

_STATUS = {
    "created": "等待买家付款",
    "paid": "买家已付款，等待卖家发货",
    "shipped": "卖家已发货，等待买家确认",
    "completed": "交易成功",
    "closed": "交易关闭",
    "refunded": "交易关闭",
}
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何"
_GIVEN = ("样例", "演示", "模拟", "虚构", "测试")
_MESSAGES = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "请尽快发货，谢谢",
    "放门卫,不要打电话",
    "送人的\n请包装好",
    '要"新日期"的',
    "  ",
)
_DEFAULT_DAYS = 92  # the back office exports three months at a time


def write_exports(
    simulation: Simulation, folder: Path, *, start: date | None = None, end: date | None = None
) -> tuple[Path, Path]:
    """Write `ExportOrderList….csv` and `ExportOrderDetailList….csv` of orders created from `start` to `end` (both included).

    Default: the last 92 days. All people in the files are invented; phone numbers cannot exist. Returns both paths.
    """
    last = end or simulation.spec.end
    first = start or max(simulation.spec.start, last - timedelta(days=_DEFAULT_DAYS - 1))
    orders = _rows(simulation, "orders", first, last)
    by_id = {row["order_id"]: row for row in orders}
    titles: dict[str, list[str]] = {}
    lines = [row for row in simulation.tables["order_lines"].to_pylist() if row["order_id"] in by_id]
    for row in lines:
        titles.setdefault(row["order_id"], []).append(row["title"])
    stamp = f"{last + timedelta(days=1):%Y%m%d}0930"
    folder.mkdir(parents=True, exist_ok=True)
    order_file = folder / f"ExportOrderList{stamp}.csv"
    detail_file = folder / f"ExportOrderDetailList{stamp}.csv"
    _write(order_file, ORDER_HEADER, (_order_row(simulation, row, titles[row["order_id"]]) for row in orders))
    _write(detail_file, DETAIL_HEADER, (_line_row(row, by_id[row["order_id"]]) for row in lines))
    return order_file, detail_file


def _rows(simulation: Simulation, table: str, first: date, last: date) -> list[dict[str, Any]]:
    """Newest first, as the back office lists them."""
    full = simulation.tables[table]
    created = full["created_date"].to_numpy()
    where = np.flatnonzero((created >= np.datetime64(first)) & (created <= np.datetime64(last)))[::-1]
    rows: list[dict[str, Any]] = full.take(where).to_pylist()
    return rows


def _write(path: Path, header: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="gbk", newline="") as handle:
        writer = csv.DictWriter(handle, header, restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def _id(value: str) -> str:
    return f'="{value}"'


def _time(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value is not None else ""


def _status(row: dict[str, Any]) -> str:
    # older rows of the back office still carry the narrow comma
    word = _STATUS[row["status"]]
    return word.replace("，", ",") if row["order_id"].endswith(("10", "60")) else word


def _person(row: dict[str, Any]) -> dict[str, str]:
    """An invented buyer, the same for all orders of one buyer key."""
    key = int(row["buyer_key"] or row["order_id"], 16)
    pick: Callable[[Sequence[str], int], str] = lambda pool, shift: pool[(key >> shift) % len(pool)]  # noqa: E731
    province = row["province"] or "浙江省"
    return {
        "买家会员名": f"sim_{key % 16**10:010x}",
        "买家会员昵称": f"sim_{key % 16**10:010x}",
        "收货人姓名": pick(_SURNAMES, 3) + pick(_GIVEN, 11),
        "收货地址 ": f"{province} 模拟市 演示区 样例路{key % 900 + 1}号",
        "联系电话 ": "",
        "联系手机": f"'10{key % 10**9:09d}",
    }


def _order_row(simulation: Simulation, row: dict[str, Any], titles: list[str]) -> dict[str, str]:
    paid = row["paid_at"] is not None
    refund: Decimal = row["refund_amount"]
    net = row["payable_amount"] - refund if paid else Decimal("0.00")
    shipped = row["shipped_at"] is not None
    number = int(row["order_id"])
    closed = "退款" if row["status"] == "refunded" else "买家未付款" if row["status"] == "closed" else ""
    return {
        **_person(row),
        "订单编号": _id(row["order_id"]),
        "支付单号": _id(str(number // 7)) if paid else "",
        "买家应付货款": f"{row['payable_amount'] - row['shipping_amount']}",
        "买家应付邮费": f"{row['shipping_amount']}",
        "买家支付积分": "0",
        "总金额": f"{row['payable_amount']}",
        "返点积分": "0",
        "买家实际支付金额": f"{net}",
        "买家实际支付积分": "0",
        "订单状态": _status(row),
        "买家留言": _MESSAGES[number // 10 % len(_MESSAGES)],
        "运送方式": "快递",
        "订单创建时间": _time(row["created_at"]),
        "订单付款时间 ": _time(row["paid_at"]),
        "宝贝标题 ": "，".join(titles),
        "宝贝种类 ": str(len(titles)),
        "物流单号 ": f"No:SIM{number % 10**10:010d}" if shipped else "",
        "物流公司": "模拟快递" if shipped else "",
        "宝贝总数量": str(row["item_quantity"]),
        "店铺Id": "0",
        "店铺名称": simulation.spec.name,
        "订单关闭原因": closed,
        "是否手机订单": "手机订单" if row["device"] == "无线" else "",
        "分阶段订单信息": "阶段1：定金；阶段2：尾款" if row["is_presale"] else "",
        "退款金额": f"{refund}" if paid else "0.00",
        "确认收货时间": _time(row["completed_at"]),
        "打款商家金额": f"{net if row['completed_at'] is not None else Decimal('0.00')}元",
        "预售订单": "是" if row["is_presale"] else "否",
        "发货时间": _time(row["shipped_at"]),
        "主订单编号": _id(row["order_id"]),
    }


def _line_row(row: dict[str, Any], order: dict[str, Any]) -> dict[str, str]:
    paid = order["paid_at"] is not None
    return {
        "子订单编号": _id(row["line_id"]),
        "主订单编号": _id(row["order_id"]),
        "标题": row["title"],
        "价格": f"{row['unit_price']}",
        "购买数量": str(row["quantity"]),
        "外部系统编号": row["sku"],
        "商品属性": "规格：默认",
        "订单状态": _status(order),
        "商家编码": row["sku"],
        "支付单号": _id(str(int(row["order_id"]) // 7)) if paid else "",
        "买家应付货款": f"{row['amount'] if paid else row['unit_price'] * row['quantity']}",
        "买家实际支付金额": f"{row['amount'] - row['refund_amount']}",
        "退款状态": "退款成功" if row["refund_amount"] > 0 else "没有申请退款",
        "退款金额": f"{row['refund_amount']}",
        "订单创建时间": _time(order["created_at"]),
        "订单付款时间": _time(order["paid_at"]),
    }
