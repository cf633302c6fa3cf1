"""ImportReport: what became of one file, for people and for `import --json`."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.facts import Claim

__all__ = ["Detection", "ImportReport"]


class ImportReport(BaseModel):
    """The ledger of one file: accepted + updated + duplicate + rejected = rows. `error` is set when it was refused.

    `tables` counts the distinct rows the file holds for each canonical table, whether or not they were new.
    """

    model_config = ConfigDict(extra="forbid")

    file: str
    format: str = ""
    rows: int = 0
    accepted: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    unmapped: list[str] = Field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None
    tables: dict[str, int] = Field(default_factory=dict)
    notes: list[Claim] = Field(default_factory=list)
    quarantine_file: str | None = None
    encoding: str | None = None
    recomputed: list[str] = Field(default_factory=list)
    error: Claim | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with the fields of the contract first."""
        return self.model_dump(mode="json")


class Detection(BaseModel):
    """What a file seems to be, before anything is written. `columns` is header -> field."""

    model_config = ConfigDict(extra="forbid")

    file: str
    format: str
    label: Claim
    encoding: str | None
    header_row: int
    columns: dict[str, str]
    dropped: list[str]
    unmapped: list[str]
    recomputed: list[str] = Field(default_factory=list)
    alternatives: list[str]
