"""A merchant's own documents on the page: which dropped file is one, keeping it, and the question when that cannot be told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from advisor.scope import Scope
from advisor.service.imports import ShopDetails
from advisor.ui.answer_view import error_html
from advisor.ui.card_view import progress_html
from advisor.ui.html import element, esc
from advisor.ui.memory import Memory
from advisor.ui.shops import ACTOR, fresh_id
from advisor.ui.words import word
from tools.cases.documents_read import MAYBE_EXPORTS, is_document_type
from tools.errors import ToolError

if TYPE_CHECKING:
    from advisor.ui.events import Updates
    from advisor.ui.views import Views
    from tools.cases.documents import Added

__all__ = ["Keeping", "Kept"]


@dataclass(frozen=True)
class Kept:
    """What became of some files: HTML to show, and those a person has to decide about."""

    html: str = ""
    asked: tuple[Path, ...] = ()
    any_kept: bool = False


class Keeping:
    def __init__(self, views: Views) -> None:
        self._views = views
        self._parts = views.parts
        self._lang = views.lang

    @staticmethod
    def surely(path: Path) -> bool:
        """A document by its type; a sheet or a text file may be an export and is shown to the importer first."""
        return is_document_type(path.name) and path.suffix.lower() not in MAYBE_EXPORTS

    @staticmethod
    def possibly(path: Path) -> bool:
        return path.suffix.lower() in MAYBE_EXPORTS

    async def keep(self, paths: Sequence[Path], merchant_id: str, *, update: bool = False) -> Kept:
        """Keep each file; a bad one is said and stops no other. Another version of a document is asked about."""
        from tools.cases.documents import OtherVersion

        parts: list[str] = []
        asked: list[Path] = []
        done = False
        for path in paths:
            try:
                added = await asyncio.to_thread(self._add, path, merchant_id, update)
            except OtherVersion:
                asked.append(path)
                parts.append(self.question("keep_newer", [path]))
            except ToolError as error:
                parts.append(error_html(error.text(self._lang)))
            else:
                done = True
                parts.append(self._said(added))
        return Kept("".join(parts), tuple(asked), done)

    def _add(self, path: Path, merchant_id: str, update: bool) -> Added:
        desk = self._views.page.desk
        _profile, is_new = desk.target(merchant_id, ShopDetails())
        if is_new:
            desk.add(merchant_id, ShopDetails())
        return desk.documents.add(Scope(merchant_id, ACTOR), path, update=update)

    def _said(self, added: Added) -> str:
        text = word(f"document_{added.status}", self._lang, file=added.document.name, n=added.document.passages)
        return element("p", esc(text), class_="file", role="status")

    def question(self, name: str, paths: Sequence[Path]) -> str:
        """Words of the question that the two buttons answer."""
        names = ("、" if self._lang == "zh" else ", ").join(path.name for path in paths)
        return element("p", esc(word(name, self._lang, names=names)), class_="file")

    def buttons(self, asked: Sequence[Path], merchant_id: str = "") -> Updates:
        """The question's two buttons, there as long as files wait for an answer."""
        return {
            self._parts.pending: {"files": [str(path) for path in asked], "shop": merchant_id},
            self._parts.keep: gr.update(visible=bool(asked)),
            self._parts.discard: gr.update(visible=bool(asked)),
        }

    async def confirmed(self, pending: object, memory: object) -> AsyncIterator[Updates]:
        """Keep what was asked about; a document of that name is replaced."""
        paths, wanted = self._waiting(pending)
        if not paths:
            yield self.buttons(())
            return
        yield {self._parts.card: progress_html(word("keeping", self._lang), 0.3), **self.buttons(())}
        try:
            profiles = await asyncio.to_thread(self._views.page.desk.merchants)
            merchant_id = wanted if any(p.merchant_id == wanted for p in profiles) else fresh_id(profiles)
            kept = await self.keep(paths, merchant_id, update=True)
            updates = await self._views.everything(Memory.of(memory).showing(merchant_id)) if kept.any_kept else {}
            yield updates | {self._parts.card: kept.html}
        finally:
            _delete(paths)

    async def declined(self, pending: object) -> AsyncIterator[Updates]:
        """Delete what was asked about."""
        paths, _wanted = self._waiting(pending)
        _delete(paths)
        note = element("p", esc(word("not_kept", self._lang)), class_="meta")
        yield {self._parts.card: note, **self.buttons(())}

    def _waiting(self, pending: object) -> tuple[list[Path], str]:
        """Uploads of this page that are still there; the state is the server's, and a path is checked all the same."""
        held = pending if isinstance(pending, dict) else {}
        root = self._views.page.uploads.resolve()
        paths = [Path(str(name)) for name in held.get("files", [])]
        return [path for path in paths if path.resolve().is_relative_to(root) and path.is_file()], str(
            held.get("shop", "")
        )


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        shutil.rmtree(path.parent, ignore_errors=True)
