"""Every shipped playbook against the schema, the metric catalogue, the warehouse tables and the case base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tools.errors import BadArguments
from tools.playbooks.compliance import check_sms, check_text
from tools.playbooks.expression import parse
from tools.playbooks.figures import FIGURES, NAMES
from tools.playbooks.library import GOALS, find_playbook, goal_named, playbooks
from tools.playbooks.schema import Bilingual, FigureCondition, MissingCondition, Playbook
from tools.playbooks.situation import METRICS, STATED
from tools.seeds import load_yaml, seed_path
from tools.warehouse.schema import tables

BOOKS = playbooks()
CATALOGUE = set(load_yaml("metrics.yaml")["metrics"])
MEASURED = {*METRICS, "returning_share"}
SYSTEM = {"holdout_share", "treated", "held_out", "detectable", "range_low", "range_high", "per_point", "cost_cap"}

every_book = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)


def templates(part: Any) -> Iterator[Bilingual]:
    if isinstance(part, Bilingual):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from templates(getattr(part, name))
    elif isinstance(part, tuple | list):
        for each in part:
            yield from templates(each)
    elif isinstance(part, dict):
        for each in part.values():
            yield from templates(each)


def known_values(book: Playbook) -> set[str]:
    figures = set(FIGURES) | MEASURED
    with_history = {f"{name}_{suffix}" for name in figures for suffix in ("previous", "median", "best")}
    return figures | with_history | set(book.parameters) | set(book.derived) | SYSTEM


# The decisions a merchant brings, and the playbook of each.
TOPICS = {
    "first to second order": "first-to-second-order", "lapsed recall": "lapsed-buyer-recall", "joining": "member-joining",
    "activation": "member-activation", "challenge, tiers, points": "member-tiers-challenge", "prepaid credit": "prepaid-credit",
    "price dependence": "discount-dependence", "prices across channels": "price-channel-alignment",
    "new product": "new-product-sampling", "hero product": "hero-product-building", "bundle": "order-value-bundle-threshold",
    "returns": "returns-quality", "fulfilment": "fulfilment-to-repurchase", "paid traffic": "paid-traffic-rescue",
    "search and recommendation": "traffic-source-recovery", "content to shop": "content-to-shop-retention",
    "video to room to member": "video-live-member", "self-run room": "own-livestream-start", "agency exit": "agency-exit",
    "creator to own room": "creator-to-own-room", "fan to member": "fan-to-member", "groups": "taobao-groups",
    "journeys": "crm-journeys", "campaign": "promo-calendar-plan", "industrial belt": "belt-brand-upgrade",
    "IP, MCN, buyer store": "creator-own-shop", "content calendar": "member-content-calendar", "crisis": "reputation-crisis",
}  # fmt: skip


def test_the_set_covers_the_decisions_a_shop_meets() -> None:
    assert len(BOOKS) >= 26
    assert set(TOPICS.values()) <= {book.id for book in BOOKS} and len(set(TOPICS.values())) == len(TOPICS)
    assert set(GOALS) == {goal for book in BOOKS for goal in book.goals}


def test_metrics_named_here_are_in_the_catalogue() -> None:
    assert MEASURED <= CATALOGUE
    assert set(FIGURES).isdisjoint(CATALOGUE)
    assert set(STATED) <= set(FIGURES)


@every_book
def test_every_name_in_a_text_or_formula_has_a_value(book: Playbook) -> None:
    values = known_values(book)
    for template in templates(book):
        assert template.names <= values | NAMES, template.zh
    formulas = [derived.formula for derived in book.derived.values()]
    if book.sizing:
        formulas += [
            text for text in (book.sizing.low, book.sizing.high, book.sizing.ceiling, book.sizing.per_point) if text
        ]
    if book.cost.formula:
        formulas.append(book.cost.formula)
    for formula in formulas:
        assert parse(formula).names <= values, formula


@every_book
def test_conditions_refer_to_what_exists(book: Playbook) -> None:
    figures = set(FIGURES) | MEASURED
    for condition in book.all_conditions:
        if isinstance(condition, FigureCondition):
            assert condition.figure in figures
        if isinstance(condition, MissingCondition):
            assert set(condition.tables) <= set(tables())
    assert {need.table for need in book.needs} <= set(tables())
    assert book.goal_metric in CATALOGUE
    assert 0 < book.require <= sum(condition.weight for condition in book.conditions)
    for each in (*book.parameters.values(), *book.derived.values()):
        assert not each.metric or each.metric in CATALOGUE


def test_drivers_named_are_ones_the_explanation_can_give() -> None:
    from typing import get_args

    from tools.metrics.drivers import FACTOR_NAMES, EventKind
    from tools.metrics.entities import CUTS

    possible = {*FACTOR_NAMES, *CUTS, *get_args(EventKind)}
    for book in BOOKS:
        for condition in book.all_conditions:
            assert {name.split(":")[0] for name in getattr(condition, "drivers", ())} <= possible, book.id


@every_book
def test_evidence_is_a_shipped_case_and_stances_match_its_outcome(book: Playbook) -> None:
    for each in book.evidence:
        case = load_yaml("cases", f"{each.case}.yaml")
        assert seed_path("cases", f"{each.case}.yaml").exists()
        if each.stance == "supports":
            assert case["outcome"] != "failure", each.case
        else:
            assert case["outcome"] != "success" or each.case in {
                "starbucks-rewards-active-members",
                "luckin-wecom-store-groups",
            }


@every_book
def test_every_step_has_a_stop_and_every_playbook_says_for_whom_not(book: Playbook) -> None:
    assert book.not_for_text and book.risks
    for step in book.steps:
        assert step.stop_rule.zh and step.kpi.zh and step.owner.zh and step.where.zh
    used = {artefact for step in book.steps for artefact in step.artefacts}
    assert used <= {artefact.id for artefact in book.artefacts}
    if book.measure.kind != "holdout":
        assert "不能证明因果" in book.measure.text.zh
        assert "cannot prove cause" in book.measure.text.en or "proves no cause" in book.measure.text.en
    if book.measure.kind == "holdout":
        assert {book.measure.audience, book.measure.base_rate} <= set(FIGURES)


@every_book
def test_shipped_texts_break_no_rule(book: Playbook) -> None:
    for template in templates(book.artefacts):
        for category in ("beauty", "food", ""):
            assert check_text(template.zh, category) == []
            assert check_text(template.en, category) == []
    for artefact in book.artefacts:
        if artefact.kind == "sms":
            names = dict.fromkeys(NAMES, "示例品牌店") | {"end_date": "12月31日"}
            values = dict.fromkeys(artefact.text.names - set(names), "199.00 元")
            assert check_sms(artefact.text.zh.format(**names, **values)) == []


@every_book
def test_a_coupon_card_and_a_segment_are_complete(book: Playbook) -> None:
    for artefact in book.artefacts:
        zh = artefact.text.zh
        if artefact.kind == "segment":
            assert all(f"{letter}：" in zh for letter in "RFM"), zh
        if artefact.kind == "coupon" and "毛利" not in zh:
            assert "{end_date}" in zh and ("满" in zh or "充" in zh), zh
            if "买" in zh or "｜人群：" in zh:
                assert "人群" in zh, zh
    if book.id in set(TOPICS.values()):
        assert book.evidence and book.artefacts


def test_texts_promise_nothing() -> None:
    banned = ("一定能", "保证有", "必然", "guaranteed to", "we guarantee", "will increase")
    for book in BOOKS:
        for template in templates(book):
            assert not any(word in template.zh or word in template.en for word in banned), template.zh


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"surprise": 1}, "extra"),
        ({"facts": {"zh": "提升 30%", "en": "up 30 %"}}, "digits"),
        ({"facts": {"zh": "有 {orders}", "en": "some"}}, "different placeholders"),
        ({"sizing": None, "unsized": None}, "neither sized"),
        ({"conditions": []}, "at least 1"),
        ({"conditions": [{"kind": "figure", "figure": "gmv", "side": "below", "against": "nobody", "text": {"zh": "a", "en": "a"}}]}, "unknown"),
        ({"cost": {"formula": "__import__('os')", "text": {"zh": "a", "en": "a"}, "effort_days": 1}}, "not allowed"),
        ({"steps": [{"action": {"zh": "a", "en": "a"}}]}, "Field required"),
    ],
)  # fmt: skip
def test_the_schema_refuses(change: dict[str, Any], error: str) -> None:
    raw = dict(load_yaml("playbooks", "first-to-second-order.yaml")) | change
    with pytest.raises(ValidationError, match=error):
        Playbook.model_validate(raw)


def test_names_with_digits_are_names() -> None:
    assert Bilingual(zh="备战双11与 618，88VIP 报名", en="Double 11, 618 and 88VIP").zh
    with pytest.raises(ValidationError):
        Bilingual(zh="涨 11%", en="up")


def test_finding_by_id_and_by_goal() -> None:
    assert find_playbook("returns-quality").id == "returns-quality"
    with pytest.raises(BadArguments) as error:
        find_playbook("returns-qualiti")
    assert "returns-quality" in error.value.message.en
    assert goal_named("复购") == goal_named("repurchase_90d") == goal_named("Repurchase") == "repurchase"
    with pytest.raises(BadArguments):
        goal_named("世界和平")
