"""What a model gets to read: the shop, the thread, tool results and evidence as quoted data, cut to a token budget by whole items."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from advisor.brains.base import Draft, Message, Outcome, TurnView
from advisor.brains.budget import count_tokens, fit, fit_latest, message_tokens
from advisor.brains.dialects import ChatMessage
from prompts import Prompt, load
from tools.facts import Fact, WhyClass
from tools.text import Lang

__all__ = ["compose_messages", "decide_messages", "evidence_lines", "repair_messages"]

_LANGUAGE = {"zh": "Chinese (简体中文)", "en": "English"}
_CLASS = {
    WhyClass.DECOMPOSITION: ("拆解", "decomposition"),
    WhyClass.ASSOCIATION: ("关联", "association"),
    WhyClass.EXPERIMENT: ("实验", "experiment"),
    WhyClass.INFERENCE: ("推断", "inference"),
}
_LONGEST = 600  # characters of one claim or instruction; a longer one is a document and is shown by its first sentences
_SENTENCE_END = re.compile(r"[。！？!?；;]|\.(?=\s)")


def quoted(text: str) -> str:
    """Others' text as data on one line: no tags, fences or marks of its own."""
    flat = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    flat = flat.replace("<", "‹").replace(">", "›").replace("`", "'")
    return re.sub(r"\[([a-z]\d+)\]", r"(\1)", flat)


def shown(text: str) -> str:
    """Quoted; of a long text the whole sentences at its beginning, at least one."""
    flat = quoted(text)
    if len(flat) <= _LONGEST:
        return flat
    ends = [match.end() for match in _SENTENCE_END.finditer(flat)]
    within = [end for end in ends if end <= _LONGEST] or ends[:1]
    return f"{flat[: within[-1]]} …" if within and within[-1] < len(flat) else flat


def evidence_lines(items: Iterable[tuple[str, Fact]], lang: Lang) -> list[str]:
    """`[m1] claim (window; class)`, one fact a line."""
    return [_evidence_line(mark, fact, lang) for mark, fact in items]


def _evidence_line(mark: str, fact: Fact, lang: Lang) -> str:
    about = [str(fact.window)] if fact.window is not None else []
    if fact.why_class is not None:
        about.append(_CLASS[fact.why_class][0 if lang == "zh" else 1])
    if fact.simulated:
        about.append("模拟数据" if lang == "zh" else "simulated")
    return f"[{mark}] {shown(fact.claim.get(lang))}" + (f" ({'; '.join(about)})" if about else "")


def _shop(turn: TurnView) -> str:
    shop = turn.shop
    note = " simulated data;" if shop.simulated else ""
    return f'"{quoted(shop.name)}";{note} {shop.platform}; {quoted(shop.category)}; currency {shop.currency}'


def _data(turn: TurnView) -> str:
    return "\n".join(f"- {table}: {first} to {last}" for table, (first, last) in turn.shop.tables.items()) or "- none"


def decide_messages(
    turn: TurnView, budget: int, functions: Sequence[Mapping[str, Any]] = ()
) -> tuple[list[ChatMessage], list[Prompt]]:
    """System, history, question, and earlier rounds as tool calls with their results, `functions` counted in.

    The question always stays; results go before history, the latest before the earlier.
    """
    prompt = load("decide")
    system = prompt.render(
        today=turn.today.isoformat(), shop=_shop(turn), data=_data(turn), language=_LANGUAGE[turn.frame.lang]
    )
    first = {"role": "system", "content": system}
    asked = {"role": "user", "content": turn.frame.question}
    told = sum(count_tokens(json.dumps(function, ensure_ascii=False)) for function in functions)
    left = budget - message_tokens([first, asked]) - told
    rounds = _rounds(turn, left)
    left -= message_tokens(rounds)
    return [first, *_history_messages(turn.history, left), asked, *rounds], [prompt]


def _history_messages(history: Sequence[Message], room: int) -> list[ChatMessage]:
    """The latest messages that fit, whole."""
    kept: list[ChatMessage] = []
    for message in reversed(history):
        role = message.role if message.role in ("user", "assistant") else "user"
        kept.append({"role": role, "content": message.text})
        room -= message_tokens(kept[-1:])
        if room < 0:
            kept.pop()
            break
    return kept[::-1]


def _rounds(turn: TurnView, room: int) -> list[ChatMessage]:
    """The latest calls with their results in `room` tokens; what an early result leaves over goes to the later ones."""
    outcomes = list(turn.outcomes)
    calls = [_call(outcome) for outcome in outcomes]
    while outcomes and room < message_tokens([_asked(calls)]) + _LEAST_RESULT * len(outcomes):
        del outcomes[0], calls[0]
    if not outcomes:
        return []
    messages = [_asked(calls)]
    room -= message_tokens(messages)
    for position, outcome in enumerate(outcomes):
        envelope = {"role": "tool", "tool_call_id": outcome.call.id, "content": ""}
        share = room // (len(outcomes) - position) - message_tokens([envelope])
        message = envelope | {"content": _result(turn, outcome, share)}
        room -= message_tokens([message])
        messages.append(message)
    return messages


_LEAST_RESULT = 60  # tokens; a result of less says nothing


def _asked(calls: list[ChatMessage]) -> ChatMessage:
    return {"role": "assistant", "content": "", "tool_calls": calls}


def _call(outcome: Outcome) -> ChatMessage:
    arguments = json.dumps(dict(outcome.call.arguments), ensure_ascii=False, default=str)
    return {
        "id": outcome.call.id,
        "type": "function",
        "function": {"name": outcome.call.name, "arguments": arguments},
    }


def _result(turn: TurnView, outcome: Outcome, share: int) -> str:
    """A tool's answer in words: facts under their marks, what is missing and how to read it, or the error with the valid choices."""
    lang = turn.frame.lang
    if outcome.result is None:
        text = outcome.error.get(lang) if outcome.error else outcome.code
        lines = fit([f"error {outcome.code}: {shown(text)}"], share) or [f"error {outcome.code}"]
        room = share - count_tokens(lines[0]) - 10
        names = fit(outcome.choices, room) if outcome.choices else []
        return lines[0] + (f" ({', '.join(names)})" if names else "")
    guidance = fit([f"guidance: {shown(outcome.result.guidance)}"] if outcome.result.guidance else [], share // 3)
    room = share - sum(count_tokens(line) + 1 for line in guidance)
    marks = {fact.id: mark for mark, fact in turn.evidence.items()}
    lines = evidence_lines(((marks.get(fact.id, "?"), fact) for fact in outcome.result.facts), lang)
    lines += [f"note: {shown(note.get(lang))}" for note in outcome.result.notes]
    return "\n".join([*fit(lines, room), *guidance]) or "no facts"


def compose_messages(turn: TurnView, budget: int) -> tuple[list[ChatMessage], list[Prompt]]:
    """One system and one user message: works on endpoints that know no tools and no structured output.

    The question always stays. What is left goes to this turn's facts, how to read them, what is not known, the thread.
    """
    lang = turn.frame.lang
    system, body = load(f"compose.{lang}"), load("evidence")
    head = {
        "role": "system",
        "content": system.render(today=turn.today.isoformat(), shop=_shop(turn), kind=turn.frame.kind),
    }
    question = quoted(turn.frame.question)

    def said(evidence: Sequence[str], guidance: Sequence[str], unknown: Sequence[str], history: str) -> ChatMessage:
        content = body.render(
            history=history,
            question=question,
            evidence="\n".join(evidence) or "-",
            guidance="\n".join(guidance) or "-",
            unknown="\n".join(unknown) or "-",
        )
        return {"role": "user", "content": content}

    left = budget - message_tokens([head, said([], [], [], "")])
    results = [outcome.result for outcome in turn.outcomes if outcome.result is not None]
    guidance = fit(dict.fromkeys(shown(r.guidance) for r in results if r.guidance), left // 6)
    missing = [shown(note.get(lang)) for result in results for note in result.notes]
    missing += [shown(o.error.get(lang)) for o in turn.outcomes if o.error is not None]
    unknown = fit(dict.fromkeys(missing), left // 6)
    left -= sum(count_tokens(line) + 1 for line in [*guidance, *unknown])
    now = turn.facts()
    fresh = {mark for mark, _ in now}
    earlier = [(mark, fact) for mark, fact in turn.evidence.items() if mark not in fresh]
    lines = fit(evidence_lines([*now, *reversed(earlier)], lang), left)
    left -= sum(count_tokens(line) + 1 for line in lines)
    user = said(lines, guidance, unknown, _history(turn.history, min(left, budget // 8)))
    return [head, user], [system, body]


_HISTORY_TAGS = 12  # tokens of <earlier> and </earlier> with their line ends


def _history(history: Sequence[Message], room: int) -> str:
    kept = fit_latest([f"{message.role}: {quoted(message.text)}" for message in history[-6:]], room - _HISTORY_TAGS)
    return "<earlier>\n" + "\n".join(kept) + "\n</earlier>\n" if kept else ""


def repair_messages(
    turn: TurnView, draft: Draft, problems: Sequence[str], budget: int
) -> tuple[list[ChatMessage], list[Prompt]]:
    """The draft, what is wrong with it, and the facts it cites (or this turn's, when it cites none)."""
    prompt = load(f"repair.{turn.frame.lang}")
    marks = re.findall(r"\[([a-z]\d+)\]", draft.text)
    cited = [(mark, turn.evidence[mark]) for mark in dict.fromkeys(marks) if mark in turn.evidence]

    def said(evidence: Sequence[str], listed: Sequence[str]) -> list[ChatMessage]:
        text = prompt.render(draft=draft.text, problems="\n".join(listed) or "-", evidence="\n".join(evidence) or "-")
        return [{"role": "user", "content": text}]

    left = budget - message_tokens(said([], []))
    listed = fit([f"- {problem}" for problem in problems], left // 3)
    left -= sum(count_tokens(line) + 1 for line in listed)
    return said(fit(evidence_lines(cited or turn.facts(), turn.frame.lang), left), listed), [prompt]
