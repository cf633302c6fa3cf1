"""Nothing personal in the warehouse: no buyer, name, phone or address in any byte of the file; identity is a keyed hash."""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path

import duckdb
import pytest

from tests.tools.warehouse.import_desk import H2016, H2022, PERSON, SHOPIFY, Desk, csv_text, order, sale
from tools.errors import ImportRefused
from tools.warehouse.ingest.identity import buyer_key, hash_buyers, load_key


def private_bits() -> list[str]:
    whole = [value.strip("'") for value in PERSON.values()]
    return [*whole, "翠花", "仓前街道", "文一西路969号", "13912345678", "88157808", "catlover88", "药行街"]


@pytest.mark.parametrize("header", [H2016, H2022], ids=["2016", "2022"])
def test_no_personal_byte_in_the_file(
    desk: Desk, header: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    people = {"买家会员名": PERSON["买家会员名"], "买家会员昵称": PERSON["买家会员昵称"]}
    rows = [order(n, **people) for n in range(300)] + [order(1000, 总金额="bad", **people)]
    desk.load_rows(header, rows)
    desk.load_rows(header, [order(n, 订单状态="交易关闭", **people) for n in range(300)], name="later.csv")
    files = [path for path in desk.root.rglob("*") if path.is_file() and path.name not in {"export.csv", "later.csv"}]
    assert desk.file in files and len([path for path in files if path.parent == desk.quarantine]) == 1
    for path in files:
        content = path.read_bytes()
        for bit in private_bits():
            assert bit.encode() not in content, (path.name, bit)
            assert bit.encode("gb18030") not in content, (path.name, bit)
    assert "浙江".encode() in desk.file.read_bytes()
    assert list(scratch.iterdir()) == []


def test_shopify_keeps_no_person(desk: Desk) -> None:
    desk.load(desk.write("orders.csv", csv_text(SHOPIFY, [sale(f"#{n}") for n in range(50)]), encoding="utf-8"))
    content = desk.file.read_bytes()
    for bit in (b"Jane Roe", b"Infinite Loop", b"555 0199", b"@example.com"):
        assert bit not in content


def test_a_rolled_back_import_leaves_no_private_scratch(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    left = scratch / "advisor-import-killed"
    left.mkdir()
    (left / ".lock").touch()
    (left / "clean.csv").write_text("欧阳翠花", encoding="utf-8")
    desk.load_rows(H2022, [order(1)])
    assert list(scratch.iterdir()) == []


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = load_key(tmp_path / "keys")
    (path,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert len(key) == 32 and load_key(tmp_path / "keys") == key == load_key(path)
    assert load_key(tmp_path / "other") != key


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_damaged_key_stops_the_import(desk: Desk, content: str) -> None:
    desk.keys.mkdir()
    (desk.keys / "buyer.key").write_text(content, encoding="utf-8")
    with pytest.raises(ImportRefused, match="key"):
        desk.load_rows(H2022, [order(1)])
    assert not desk.file.exists()
    assert (desk.keys / "buyer.key").read_text(encoding="utf-8") == content


def test_the_hash_is_hmac_sha256() -> None:
    """RFC 2104 by the standard library, for keys shorter, as long as and like ours."""
    key = bytes(range(32))
    names = ["张三", "t", "a" * 300, "jane@example.com", "😀"]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people (who VARCHAR)")
        connection.executemany("INSERT INTO people VALUES (?)", [[name] for name in [*names, *names]] + [[None]])
        hash_buyers(connection, source="people", column="who", target="hashed", key=key)
        found = dict(connection.execute("SELECT buyer, buyer_key FROM hashed").fetchall())
    assert found == {name: hmac.digest(key, name.encode(), "sha256").hex()[:32] for name in names}
    assert all(found[name] == buyer_key(name, key) for name in names)


def test_one_buyer_is_one_key_across_files_and_spellings(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1, 买家会员名="TB小王"), order(2, 买家会员名=" tb小王\t")])
    desk.load_rows(H2016, [order(3, 买家会员名="tb小王"), order(4, 买家会员名="tb小李")], name="b.csv")
    assert desk.query("SELECT count(*), count(DISTINCT buyer_key) FROM orders") == [(4, 2)]
    key = load_key(desk.keys)
    assert desk.query("SELECT buyer_key FROM orders WHERE order_id = '20000000000000003'") == [
        (buyer_key("TB小王 ", key),)
    ]
