"""The page as it stands for a shop and a conversation: header, selectors, history, suggestions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError

from advisor.answer import AskResult
from advisor.errors import ThreadUnknown
from advisor.scope import Scope
from advisor.ui.answer_view import answer_html, error_html, question_html
from advisor.ui.html import element, esc
from advisor.ui.memory import Memory
from advisor.ui.papers import papers_html
from advisor.ui.shops import ShopList, shop_label
from advisor.ui.words import SUGGESTIONS, word
from tools.errors import ToolError
from tools.text import Lang

if TYPE_CHECKING:
    from advisor.store import StoredMessage
    from advisor.ui.events import Parts, Updates
    from advisor.ui.page import Page
    from tools.cases.documents import Document

__all__ = ["Conversation", "Views"]

_LANGUAGE_NAMES: dict[Lang, str] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True)
class Conversation:
    """A thread as HTML, with the questions its last answer suggests. `lost` when the id is not the scope's."""

    html: str = ""
    follow_ups: tuple[str, ...] = ()
    lost: bool = False


class Views:
    """Builds updates; holds no state of its own."""

    def __init__(self, parts: Parts, page: Page, lang: Lang) -> None:
        self.parts = parts
        self.page = page
        self.lang = lang

    async def load(self, memory: object) -> AsyncIterator[Updates]:
        """The page for what the browser remembers."""
        yield await self.everything(Memory.of(memory))

    async def choose_shop(self, shop: str | None, memory: object) -> AsyncIterator[Updates]:
        updates = await self.everything(Memory.of(memory).showing(shop or ""))
        yield updates | {self.parts.card: "", self.parts.live: ""}

    async def shops(self, memory: Memory) -> ShopList:
        return ShopList.of(await asyncio.to_thread(self.page.desk.merchants), memory.shop)

    async def everything(self, memory: Memory) -> Updates:
        """All that depends on shop and conversation."""
        shops = await self.shops(memory)
        scope = shops.scope()
        current = shops.current
        updates = self._shell(shops)
        if scope is None or current is None:
            nothing = {self.parts.history: "", self.parts.memory: memory.to_json(), **self.suggest(())}
            return updates | nothing | self._papers(())
        thread = memory.thread(scope.merchant_id)
        talk = await self.conversation(scope, thread)
        thread = None if talk.lost else thread
        updates |= await self.past(scope, thread)
        updates |= await self.papers(scope)
        if talk.html and not talk.lost:
            updates[self.parts.importing] = gr.update(open=False, label=self._drop_title(shops))
        return updates | {
            self.parts.history: talk.html,
            self.parts.memory: memory.talking(scope.merchant_id, thread).to_json(),
            **self.suggest(talk.follow_ups),
        }

    def _shell(self, shops: ShopList) -> Updates:
        """Header, selectors and the drop zone."""
        lang, parts = self.lang, self.parts
        targets = shops.targets(lang)
        own = [profile.merchant_id for profile in shops.real]
        wanted = shops.current.merchant_id if shops.current is not None else ""
        return {
            parts.header: self._header(shops),
            parts.bar: gr.update(visible=shops.current is not None),
            parts.shop: gr.update(choices=shops.choices(lang), value=wanted or None, visible=len(shops.profiles) > 1),
            parts.importing: gr.update(open=not own, label=self._drop_title(shops)),
            parts.target: gr.update(
                choices=targets, value=wanted if wanted in own else targets[0][1], visible=bool(own)
            ),
            parts.demo: gr.update(visible=not any(profile.simulated for profile in shops.profiles)),
            parts.composer: gr.update(visible=shops.current is not None),
        }

    def _header(self, shops: ShopList) -> str:
        lang = self.lang
        name = element("h1", esc(word("title", lang)))
        sub = element("p", esc(word("tagline", lang)), class_="tagline")
        if shops.current is not None:
            badge = element("span", esc(word("simulated", lang)), class_="badge") if shops.current.simulated else ""
            sub = element("p", element("b", esc(shop_label(shops.current, lang))) + badge, class_="shop")
        links = "".join(
            element("a", label, href=f"/{code}/", lang=code, aria_current="true" if code == lang else "")
            for code, label in _LANGUAGE_NAMES.items()
        )
        top = element("header", element("div", name + sub) + element("nav", links, aria_label="语言 / Language"))
        return top + element("p", esc(word("open_mode", lang)), class_="mode", role="note")

    def _drop_title(self, shops: ShopList) -> str:
        if shops.real:
            return word("more_files", self.lang)
        return word("own_shop" if shops.profiles else "drop", self.lang)

    def suggest(self, follow_ups: Sequence[str]) -> Updates:
        """The suggested questions: those of the last answer, else three to begin with."""
        texts = list(follow_ups)[:3] or [text.get(self.lang) for text in SUGGESTIONS]
        shown = [*texts, *[""] * 3][:3]
        return {
            button: gr.update(value=text, visible=bool(text))
            for button, text in zip(self.parts.suggestions, shown, strict=True)
        }

    async def past(self, scope: Scope, thread: str | None) -> Updates:
        """The list of conversations, newest first."""
        known = await self.page.service.threads(scope)
        choices = [(word("past", self.lang), ""), *((one.title, one.thread_id) for one in known[:100])]
        current = thread if any(one.thread_id == thread for one in known) else ""
        return {self.parts.past: gr.update(choices=choices, value=current, visible=bool(known))}

    async def papers(self, scope: Scope) -> Updates:
        """The shop's own documents; a store that cannot be read is said where they would stand."""
        try:
            found = await asyncio.to_thread(self.page.desk.documents.documents, scope)
        except ToolError as error:
            broken = {
                self.parts.papers: gr.update(visible=True),
                self.parts.paper_list: error_html(error.text(self.lang)),
            }
            return self._papers(()) | broken
        return self._papers(sorted(found, key=lambda one: (one.added, one.name), reverse=True))

    def _papers(self, found: Sequence[Document]) -> Updates:
        parts, there = self.parts, bool(found)
        return {
            parts.papers: gr.update(visible=there, label=word("papers", self.lang, n=len(found))),
            parts.paper_list: papers_html(found, self.lang) if there else "",
            parts.paper: gr.update(choices=[(one.name, one.id) for one in found], value=None, visible=there),
            parts.remove: gr.update(visible=there),
            parts.sure: "",
            parts.really: gr.update(visible=False),
            parts.spare: gr.update(visible=False),
            parts.doomed: {},
        }

    async def conversation(self, scope: Scope, thread: str | None) -> Conversation:
        """A thread as stored. A foreign or deleted id looks like an unknown one."""
        if thread is None:
            return Conversation()
        try:
            messages = await self.page.service.thread(scope, thread)
        except ThreadUnknown:
            return Conversation(element("p", esc(word("gone", self.lang)), class_="meta"), lost=True)
        return await asyncio.to_thread(self._conversation, messages)

    def _conversation(self, messages: Sequence[StoredMessage]) -> Conversation:
        parts: list[str] = []
        follow_ups: tuple[str, ...] = ()
        for number, message in enumerate(messages):
            if message.role == "user":
                parts.append(question_html(message.text, self.lang))
                continue
            result = _stored(message.result)
            if result is None:
                parts.append(error_html(message.text))
                continue
            parts.append(answer_html(result, f"t{number}", lang=self.lang))
            follow_ups = tuple(result.answer.follow_ups)
        return Conversation("".join(parts), follow_ups)


def _stored(result: dict[str, Any] | None) -> AskResult | None:
    """A stored result; None when it was written by a version we cannot read any more."""
    try:
        return AskResult.model_validate(result) if result is not None else None
    except ValidationError:
        return None
