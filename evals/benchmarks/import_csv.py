"""Import of a GB18030 order report against `iconv` + DuckDB `CREATE TABLE AS read_csv(all_varchar)`, in one run.

    python -m evals.benchmarks.import_csv [--rows 1000000] [--rounds 2] [--json]

The file is synthetic: the 52 columns of the ~2018 Tmall order report with invented people. The baseline only copies text; the
import also checks, types, hashes buyers, compares with what is there and writes the ledger. Target: ratio <= 2.5.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import duckdb

from tools.warehouse.importer import import_files
from tools.warehouse.writer import DUCKDB_CONFIG, MerchantProfile

__all__ = ["Cost", "baseline", "main", "ours", "write_report"]

_HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,"
    "收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,"
    "店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,是否上传小票,是否代付,"
    "定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易,新零售交易类型,新零售导购门店名称,新零售导购门店id,"
    "新零售发货门店名称,新零售发货门店id,退款金额,预约门店,确认收货时间,打款商家金额,含应开票给个人的个人红包"
)


def _row(number: int) -> str:
    """One order, every figure a function of its number so that any run makes the same file."""
    mixed = number * 2654435761 % 2**32
    cents = 900 + mixed % 30_000
    paid, refunded = mixed % 10 != 0, mixed % 9 == 0
    amount = f"{cents / 100:.2f}"
    refund = amount if paid and refunded else "0.00"
    kept = "0.00" if refunded or not paid else amount
    moment = f"2024-{1 + number % 12:02d}-{1 + number % 28:02d} {number % 24:02d}:{number % 60:02d}:{mixed % 60:02d}"
    return (
        f'"=""{2 * 10**18 + number}""","tb买家{mixed % 700_000}","b{mixed % 700_000}@example.com","{amount}","0.00","0","{amount}","0",'
        f'"{kept}","0","{"交易成功" if paid and not refunded else "交易关闭"}","","张样例","浙江省 杭州市 演示区 样例路{number}号 (310000)",'
        f'"快递","","\'10{mixed % 10**9:09d}","{moment}","{moment if paid else ""}","春季新款连衣裙长袖气质显瘦{mixed % 500}","1",'
        f'"No:SIM{number}","模拟快递","\'null","{1 + mixed % 3}","0","样例旗舰店","{"" if paid else "买家未付款"}","0","0","","手机订单","","",'
        f'"否","否","否","","","","","0","0","否","","","","","","{refund}","","{moment if paid else ""}","{kept}元",""\r\n'
    )


def write_report(path: Path, rows: int) -> None:
    """Write the synthetic report."""
    with path.open("w", encoding="gb18030", newline="") as out:
        out.write(_HEADER + "\r\n")
        for start in range(0, rows, 20_000):
            out.write("".join(_row(number) for number in range(start, min(rows, start + 20_000))))


class Cost(NamedTuple):
    """Wall and processor seconds; on a shared machine the second is the steadier."""

    wall: float
    cpu: float


def _now() -> Cost:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Cost(time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in used))


def _since(began: Cost) -> Cost:
    now = _now()
    return Cost(now.wall - began.wall, now.cpu - began.cpu)


def baseline(source: Path, folder: Path) -> Cost:
    """Cost of iconv and a plain copy of the text into DuckDB."""
    began = _now()
    utf8 = folder / "baseline.csv"
    with utf8.open("wb") as out:
        subprocess.run(["iconv", "-f", "GB18030", "-t", "UTF-8", str(source)], stdout=out, check=True)
    with duckdb.connect(folder / "baseline.duckdb", config=DUCKDB_CONFIG) as connection:
        connection.execute(
            "CREATE OR REPLACE TABLE t AS SELECT * FROM read_csv(?, all_varchar = true)", [utf8.as_posix()]
        )
        connection.execute("CHECKPOINT")
    return _since(began)


def ours(source: Path, folder: Path) -> Cost:
    """Cost of a first import of the same file into a new shop."""
    shutil.rmtree(folder / "workspace", ignore_errors=True)
    workspace = folder / "workspace"
    began = _now()
    (report,) = import_files(
        [source],
        warehouse=workspace / "warehouse",
        quarantine=workspace / "quarantine",
        keys=workspace / "keys",
        profile=MerchantProfile("bench", "benchmark"),
    )
    cost = _since(began)
    if report.accepted != report.rows:
        raise SystemExit(f"only {report.accepted} of {report.rows} rows were accepted")
    return cost


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2, help="the two are run in turn; the best of each counts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if shutil.which("iconv") is None:
        parser.error("iconv is not on this machine; it is the baseline")
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as name:
        folder = Path(name)
        source = folder / "ExportOrderList202501010930.csv"
        write_report(source, options.rows)
        size = source.stat().st_size
        runs = [(baseline(source, folder), ours(source, folder)) for _ in range(options.rounds)]
    plain, full = (Cost(min(run[i].wall for run in runs), min(run[i].cpu for run in runs)) for i in (0, 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    result = {
        "rows": options.rows,
        "megabytes": round(size / 1e6),
        "iconv_and_read_csv_s": round(plain.wall, 2),
        "import_s": round(full.wall, 2),
        "ratio": round(full.wall / plain.wall, 2),
        "ratios_by_round": [round(run[1].wall / run[0].wall, 2) for run in runs],
        "cpu_s": [round(plain.cpu, 2), round(full.cpu, 2)],
        "cpu_ratio": round(full.cpu / plain.cpu, 2),
        "peak_mb": round(peak),
    }
    print(json.dumps(result) if options.json else "\n".join(f"{key:24} {value}" for key, value in result.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
