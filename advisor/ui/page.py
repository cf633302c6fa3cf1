"""The one page of the product: what stands where. What happens on a click is in `events`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import FastAPI

from advisor.service.doctor import model_host
from advisor.settings import Settings
from advisor.ui.events import Parts, wire
from advisor.ui.html import element, esc
from advisor.ui.live_form import live_parts
from advisor.ui.server import MAX_UPLOAD
from advisor.ui.words import word
from tools.text import Lang

if TYPE_CHECKING:
    from advisor.service.imports import DataDesk
    from advisor.service.service import AdvisorService

__all__ = ["Page", "mount_pages"]

_ASSETS = Path(__file__).parent / "assets"
_LANGUAGES: tuple[Lang, ...] = ("zh", "en")
_CONCURRENT = 24


class Page:
    """What both languages of the page share; the service is there once the server runs."""

    def __init__(self, *, settings: Settings, uploads: Path) -> None:
        self.uploads = uploads
        self.model_host = model_host(settings)
        self._service: AdvisorService | None = None
        self._desk: DataDesk | None = None

    def open(self, service: AdvisorService, desk: DataDesk) -> None:
        self._service, self._desk = service, desk

    @property
    def service(self) -> AdvisorService:
        if self._service is None:
            raise RuntimeError("the server has not started yet")
        return self._service

    @property
    def desk(self) -> DataDesk:
        if self._desk is None:
            raise RuntimeError("the server has not started yet")
        return self._desk


def mount_pages(app: FastAPI, page: Page) -> None:
    """One mount per language: switching is a link, and no label has to be swapped at run time."""
    css = (_ASSETS / "page.css").read_text(encoding="utf-8")
    outer = (_ASSETS / "outer.css").read_text(encoding="utf-8")
    script = (_ASSETS / "page.js").read_text(encoding="utf-8")
    for lang in _LANGUAGES:
        gr.mount_gradio_app(
            app,
            _blocks(page, lang),
            path=f"/{lang}",
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=MAX_UPLOAD,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=_theme(),
            css=css + _own_words(lang),
            head=f"<style>{outer}</style>",
            js=script.replace("__LANG__", "zh-CN" if lang == "zh" else "en"),
        )


def _own_words(lang: Lang) -> str:
    """The drop zone in the page's language; the library would follow the browser's."""
    return f'#drop .wrap::after {{ content: "{word("drop_or_click", lang)}"; }}'


def _theme() -> gr.themes.Base:
    """Fonts of the system only: nothing is fetched."""
    sans = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "sans-serif")
    mono = ("ui-monospace", "SFMono-Regular", "Consolas", "Noto Sans Mono CJK SC", "monospace")
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=[gr.themes.Font(name) for name in sans],
        font_mono=[gr.themes.Font(name) for name in mono],
    ).set(
        body_background_fill="#ffffff",
        body_background_fill_dark="#151c24",
        block_background_fill_dark="#151c24",
        button_primary_background_fill="#0f5c5c",
        button_primary_background_fill_hover="#0b4747",
        button_primary_background_fill_dark="#1d7a78",
        button_primary_text_color="#ffffff",
    )


def _blocks(page: Page, lang: Lang) -> Any:
    # an upload whose import never started goes within the hour; the rest is deleted right after its import
    with gr.Blocks(title=word("title", lang), analytics_enabled=False, delete_cache=(600, 3600)) as blocks:
        memory = gr.BrowserState({"shop": "", "threads": {}}, storage_key="advisor-memory", secret="open-mode")
        header = gr.HTML(elem_id="header")
        with gr.Row(elem_id="bar", visible=False) as bar:
            shop = gr.Dropdown(label=word("shop", lang), choices=[], visible=False, container=False)
            past = gr.Dropdown(label=word("past", lang), choices=[], visible=False, container=False)
            new = gr.Button(word("new_thread", lang), size="sm", scale=1, min_width=110, elem_id="new")
        with gr.Accordion(word("drop", lang), open=True, elem_id="import") as importing:
            gr.HTML(element("p", esc(word("drop_hint", lang)), class_="hint"))
            files = gr.File(
                file_count="multiple", show_label=False, elem_id="drop", label=word("drop", lang), height=150
            )
            target = gr.Dropdown(label=word("import_into", lang), choices=[], visible=False)
            demo = gr.Button(word("see_demo", lang), elem_id="demo", variant="secondary", size="sm")
            gr.HTML(element("p", esc(word("privacy", lang)), class_="meta"), elem_id="privacy")
        card = gr.HTML(elem_id="card")
        pending = gr.State({"files": [], "shop": ""})
        with gr.Row(elem_id="keep-row"):
            keep = gr.Button(word("keep", lang), size="sm", visible=False, variant="primary", elem_id="keep")
            discard = gr.Button(word("discard", lang), size="sm", visible=False, elem_id="discard")
        with gr.Accordion(word("papers", lang, n=0), open=False, visible=False, elem_id="papers") as papers:
            paper_list = gr.HTML(elem_id="paper-list")
            with gr.Row(elem_id="paper-row"):
                paper = gr.Dropdown(
                    label=word("paper_which", lang), choices=[], value=None, scale=3, min_width=180, elem_id="paper"
                )
                remove = gr.Button(word("paper_remove", lang), size="sm", scale=1, min_width=90, elem_id="remove")
            sure = gr.HTML(elem_id="sure")
            doomed = gr.State({})
            with gr.Row(elem_id="sure-row"):
                really = gr.Button(
                    word("paper_really", lang), size="sm", visible=False, variant="stop", elem_id="really"
                )
                spare = gr.Button(word("paper_spare", lang), size="sm", visible=False, elem_id="spare")
        history, live = gr.HTML(elem_id="history"), gr.HTML(elem_id="live")
        with gr.Column(elem_id="composer", visible=False) as composer:
            with gr.Row(elem_id="suggestions"):
                suggestions = [gr.Button("", size="sm", visible=False, elem_classes="suggestion") for _ in range(3)]
            with gr.Row(elem_id="ask-row"):
                box = gr.Textbox(
                    show_label=False, label=word("send", lang), placeholder=word("ask_here", lang),
                    lines=1, max_lines=6, max_length=4000, scale=8, container=False, elem_id="question", min_width=180,
                )  # fmt: skip
                send = gr.Button(word("send", lang), variant="primary", scale=1, min_width=72, elem_id="send")
                stop = gr.Button(
                    word("stop", lang), variant="stop", scale=1, min_width=72, visible=False, elem_id="stop"
                )
            planning = live_parts(lang)
        gr.HTML(_footer(page, lang), elem_id="footer")
        parts = Parts(
            memory=memory, header=header, bar=bar, shop=shop, past=past, new=new, importing=importing,
            files=files, target=target, demo=demo, pending=pending, keep=keep, discard=discard, papers=papers, paper_list=paper_list,
            paper=paper, remove=remove, sure=sure, really=really, spare=spare, doomed=doomed, card=card, history=history, live=live, composer=composer,
            suggestions=suggestions, box=box, send=send, stop=stop,
        )  # fmt: skip
        wire(blocks, parts, planning, page, lang)
    blocks.queue(api_open=False, default_concurrency_limit=_CONCURRENT, max_size=200)
    return blocks


def _footer(page: Page, lang: Lang) -> str:
    sent = word("model_host", lang, host=page.model_host) if page.model_host else word("planner_only", lang)
    return element("p", esc(sent), class_="meta", role="note")
