"""A turn on a terminal: statements print as they pass, in the order and words of the final answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from advisor.answer import AskResult, Section, Statement
from advisor.cli.console import clean, progress, say, styled
from advisor.events import Done, Event, Failed, Progress, StatementPassed
from advisor.render import SIMULATED, heading, render_bullet, render_evidence, render_step
from tools.text import Lang

__all__ = ["AnswerPrinter", "follow", "say_answer"]

_ESSENTIALS = 6
_WIDTH = 150


class AnswerPrinter:
    """Prints what passed once; `finish` adds what only the whole turn knows: notice, plan, evidence, next questions."""

    def __init__(self, lang: Lang, *, simulated: bool, evidence: int | None = None) -> None:
        self._lang = lang
        self._simulated = simulated
        self._evidence = evidence  # None: all of it; a number: that many, folded to claim and window
        self._printed: set[tuple[Section, str]] = set()
        self._section: Section | None = None

    def statement(self, section: Section, statement: Statement, lang: Lang | None = None) -> None:
        self._lang = lang or self._lang
        if section == "follow_ups" or (section, statement.text) in self._printed:
            return
        if not self._printed and self._simulated:
            say(f"> {SIMULATED.get(self._lang)}\n")
        self._printed.add((section, statement.text))
        if section in ("headline", "decision"):
            _line(f"**{statement.text}**" if section == "headline" else f"\n{statement.text}")
        else:
            if section != self._section:
                _line(f"\n### {heading(section, self._lang)}")
            _line(render_bullet(statement, self._lang))
        self._section = section

    def finish(self, result: AskResult) -> None:
        answer, self._lang = result.answer, result.lang
        self.statement("headline", answer.headline)
        if answer.decision is not None:
            self.statement("decision", answer.decision)
        parts: list[tuple[Section, list[Statement]]] = [
            ("why", answer.why), ("what", answer.what), ("how", answer.how), ("limits", answer.limits),
        ]  # fmt: skip
        for section, statements in parts:
            for one in statements:
                self.statement(section, one)
        if answer.plan:
            _line(f"\n### {heading('plan', self._lang)}")
            for number, step in enumerate(answer.plan, start=1):
                for line in render_step(number, step, self._lang):
                    _line(line)
        if answer.follow_ups:
            _line(f"\n### {heading('next', self._lang)}")
            for text in answer.follow_ups:
                _line(f"- {text}")
        self._say_evidence(result)
        if result.notice:
            say(f"\n> {result.notice}")

    def _say_evidence(self, result: AskResult) -> None:
        if not result.evidence:
            return
        _line(f"\n### {heading('evidence', self._lang)}")
        shown = result.evidence if self._evidence is None else result.evidence[: self._evidence]
        for item in shown:
            line = render_evidence(item, self._lang)
            if self._evidence is not None:
                line = f"[{item.mark}] {item.claim}"
                line = line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
            _line(f"- {line}")
        rest = len(result.evidence) - len(shown)
        if rest:
            more = f"advisor trace {result.thread_id}"
            say(f"- 另有 {rest} 条，见 {more}" if self._lang == "zh" else f"- {rest} more: {more}")


def _line(text: str) -> None:
    for line in text.split("\n"):
        print(styled(clean(line)), flush=True)


async def follow(
    events: AsyncIterator[Event],
    *,
    on_progress: Callable[[str], None],
    on_statement: Callable[[StatementPassed], None] | None = None,
) -> AskResult | Failed:
    """Drain a turn; the caller sees each progress line and each statement as it passes."""
    final: AskResult | Failed | None = None
    async for event in events:
        if isinstance(event, Progress):
            on_progress(event.text)
        elif isinstance(event, StatementPassed):
            if on_statement is not None:
                on_statement(event)
        elif isinstance(event, Done):
            final = event.result
        else:
            final = event
    if final is None:
        raise RuntimeError("the turn ended without an event")
    return final


async def say_answer(
    events: AsyncIterator[Event], lang: Lang, *, simulated: bool, folded: bool = False
) -> AskResult | Failed:
    """Print a whole turn as it comes; the result tells the caller how it ended."""
    printer = AnswerPrinter(lang, simulated=simulated, evidence=_ESSENTIALS if folded else None)
    with progress() as tell:
        final = await follow(
            events, on_progress=tell, on_statement=lambda passed: printer.statement(passed.section, passed.statement)
        )
    if isinstance(final, AskResult):
        printer.finish(final)
    return final
