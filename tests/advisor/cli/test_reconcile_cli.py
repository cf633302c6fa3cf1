"""`advisor reconcile` and the card after an import: agreement in one sentence, a finding with its cause, one source named quietly."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.advisor.door_files import tmall_orders
from tests.advisor.terminal import Run


def sycm_report(orders: Path, target: Path, *, net: bool = False) -> Decimal:
    """The 生意参谋 report a shop with these orders would see; with `net` the platform's figure is after refunds."""
    with orders.open(encoding="gb18030", newline="") as file:
        rows = [{key.strip(): cell for key, cell in row.items()} for row in csv.DictReader(file)]
    days: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        days.setdefault(row["订单付款时间"][:10], []).append(row)
    total = Decimal(0)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["统计日期", "访客数", "浏览量", "支付买家数", "支付父订单数", "支付金额", "支付转化率", "客单价"])
        for day, mine in days.items():
            paid = sum(
                (Decimal(row["买家实际支付金额"]) - (Decimal(row["退款金额"]) if net else 0) for row in mine),
                Decimal(0),
            )
            total += paid
            out.writerow([day, 500, 1500, len({row["买家会员名"] for row in mine}), len(mine), paid, "2.00%", "80"])
    return total


def test_the_card_says_that_both_sides_agree(run: Run, tmp_path: Path) -> None:
    orders, report, ws = tmp_path / "orders.csv", tmp_path / "店铺日报.csv", tmp_path / "ws"
    totals = tmall_orders(orders, days=20)
    alone = run("import", orders, "--workspace", ws, "--lang", "zh")
    assert alone.code == 0 and "还没有“店铺日报”：导入后" in alone.out
    assert alone.out.count("逐日核对") == 1
    refused = run("reconcile", "--workspace", ws, "--lang", "en")
    assert refused.code == 3 and "shop daily report" in refused.err and "Export:" in refused.err
    assert sycm_report(orders, report) == totals.gross
    both = run("import", report, "--workspace", ws, "--lang", "zh")
    assert both.code == 0, both.err
    assert "与平台日报对账" in both.out and "支付金额与店铺日报一致" in both.out
    assert "差额中" not in both.out
    said = run("reconcile", "--workspace", ws, "--json", "--lang", "en")
    assert said.code == 0 and said.json["tables"] == []
    figures = {(one["metric"], one["role"]): one["value"] for one in said.json["facts"][0]["figures"]}
    assert figures["gmv", "value"] == figures["report_gmv", "previous"] == pytest.approx(float(totals.gross))


def test_a_finding_names_its_cause_on_the_card_and_in_the_command(run: Run, tmp_path: Path) -> None:
    orders, report, ws = tmp_path / "orders.csv", tmp_path / "report.csv", tmp_path / "ws"
    totals = tmall_orders(orders, days=20)
    assert sycm_report(orders, report, net=True) == totals.gross - totals.refunds
    card = run("import", orders, report, "--workspace", ws, "--lang", "en")
    assert card.code == 0, card.err
    assert "the order files being higher: order files" in card.out and "the report is net of refunds" in card.out
    said = run("reconcile", "--workspace", ws, "--lang", "zh")
    assert said.code == 0 and "日报已扣退款" in said.out and "逐日对账" in said.out and "未能解释" not in said.out
    told = run("reconcile", "--workspace", ws, "--json", "--lang", "zh").json["facts"]
    parts = [fact for fact in told if "差额中“退款口径”" in fact["claim"]]
    assert parts[0]["figures"][0]["value"] == pytest.approx(float(totals.refunds))
    one = run("reconcile", "--window", "2024-03-02", "--workspace", ws, "--json")
    assert one.code == 0 and one.json["facts"][0]["window"] == "2024-03-02..2024-03-02"
    wrong = run("reconcile", "--window", "someday", "--workspace", ws, "--json")
    assert wrong.code == 2 and wrong.json["error"]["code"] == "bad_arguments"
