"""A real local model writes over the hand-made evidence; an independent reader finds no invented figure in what passed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from advisor.brains.base import Draft
from advisor.brains.model import ModelBrain
from advisor.errors import ModelUnavailable, ToolsUnsupported
from advisor.grounding import check
from tests.advisor.brains.model_turn import turn
from tests.advisor.grounding_facts import FACTS, TODAY
from tests.fakes.local_model import local_model
from tools.text import Lang

pytestmark = [pytest.mark.service, pytest.mark.slow]

EVIDENCE = {mark: FACTS[mark] for mark in ("m1", "m5", "m10", "p1")}  # few facts: the model reads slowly
QUESTIONS: list[tuple[Lang, str]] = [
    ("en", "Why did GMV change in October and what should we do?"),
    ("en", "What was our revenue last month, in figures?"),
    ("zh", "为什么复购率下降？接下来怎么做？"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with local_model() as found:
        yield found


def brain(url: str) -> ModelBrain:
    return ModelBrain(
        base_url=url,
        api_key=SecretStr("none"),
        model="smollm2",
        deadline_s=120,
        context_tokens=3_000,
        answer_tokens=100,
    )


def reader(text: str) -> set[str]:
    """Every digit string, read without any of the checker's code."""
    bare = re.sub(r"\[[a-z]\d+\]", " ", text)
    return {re.sub(r"[,，]", "", found).rstrip(".") for found in re.findall(r"\d[\d,，]*\.?\d*", bare)}


async def written(url: str) -> list[tuple[Lang, Draft]]:
    found: list[tuple[Lang, Draft]] = []
    for lang, question in QUESTIONS:
        try:
            async for draft in brain(url).statements(turn(question=question, lang=lang, evidence=EVIDENCE)):
                found.append((lang, draft))
        except ModelUnavailable:
            continue  # nothing usable: also a way such a model fails
    return found


async def test_what_a_real_model_invents_does_not_get_through(url: str) -> None:
    drafts = await written(url)
    assert drafts, "the model wrote nothing: the test proves nothing"
    known = {number for fact in EVIDENCE.values() for text in (fact.claim.zh, fact.claim.en) for number in reader(text)}
    everything = "".join(f"[{mark}]" for mark in EVIDENCE)
    withheld = 0
    for lang, draft in drafts:
        # as written, and with every mark lent to it, so that its figures alone decide
        for text in (draft.text, draft.text + everything):
            verdict = check(
                text, cited=EVIDENCE, lang=lang, section=draft.section, why_class=draft.why_class, today=TODAY
            )
            withheld += not verdict.ok
            if verdict.ok:
                assert reader(text) <= known, text
    assert withheld, "a 135M model that never errs is no prey"


async def test_a_model_without_tools_says_so(url: str) -> None:
    with pytest.raises(ToolsUnsupported):
        await brain(url).decide(turn(evidence={}))


async def test_invented_figures_around_true_ones_are_withheld(url: str) -> None:
    """The model rewrites a false sentence; whatever it answers, only evidence figures survive."""
    one = brain(url)
    known = {number for fact in EVIDENCE.values() for number in reader(fact.claim.en)}
    for text in ("GMV grew 37% in October[m1].", "Net GMV fell to ¥2.5 million[m10]."):
        again = await one.repair(turn(evidence=EVIDENCE), Draft("why", text), ["no cited fact contains the figure"])
        assert not check(text, cited=EVIDENCE, lang="en", section="why", today=TODAY).ok
        if again is not None and check(again.text, cited=EVIDENCE, lang="en", section="why", today=TODAY).ok:
            assert reader(again.text) <= known
