"""One broken playbook file: the others stay in use, the file is named where people look, and no turn stops."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from advisor.service.doctor import examine
from advisor.settings import Settings
from tests.advisor.terminal import called
from tests.tools.playbooks.shopkit import make_shop, order
from tools import seeds
from tools.base import ToolContext
from tools.errors import BadArguments
from tools.playbooks import library
from tools.playbooks.tools import match_playbooks

ALL = len(library.playbooks())
VICTIM = "first-to-second-order"

Break = Callable[[Path], object]


def _edited(old: str, new: str) -> Break:
    def edit(path: Path) -> object:
        text = path.read_text(encoding="utf-8")
        assert old in text
        return path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


# What was done to the file, and a word of what has to be said about it.
BREAKS: dict[str, tuple[Break, str]] = {
    "a bracket too few": (lambda path: path.write_text("id: [", encoding="utf-8"), "line 2"),
    "empty": (lambda path: path.write_text("", encoding="utf-8"), "file"),
    "not text": (lambda path: path.write_bytes(b"\xff\xfe\x00id"), "decode"),
    "a field misspelt": (_edited("goals:", "goalz:"), "goal"),
    "another id": (_edited(f"id: {VICTIM}", "id: second-order"), "differs from the file name"),
    "an unknown goal": (_edited("goals: [", "goals: [happiness, "), "happiness"),
}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of playbooks, a copy that may be broken; every other seed is the shipped one."""
    root = tmp_path / "seeds"
    root.mkdir()
    for entry in seeds.seed_path().iterdir():
        if entry.name != "playbooks":
            (root / entry.name).symlink_to(entry)
    shutil.copytree(seeds.seed_path("playbooks"), root / "playbooks")
    monkeypatch.setattr(seeds, "_ROOT", root)
    _forget()
    yield root / "playbooks"
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    seeds.load_yaml.cache_clear()
    library._shelf.cache_clear()


def test_the_shipped_files_are_whole() -> None:
    assert library.broken_files() == ()


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_file_is_left_out_and_named(shelf: Path, what: str) -> None:
    damage, said = BREAKS[what]
    damage(shelf / f"{VICTIM}.yaml")
    _forget()
    assert len(library.playbooks()) == ALL - 1
    [file] = library.broken_files()
    assert file.name == f"{VICTIM}.yaml" and said in file.problem and "\n" not in file.problem
    with pytest.raises(BadArguments) as caught:
        library.find_playbook(VICTIM)
    assert all(file.problem in text and file.name in text for text in caught.value.message)
    assert library.find_playbook("lapsed-buyer-recall").id == "lapsed-buyer-recall"


def test_a_turn_goes_on_without_it(shelf: Path, tmp_path: Path) -> None:
    rows = [order(n, date(2026, 10, 1 + n % 31), "99", f"b{n}") for n in range(60)]
    shop = make_shop(tmp_path / "wh", {"orders": rows})
    (shelf / f"{VICTIM}.yaml").write_text("id: [", encoding="utf-8")
    _forget()
    found = match_playbooks.call(ToolContext(shop=shop, today=date(2026, 11, 2)), {"window": "2026-10"})
    assert [fact.data["playbook_id"] for fact in found.facts if fact.kind == "playbook"] == ["tiny-shop-first-step"]


@pytest.mark.parametrize(
    ("lang", "count"), [("zh", f"{ALL - 1} 个打法可用"), ("en", f"{ALL - 1} playbooks can be used")]
)
def test_the_check_and_the_doctor_name_the_file(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, count: str
) -> None:
    run = partial(called, capsys)
    assert run("playbooks", "check", "--lang", lang).code == 0
    (shelf / f"{VICTIM}.yaml").write_text("id: [", encoding="utf-8")
    _forget()
    checked = run("playbooks", "check", "--lang", lang)
    assert checked.code == 3 and f"✗ {VICTIM}.yaml" in checked.out and count in checked.out
    body = run("playbooks", "check", "--json")
    assert body.code == 3 and body.json["ok"] is False and body.json["playbooks"] == ALL - 1
    assert [row["file"] for row in body.json["problems"]] == [f"{VICTIM}.yaml"]
    settings = Settings(ADVISOR_WORKSPACE=tmp_path / "ws", _env_file=None)  # type: ignore[call-arg]
    checks = [check for check in examine(settings) if check.name == "playbooks"]
    assert [check.verdict for check in checks] == ["ok", "broken"]
    assert all(f"{VICTIM}.yaml" in text for text in checks[1].text)
