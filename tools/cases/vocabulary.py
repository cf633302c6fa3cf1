"""The closed words of the case base: categories, levers, stages, drivers … with labels, aliases and a resolver."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Lang, Text

__all__ = ["KINDS", "Term", "category_label", "find", "guess_category", "ids", "label", "metric_of", "resolve", "terms"]

KINDS = {
    "categories": Text("品类", "category"),
    "levers": Text("抓手", "lever"),
    "stages": Text("阶段", "stage"),
    "merchant_types": Text("商家类型", "merchant type"),
    "outcomes": Text("结果", "outcome"),
    "confidences": Text("可信度", "confidence"),
    "markets": Text("市场", "market"),
    "sizes": Text("体量", "size"),
    "drivers": Text("问题", "driver"),
    "platforms": Text("渠道", "platform"),
    "metrics": Text("指标", "metric"),
}


@dataclass(frozen=True)
class Term:
    """One word of the vocabulary."""

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    raw: Any = None

    def get(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en


@cache
def terms(kind: str) -> dict[str, Term]:
    """All words of one kind, by id. Raises KeyError for an unknown kind."""
    table = load_yaml("vocabulary.yaml")[kind]
    return {
        key: Term(key, str(row["zh"]), str(row["en"]), tuple(str(a) for a in row.get("aliases", ())), row)
        for key, row in table.items()
    }


def ids(kind: str) -> tuple[str, ...]:
    return tuple(terms(kind))


def label(kind: str, key: str, lang: Lang) -> str:
    return terms(kind)[key].get(lang)


def category_label(category: str, sub: str, lang: Lang) -> str:
    """`美妆个护·护肤` / `Beauty & personal care, skincare`."""
    top = terms("categories")[category]
    row = top.raw["subs"].get(sub)
    if row is None:
        return top.get(lang)
    return f"{top.zh}·{row['zh']}" if lang == "zh" else f"{top.en}, {str(row['en']).lower()}"


@cache
def _names(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for term in terms(kind).values():
        for name in (term.id, term.zh, term.en, *term.aliases):
            found.setdefault(name.casefold(), term.id)
        for sub in (term.raw.get("subs") or {}).values() if kind == "categories" else ():
            found.setdefault(str(sub["zh"]).casefold(), term.id)
            found.setdefault(str(sub["en"]).casefold(), term.id)
    return found


def find(kind: str, given: str) -> str | None:
    """The id for an id, a label in either language or an alias; None when unknown."""
    return _names(kind).get(given.strip().casefold())


def resolve(kind: str, given: str) -> str:
    """Like `find`, but raises BadArguments with the nearest choices (Chinese label and id)."""
    key = find(kind, given)
    if key is None:
        choices = [term.zh for term in terms(kind).values()] + list(terms(kind))
        raise BadArguments.unknown(KINDS[kind], given[:64], choices)
    return key


def guess_category(text: str) -> str | None:
    """The category a shop's free-text category names ("护肤/面膜", "Gifts & homeware"); None when nothing fits."""
    exact = find("categories", text)
    if exact is not None:
        return exact
    folded = text.casefold()
    hits = [(len(name), key) for name, key in _names("categories").items() if len(name) > 1 and _says(folded, name)]
    return max(hits)[1] if hits else None


def _says(text: str, name: str) -> bool:
    """A Latin name must stand alone: "IP" is not in "subscription"."""
    if name not in text:
        return False
    return not name.isascii() or bool(re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", text))


def metric_of(text: str) -> str:
    """The metric id whose word occurs in a note's metric text; `other` when none does."""
    for key, term in terms("metrics").items():
        if any(word in text for word in term.raw["words"]):
            return key
    return "other"
