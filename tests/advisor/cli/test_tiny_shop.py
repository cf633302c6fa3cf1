"""A shop of fourteen orders asks: what cannot be told is said first and why, and nothing is made of three buyers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.advisor.terminal import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def tiny(run: Run, tmp_path: Path) -> Path:
    head = "订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,订单创建时间,订单付款时间,宝贝标题 ,宝贝总数量"
    rows = [
        f"{33012345678901000 + i},买家{i % 11},{68 + i}.00,0.00,{68 + i}.00,{68 + i}.00,交易成功,2026-11-{i + 1:02d} 10:05:00,2026-11-{i + 1:02d} 10:09:00,手工陶杯,1"
        for i in range(14)
    ]
    file = tmp_path / "ExportOrderList.csv"
    file.write_bytes("\n".join([head, *rows]).encode("gb18030"))
    assert run("import", file, "--workspace", tmp_path / "ws").code == 0
    return tmp_path / "ws"


def test_what_cannot_be_told_leads(run: Run, tiny: Path) -> None:
    back = run("ask", "is anyone coming back?", "--workspace", tiny, "--json")
    headline = back.json["answer"]["headline"]["text"]
    assert "cannot be answered yet" in headline and "100" not in back.out.split("evidence")[0]

    rundown = run("ask", "明晚直播排什么品", "--workspace", tiny, "--json").json["answer"]
    assert (
        "卖一件能剩多少" in rundown["headline"]["text"]
    )  # the refusal holds figures of an example, and no fact to cite
