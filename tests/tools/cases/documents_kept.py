"""Whose documents are kept in the tests of a merchant's own material, and short ways to write and keep one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tools.cases.documents import DocumentStore
from tools.warehouse.access import PRIVATE_TABLES

TODAY = date(2026, 11, 24)


@dataclass
class Handle:
    """The part of a shop handle the store looks at."""

    merchant_id: str
    hidden: frozenset[str] = frozenset()


STAFF = Handle("a", PRIVATE_TABLES)
A, B = Handle("a"), Handle("b")


def write_note(folder: Path, text: str, name: str = "note.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def add(store: DocumentStore, path: Path, merchant: str = "a", **options: Any) -> Any:
    return store.add(merchant, path, today=TODAY, **options)
