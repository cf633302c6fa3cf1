"""Files and the demo shop on the page: what the file is, progress, what became of its rows, the first look at the shop."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import gradio as gr

from advisor.errors import AdvisorError
from advisor.scope import Scope
from advisor.service.card import first_card
from advisor.service.imports import DEFAULT_DEMO, ShopDetails
from advisor.ui.answer_view import error_html
from advisor.ui.card_view import card_html, detection_html, progress_html, reports_html
from advisor.ui.html import element, esc
from advisor.ui.keeping import Keeping, Kept
from advisor.ui.memory import Memory
from advisor.ui.shops import ACTOR, fresh_id
from advisor.ui.words import word
from tools.errors import ToolError
from tools.text import Text

if TYPE_CHECKING:
    from advisor.ui.events import Updates
    from advisor.ui.views import Views
    from tools.warehouse.importer import ImportReport

__all__ = ["Bringing"]

T = TypeVar("T")
Tell = Callable[[Text, float], None]


@dataclass(frozen=True)
class _Sorted:
    """Dropped files by what becomes of them; `found` says what the exports are, `reasons` why others are none."""

    exports: tuple[Path, ...]
    documents: tuple[Path, ...]
    asked: tuple[Path, ...]
    found: str
    reasons: str


class Bringing:
    def __init__(self, views: Views, keeping: Keeping) -> None:
        self._views = views
        self._parts = views.parts
        self._lang = views.lang
        self._keeping = keeping

    async def dropped(self, files: list[str] | None, target: str | None, memory: object) -> AsyncIterator[Updates]:
        """Recognise, keep or import, look at the shop. Uploads are deleted whatever happens, but for those asked about."""
        paths = [path for name in files or [] if (path := self._own_upload(Path(name))) is not None]
        if not paths:
            yield {self._parts.files: None}
            return
        task: asyncio.Task[Any] | None = None
        waiting: tuple[Path, ...] = ()
        kept = Kept()
        try:
            those = await self._sort(paths)
            profiles = await asyncio.to_thread(self._views.page.desk.merchants)
            wanted = target if target and any(p.merchant_id == target for p in profiles) else fresh_id(profiles)
            if those.documents:
                yield {self._parts.card: progress_html(word("keeping", self._lang), 0.1)}
                kept = await self._keeping.keep(those.documents, wanted)
            waiting = (*those.asked, *kept.asked)
            kept = self._with_question(kept, those)
            if those.exports:
                yield {self._parts.card: kept.html + those.found + progress_html(word("importing", self._lang), 0.02)}
                running = _Running(lambda tell: self._import(list(those.exports), wanted, tell))
                task = running.task
                async for text, fraction in running.steps():
                    yield {self._parts.card: kept.html + those.found + progress_html(text.get(self._lang), fraction)}
                reports = await running.task
                yield {self._parts.card: kept.html + reports_html(reports, self._lang)}
                yield await self._finished(kept, reports_html(reports, self._lang), wanted, memory)
            elif kept.any_kept:
                yield await self._finished(kept, "", wanted, memory)
            yield {self._parts.files: None, **self._keeping.buttons(waiting, wanted)}
            if not those.exports and not kept.any_kept:
                yield {self._parts.card: kept.html}
        except (ToolError, AdvisorError) as error:
            shown = kept.html + error_html(error.text(self._lang))
            yield {self._parts.card: shown, self._parts.files: None, **self._keeping.buttons(waiting, target or "")}
        finally:
            _delete_after(task, [path for path in paths if path not in waiting])

    async def _sort(self, paths: list[Path]) -> _Sorted:
        """An export first; what no format matches but may be a document is asked about."""
        documents = tuple(path for path in paths if self._keeping.surely(path))
        exports: list[Path] = []
        asked: list[Path] = []
        found = reasons = ""
        for path in (path for path in paths if path not in documents):
            seen, why = await self._recognised(path)
            found += seen
            if why is None or not self._keeping.possibly(path):
                exports.append(path)
            else:
                asked.append(path)
                reasons += element("p", esc(why.text(self._lang)), class_="meta")
        return _Sorted(tuple(exports), documents, tuple(asked), found, reasons)

    def _with_question(self, kept: Kept, those: _Sorted) -> Kept:
        if not those.asked:
            return kept
        return replace(kept, html=kept.html + those.reasons + self._keeping.question("keep_question", those.asked))

    async def _finished(self, kept: Kept, reports: str, wanted: str, memory: object) -> Updates:
        """The page for the shop the files went into, with the first look when data came in."""
        updates = await self._views.everything(Memory.of(memory).showing(wanted).talking(wanted, None))
        look = await self._look(wanted) if reports else ""
        return updates | {
            self._parts.card: kept.html + reports + look,
            self._parts.live: "",
            self._parts.files: None,
            self._parts.importing: gr.update(open=False, label=word("more_files", self._lang)),
        }

    def _own_upload(self, path: Path) -> Path | None:
        """Only a file that was uploaded here; the browser's word for a path is not taken."""
        inside = path.resolve().is_relative_to(self._views.page.uploads.resolve())
        return path if inside and path.is_file() else None

    async def _recognised(self, path: Path) -> tuple[str, ToolError | None]:
        """What the importer makes of a file, or why it makes nothing of it."""
        try:
            return detection_html(await asyncio.to_thread(self._views.page.desk.detect, path), self._lang), None
        except ToolError as error:
            return "", error  # for an export the import says it again, and imports the others

    def _import(self, paths: list[Path], merchant_id: str, tell: Tell) -> list[ImportReport]:
        desk = self._views.page.desk
        profile, _new = desk.target(merchant_id, ShopDetails())
        return desk.import_files(paths, profile, on_progress=tell)

    async def _look(self, merchant_id: str) -> str:
        """The first look; an import stands even when there is not enough to look at."""
        try:
            card = await first_card(self._views.page.service, Scope(merchant_id, ACTOR), self._lang)
        except ToolError as error:
            return error_html(error.text(self._lang))
        return card_html(card, self._lang)

    async def demo(self, memory: object) -> AsyncIterator[Updates]:
        """Make the demo shops and show the first one."""
        running = _Running(lambda _tell: self._views.page.desk.create_demo())
        text = word("making_demo", self._lang)
        yield {self._parts.card: progress_html(text, 0.1)}
        fraction = 0.1
        while not running.task.done():
            await asyncio.wait({running.task}, timeout=0.5)
            fraction = min(0.95, fraction + 0.06)
            yield {self._parts.card: progress_html(text, fraction)}
        try:
            await running.task
        except (ToolError, AdvisorError) as error:
            yield {self._parts.card: error_html(error.text(self._lang))}
            return
        updates = await self._views.everything(Memory.of(memory).showing(DEFAULT_DEMO))
        yield updates | {
            self._parts.card: await self._look(DEFAULT_DEMO),
            self._parts.importing: gr.update(open=False, label=word("own_shop", self._lang)),
        }


class _Running(Generic[T]):
    """Work in a thread whose steps can be awaited."""

    def __init__(self, work: Callable[[Tell], T]) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[Text, float] | None] = asyncio.Queue()
        self.task: asyncio.Task[T] = asyncio.create_task(asyncio.to_thread(work, self._tell))
        self.task.add_done_callback(lambda _task: self._queue.put_nowait(None))

    def _tell(self, text: Text, fraction: float) -> None:
        self._loop.call_soon_threadsafe(self._queue.put_nowait, (text, fraction))

    async def steps(self) -> AsyncIterator[tuple[Text, float]]:
        while (step := await self._queue.get()) is not None:
            yield step


def _delete_after(task: asyncio.Task[Any] | None, paths: list[Path]) -> None:
    """Delete the uploads, but not under an import that is still reading them (the browser may have gone)."""

    def delete(_task: object = None) -> None:
        for path in paths:
            shutil.rmtree(path.parent, ignore_errors=True)

    if task is None or task.done():
        delete()
    else:
        task.add_done_callback(delete)
