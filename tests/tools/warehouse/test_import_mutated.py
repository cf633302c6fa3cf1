"""Mutated files: no crash, the ledger adds up, and whatever is refused leaves the warehouse byte for byte as it was."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.warehouse.import_desk import H2022, SHOPIFY, Desk, csv_text, order, sale
from tests.tools.warehouse.sycm_samples import SOURCES_3
from tools.errors import ImportRefused

ORDERS = csv_text(H2022, [order(n, **{"宝贝标题 ": "面霜\n两瓶" if n % 3 else '14"面膜'}) for n in range(12)])
SALES = csv_text(SHOPIFY, [sale(f"#{n}") for n in range(6)])
SOURCES = csv_text(
    ["统计日期", *SOURCES_3],
    [
        {
            "统计日期": day,
            "一级来源": "付费推广",
            "二级来源": second,
            "三级来源": "汇总",
            "访客数": "1,652",
            "支付金额": "100.00",
        }
        for day in ("2024-03-01", "2024-03-01 ~ 2024-03-07", "2024年3月2日")
        for second in ("汇总", "关键词推广")
    ],
)
TEXTS = (SALES, ORDERS, SOURCES)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 40)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def shift(data: bytes, rng: random.Random) -> bytes:
    """A cell too many or too few on some rows."""
    lines = data.split(b"\r\n")
    for _ in range(3):
        place = rng.randrange(len(lines))
        lines[place] = rng.choice([b"x," + lines[place], lines[place].partition(b",")[2], lines[place] + b",,,"])
    return b"\r\n".join(lines)


def huge_cell(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(rng.randrange(len(lines)), b'"' + b"A" * 400_000 + b'"')
    return b"\r\n".join(lines)


def strange_values(data: bytes, rng: random.Random) -> bytes:
    for old, new in (
        (b"100.00", rng.choice([b"1e400", b"-1e9", b"99999999999999999999", b"=1+1", b"\xff\xfe", b"", b"NaN"])),
        (b"2024-03-01", rng.choice([b"01/03/2024", b"2024-13-45", b"\x00", b"9999-99-99", b"45351"])),
    ):
        parts = data.split(old)
        data = b"".join(part + (new if rng.random() < 0.3 else old) for part in parts[:-1]) + parts[-1]
    return data


def wrong_encoding(data: bytes, rng: random.Random) -> bytes:
    return data.decode("gb18030", "replace").encode(rng.choice(["utf-16", "utf-16-le", "big5", "utf-8"]), "replace")


def quotes(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + rng.choice([b'"', b'"""', b'",', b'\n"']) + data[place:]


MUTATIONS = [cut, flip, shift, huge_cell, strange_values, wrong_encoding, quotes]


def check(folder: Path, text: str, seed: int) -> None:
    rng = random.Random(seed)
    desk = Desk(folder)
    desk.load(desk.write("good.csv", "product_id,title\nA,b\n"))
    before = desk.digest()
    data = text.encode("gb18030")
    for mutate in rng.sample(MUTATIONS, rng.randrange(1, 4)):
        data = mutate(data, rng) or b"x"
    path = desk.write("mutated.csv", data)
    try:
        (report,) = desk.load(path)  # checks that the ledger adds up
    except ImportRefused as refused:
        assert refused.message.zh and refused.message.en
        assert desk.digest() == before
        return
    assert desk.query("SELECT count(*) FROM imports") == [(2,)]
    rejected = desk.query("SELECT rejected FROM imports WHERE file_name = 'mutated.csv'")
    assert rejected == [(report.rejected,)]
    if report.rejected:
        listed = Path(report.quarantine_file or "").read_text(encoding="utf-8-sig").count("\nmutated.csv,")
        assert listed == report.rejected
    again = desk.load(path)[0]
    assert (again.accepted, again.updated, again.rejected) == (0, 0, report.rejected)


@pytest.mark.parametrize("seed", range(9))
def test_mutated_exports(tmp_path: Path, seed: int) -> None:
    check(tmp_path, TEXTS[seed % 3], seed)


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("MUTATED_FILES", "20")), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.integers(min_value=0), st.sampled_from(TEXTS))
def test_many_mutated_exports(tmp_path_factory: pytest.TempPathFactory, seed: int, text: str) -> None:
    check(tmp_path_factory.mktemp("m"), text, seed)


SCRIPT = """
import sys
from pathlib import Path
from tools.warehouse.importer import import_files
from tools.warehouse.writer import MerchantProfile
root = Path(sys.argv[1])
print("started", flush=True)
import_files([root / "big.csv"], warehouse=root / "warehouse", quarantine=root / "quarantine", keys=root / "keys",
             profile=MerchantProfile("shop", "x"), on_progress=lambda text, share: print(share, flush=True))
print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("after", ["0.1", "0.45", "0.7", "0.9"])
def test_killed_half_way_leaves_all_or_nothing(tmp_path: Path, after: str) -> None:
    desk = Desk(tmp_path)
    desk.load_rows(H2022, [order(1)], name="first.csv")
    before = desk.digest()
    desk.write("big.csv", csv_text(H2022, [order(n) for n in range(1, 20_001)]))
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == after:
                break
        time.sleep(random.Random(after).random() * 0.2)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
    assert desk.digest() == before or desk.query("SELECT count(*) FROM orders") == [(20_000,)]
    (report,) = desk.load(tmp_path / "big.csv")
    assert report.accepted + report.duplicate == 20_000
    assert desk.query("SELECT count(*) FROM orders") == [(20_000,)]
    assert list(desk.warehouse.glob(".*.part*")) == []
