"""The panel of a merchant's own documents: what it lists, that one goes only after a second yes, and never from another shop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from advisor.app import build_desk, load_settings
from advisor.scope import Scope
from advisor.service.imports import ShopDetails
from advisor.ui.papers import Papers, papers_html
from advisor.ui.shops import ACTOR
from advisor.ui.views import Views
from tests.advisor.markup import unlinked_tags
from tools.cases.documents import Document
from tools.text import Lang

PARTS = ("papers", "paper_list", "paper", "remove", "sure", "really", "spare", "doomed", "card")


class Panel:
    """The panel's handlers over a real workspace with two shops, without the components."""

    def __init__(self, folder: Path, lang: Lang) -> None:
        self.desk = build_desk(load_settings(workspace=folder / "ws"))
        for shop in ("a", "b"):
            self.desk.add(shop, ShopDetails())
        parts = cast(Any, SimpleNamespace(**{name: name for name in PARTS}))
        self.views = Views(parts, cast(Any, SimpleNamespace(desk=self.desk)), lang)
        self.papers = Papers(self.views)
        self.state: dict[str, Any] = {}

    def keep(self, shop: str, path: Path) -> Document:
        return self.desk.documents.add(Scope(shop, ACTOR), path).document

    def names(self, shop: str) -> list[str]:
        return sorted(one.name for one in self.desk.documents.documents(Scope(shop, ACTOR)))

    def play(self, steps: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
        async def all_of() -> None:
            async for update in steps:
                self.state.update(update)

        asyncio.run(all_of())
        return self.state

    def show(self, shop: str) -> dict[str, Any]:
        self.state.update(asyncio.run(self.views.papers(Scope(shop, ACTOR))))
        return self.state


@pytest.fixture(params=["zh", "en"])
def panel(request: pytest.FixtureRequest, tmp_path: Path) -> Panel:
    return Panel(tmp_path, request.param)


def _note(folder: Path, name: str, text: str = "# 复盘\n赠品断货 <b>粗</b>。") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_it_lists_what_is_kept_and_hides_when_there_is_nothing(panel: Panel, tmp_path: Path) -> None:
    assert panel.show("a")["papers"]["visible"] is False and panel.state["paper_list"] == ""
    kept = panel.keep("a", _note(tmp_path, "复盘.md"))
    shown = panel.show("a")
    zh = panel.views.lang == "zh"
    assert shown["papers"]["visible"] and shown["papers"]["label"] == (
        "自有资料（1 份）" if zh else "Your documents (1)"
    )
    for part in ("复盘.md", "Markdown", kept.added, f"{kept.characters:,}"):
        assert part in shown["paper_list"]
    assert shown["paper"]["choices"] == [("复盘.md", kept.id)] and shown["paper"]["value"] is None
    assert "赠品断货" not in shown["paper_list"], "no text of a document stands on the page"


def test_a_document_goes_only_after_the_second_yes(panel: Panel, tmp_path: Path) -> None:
    kept = panel.keep("a", _note(tmp_path, "复盘.md"))
    panel.keep("a", _note(tmp_path, "话术.txt", "您好，有问题直接回我。"))
    memory = {"shop": "a"}
    asked = panel.play(panel.papers.asked(kept.id, memory))
    assert "复盘.md" in asked["sure"] and asked["really"]["visible"] and panel.names("a") == ["复盘.md", "话术.txt"]
    spared = panel.play(panel.papers.spared())
    assert spared["sure"] == "" and not spared["really"]["visible"] and spared["doomed"] == {}
    panel.play(panel.papers.removed(spared["doomed"], memory))
    assert len(panel.names("a")) == 2, "a no is remembered"
    panel.play(panel.papers.asked(kept.id, memory))
    gone = panel.play(panel.papers.removed(panel.state["doomed"], memory))
    assert panel.names("a") == ["话术.txt"] and "复盘.md" in gone["card"] and "复盘.md" not in gone["paper_list"]
    again = panel.play(panel.papers.removed({"shop": "a", "id": kept.id}, memory))
    assert 'class="error"' in again["card"] and panel.names("a") == ["话术.txt"]


@pytest.mark.parametrize("chosen", [None, "", "d_unknown", "*", "../b"])
def test_nothing_chosen_asks_nothing(panel: Panel, chosen: str | None) -> None:
    assert panel.play(panel.papers.asked(chosen, {"shop": "a"}))["doomed"] == {}


def test_another_shop_keeps_its_documents(panel: Panel, tmp_path: Path) -> None:
    kept = panel.keep("b", _note(tmp_path, "复盘.md"))
    assert panel.play(panel.papers.asked(kept.id, {"shop": "a"}))["doomed"] == {}, "an id of another shop is unknown"
    for doomed, shown in (
        ({"shop": "a", "id": kept.id}, "a"),  # the scope is a's, the document b's
        ({"shop": "b", "id": kept.id}, "a"),  # asked of b, and by now a is shown
        ("b", "b"),
    ):
        panel.play(panel.papers.removed(doomed, {"shop": shown}))
        assert panel.names("b") == ["复盘.md"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_hostile_name_is_text(lang: Lang) -> None:
    names = ['<img src=x onerror="alert(1)">.md', "${evil} `x` {{y}}.pdf", "a</td><script>1</script>.docx", "none"]
    html = papers_html([Document(f"d{n}", name, "2026-11-24", 1, 9, False) for n, name in enumerate(names)], lang)
    assert unlinked_tags(html) == {"p", "div", "table", "thead", "tbody", "tr", "th", "td"}
