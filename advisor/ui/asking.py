"""Asking on the page: progress, statements as they pass, the stored answer at the end; stop, start over, earlier conversations."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import gradio as gr

from advisor.answer import AskResult
from advisor.events import Done, Failed, Progress, StatementPassed
from advisor.scope import Scope
from advisor.ui.answer_view import LiveTurn, error_html, question_html
from advisor.ui.html import element, esc
from advisor.ui.memory import Memory
from advisor.ui.words import word
from tools.text import Lang

if TYPE_CHECKING:
    from advisor.ui.events import Updates
    from advisor.ui.views import Views

__all__ = ["Asking"]

_CJK = re.compile(r"[\u3400-\u9fff]")


class Asking:
    def __init__(self, views: Views) -> None:
        self._views = views
        self._parts = views.parts
        self._lang = views.lang

    async def ask(self, question: str | None, memory: object) -> AsyncIterator[Updates]:
        """One turn. The answer shown at the end is the stored one, so a reload shows the same."""
        text = (question or "").strip()
        known = Memory.of(memory)
        scope = (await self._views.shops(known)).scope()
        if not text or scope is None:
            yield self._idle()
            return
        spoken: Lang = "zh" if _CJK.search(text) else "en"
        turn = LiveTurn(text, spoken, word("thinking", spoken))
        yield self._busy() | {self._parts.live: turn.html(), self._parts.box: ""}
        final: AskResult | Failed | None = None
        async with aclosing(
            self._views.page.service.ask(scope, text, thread_id=known.thread(scope.merchant_id))
        ) as events:
            async for event in events:
                if isinstance(event, Progress):
                    turn.progress = event.text
                elif isinstance(event, StatementPassed):
                    turn.add(event.section, event.statement)
                else:
                    final = event.result if isinstance(event, Done) else event
                    continue
                yield {self._parts.live: turn.html()}
        yield self._idle() | await self._end(scope, known, text, final)

    async def _end(self, scope: Scope, memory: Memory, question: str, final: AskResult | Failed | None) -> Updates:
        if isinstance(final, AskResult):
            return await self._talk(scope, memory, final.thread_id) | {self._parts.live: ""}
        if final is not None and final.code == "thread_unknown":
            gone = error_html(word("gone", self._lang))
            return {
                self._parts.live: gone,
                self._parts.box: question,
                self._parts.memory: memory.talking(scope.merchant_id, None).to_json(),
            }
        said = final.text if final is not None else word("broken", self._lang)
        return {self._parts.live: question_html(question, self._lang) + error_html(said), self._parts.box: question}

    async def _talk(self, scope: Scope, memory: Memory, thread: str | None) -> Updates:
        """Show a conversation and remember it."""
        talk = await self._views.conversation(scope, thread)
        kept = None if talk.lost else thread
        return {
            self._parts.history: talk.html,
            self._parts.memory: memory.talking(scope.merchant_id, kept).to_json(),
            **self._views.suggest(talk.follow_ups),
            **await self._views.past(scope, kept),
        }

    async def stopped(self, _memory: object) -> AsyncIterator[Updates]:
        """The running turn was cancelled; a stopped turn leaves the conversation as it was."""
        yield self._idle() | {self._parts.live: element("p", esc(word("stopped", self._lang)), class_="meta")}

    async def start_over(self, memory: object) -> AsyncIterator[Updates]:
        async for update in self.open_thread(None, memory):
            yield update

    async def open_thread(self, thread: str | None, memory: object) -> AsyncIterator[Updates]:
        known = Memory.of(memory)
        scope = (await self._views.shops(known)).scope()
        if scope is not None:
            yield (
                self._idle()
                | {self._parts.live: "", self._parts.card: ""}
                | await self._talk(scope, known, thread or None)
            )

    def _busy(self) -> Updates:
        hidden = {button: gr.update(visible=False) for button in self._parts.suggestions}
        return {self._parts.send: gr.update(visible=False), self._parts.stop: gr.update(visible=True), **hidden}

    def _idle(self) -> Updates:
        return {self._parts.send: gr.update(visible=True, interactive=True), self._parts.stop: gr.update(visible=False)}
