"""The exemplar bank `seeds/compliance_exemplars.yaml`: phrases with the family of meaning they break, or ok."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from tools.seeds import load_yaml

__all__ = ["OK", "OTHER", "SOFT", "Exemplar", "Family", "bank", "families"]

OK, SOFT, OTHER = "ok", "soft", "other"
_FILE = "compliance_exemplars.yaml"


class Family(BaseModel):
    """A kind of breach; `rule` is the rule whose law, article, reason and other words it borrows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    zh: str
    en: str


@dataclass(frozen=True)
class Exemplar:
    text: str
    category: str
    family: str  # an id of `families`, or ok, soft (needs proof), other (a breach without a family of its own)
    register: str


@cache
def families() -> dict[str, Family]:
    return {name: Family.model_validate(row) for name, row in load_yaml(_FILE)["families"].items()}


@cache
def bank() -> tuple[Exemplar, ...]:
    """Every exemplar, in the order of the file. Raises KeyError for a family that is not declared."""
    found = []
    for group in load_yaml(_FILE)["bank"]:
        family = group["family"]
        if family not in (OK, SOFT, OTHER):
            families()[family]
        found += [Exemplar(text, group["category"], family, group["register"]) for text in group["texts"].split("\n")]
    return tuple(found)
