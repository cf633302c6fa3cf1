"""A merchant's own documents on the page: the list, and deleting one after a second question. Texts of documents are never shown here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import gradio as gr

from advisor.scope import Scope
from advisor.ui.answer_view import error_html
from advisor.ui.card_view import progress_html
from advisor.ui.html import element, esc
from advisor.ui.memory import Memory
from advisor.ui.words import word
from tools.errors import ToolError
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.ui.events import Updates
    from advisor.ui.views import Views
    from tools.cases.documents import Document

__all__ = ["Papers", "papers_html"]

_TYPES = {
    ".md": Text("Markdown", "Markdown"),
    ".markdown": Text("Markdown", "Markdown"),
    ".txt": Text("文本", "Text"),
    ".csv": Text("表格", "Sheet"),
    ".xlsx": Text("表格", "Sheet"),
    ".html": Text("网页", "Web page"),
    ".htm": Text("网页", "Web page"),
    ".pdf": Text("PDF", "PDF"),
    ".docx": Text("Word", "Word"),
    ".pptx": Text("PPT", "PowerPoint"),
}


def papers_html(documents: Sequence[Document], lang: Lang) -> str:
    """One row a document: name, type, size, day it was added. Names are text, whatever they look like."""
    heads = [word(f"paper_{name}", lang) for name in ("name", "type", "size", "added")]
    head = element("tr", "".join(element("th", esc(one), scope="col") for one in heads))
    rows = [
        element(
            "tr",
            element("td", esc(one.name), class_="name")
            + element("td", esc(_type(one.name, lang)))
            + element("td", esc(word("paper_length", lang, n=f"{one.characters:,}")), class_="number")
            + element("td", esc(one.added)),
        )
        for one in documents
    ]
    table = element("table", element("thead", head) + element("tbody", "".join(rows)), class_="papers")
    return element("p", esc(word("papers_hint", lang)), class_="hint") + element("div", table, class_="scroll")


def _type(name: str, lang: Lang) -> str:
    suffix = PurePath(name).suffix.lower()
    known = _TYPES.get(suffix)
    return known.get(lang) if known is not None else suffix.lstrip(".").upper()


class Papers:
    def __init__(self, views: Views) -> None:
        self._views = views
        self._parts = views.parts
        self._lang = views.lang

    async def asked(self, chosen: str | None, memory: object) -> AsyncIterator[Updates]:
        """“Delete” was pressed: say what would go and wait for the second press."""
        scope = (await self._views.shops(Memory.of(memory))).scope()
        found = await self._found(scope, chosen)
        if scope is None or found is None:
            yield self._question(None)
            return
        yield {
            **self._question(word("paper_sure", self._lang, file=found.name)),
            self._parts.doomed: {"shop": scope.merchant_id, "id": found.id},
        }

    async def removed(self, doomed: object, memory: object) -> AsyncIterator[Updates]:
        """Delete what was asked about, if the shop it was asked of is still the one shown."""
        held = doomed if isinstance(doomed, dict) else {}
        remembered = Memory.of(memory)
        scope = (await self._views.shops(remembered)).scope()
        if scope is None or held.get("shop") != scope.merchant_id or not held.get("id"):
            yield self._question(None)
            return
        yield self._question(None) | {self._parts.card: progress_html(word("paper_removing", self._lang), 0.3)}
        try:
            gone = await asyncio.to_thread(self._views.page.desk.documents.remove, scope, str(held["id"]))
        except ToolError as error:
            said = error_html(error.text(self._lang))
        else:
            text = word("paper_removed", self._lang, file=gone.name)
            said = element("p", esc(text), class_="file", role="status")
        yield {**await self._views.papers(scope), self._parts.card: said}

    async def spared(self) -> AsyncIterator[Updates]:
        """The second question was answered with no, or another document was chosen."""
        yield self._question(None)

    async def _found(self, scope: Scope | None, chosen: str | None) -> Document | None:
        if scope is None or not chosen:
            return None
        known = await asyncio.to_thread(self._views.page.desk.documents.documents, scope)
        return next((one for one in known if one.id == chosen), None)

    def _question(self, text: str | None) -> Updates:
        there = text is not None
        return {
            self._parts.sure: element("p", esc(text), class_="notice", role="alert") if there else "",
            self._parts.really: gr.update(visible=there),
            self._parts.spare: gr.update(visible=there),
            self._parts.doomed: {},
        }
