"""Who bought, without knowing who: a keyed hash of the buyer's id, and no identity at all where the id identifies nobody."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

import duckdb

from tools.errors import ImportRefused
from tools.text import Text

__all__ = ["KEY_FILE", "buyer_key", "hash_buyers", "load_key"]

KEY_FILE = "buyer.key"
_BYTES = 32
_BLOCK = 64  # of SHA-256, for HMAC (RFC 2104)


def load_key(keys: Path) -> bytes:
    """The key of this workspace, made on first use with mode 600. `keys` is a folder, or the key file itself.

    Raises ImportRefused when the file is there but not a key: a new one would split every buyer in two.
    """
    path = keys if keys.suffix == ".key" or keys.is_file() else keys / KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _create(path)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) != _BYTES:
        raise ImportRefused(
            Text(
                f"买家标识的密钥文件 {path.name} 已损坏。请从备份恢复它；不要删除，换了密钥，同一位买家会变成两个人。",
                f"The key file {path.name} for buyer identities is damaged. Restore it from a backup; with a new key every "
                "known buyer would become a second person.",
            )
        )
    return key


def _create(path: Path) -> None:
    """Write beside and link into place, so that two first imports agree on one key and neither sees half of it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_bytes(_BYTES).hex().encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def hash_buyers(connection: duckdb.DuckDBPyConnection, *, source: str, column: str, target: str, key: bytes) -> None:
    """Make `target(buyer, buyer_key)`: HMAC-SHA256 of each distinct buyer of `source.column`, all in SQL."""
    padded = key.ljust(_BLOCK, b"\0")
    inner = bytes(byte ^ 0x36 for byte in padded)
    outer = bytes(byte ^ 0x5C for byte in padded)
    connection.execute(
        f"CREATE OR REPLACE TABLE {target} AS SELECT buyer, "  # noqa: S608
        "left(sha256(?::BLOB || unhex(sha256(?::BLOB || encode(buyer)))), 32) AS buyer_key "
        f"FROM (SELECT DISTINCT {column} AS buyer FROM {source} WHERE {column} IS NOT NULL)",
        [outer, inner],
    )


def buyer_key(buyer: str, key: bytes) -> str:
    """The same hash for one buyer (a lookup by a merchant who knows the id)."""
    return hmac.digest(key, buyer.strip().lower().encode(), "sha256").hex()[:32]
