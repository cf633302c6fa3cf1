"""A merchant's own documents from the terminal and through the service: whose they are, what answers may say of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from advisor.app import build_desk, build_service, load_settings
from advisor.brains.compose.cases import case_list_drafts, own_drafts
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say
from advisor.grounding import check
from advisor.scope import Scope
from tests.advisor.terminal import Outcome, Run, called
from tests.document_files import docx
from tools.cases.documents import OwnPassage
from tools.cases.documents_evidence import document_fact
from tools.errors import NotFound, NotPermitted
from tools.facts import ToolResult


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "ws"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], workspace: Path) -> Run:
    def call(*arguments: object) -> Outcome:
        return called(capsys, *arguments, "--workspace", workspace)

    for shop in ("a", "b"):
        assert call("merchants", "add", shop).code == 0
    return call


def _note(folder: Path, name: str = "复盘.md", text: str = "# 双11复盘\n老客复购掉了，因为赠品断货。") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("lang", "kept", "same", "newer", "listed", "removed"),
    [
        ("zh", "已存为资料", "没有重复存", "--replace", "只有本店能看到", "已删除"),
        ("en", "kept", "not kept twice", "--replace", "only this shop sees them", "was removed"),
    ],
)
def test_add_list_replace_and_remove(
    run: Run, tmp_path: Path, lang: str, kept: str, same: str, newer: str, listed: str, removed: str
) -> None:
    path = _note(tmp_path)
    shop = ("--merchant", "a", "--lang", lang)
    assert kept in run("cases", "add", path, *shop).out
    assert same in run("cases", "add", path, *shop).out
    refused = run("cases", "add", _note(tmp_path, text="新内容。"), *shop)
    assert refused.code == 2 and newer in refused.err and not refused.out
    assert run("cases", "add", path, "--replace", *shop).code == 0
    seen = run("cases", "documents", *shop)
    assert "复盘.md" in seen.out and listed in seen.out
    assert "复盘.md" not in run("cases", "documents", "--merchant", "b", "--lang", lang).out
    foreign = run("cases", "remove", "复盘.md", "--merchant", "b", "--lang", lang)
    assert foreign.code == 3 and not foreign.out
    assert removed in run("cases", "remove", "复盘.md", *shop).out
    assert json.loads(run("cases", "documents", *shop, "--json").out) == []


def test_a_bad_file_stops_no_other_and_ends_with_its_code(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.docx"
    bad.write_bytes(b"rubbish")
    done = run("cases", "add", bad, _note(tmp_path), "--merchant", "a", "--lang", "zh")
    assert done.code == 3 and "bad.docx" in done.err and "打不开" in done.err and "复盘.md" in done.out
    body = json.loads(run("cases", "add", bad, _note(tmp_path), "--merchant", "a", "--json", "--lang", "en").out)
    assert [one["status"] for one in body["added"]] == ["unchanged"]
    assert body["refused"][0]["code"] == "import_refused" and "damaged" in body["refused"][0]["message"]


def test_deleting_a_shop_deletes_its_documents(run: Run, workspace: Path, tmp_path: Path) -> None:
    secret = "独角兽配方是蜂蜜"
    for shop in ("a", "b"):
        run("cases", "add", _note(tmp_path, f"{shop}.md", f"{shop}店的{secret}。"), "--merchant", shop)

    def holds(mark: str) -> bool:
        return any(mark.encode() in path.read_bytes() for path in workspace.rglob("*") if path.is_file())

    assert holds(f"a店的{secret}") and holds(f"b店的{secret}")
    assert json.loads(run("merchants", "delete", "a", "--yes", "--json").out)["documents"] is True
    assert not holds(f"a店的{secret}") and holds(f"b店的{secret}")
    run("merchants", "add", "a")
    assert json.loads(run("cases", "documents", "--merchant", "a", "--json").out) == []


def _search(workspace: Path, scope: Scope, query: str) -> ToolResult:
    async def work() -> Any:
        service = build_service(load_settings(workspace=workspace))
        try:
            return await service.call(scope, "search_cases", {"query": query})
        finally:
            await service.aclose()

    found = asyncio.run(work())
    assert isinstance(found, ToolResult)
    return found


def _own(result: ToolResult) -> list[str]:
    return [fact.data["file"] for fact in result.facts if fact.data["kind"] == "own_document"]


@pytest.mark.slow
def test_search_shows_own_material_as_such_and_staff_only_what_was_shared(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    paths = [docx(tmp_path / "复盘.docx", (1, "双11复盘"), (0, "老客复购掉了，因为赠品断货。")), _note(tmp_path, "1.md"),
             _note(tmp_path, "2.md", "# 老客\n老客复购靠生日券。")]  # fmt: skip
    run("cases", "add", *paths, "--merchant", "a")
    query = "老客复购掉了怎么办"
    result = _search(workspace, Scope("a", "me"), query)
    own = [fact for fact in result.facts if fact.data["kind"] == "own_document"]
    assert len(own) == 2 and result.facts[-2:] == own
    assert all(fact.claim.zh.startswith("自有资料：你上传的《") and "http" not in fact.source for fact in own)
    assert any(fact.data["kind"] == "case" for fact in result.facts), "published cases are still there"
    assert "own_document" in result.guidance
    assert _own(_search(workspace, Scope("b", "me"), query)) == []

    staff = Scope("a", "agent", "staff")
    refused = _search(workspace, staff, query)
    assert _own(refused) == [] and any("没有分享" in note.zh and "not shared" in note.en for note in refused.notes)
    desk = build_desk(load_settings(workspace=workspace)).documents
    with pytest.raises(NotPermitted):
        desk.documents(staff)
    for act in (lambda: desk.add(staff, paths[0]), lambda: desk.remove(staff, "1.md"), lambda: desk.share(staff, "1.md", shared=True)):  # fmt: skip
        with pytest.raises(NotPermitted):
            act()
    run("cases", "share", "1.md", "--merchant", "a")
    assert _own(_search(workspace, staff, query)) == ["1.md"]
    assert [one.name for one in desk.documents(staff)] == ["1.md"]
    with pytest.raises(NotFound):
        desk.documents(Scope("nobody", "me"))


# --- what an answer may say

_QUOTE = "去年老客复购率从 24% 掉到 18%，因为赠品断货"
_FACT = document_fact(OwnPassage("d_1", "2025 复盘.docx", "老客 › 双11", f"{_QUOTE}。今年恢复。", f"{_QUOTE}。", 3.0))


def _checked(text: str, section: Any = "how", lang: Any = "zh") -> bool:
    return check(text, cited={"c1": _FACT}, lang=lang, section=section).ok


def test_own_material_is_quoted_with_its_mark_and_supports_nothing_else() -> None:
    assert _checked(f"你上传的《2025 复盘.docx》里提到：“{_QUOTE}”[c1]。")
    assert _checked(f"Your uploaded “2025 复盘.docx” says: “{_QUOTE}”[c1].", lang="en")
    assert not _checked(f"可以参考：“{_QUOTE}”[c1]。"), "whose word it is must be said"
    assert not _checked("老客复购率从 24% 掉到 18%[c1]。"), "a figure outside the quotation"
    assert not _checked("你上传的资料说明复购率是 18%[c1]。")
    assert not _checked(f"你上传的《2025 复盘.docx》里提到：“{_QUOTE}”[c1]，所以退款率是 3%[c1]。")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_planner_keeps_own_material_apart_and_its_sentence_passes(lang: Any) -> None:
    pieces = Pieces(own=[Piece("c1", _FACT)])
    say = Say(lang)
    assert list(case_list_drafts(pieces, say)) == []
    (draft,) = own_drafts(pieces, say)
    assert draft.section == "how" and _QUOTE in draft.text and draft.text.count("[c1]") == 1
    assert check(draft.text, cited={"c1": _FACT}, lang=lang, section="how").ok
