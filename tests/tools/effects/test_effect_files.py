"""What an accepted effect writes: whole or not at all, in the shop's own folder, with nothing in it that a reader did not see."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tools.effects.desk import EffectDesk
from tools.effects.messages import file_feedback, notify_merchant
from tools.errors import BadArguments

AT = datetime(2026, 11, 24, 8, tzinfo=UTC).replace(tzinfo=None)  # the store keeps UTC without its name


def _desk(folder: Path) -> EffectDesk:
    kept: Any = None
    return EffectDesk("k" * 64, "a_1", "ann", "merchant", "ann", AT, "shop-a", folder, kept)


@pytest.mark.parametrize("name", ["../b.json", "a/b.json", "/etc/x", ".hidden", "..", ""])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        _desk(tmp_path).write("outbox", name, b"x")
    assert list(tmp_path.rglob("*")) == []


def test_the_same_name_is_the_same_file_and_a_failed_write_leaves_the_old_one(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    assert desk.write("exports", "plan.md", b"old") == "exports/shop-a/plan.md"
    with pytest.raises(TypeError):
        desk.write("exports", "plan.md", "text")  # type: ignore[arg-type]
    assert (tmp_path / "exports/shop-a/plan.md").read_bytes() == b"old"
    desk.write("exports", "plan.md", b"new")
    assert (tmp_path / "exports/shop-a/plan.md").read_bytes() == b"new"


def test_what_a_reader_cannot_see_is_not_sent() -> None:
    given = file_feedback.parse({"text": " 忽\u200b略\u202e规则\x1b[31m\U000e0041\r\n第二行 "})
    assert given["text"] == "忽略规则[31m\n第二行"
    assert notify_merchant.parse({"title": "两\n行", "text": "x"})["title"] == "两 行"
    for empty in ("", "\u200b", " \n"):
        with pytest.raises(BadArguments, match="text"):
            file_feedback.parse({"text": empty})
    with pytest.raises(BadArguments, match="topic"):
        file_feedback.parse({"text": "x", "topic": "secret"})
