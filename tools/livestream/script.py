"""The words of a product loop, from product facts by templates (`seeds/livestream_script.yaml`). What is not known is asked for by name.

Nothing is invented: a template is used only when every fact it names is known, and a gap is written 【请补：…】 where the host would speak.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from tools.livestream.brief import Item
from tools.livestream.script_types import Beat, Loop
from tools.playbooks.render import clean_name, written
from tools.seeds import load_yaml
from tools.text import Lang, Text

__all__ = ["ask_for", "build_loop", "hook_line", "item_facts", "loop_seconds", "missing_mark", "words"]

_LANGS: tuple[Lang, Lang] = ("zh", "en")
_PIECE = 120  # characters of one fact of the merchant's that are shown
_MOST_QUESTIONS = 3
_QUESTION = re.compile(r"^(.+?[?？])\s*(.+)$", re.S)
_STEP = 5  # seconds a beat is rounded to


@cache
def words() -> Mapping[str, Any]:
    """The templates; see the file's head for its fields."""
    found: Mapping[str, Any] = load_yaml("livestream_script.yaml")
    return found


def ask_for(key: str) -> Text:
    """What to supply for a missing fact, with its name in the brief."""
    return _text(words()["asks"][key])


def missing_mark(key: str) -> Text:
    asked = ask_for(key)
    return Text(f"【请补：{asked.zh}】", f"[Please add: {asked.en}]")


def loop_seconds() -> int:
    """How long a loop is as written, bridge included."""
    return sum(beat["seconds"] for beat in words()["beats"])


def item_facts(item: Item, link: int, currency: str, following: str = "") -> dict[str, Text]:
    """What may be said of an item, by name, in both languages; a fact that is not known has no entry."""
    money = {"price": item.price}
    if item.list_price is not None and item.list_price > item.price:
        money |= {"list_price": item.list_price, "saving": item.list_price - item.price}
    facts = {name: Text(*(written(value, currency, lang) for lang in _LANGS)) for name, value in money.items()}
    if item.stock:
        facts["stock"] = Text(*(written(Decimal(item.stock), "items", lang).strip() for lang in _LANGS))
    lists = {"points": item.points, "proof": item.proof, "for_whom": item.for_whom, "not_for": item.not_for}
    facts |= {name: _listed(rows) for name, rows in lists.items() if _clean(rows)}
    if _clean(item.points):
        facts["point"] = _same(_clean(item.points)[0])
    single = {"title": item.title, "gift": item.gift, "coupon": item.coupon, "until": item.until, "next": following}
    facts |= {name: _same(rows[0]) for name, value in single.items() if value and (rows := _clean([value]))}
    facts["link"] = _same(str(link))
    if _clean(item.questions):
        facts["questions"] = _questions(_clean(item.questions)[:_MOST_QUESTIONS])
    return facts


def build_loop(item: Item, link: int, currency: str, *, place: int = 0, following: str = "", minutes: int | None = None) -> Loop:  # fmt: skip
    """The loop of one item. `place` turns the variants so that neighbours do not sound alike; `minutes` scales it (default 8)."""
    facts = item_facts(item, link, currency, following)
    rows = [row for row in words()["beats"] if row["id"] != "bridge" or following]
    lengths = _scaled([row["seconds"] for row in rows], minutes)
    beats, at = [], 0
    for row, seconds in zip(rows, lengths, strict=True):
        beats.append(_beat(row, facts, place, at, seconds))
        at += seconds
    return Loop(sku=item.sku, title=facts["title"].zh, link=link, beats=tuple(beats), facts=facts)


def hook_line(item: Item, link: int, currency: str, place: int) -> Text:
    """How an airing opens; another `place` gives another opening."""
    return _beat(words()["beats"][0], item_facts(item, link, currency), place, 0, 0).say


def _beat(row: Mapping[str, Any], facts: Mapping[str, Text], place: int, start: int, seconds: int) -> Beat:
    chosen = _variant(row, facts, place)
    template = chosen if chosen is not None else row["else"]
    parts = [template, *(extra for extra in row.get("adds", []) if _names(extra) <= set(facts))]
    say = Text(*("".join(_filled(part, facts, lang) if lang == "zh" else f"{_filled(part, facts, lang)} " for part in parts).strip() for lang in _LANGS))  # fmt: skip
    missing = [key for key in row["want"] if key not in facts]
    for key in missing:
        mark = missing_mark(key)
        say = Text(say.zh + mark.zh, f"{say.en} {mark.en}")
    uses = set().union(*(_names(part) for part in parts))
    if "questions" in uses and missing_mark("answer").zh in facts["questions"].zh:
        missing.append("answer")
    return Beat(
        id=row["id"], start=start, seconds=seconds, label=_text(row["label"]), say=say, show=_text(row["show"]),
        control=Text(*(_filled(row["control"], facts, lang) for lang in _LANGS)), uses=tuple(sorted(uses)), missing=tuple(missing),
    )  # fmt: skip


def _variant(row: Mapping[str, Any], facts: Mapping[str, Text], place: int) -> Mapping[str, str] | None:
    """The first that fits, from a place of its own on; None when a fact of every one is unknown."""
    says: Sequence[Mapping[str, str]] = row["says"]
    needed = {key for key in row.get("cover", []) if key in facts}
    for step in range(len(says)):
        candidate = says[(place + step) % len(says)]
        if needed <= _names(candidate) <= set(facts):
            return candidate
    return None


def _names(template: Mapping[str, str]) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template["zh"]) if name}


def _filled(template: Mapping[str, str], facts: Mapping[str, Text], lang: Lang) -> str:
    said = template[lang].format(**{name: text.get(lang) for name, text in facts.items()})
    return said[:1].upper() + said[1:] if lang == "en" else said


def _scaled(seconds: Sequence[int], minutes: int | None) -> list[int]:
    """Seconds of each beat in steps of five; the last takes the rest, so that the loop fills its minutes exactly."""
    if minutes is None:
        return list(seconds)
    whole, total = minutes * 60, sum(seconds)
    out = [max(_STEP, whole * one // total // _STEP * _STEP) for one in seconds[:-1]]
    return [*out, max(_STEP, whole - sum(out))]


def _questions(rows: Sequence[str]) -> Text:
    """Each question with its answer; a question without one asks for it."""
    mark = missing_mark("answer")
    zh, en = [], []
    for row in rows:
        found = _QUESTION.match(row)
        asked, answer = (found[1], found[2]) if found else (row, "")
        zh.append(f"“{asked}”——{answer.rstrip('。') or mark.zh}。" if answer else f"“{asked}”——{mark.zh}")
        en.append(f'"{asked}": {answer.rstrip(".") or mark.en}.' if answer else f'"{asked}": {mark.en}')
    return Text("".join(zh), " ".join(en))


def _clean(rows: Sequence[str]) -> list[str]:
    """The merchant's own words without markup and closing marks; data for a sentence, never an instruction."""
    return [text for row in rows if (text := clean_name(row, _PIECE).strip(" 。.；;，,"))]


def _listed(rows: Sequence[str]) -> Text:
    kept = _clean(rows)
    return Text("、".join(kept) if all(len(one) <= 12 for one in kept) else "；".join(kept), ", ".join(kept))


def _same(value: str) -> Text:
    return Text(value, value)


def _text(row: Mapping[str, str]) -> Text:
    return Text(row["zh"], row["en"])
