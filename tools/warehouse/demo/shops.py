"""Put simulated shops into a warehouse folder: the shipped demo shops, or any simulation of an evaluation."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tools.errors import BadArguments
from tools.seeds import seed_path
from tools.text import Text
from tools.warehouse.demo.spec import DEMO_SHOPS, ShopSpec, demo_spec
from tools.warehouse.schema import tables
from tools.warehouse.writer import DUCKDB_CONFIG, MerchantProfile, merchant_file, write_merchant

if TYPE_CHECKING:
    from tools.warehouse.demo.simulation import Simulation

__all__ = ["create_demo", "write_simulation"]

_FORMAT = "simulated"
_FILE_NAME = "模拟数据 / simulated data"


def create_demo(folder: Path, *, only: str | None = None) -> list[MerchantProfile]:
    """Make sure the demo shops (or the one named `only`) are in the warehouse folder; returns their profiles.

    A shop that is there with the same parameters is left as it is. Rows of an older simulation are replaced; rows a user
    imported into a demo shop stay. Raises BadArguments for an unknown name, and for a real shop that has the demo's id.
    """
    if only is not None and only not in DEMO_SHOPS:
        raise BadArguments.unknown(Text("演示店铺", "demo shop"), only, DEMO_SHOPS)
    profiles = []
    for shop in DEMO_SHOPS if only is None else (only,):
        spec = demo_spec(shop)
        parameters = _parameter_hash(shop)
        if _present(folder, spec) != parameters:
            from tools.warehouse.demo.simulation import simulate  # half a second to load; a second run needs none of it

            write_simulation(simulate(spec), folder, content_hash=parameters)
        profiles.append(spec.profile)
    return profiles


def write_simulation(simulation: Simulation, folder: Path, *, content_hash: str | None = None) -> MerchantProfile:
    """Write the simulation's tables as one import of its merchant. `content_hash` identifies the parameters in the ledger."""
    profile = simulation.profile
    digest = (
        content_hash
        or hashlib.sha256(f"{simulation.spec!r}{simulation.seed}{simulation.causes!r}".encode()).hexdigest()
    )
    import_id = f"simulated-{digest[:16]}"
    with write_merchant(folder, profile) as connection:
        connection.begin()
        connection.execute("UPDATE merchants SET name = ?, category = ?", [profile.name, profile.category])
        _forget(connection)
        for name, table in simulation.tables.items():
            _insert(connection, name, table, profile.merchant_id, import_id)
        rows = sum(table.num_rows for table in simulation.tables.values())
        ledger = [import_id, profile.merchant_id, _FILE_NAME, digest, _FORMAT, rows, rows, 0, 0, 0]
        connection.execute(
            "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [*ledger, datetime.now(UTC).replace(tzinfo=None), "模拟数据，不是真实店铺 / simulated, not a real shop"],
        )
        connection.commit()
    return profile


def _insert(connection: duckdb.DuckDBPyConnection, name: str, table: Any, merchant_id: str, import_id: str) -> None:
    spec = tables()[name]
    columns = ", ".join(table.column_names)
    connection.register("simulated_rows", table)
    connection.execute(
        f"INSERT INTO {spec.name} (merchant_id, {columns}, import_id) SELECT ?, {columns}, ? FROM simulated_rows",  # noqa: S608
        [merchant_id, import_id],
    )
    connection.unregister("simulated_rows")


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the rows of an earlier simulation, and only those."""
    known = connection.execute("SELECT import_id FROM imports WHERE format = ?", [_FORMAT]).fetchall()
    for (import_id,) in known:
        for name in tables():
            connection.execute(f"DELETE FROM {name} WHERE import_id = ?", [import_id])  # noqa: S608
        connection.execute("DELETE FROM imports WHERE import_id = ?", [import_id])


def _present(folder: Path, spec: ShopSpec) -> str | None:
    """The parameter hash of the simulation in the folder, None without one."""
    path = merchant_file(folder, spec.merchant_id)
    if not path.exists():
        return None
    with duckdb.connect(":memory:", config=DUCKDB_CONFIG) as connection:
        connection.execute(f"ATTACH '{path.as_posix().replace(chr(39), chr(39) * 2)}' AS wh (READ_ONLY)")
        real = connection.execute("SELECT count(*) FROM wh.merchants WHERE NOT simulated").fetchone()
        if real is not None and real[0]:
            raise BadArguments(
                Text(
                    f"店铺编号 {spec.merchant_id} 已被一个真实店铺使用，演示数据没有写入。",
                    f"Shop id {spec.merchant_id} belongs to a real shop; no demo data was written.",
                )
            )
        found = connection.execute("SELECT content_hash FROM wh.imports WHERE format = ?", [_FORMAT]).fetchone()
    return found[0] if found is not None else None


@cache
def _parameter_hash(shop: str) -> str:
    """Changes whenever the shop's parameters, the calendar, the simulator or the schema change."""
    digest = hashlib.sha256()
    files = [
        seed_path("demo", f"{shop}.yaml"),
        seed_path("demo", "calendar.yaml"),
        seed_path("warehouse", "schema.yaml"),
    ]
    for path in [*files, *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
