"""What the advisor remembers of a merchant, for every door: list, set, forget, share; and what a turn was told and asked.

Whose words they are and who may see them is checked in the store's book, on every call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from advisor.brains.frame.normalise import normalise
from advisor.brains.frame.remember import ASKED_MARGIN, Heard, hear
from advisor.brains.frame.stated import label_of
from advisor.brains.memory import Memory, Note, Told
from advisor.scope import Scope
from advisor.store import Store
from tools.errors import BadArguments, NotPermitted
from tools.text import Text

__all__ = [
    "Kept",
    "after_turn",
    "forget_memory",
    "list_memory",
    "recalled",
    "set_memory",
    "share_memory",
    "stated_row",
]

_NAMED = ("stage", "constraint", "tone", "decision", "note")


@dataclass(frozen=True)
class Kept:
    """One thing told. `ref` is what `forget` and `share` take; a figure has `value` and `unit`, words have `text`."""

    ref: str
    kind: str
    label: Text
    value: Decimal | None
    unit: str
    text: str
    actor: str
    said_at: datetime
    shared: bool


def list_memory(store: Store, scope: Scope) -> list[Kept]:
    """All that this scope may see: the merchant everything, staff what was shared."""
    kept = [
        Kept(one.key, "figure", _label(one.key), one.value, one.unit, "", one.actor, one.said_at, one.shared)
        for one in store.memory.figures(scope)
    ]
    for note in store.memory.words(scope):
        if note.kind == "declined":
            label = Text(f"{_label(note.text).zh}：不方便说", f"{_label(note.text).en}: declined")
        elif note.kind in _NAMED:
            label = _KINDS[note.kind]
        else:
            continue
        said = "" if note.kind == "declined" else note.text
        kept.append(Kept(note.memory_id, note.kind, label, None, "", said, note.actor, note.said_at, note.shared))
    return kept


def set_memory(store: Store, scope: Scope, words: str, currency: str, *, note: bool = False) -> list[str]:
    """Keep what a sentence tells ("毛利率 40%", "no discounts"), read as in a chat; with `note` the words themselves.

    Returns the references of what was kept. Raises BadArguments where nothing was understood, NotPermitted for staff.
    """
    if note:
        return [store.memory.remember(scope, "note", words).memory_id]
    heard = hear(words, normalise(words), [], recalled(store, scope))
    if heard is None or not (heard.figures or heard.notes or heard.forget):
        raise BadArguments(
            Text(
                "没看懂要记什么。例如：毛利率 40%；预算 2 万；我们不打折；说简短一点；其他原话用 --note。",
                "Nothing to keep was understood. Such as: margin 40%; budget 20,000; no discounts; keep it short; other words with --note.",
            )
        )
    return _keep(store, scope, heard.slots, currency, None)


def forget_memory(store: Store, scope: Scope, ref: str) -> list[str]:
    """Delete by reference, or by what it is called ("毛利率", "discounts"). Raises NotFound, NotPermitted."""
    known = {one.ref for one in list_memory(store, scope)}
    refs = [ref] if ref in known else _named(store, scope, ref)
    for each in refs or [ref]:
        store.memory.forget(scope, each)
    return refs


def share_memory(store: Store, scope: Scope, ref: str, *, shared: bool = True) -> list[str]:
    """Open to the staff, or close again. Raises NotFound, NotPermitted."""
    known = {one.ref for one in list_memory(store, scope)}
    refs = [ref] if ref in known else _named(store, scope, ref)
    for each in refs or [ref]:
        store.memory.share(scope, each, shared=shared)
    return refs


def recalled(store: Store, scope: Scope) -> Memory:
    """What a turn of this scope may know."""
    words = store.memory.words(scope)
    return Memory(
        figures=tuple(Told(one.key, one.value, one.unit) for one in store.memory.figures(scope)),
        notes=tuple(Note(one.memory_id, one.kind, one.text) for one in words if one.kind in _NAMED),
        asked=frozenset(one.text for one in words if one.kind == "asked"),
        declined=frozenset(one.text for one in words if one.kind == "declined"),
        writable=scope.role == "merchant",
    )


def after_turn(
    store: Store, scope: Scope, slots: Mapping[str, Any], currency: str, *, limits: Sequence[str], thread_id: str
) -> None:
    """Keep what the turn was told, and that it asked for the margin. Staff cannot speak for a merchant: of theirs nothing stays."""
    if scope.role != "merchant":
        return
    _keep(store, scope, slots, currency, thread_id)
    if any(text.startswith(ASKED_MARGIN) for text in limits):
        store.memory.remember(scope, "asked", "gross_margin", thread_id=thread_id)


def stated_row(store: Store, scope: Scope, key: str) -> dict[str, Any] | None:
    """A stated figure as tools read it, with its label."""
    found = store.memory.stated(scope, key)
    return None if found is None else {**vars(found), "label": {"zh": _label(key).zh, "en": _label(key).en}}


def _keep(store: Store, scope: Scope, slots: Mapping[str, Any], currency: str, thread_id: str | None) -> list[str]:
    if scope.role != "merchant":
        raise NotPermitted(
            Text("只有商家自己能填写店里的情况。", "Only the merchant can state what is known from the merchant.")
        )
    kept: list[str] = []
    for ref in slots.get("forget", ()):
        if any(one.ref == ref for one in list_memory(store, scope)):  # another turn may have been faster
            store.memory.forget(scope, ref)
    for said in slots.get("stated", ()):
        unit = currency if said["unit"] == "money" else said["unit"]
        store.memory.state(scope, said["key"], Decimal(said["value"]), unit)
        kept.append(said["key"])
    for said in slots.get("remember", ()):
        kept.append(store.memory.remember(scope, said["kind"], said["text"], thread_id=thread_id).memory_id)
    for key in slots.get("declined", ()):
        kept.append(store.memory.remember(scope, "declined", key, thread_id=thread_id).memory_id)
    return kept


def _named(store: Store, scope: Scope, words: str) -> list[str]:
    heard: Heard | None = hear("", f"忘掉{normalise(words)}", [], recalled(store, scope))
    return heard.forget if heard is not None else []


def _label(key: str) -> Text:
    try:
        return Text(**label_of(key))
    except KeyError:
        return Text(key, key)


_KINDS = {
    "stage": Text("阶段", "stage"),
    "constraint": Text("限制", "constraint"),
    "tone": Text("说话方式", "tone"),
    "decision": Text("决定", "decision"),
    "note": Text("备注", "note"),
}
