"""What happens on the page: load, ask, stop, import, demo, documents, another shop or conversation. Every handler goes through the service."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import gradio as gr

from advisor.ui.answer_view import error_html
from advisor.ui.asking import Asking
from advisor.ui.bringing import Bringing
from advisor.ui.keeping import Keeping
from advisor.ui.live_form import LiveForm, LiveParts
from advisor.ui.papers import Papers
from advisor.ui.views import Views
from advisor.ui.words import word
from tools.text import Lang

if TYPE_CHECKING:
    from advisor.ui.page import Page

__all__ = ["Parts", "wire"]

_log = logging.getLogger("advisor.ui")
Updates = dict[Any, Any]
Handler = Callable[..., AsyncIterator[Updates]]


@dataclass(frozen=True)
class Parts:
    """The components of one page."""

    memory: Any
    header: Any
    bar: Any
    shop: Any
    past: Any
    new: Any
    importing: Any
    files: Any
    target: Any
    demo: Any
    pending: Any
    keep: Any
    discard: Any
    papers: Any
    paper_list: Any
    paper: Any
    remove: Any
    sure: Any
    really: Any
    spare: Any
    doomed: Any
    card: Any
    history: Any
    live: Any
    composer: Any
    suggestions: list[Any]
    box: Any
    send: Any
    stop: Any

    def outputs(self) -> list[Any]:
        """Everything a handler may change."""
        single = [value for name, value in vars(self).items() if name not in ("suggestions", "new")]
        return [*single, *self.suggestions]


def wire(blocks: Any, parts: Parts, planning: LiveParts, page: Page, lang: Lang) -> None:
    """Connect the components to their handlers."""
    views = Views(parts, page, lang)
    asking, keeping = Asking(views), Keeping(views)
    bringing = Bringing(views, keeping)
    out = parts.outputs()
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def edge(handler: Handler) -> Handler:
        return _at_the_edge(handler, parts, lang)

    blocks.load(edge(views.load), [parts.memory], out, **quiet)
    runs = [
        gr.on(
            [parts.box.submit, parts.send.click], edge(asking.ask), [parts.box, parts.memory], out,
            trigger_mode="once", **quiet,
        )
    ]  # fmt: skip
    runs += [
        button.click(edge(asking.ask), [button, parts.memory], out, trigger_mode="once", **quiet)
        for button in parts.suggestions
    ]
    parts.stop.click(edge(asking.stopped), [parts.memory], out, cancels=runs, **quiet)
    parts.new.click(edge(asking.start_over), [parts.memory], out, cancels=runs, **quiet)
    parts.past.input(edge(asking.open_thread), [parts.past, parts.memory], out, cancels=runs, **quiet)
    parts.shop.input(edge(views.choose_shop), [parts.shop, parts.memory], out, cancels=runs, **quiet)
    single: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "import", "trigger_mode": "once"}
    parts.files.upload(edge(bringing.dropped), [parts.files, parts.target, parts.memory], out, **single, **quiet)
    parts.keep.click(edge(keeping.confirmed), [parts.pending, parts.memory], out, **single, **quiet)
    parts.discard.click(edge(keeping.declined), [parts.pending], out, **single, **quiet)
    papers = Papers(views)
    parts.remove.click(edge(papers.asked), [parts.paper, parts.memory], out, **single, **quiet)
    parts.really.click(edge(papers.removed), [parts.doomed, parts.memory], out, **single, **quiet)
    gr.on([parts.spare.click, parts.paper.input], edge(papers.spared), None, out, **quiet)
    form, shown = LiveForm(views, planning), [*planning.outputs(), parts.live, parts.send, parts.stop]
    planning.panel.expand(edge(form.opened), [parts.memory], shown, **quiet)
    planning.go.click(
        edge(form.planned), [parts.memory, planning.known, planning.items, *planning.fields.values()], shown,
        concurrency_limit=2, concurrency_id="live-plan", trigger_mode="once", **quiet,
    )  # fmt: skip
    parts.demo.click(edge(bringing.demo), [parts.memory], out, **single, **quiet)


def _at_the_edge(handler: Handler, parts: Parts, lang: Lang) -> Handler:
    """The outer edge of the page: a bug is logged and said plainly, and the page is left usable."""

    @wraps(handler)
    async def safe(*arguments: Any) -> AsyncIterator[Updates]:
        try:
            async for update in handler(*arguments):
                yield update
        except Exception:  # noqa: BLE001
            _log.exception("a handler of the page failed")
            yield {
                parts.live: error_html(word("broken", lang)),
                parts.send: gr.update(interactive=True),
                parts.stop: gr.update(visible=False),
            }

    return safe
