"""A workspace for import tests and hand-made exports under the real headers of each generation."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tools.warehouse.importer import ImportReport, detect, import_files
from tools.warehouse.writer import MerchantProfile, merchant_file
from tools.warehouse.writer_rollup import ROLLUP_TABLES


def cells(header: str) -> list[str]:
    return header.split(",")


def at(moment: str) -> datetime:
    """A local time without zone, as the warehouse keeps it."""
    return datetime.fromisoformat(moment)


H2016 = cells(
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,"
    "收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,"
    "订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,定金排名,修改后的sku,修改后的收货地址,异常信息,"
    "天猫卡券抵扣,集分宝抵扣,是否是O2O交易"
)
H2018 = [
    *H2016,
    *cells(
        "新零售交易类型,新零售导购门店名称,新零售导购门店id,新零售发货门店名称,新零售发货门店id,退款金额,预约门店,确认收货时间,打款商家金额,含应开票给个人的个人红包"
    ),
]
H2022 = [
    *(name for name in H2018 if name != "买家支付宝账号"),
    *cells("买家会员昵称,支付单号,支付详情,虚拟号过期时间,是否信用购,配送类型,预售订单,发货时间,商家备忘,主订单编号"),
]
ITEMS = cells(
    "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,买家实际支付金额,"
    "退款状态,退款金额,订单创建时间,订单付款时间"
)
SHOPIFY = cells(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Lineitem requires shipping,Billing Name,Billing Phone,Shipping Name,Shipping Address1,Shipping Province,Shipping Country,Cancelled at,"
    "Refunded Amount,Outstanding Balance,Id,Source,Lineitem discount,Phone"
)
# Everything here must never be found in a warehouse file.
PERSON = {
    "买家会员名": "爱吃鱼的猫咪88",
    "买家会员昵称": "爱吃鱼的猫咪88",
    "买家支付宝账号": "catlover88@example.com",
    "买家留言": "麻烦发顺丰谢谢老板",
    "收货人姓名": "欧阳翠花",
    "收货地址 ": "浙江省 杭州市 余杭区 仓前街道文一西路969号",
    "联系电话 ": "0571-88157808",
    "联系手机": "'13912345678",
    "订单备注": "老客户多送一份",
    "商家备忘": "黑名单观察",
    "发票抬头": "杭州翠花贸易有限公司",
    "修改后的收货地址": "浙江省 宁波市 海曙区 药行街18号",
    "支付单号": "2020022122001177889900",
    "支付详情": "花呗分期六期",
    "物流单号 ": "No:YT99887766554",
}


def order(number: int, **cells: str) -> dict[str, str]:
    """A paid Tmall order of 100 yuan; give cells by header to change it."""
    base = {
        **PERSON,
        "订单编号": f'="{20_000_000_000_000_000 + number}"',
        "买家会员名": f"tb买家{number}",
        "买家会员昵称": f"tb买家{number}",
        "买家应付货款": "90.00",
        "买家应付邮费": "10.00",
        "总金额": "100.00",
        "买家实际支付金额": "100.00",
        "订单状态": "交易成功",
        "订单创建时间": "2024-03-01 10:00:00",
        "订单付款时间 ": "2024-03-01 10:05:00",
        "宝贝标题 ": "保湿面霜50g",
        "宝贝种类 ": "1",
        "宝贝总数量": "1",
        "是否手机订单": "手机订单",
        "退款金额": "0.00",
        "确认收货时间": "2024-03-08 09:00:00",
        "打款商家金额": "100.00元",
        "预售订单": "否",
        "发货时间": "2024-03-02 15:00:00",
    }
    return base | cells


def item(number: int, **cells: str) -> dict[str, str]:
    """One line of order `number`."""
    base = {
        "子订单编号": f"{30_000_000_000_000_000 + number}",
        "主订单编号": f"{20_000_000_000_000_000 + number}",
        "标题": "保湿面霜50g",
        "价格": "100.00",
        "购买数量": "1",
        "外部系统编号": "CREAM50",
        "商品属性": "规格：50g",
        "备注": "老客户多送一份",
        "订单状态": "交易成功",
        "商家编码": "CREAM50",
        "买家应付货款": "100.00",
        "买家实际支付金额": "100.00",
        "退款状态": "没有申请退款",
        "退款金额": "0.00",
        "订单创建时间": "2024-03-01 10:00:00",
        "订单付款时间": "2024-03-01 10:05:00",
    }
    return base | cells


def sale(name: str, **cells: str) -> dict[str, str]:
    """First line of a paid Shopify order of 50; further lines are plain dicts with Name and Lineitem cells."""
    base = {
        "Name": name,
        "Email": f"{name.strip('#')}@example.com",
        "Financial Status": "paid",
        "Paid at": "2024-01-31 23:30:00 -0500",
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": "2024-02-02 09:00:00 -0500",
        "Currency": "USD",
        "Subtotal": "45.00",
        "Shipping": "5.00",
        "Total": "50.00",
        "Discount Amount": "0.00",
        "Created at": "2024-01-31 23:29:00 -0500",
        "Lineitem quantity": "1",
        "Lineitem name": "Linen shirt",
        "Lineitem price": "45.00",
        "Lineitem sku": "LS-1",
        "Billing Name": "Jane Roe",
        "Billing Phone": "+1 415 555 0199",
        "Shipping Name": "Jane Roe",
        "Shipping Address1": "1 Infinite Loop",
        "Shipping Province": "CA",
        "Refunded Amount": "0.00",
        "Outstanding Balance": "0.00",
        "Source": "web",
        "Lineitem discount": "0",
        "Phone": "+1 415 555 0199",
    }
    return base | {key.replace("_", " "): value for key, value in cells.items()}


def csv_text(header: Sequence[str], rows: Iterable[dict[str, str]], *, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", extrasaction="ignore", lineterminator="\r\n", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def said(report: ImportReport) -> str:
    """What the notes of an import tell, in Chinese."""
    return " ".join(note.zh for note in report.notes)


class Desk:
    """One workspace and one merchant."""

    def __init__(self, root: Path, merchant: str = "shop") -> None:
        self.root = root
        self.profile = MerchantProfile(merchant, "测试店")
        self.warehouse, self.quarantine, self.keys = root / "warehouse", root / "quarantine", root / "keys"

    @property
    def file(self) -> Path:
        return merchant_file(self.warehouse, self.profile.merchant_id)

    def write(self, name: str, content: str | bytes, *, encoding: str = "gb18030") -> Path:
        path = self.root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def load(self, *paths: Path, **options: Any) -> list[ImportReport]:
        reports = import_files(
            paths,
            warehouse=self.warehouse,
            quarantine=self.quarantine,
            keys=self.keys,
            profile=self.profile,
            **options,
        )
        for report in reports:
            assert report.accepted + report.updated + report.duplicate + report.rejected == report.rows
        return reports

    def load_rows(
        self, header: Sequence[str], rows: Iterable[dict[str, str]], *, name: str = "export.csv", **options: Any
    ) -> ImportReport:
        (report,) = self.load(self.write(name, csv_text(header, rows)), **options)
        return report

    def load_again(self, path: Path) -> ImportReport:
        """The file that was just imported once more: every row that was taken is a duplicate, and nothing changes."""
        before = self.content()
        (report,) = self.load(path)
        assert (report.accepted, report.updated) == (0, 0)
        assert self.content() == before
        return report

    def load_twice(
        self, header: Sequence[str], rows: Iterable[dict[str, str]], name: str = "export.csv"
    ) -> ImportReport:
        """Import as UTF-8 with a mark, and once more under the same name; the report is the first one's."""
        path = self.write(name, csv_text(header, rows), encoding="utf-8-sig")
        (first,) = self.load(path)
        assert self.load_again(path).duplicate == first.rows - first.rejected
        return first

    def platform_format(self, header: Sequence[str]) -> str:
        """The format that takes a file under this header; no other platform's would."""
        (found,) = detect(self.write("x.csv", ",".join(header) + "\r\n", encoding="utf-8-sig"))
        assert [other for other in found.alternatives if not other.startswith("template_")] == []
        return found.format

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.file, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def digest(self) -> str:
        """Bytes of the merchant's file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """All shop data without bookkeeping and what is made from them, in a fixed order."""
        found = {}
        for (table,) in self.query("SELECT table_name FROM duckdb_tables()"):
            if table not in {"merchants", "imports", "row_versions", *ROLLUP_TABLES}:
                found[table] = self.query(f"SELECT * EXCLUDE (import_id) FROM {table} ORDER BY ALL")
        return found
