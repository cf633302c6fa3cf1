"""Words of trade → metric ids, topics, dimensions and source names: longest match wins, formal names from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tools.seeds import load_yaml

__all__ = ["Hit", "Lexicon", "data_yaml", "lexicon"]

_DATA = Path(__file__).resolve().parents[1] / "data"


@cache
def data_yaml(name: str) -> Any:
    """A data file of the brains (cached; read only)."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((_DATA / name).read_text(encoding="utf-8"), Loader=loader)


class Hit(NamedTuple):
    """A word found in a question."""

    id: str
    word: str
    start: int
    end: int


class _Words:
    """One vocabulary compiled to a single pattern."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._ids = words
        parts = []
        for word in sorted(words, key=len, reverse=True):
            escaped = re.escape(word)
            parts.append(rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if word.isascii() else escaped)
        self._pattern = re.compile("|".join(parts)) if parts else None

    def find(self, text: str) -> list[Hit]:
        if self._pattern is None:
            return []
        return [Hit(self._ids[m.group()], m.group(), m.start(), m.end()) for m in self._pattern.finditer(text)]


@dataclass(frozen=True)
class Lexicon:
    metrics: _Words
    topics: _Words
    dims: _Words
    sources: _Words
    outcomes: _Words
    brands: _Words
    names: Mapping[str, tuple[str, str]]  # metric id -> (zh, en)

    def metric_name(self, metric: str) -> tuple[str, str]:
        return self.names.get(metric, (metric, metric.replace("_", " ")))


def _table(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {word.lower(): ident for ident, words in groups.items() for word in words}


def _catalogue() -> list[Mapping[str, Any]]:
    try:
        loaded = load_yaml("metrics.yaml")
    except FileNotFoundError:
        return []
    rows = loaded.get("metrics", loaded) if isinstance(loaded, dict) else loaded
    if isinstance(rows, dict):
        return [{"id": ident, **row} for ident, row in rows.items()]
    return list(rows)


def _catalogue_words(row: Mapping[str, Any]) -> list[str]:
    name = row.get("name", {})
    pair = [name.get("zh", ""), name.get("en", "")] if isinstance(name, dict) else [str(name)]
    pair += [str(row.get("zh", "")), str(row.get("en", ""))]
    aliases = row.get("aliases", [])
    if isinstance(aliases, dict):
        aliases = [word for words in aliases.values() for word in words]
    return [word.lower() for word in (*pair, *aliases, str(row["id"])) if word and len(word) > 1]


@cache
def lexicon() -> Lexicon:
    """The compiled vocabularies. Spoken words whose metric the catalogue does not know are left out."""
    spoken = data_yaml("lexicon.yaml")
    rows = _catalogue()
    known = {str(row["id"]) for row in rows}
    metrics = {w: i for w, i in _table(spoken["metrics"]).items() if not known or i in known}
    names: dict[str, tuple[str, str]] = {}
    for row in rows:
        words = _catalogue_words(row)
        names[str(row["id"])] = (words[0], words[1] if len(words) > 1 else words[0])
        for word in words:
            metrics.setdefault(word, str(row["id"]))
    outcomes = _table(spoken["outcomes"])
    return Lexicon(
        metrics=_Words(metrics),
        topics=_Words(_first_wins(spoken["topics"])),
        dims=_Words(_first_wins(spoken["dims"])),
        sources=_Words({word.lower(): word for word in spoken["sources"]}),
        outcomes=_Words(outcomes),
        brands=_Words({str(word).lower(): str(word) for word in spoken["brands"]}),
        names=names,
    )


def _first_wins(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    table: dict[str, str] = {}
    for ident, words in groups.items():
        for word in words:
            table.setdefault(word.lower(), ident)
    return table
