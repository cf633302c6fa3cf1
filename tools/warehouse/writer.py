"""The only way data enters a merchant's file: write into a copy beside it, then replace it in one step.

A crash, a bad file or a killed process leaves the old file untouched; readers never see half an import.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock

from tools.errors import BadArguments
from tools.text import Text
from tools.warehouse.schema import create_tables
from tools.warehouse.writer_rollup import refresh_rollups

__all__ = ["DUCKDB_CONFIG", "MerchantProfile", "check_merchant_id", "merchant_file", "write_merchant"]

# Never fetch an extension from the network.
DUCKDB_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class MerchantProfile:
    """Who the shop is. `currency` is ISO 4217, `timezone` an IANA name; `simulated` marks demo data everywhere."""

    merchant_id: str
    name: str
    platform: str = "tmall"
    category: str = ""
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    simulated: bool = False


def check_merchant_id(merchant_id: str) -> str:
    """Merchant ids become file names: lower-case letters, digits, `-` and `_` only. Raises BadArguments."""
    if not _ID.fullmatch(merchant_id):
        raise BadArguments(
            Text(
                f"店铺编号“{merchant_id[:64]}”不可用：只能用小写字母、数字、- 和 _，最多 63 个字符。",
                f'Merchant id "{merchant_id[:64]}" is not usable: lower-case letters, digits, - and _, at most 63 characters.',
            )
        )
    return merchant_id


def merchant_file(folder: Path, merchant_id: str) -> Path:
    return folder / f"{check_merchant_id(merchant_id)}.duckdb"


@contextmanager
def write_merchant(folder: Path, profile: MerchantProfile) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a private copy of the merchant's file; on a clean exit the copy becomes the file.

    An existing profile wins over `profile` (it is only used to create the row). Any exception discards the copy.
    """
    target = merchant_file(folder, profile.merchant_id)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{profile.merchant_id}.lock"):
        for stale in folder.glob(f".{profile.merchant_id}.*.part*"):
            stale.unlink()
        copy = folder / f".{profile.merchant_id}.{uuid.uuid4().hex}.part"
        try:
            if target.exists():
                shutil.copyfile(target, copy)
            connection = duckdb.connect(copy, config=DUCKDB_CONFIG)
            try:
                create_tables(connection)
                generation = _stamp(connection, profile)
                yield connection
                refresh_rollups(connection, generation)
                connection.execute("CHECKPOINT")
            finally:
                connection.close()
            _fsync(copy)
            os.replace(copy, target)
            _fsync(folder)
        finally:
            copy.unlink(missing_ok=True)
            Path(f"{copy}.wal").unlink(missing_ok=True)


def _stamp(connection: duckdb.DuckDBPyConnection, profile: MerchantProfile) -> str:
    """Give the file a new generation and return it; a new file also gets its profile."""
    generation = uuid.uuid4().hex[:12]
    known = connection.execute("SELECT count(*) FROM merchants").fetchone()
    if known is not None and known[0]:
        connection.execute("UPDATE merchants SET generation = ?", [generation])
        return generation
    row = [
        profile.merchant_id,
        profile.name,
        profile.platform,
        profile.category,
        profile.currency,
        profile.timezone,
        profile.simulated,
        generation,
        datetime.now(UTC).replace(tzinfo=None),
    ]
    connection.execute("INSERT INTO merchants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return generation


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
