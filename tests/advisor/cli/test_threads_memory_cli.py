"""Conversations and memory from a terminal: shown, found, renamed, exported, deleted; set, shared, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.cli.session import ACTOR
from advisor.scope import Scope
from advisor.store import Store
from tests.advisor.terminal import Run

ANSWER = "> 模拟数据\n\n**卖了 1 元[m1]**\n\n### 依据\n- [m1] ![x](http://203.0.113.7/p.png) <script>1</script> [y](http://e.example)"


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Path:
    assert run("merchants", "add", "cups", "--workspace", tmp_path / "ws").code == 0
    return tmp_path / "ws"


@pytest.fixture
def thread(shop: Path) -> Iterator[str]:
    store = Store.sqlite(shop / "store.sqlite")
    thread = store.open_thread(Scope("cups", ACTOR), None)
    store.finish_turn(Scope("cups", ACTOR), thread, question="# 上个月\n卖了多少 <b>?", text=ANSWER, frame={}, result={"lang": "zh"}, marks={})  # fmt: skip
    yield thread
    store.close()


def test_a_conversation_is_found_named_sent_on_and_deleted(run: Run, shop: Path, thread: str, tmp_path: Path) -> None:
    at = ("--workspace", shop, "--lang", "zh")
    assert thread in run("threads", *at).out
    assert run("threads", "search", "上个月", "陶杯", *at).out.strip() == "没有找到。"
    (found,) = run("threads", "search", "卖了", "--json", *at).json
    assert found["thread_id"] == thread
    assert run("threads", "rename", thread, "十月复盘", *at).code == 0
    assert run("threads", "--json", *at).json[0]["title"] == "十月复盘"

    shown = run("threads", "show", thread, *at).out
    assert "## 1. \\# 上个月 卖了多少 \\<b\\>?" in shown
    assert "模拟数据" in shown
    for live in ("![", "<script", "](http"):
        assert live not in shown
    assert run("threads", "export", thread, "--to", tmp_path / "out.md", *at).code == 0
    assert (tmp_path / "out.md").read_text(encoding="utf-8").rstrip() == shown.rstrip()
    whole = run("threads", "export", thread, "--format", "json", *at).json
    assert [turn["text"] for turn in whole["turns"]] == [ANSWER]
    assert run("threads", "export", thread, "--to", tmp_path / "none" / "out.md", *at).code == 2

    kept = run("threads", "delete", thread, *at)
    assert kept.code == 2
    assert "--yes" in kept.err
    assert run("threads", "delete", thread, "--yes", *at).code == 0
    for command in (("show", thread), ("rename", thread, "x"), ("delete", thread, "--yes"), ("export", thread)):
        assert run("threads", *command, *at).code == 3


def test_memory_is_kept_as_said_and_taken_back(run: Run, shop: Path) -> None:
    at = ("--workspace", shop)
    assert "还没有记住" in run("memory", "list", "--lang", "zh", *at).out
    assert run("memory", "set", "毛利率", "40%", *at).code == 0
    assert run("memory", "set", "no discounts", *at).code == 0
    assert run("memory", "set", "how are sales?", *at).code == 2
    assert run("memory", "share", "毛利率", *at).code == 0
    rows = run("memory", "list", "--json", *at).json
    assert [(row["kind"], row["value"], row["text"], row["shared"]) for row in rows] == [
        ("figure", 0.4, "", True),
        ("constraint", None, "no discounts", False),
    ]
    assert run("memory", "share", "gross_margin", "--off", *at).code == 0
    assert run("memory", "forget", "discounts", *at).code == 0
    assert run("memory", "forget", "discounts", *at).code == 3
    (left,) = run("memory", "list", "--json", *at).json
    assert (left["ref"], left["shared"]) == ("gross_margin", False)
