"""Why an answer says what it says: what was read, looked up, written, withheld and sent, put together from what the store kept.

`trace_of` is what a finished turn leaves behind; `thread_trace` replays a conversation for its owner and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from advisor.answer import Answer, AskResult, EvidenceItem, Section, Statement
from advisor.scope import Scope
from advisor.service.result import evidence_item
from advisor.store import Store, StoredMessage
from advisor.store.exchanges import SentRequest
from advisor.store.traces import KeptTurn
from tools.errors import BadArguments
from tools.facts import Fact
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.agent.state import Turn

__all__ = ["Checked", "Looked", "Said", "SentRequest", "TracedTurn", "sent_recently", "thread_trace", "trace_of"]


class Looked(BaseModel):
    """One tool call. `marks` name the facts it returned, `notes` what it could not tell."""

    name: str
    label: str = ""
    arguments: dict[str, Any]
    ms: int
    ok: bool
    error: str = ""
    marks: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class Said(BaseModel):
    """A sentence the reader saw, and the facts it stands on."""

    section: Section
    text: str
    cites: list[str]
    why_class: str | None = None


class Checked(BaseModel):
    """A sentence that did not pass as it was written. `instead` is what the reader saw in its place, None when nothing."""

    section: Section
    said: str
    problems: list[str]
    instead: str | None = None
    brain: str = ""


class TracedTurn(BaseModel):
    """One question of a conversation. Times are UTC. `checked` is None for a turn from before this was kept."""

    number: int
    turn_id: str | None
    status: str  # running | done | failed | cancelled
    code: str = ""
    asked_at: datetime
    ms: int | None = None
    question: str
    intent: str = ""
    confidence: float | None = None
    slots: dict[str, Any] = Field(default_factory=dict)
    brain: str = ""
    model: str | None = None
    host: str | None = None
    fell_back: bool = False
    notice: str = ""
    looked_up: list[Looked] = Field(default_factory=list)
    answer: list[Said] = Field(default_factory=list)
    evidence: dict[str, EvidenceItem] = Field(default_factory=dict)
    figures: int = 0
    supported: int = 0
    removed: int = 0
    checked: list[Checked] | None = None
    prompts: dict[str, str] = Field(default_factory=dict)
    usage: dict[str, float] = Field(default_factory=dict)
    sent: list[SentRequest] = Field(default_factory=list)


def trace_of(turn: Turn) -> dict[str, Any]:
    """What the answer itself does not tell, as plain JSON: how it was read, what each call gave, what did not pass."""
    marks = {fact.id: mark for mark, fact in turn.book.facts.items()}
    labels = {spec.name: spec.label for spec in turn.runner.registry}
    calls = [
        {
            "label": _both(labels.get(outcome.call.name, Text("", ""))),
            "marks": [marks[fact.id] for fact in outcome.result.facts if fact.id in marks] if outcome.result else [],
            "notes": [{"zh": note.zh, "en": note.en} for note in outcome.result.notes] if outcome.result else [],
            "error": _both(outcome.error) if outcome.error is not None else None,
        }
        for outcome in turn.outcomes
    ]
    return {
        "confidence": turn.frame.confidence if turn.frame is not None else None,
        "host": turn.host,
        "fell_back": turn.host is not None and turn.brain.model is None,
        "calls": calls,
        "checked": [{**vars(one), "problems": list(one.problems)} for one in turn.checked],
    }


def thread_trace(
    store: Store, scope: Scope, thread_id: str, lang: Lang, *, turn: int | None = None
) -> list[TracedTurn]:
    """The turns of a conversation, oldest first, or the one with that number. Raises ThreadUnknown, BadArguments."""
    messages = store.messages(scope, thread_id)
    kept = store.traces.of_thread(scope, thread_id)
    facts = store.evidence(scope, thread_id)
    sent: dict[str, list[SentRequest]] = {}
    for request in store.exchanges.of_thread(scope, thread_id):
        sent.setdefault(request.turn_id, []).append(request)
    traced = [
        _traced(number, row, pair, facts, sent.get(row.turn_id, []) if row is not None else [], lang)
        for number, (row, pair) in enumerate(_matched(kept, messages), start=1)
    ]
    if turn is None:
        return traced
    if not 1 <= turn <= len(traced):
        raise BadArguments(
            Text(f"这个对话只有 {len(traced)} 个问题。", f"This conversation has {len(traced)} questions."),
            choices=[str(number) for number in range(1, len(traced) + 1)],
        )
    return [traced[turn - 1]]


def sent_recently(store: Store, scope: Scope) -> list[SentRequest]:
    """What went to a model host lately, in any conversation of this person, newest first."""
    return store.exchanges.recent(scope)


_Pair = tuple[StoredMessage, StoredMessage | None]


def _matched(kept: Sequence[KeptTurn], messages: Sequence[StoredMessage]) -> list[tuple[KeptTurn | None, _Pair | None]]:
    """Turns with their messages. Both are written in one step and in order, so they match from the end; older messages stand alone."""
    pairs: list[_Pair] = []
    for message in messages:
        if message.role == "user":
            pairs.append((message, None))
        elif pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], message)
    done = sum(row.status == "done" for row in kept)
    matched: list[tuple[KeptTurn | None, _Pair | None]] = [(None, pair) for pair in pairs[: max(0, len(pairs) - done)]]
    rest = iter(pairs[len(matched) :])
    for row in kept:
        if row.code == "resumed":
            continue  # the turn that took it over tells
        matched.append((row, next(rest, None) if row.status == "done" else None))
    return matched


def _traced(
    number: int,
    row: KeptTurn | None,
    pair: _Pair | None,
    facts: Mapping[str, Fact],
    sent: list[SentRequest],
    lang: Lang,
) -> TracedTurn:
    question = pair[0] if pair is not None else None
    told: dict[str, Any] = {"number": number, "turn_id": None, "status": "done", "sent": sent}
    if question is not None:
        told |= {
            "question": question.text,
            "asked_at": question.created_at,
            "intent": question.frame.get("intent", ""),
            "slots": question.frame.get("slots", {}),
        }
    if row is not None:
        took = round((row.ended_at - row.started_at).total_seconds() * 1000) if row.ended_at is not None else None
        told |= {"turn_id": row.turn_id, "status": row.status, "code": row.code, "ms": took}
        told |= {"asked_at": row.started_at, "question": row.question or told.get("question", "")}
    trace: Mapping[str, Any] = (row.trace if row is not None else None) or {}
    if trace:
        told |= {key: trace[key] for key in ("confidence", "host", "fell_back", "checked")}
    if pair is not None and pair[1] is not None and pair[1].result is not None:
        told |= _answered(AskResult.model_validate(pair[1].result), trace.get("calls", ()), facts, lang)
    return TracedTurn.model_validate(told)


def _answered(
    result: AskResult, calls: Sequence[Mapping[str, Any]], facts: Mapping[str, Fact], lang: Lang
) -> dict[str, Any]:
    looked_up = []
    for index, call in enumerate(result.tool_calls):
        more = calls[index] if index < len(calls) else {"label": None, "error": None, "marks": [], "notes": []}
        looked_up.append(
            Looked(
                name=call.name,
                label=(more["label"] or {}).get(lang, ""),
                arguments=call.arguments,
                ms=call.ms,
                ok=call.ok,
                error=more["error"][lang] if more["error"] else call.error,
                marks=more["marks"],
                notes=[note[lang] for note in more["notes"]],
            )
        )
    used = {mark for one in looked_up for mark in one.marks} | {item.mark for item in result.evidence}
    report = result.grounding
    return {
        "brain": result.brain,
        "model": result.model,
        "notice": result.notice,
        "looked_up": looked_up,
        "answer": _said(result.answer),
        "evidence": {mark: evidence_item(mark, fact, lang) for mark, fact in facts.items() if mark in used},
        "figures": report.numbers,
        "supported": report.supported,
        "removed": report.removed,
        "prompts": result.prompts,
        "usage": result.usage,
    }


def _said(answer: Answer) -> list[Said]:
    parts: list[tuple[Section, Sequence[Statement]]] = [
        ("headline", [answer.headline]),
        ("decision", [answer.decision] if answer.decision is not None else []),
        ("why", answer.why),
        ("what", answer.what),
        ("how", answer.how),
        ("limits", answer.limits),
    ]
    return [
        Said(section=section, text=one.text, cites=one.cites, why_class=one.why_class)
        for section, statements in parts
        for one in statements
    ]


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
