"""What a model gets to read: the shop, the thread, tool results and evidence as quoted data, cut to a token budget by whole items."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from advisor.brains.base import Draft, Message, Outcome, TurnView
from advisor.brains.budget import fit, fit_latest
from prompts import Prompt, load
from tools.base import ToolSpec
from tools.facts import Fact, WhyClass
from tools.text import Lang

__all__ = ["compose_messages", "decide_messages", "evidence_lines", "function", "repair_messages"]

ChatMessage = dict[str, Any]

_LANGUAGE = {"zh": "Chinese (简体中文)", "en": "English"}
_CLASS = {
    WhyClass.DECOMPOSITION: ("拆解", "decomposition"),
    WhyClass.ASSOCIATION: ("关联", "association"),
    WhyClass.EXPERIMENT: ("实验", "experiment"),
    WhyClass.INFERENCE: ("推断", "inference"),
}
_LONGEST = 600  # characters of one claim; a longer one is a document, not a fact


def quoted(text: str) -> str:
    """Others' text as data on one line: no tags, fences or marks of its own."""
    flat = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    flat = flat.replace("<", "‹").replace(">", "›").replace("`", "'")
    return re.sub(r"\[([a-z]\d+)\]", r"(\1)", flat)[:_LONGEST]


def evidence_lines(items: Iterable[tuple[str, Fact]], lang: Lang) -> list[str]:
    """`[m1] claim (window; class)`, one fact a line."""
    return [_evidence_line(mark, fact, lang) for mark, fact in items]


def _evidence_line(mark: str, fact: Fact, lang: Lang) -> str:
    about = [str(fact.window)] if fact.window is not None else []
    if fact.why_class is not None:
        about.append(_CLASS[fact.why_class][0 if lang == "zh" else 1])
    if fact.simulated:
        about.append("模拟数据" if lang == "zh" else "simulated")
    return f"[{mark}] {quoted(fact.claim.get(lang))}" + (f" ({'; '.join(about)})" if about else "")


def function(spec: ToolSpec) -> ChatMessage:
    """A tool in the shape of the chat completions protocol."""
    return {
        "type": "function",
        "function": {"name": spec.name, "description": spec.description, "parameters": spec.schema()},
    }


def _shop(turn: TurnView) -> str:
    shop = turn.shop
    note = " simulated data;" if shop.simulated else ""
    return f'"{quoted(shop.name)}";{note} {shop.platform}; {quoted(shop.category)}; currency {shop.currency}'


def _data(turn: TurnView) -> str:
    return "\n".join(f"- {table}: {first} to {last}" for table, (first, last) in turn.shop.tables.items()) or "- none"


def decide_messages(turn: TurnView, budget: int) -> tuple[list[ChatMessage], list[Prompt]]:
    """System, history, question, and earlier rounds as tool calls with their results."""
    prompt = load("decide")
    system = prompt.render(
        today=turn.today.isoformat(), shop=_shop(turn), data=_data(turn), language=_LANGUAGE[turn.frame.lang]
    )
    messages: list[ChatMessage] = [{"role": "system", "content": system}]
    kept = fit_latest([f"{message.role}\n{message.text}" for message in turn.history], budget // 4)
    for item in kept:
        role, _, text = item.partition("\n")
        messages.append({"role": role if role in ("user", "assistant") else "user", "content": text})
    messages.append({"role": "user", "content": turn.frame.question})
    return [*messages, *_rounds(turn, budget)], [prompt]


def _rounds(turn: TurnView, budget: int) -> list[ChatMessage]:
    if not turn.outcomes:
        return []
    calls = [
        {
            "id": outcome.call.id,
            "type": "function",
            "function": {
                "name": outcome.call.name,
                "arguments": json.dumps(dict(outcome.call.arguments), ensure_ascii=False, default=str),
            },
        }
        for outcome in turn.outcomes
    ]
    share = budget // (2 * len(turn.outcomes))
    results = [{"role": "tool", "tool_call_id": o.call.id, "content": _result(turn, o, share)} for o in turn.outcomes]
    return [{"role": "assistant", "content": None, "tool_calls": calls}, *results]


def _result(turn: TurnView, outcome: Outcome, share: int) -> str:
    """A tool's answer in words: facts under their marks, what is missing, or the error with the valid choices."""
    lang = turn.frame.lang
    if outcome.result is None:
        text = outcome.error.get(lang) if outcome.error else outcome.code
        choices = f" ({', '.join(outcome.choices)})" if outcome.choices else ""
        return f"error {outcome.code}: {quoted(text)}{choices}"
    marks = {fact.id: mark for mark, fact in turn.evidence.items()}
    lines = evidence_lines(((marks.get(fact.id, "?"), fact) for fact in outcome.result.facts), lang)
    lines += [f"note: {quoted(note.get(lang))}" for note in outcome.result.notes]
    return "\n".join(fit(lines, share)) or "no facts"


def compose_messages(turn: TurnView, budget: int) -> tuple[list[ChatMessage], list[Prompt]]:
    """One system and one user message: works on endpoints that know no tools and no structured output."""
    lang = turn.frame.lang
    system, body = load(f"compose.{lang}"), load("evidence")
    now = turn.facts()
    fresh = {mark for mark, _ in now}
    earlier = [(mark, fact) for mark, fact in turn.evidence.items() if mark not in fresh]
    lines = fit(evidence_lines([*now, *reversed(earlier)], lang), budget * 2 // 3)
    results = [outcome.result for outcome in turn.outcomes if outcome.result is not None]
    guidance = fit(dict.fromkeys(quoted(r.guidance) for r in results if r.guidance), budget // 8)
    unknown = [quoted(note.get(lang)) for result in results for note in result.notes]
    unknown += [quoted(o.error.get(lang)) for o in turn.outcomes if o.error is not None]
    content = body.render(
        history=_history(turn.history, budget // 8),
        question=quoted(turn.frame.question),
        evidence="\n".join(lines) or "-",
        guidance="\n".join(guidance) or "-",
        unknown="\n".join(fit(dict.fromkeys(unknown), budget // 8)) or "-",
    )
    head = system.render(today=turn.today.isoformat(), shop=_shop(turn), kind=turn.frame.kind)
    return [{"role": "system", "content": head}, {"role": "user", "content": content}], [system, body]


def _history(history: Sequence[Message], budget: int) -> str:
    kept = fit_latest([f"{message.role}: {quoted(message.text)}" for message in history[-6:]], budget)
    return "<earlier>\n" + "\n".join(kept) + "\n</earlier>\n" if kept else ""


def repair_messages(
    turn: TurnView, draft: Draft, problems: Sequence[str], budget: int
) -> tuple[list[ChatMessage], list[Prompt]]:
    """The draft, what is wrong with it, and the facts it cites (or this turn's, when it cites none)."""
    prompt = load(f"repair.{turn.frame.lang}")
    marks = re.findall(r"\[([a-z]\d+)\]", draft.text)
    cited = [(mark, turn.evidence[mark]) for mark in dict.fromkeys(marks) if mark in turn.evidence]
    lines = fit(evidence_lines(cited or turn.facts(), turn.frame.lang), budget // 2)
    text = prompt.render(
        draft=draft.text,
        problems="\n".join(f"- {problem}" for problem in problems),
        evidence="\n".join(lines) or "-",
    )
    return [{"role": "user", "content": text}], [prompt]
