"""Documents dropped on the page: what is kept, what is imported, what is asked about; no file is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from advisor.app import build_desk, load_settings
from advisor.scope import Scope
from advisor.ui.bringing import Bringing
from advisor.ui.evidence_view import evidence_list
from advisor.ui.keeping import Keeping
from advisor.ui.memory import Memory
from advisor.ui.shops import ACTOR
from tests.advisor.door_files import HOSTILE_TITLE, tmall_orders
from tests.advisor.markup import unlinked_tags
from tests.document_files import xlsx
from tools.cases.documents import OwnPassage
from tools.cases.documents_evidence import document_fact
from tools.errors import DataMissing
from tools.text import Text


class Desk:
    """The page's handlers over a real workspace, without the components."""

    def __init__(self, folder: Path, lang: str) -> None:
        self.desk = build_desk(load_settings(workspace=folder / "ws"))
        self.uploads = folder / "uploads"
        self.uploads.mkdir()
        parts = SimpleNamespace(
            **{name: name for name in ("card", "files", "live", "importing", "pending", "keep", "discard")}
        )
        page = SimpleNamespace(
            desk=self.desk,
            uploads=self.uploads,
            service=SimpleNamespace(read=self._no_look, warehouse=self.desk.warehouse),
        )
        views = cast(Any, SimpleNamespace(parts=parts, page=page, lang=lang, everything=self._everything))
        self.keeping = Keeping(views)
        self.bringing = Bringing(views, self.keeping)
        self.state: dict[str, Any] = {}
        self._number = 0

    async def _everything(self, memory: Memory) -> dict[str, Any]:
        return {"shown": memory.shop}

    async def _no_look(self, *_args: object, **_options: object) -> None:
        raise DataMissing(Text("还没有", "nothing yet"))

    def upload(self, name: str, data: bytes | None = None) -> Path:
        """A file where the browser's uploads go, each in a folder of its own."""
        self._number += 1
        path = self.uploads / str(self._number) / name
        path.parent.mkdir()
        if data is not None:
            path.write_bytes(data)
        return path

    def run(self, steps: AsyncIterator[dict[str, Any]]) -> str:
        """Play a handler to its end; returns what the card says."""

        async def play() -> None:
            async for update in steps:
                self.state.update(update)

        asyncio.run(play())
        return str(self.state.get("card", ""))

    def drop(self, *paths: Path, target: str = "") -> str:
        return self.run(self.bringing.dropped([str(path) for path in paths], target, {}))

    def names(self, shop: str = "my-shop") -> list[str]:
        return [one.name for one in self.desk.documents.documents(Scope(shop, ACTOR))]

    def left(self) -> list[str]:
        return [path.name for path in self.uploads.rglob("*") if path.is_file()]


@pytest.fixture(params=["zh", "en"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    return Desk(tmp_path, request.param)


def _say(page: Desk, zh: str, en: str) -> str:
    return zh if page.keeping._lang == "zh" else en


def test_a_document_is_kept_and_the_upload_deleted(page: Desk) -> None:
    card = page.drop(page.upload("复盘.md", "# 复盘\n赠品断货。".encode()))
    assert _say(page, "只有本店能看到", "only this shop sees it") in card
    assert page.names() == ["复盘.md"] and page.left() == [] and page.state["shown"] == "my-shop"
    assert not page.state["pending"]["files"] and not page.state["keep"]["visible"]


def test_an_export_is_imported_and_not_kept_as_a_document(page: Desk) -> None:
    path = page.upload("ExportOrderList.csv")
    tmall_orders(path, days=10)
    both = page.drop(path, page.upload("话术.md", "先道歉。".encode()))
    shop = page.desk.warehouse.for_merchant("my-shop")
    assert shop.rows("orders") > 0 and page.names() == ["话术.md"] and page.left() == []
    assert "ExportOrderList.csv" in both and "话术.md" in both


def test_a_sheet_that_is_no_export_is_asked_about_and_kept_on_a_yes(page: Desk) -> None:
    pytest.importorskip("openpyxl")
    path = page.upload("达人报价.xlsx")
    xlsx(path, ("达人", "说明"), ("小王", "坑位费五千"))
    card = page.drop(path)
    assert _say(page, "存为资料？", "Keep it as a document?") in card and page.state["keep"]["visible"]
    assert page.left() == ["达人报价.xlsx"] and page.desk.merchants() == []
    page.run(page.keeping.confirmed(page.state["pending"], {}))
    assert page.names() == ["达人报价.xlsx"] and page.left() == [] and not page.state["keep"]["visible"]


def test_a_no_keeps_nothing(page: Desk) -> None:
    page.drop(page.upload("note.txt", "只是一句话".encode()))
    card = page.run(page.keeping.declined(page.state["pending"]))
    assert _say(page, "没有存", "Nothing was kept") in card
    assert page.left() == [] and page.desk.merchants() == []
    page.run(page.keeping.confirmed(page.state["pending"], {}))
    assert page.desk.merchants() == []


def test_a_new_version_replaces_only_on_a_yes(page: Desk) -> None:
    page.drop(page.upload("话术.md", "先道歉。".encode()))
    card = page.drop(page.upload("话术.md", "先送券。".encode()), target="my-shop")
    assert _say(page, "换成新的？", "in its place?") in card
    first = page.desk.documents.documents(Scope("my-shop", ACTOR))[0].id
    page.run(page.keeping.confirmed(page.state["pending"], {}))
    assert page.names() == ["话术.md"] and page.desk.documents.documents(Scope("my-shop", ACTOR))[0].id != first


def test_a_bad_document_is_said_and_stops_no_other(page: Desk) -> None:
    card = page.drop(page.upload("坏的.docx", b"rubbish"), page.upload("好的.md", "内容。".encode()))
    assert _say(page, "打不开", "cannot be opened") in card and page.names() == ["好的.md"] and page.left() == []


def test_a_path_the_browser_names_is_never_taken(page: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("机密", encoding="utf-8")
    page.drop(outside)
    page.run(page.keeping.confirmed({"files": [str(outside)], "shop": ""}, {}))
    page.run(page.keeping.declined({"files": [str(outside)], "shop": ""}))
    assert outside.is_file() and page.desk.merchants() == []


def test_hostile_names_and_words_stay_text(page: Desk) -> None:
    name = "<img src=x onerror=alert(1)>{{x}}${y}`.md"
    card = page.drop(page.upload(name, f"# {HOSTILE_TITLE}\n{HOSTILE_TITLE}".encode()))
    assert unlinked_tags(card) <= {"p", "div"} and "onerror" in card
    assert unlinked_tags(page.drop(page.upload("<b>.docx", b"x"), page.upload("<i>.txt", b"x"))) <= {"p", "div", "span"}


def test_evidence_of_own_material_is_named_as_such_and_rendered_as_text() -> None:
    from advisor.service.result import evidence_item

    passage = OwnPassage("d_1", "a<b>.md", HOSTILE_TITLE, HOSTILE_TITLE, HOSTILE_TITLE, 2.0)
    for lang, mark in (("zh", "自有资料"), ("en", "wn material")):
        item = evidence_item("c1", document_fact(passage), cast(Any, lang))
        html = evidence_list([item], "t1", cast(Any, lang))
        assert mark in html and unlinked_tags(html) <= {"ol", "li", "p", "b", "dl", "div", "dt", "dd", "span"}
