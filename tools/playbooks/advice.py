"""The playbook facts: what to do, why it is worth it for this shop, and the whole plan as data, with every figure as a quantity."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tools.base import ShopHandle
from tools.facts import Claim, Fact, Role, fact_id
from tools.playbooks.evaluate import Evaluation
from tools.playbooks.match import Match
from tools.playbooks.plan import Plan, build_plan, pair
from tools.playbooks.provenance import figure_rows, holdout_text, target_points, target_yuan
from tools.playbooks.render import Entry, written
from tools.playbooks.schema import NAMES_WITH_DIGITS
from tools.playbooks.views import Situation
from tools.text import Text

__all__ = ["playbook_fact"]

_NET_OF = {
    "gmv": Text("支付金额", "GMV"),
    "net": Text("净成交", "net sales"),
    "profit": Text("毛利", "margin"),
    "cost": Text("投入", "spend"),
}
_METRIC_OF = {"gmv": "gmv", "net": "net_gmv", "profit": "margin", "cost": "ad_spend"}
_CONDITIONS_SHOWN = 2
# A low end under a tenth of the high end says nothing: only the most it can be worth is told.
_LOWEST_PART = Decimal("0.1")


def playbook_fact(shop: ShopHandle, situation: Situation, found: Match, start: date) -> tuple[Fact, Plan]:
    """One fact of kind playbook, and its plan. The claim's figures and those of every step are quantities of the fact."""
    evaluation = found.evaluation
    _size(evaluation, situation)
    claim = _claim(evaluation, situation, found.start_here)
    shown = [held.text for held in evaluation.held if held.shown]
    plan = build_plan(evaluation, situation, start)
    playbook, book = evaluation.playbook, evaluation.book
    net_of = playbook.sizing.net_of if playbook.sizing is not None else ""
    warnings = [
        pair(text) for each in playbook.not_for_said(situation.category) if (text := book.fill(each)) is not None
    ]
    risks = [pair(text) for each in playbook.risks if (text := book.fill(each)) is not None]
    data: dict[str, Any] = {
        "playbook_id": playbook.id,
        "name": pair(book.need(playbook.name)),
        "goals": list(playbook.goals),
        "goal_metric": playbook.goal_metric,
        "decision": pair(book.need(playbook.decision)),
        "start_here": found.start_here,
        "signs": evaluation.signs,
        "steps": list(plan.steps),
        "first_step": pair(book.need(playbook.first_step)),
        "not_for": warnings,
        "risks": risks,
        "measure": pair(plan.measure),
        "target_yuan": pair(target_yuan(evaluation, _NET_OF.get(net_of, Text("", "")))),
        "target_points": pair(target_points(evaluation, situation)),
        "net_of": net_of,
        "holdout": pair(holdout_text(evaluation, plan.measure)),
        "cost": pair(plan.cost),
        "break_even": pair(plan.break_even),
        "stop_rules": [pair(text) for text in plan.stop_rules],
        "because": pair(shown[0] if shown else None),
        "conditions": [pair(text) for text in shown],
        "changes_mind": pair(book.fill(playbook.changes_mind)),
        "worth_formula": pair(book.fill(playbook.sizing.text if playbook.sizing else playbook.unsized)),
        "artefacts": list(plan.artefacts),
        "evidence_cases": [each.case for each in playbook.evidence],
        "evidence": [
            {"case": each.case, "stance": each.stance, "likeness": pair(each.likeness.text), "difference": pair(each.difference.text)}
            for each in playbook.evidence
        ],
        "start": plan.start.isoformat(),
        "end": plan.end.isoformat(),
    }  # fmt: skip
    data["figures"] = figure_rows(evaluation, situation)  # last, when every text is written
    fact = Fact(
        id=fact_id("playbook", playbook.id, situation.window, shop.merchant_id, shop.generation, start),
        kind="playbook",
        claim=Claim.of(claim),
        quantities=book.quantities(("range_high", "range_low", "per_point", "cost_cap")),
        formula=playbook.sizing.text.zh + " / " + playbook.sizing.text.en if playbook.sizing else "",
        source=f"seeds/playbooks/{playbook.id}.yaml; {situation.window}",
        entities=(*book.entities(), *NAMES_WITH_DIGITS, playbook.name.zh, playbook.name.en, *(each.case for each in playbook.evidence)),
        data=data,
        simulated=shop.simulated,
    )  # fmt: skip
    return fact, plan


def _size(evaluation: Evaluation, situation: Situation) -> None:
    """Put the range and the cost where the texts and the claim can name them."""
    values = dict(evaluation.book.values)
    unit, window, sizing = situation.currency, situation.window, evaluation.playbook.sizing
    metric = _METRIC_OF[sizing.net_of] if sizing is not None else evaluation.playbook.goal_metric
    if evaluation.worth is not None:
        worth = evaluation.worth
        low = Decimal(0) if worth.low < worth.high * _LOWEST_PART else worth.low
        values["range_low"] = Entry(metric, low, unit, Role.RANGE_LOW, window)
        values["range_high"] = Entry(metric, worth.high, unit, Role.RANGE_HIGH, window)
        if worth.per_point is not None:
            values["per_point"] = Entry(metric, worth.per_point, unit, Role.VALUE, window)
    if evaluation.cost is not None:
        values["cost_cap"] = Entry("cost_cap", evaluation.cost, unit, Role.TARGET)
    evaluation.book.values = values


_START = Text("从这里开始：", "Start here: ")
_UNPROMPTED = Text(
    "按你点名的做法给；数据里没有看到非做它不可的迹象，先小批试：",
    "Given because you named it; no figure of the shop calls for it, so try a small batch first: ",
)


def _claim(evaluation: Evaluation, situation: Situation, start_here: bool) -> Text:
    playbook, book = evaluation.playbook, evaluation.book
    # A condition whose figures the facts already give would say the same thing twice.
    told = playbook.facts.names | set(playbook.parameters)
    told_of = [held for held in evaluation.held if held.shown]
    fresh = [held for held in told_of if not held.condition.text.names or held.condition.text.names - told]
    why = [held.text for held in fresh[:_CONDITIONS_SHOWN]]
    decision, facts, worth = book.need(playbook.decision), book.need(playbook.facts), _worth(evaluation, situation)
    lead = _UNPROMPTED if not evaluation.signs else _START if start_here else Text("", "")
    action = decision.en if lead.en else decision.en[0].upper() + decision.en[1:]
    even = book.fill(playbook.break_even)
    line = Text(f"保本：{even.zh}。", f" Mind: {even.en}.") if even is not None else Text("", "")
    zh = f"{lead.zh}{decision.zh}。为什么：{'；'.join([facts.zh, *(text.zh for text in why)])}。{worth.zh}。{line.zh}"
    en = f"{lead.en}{action}. Why: {'; '.join([facts.en, *(text.en for text in why)])}. {worth.en}.{line.en}"
    return Text(zh, en)


def _worth(evaluation: Evaluation, situation: Situation) -> Text:
    """The range with its window, or that it is unknown with the most it may cost."""
    playbook, book, window = evaluation.playbook, evaluation.book, situation.window
    if playbook.sizing is None or evaluation.worth is None:
        return _unsized(evaluation)
    low, high = book.use("range_low"), book.use("range_high")
    what = _NET_OF[playbook.sizing.net_of]
    span = Text(f"{window.start} 至 {window.end}", f"{window.start} to {window.end}")
    if low is None or high is None:
        return _unsized(evaluation)
    amounts = [Text(*(written(entry.value, entry.unit, lang) for lang in ("zh", "en"))) for entry in (low, high)]
    formula = book.need(playbook.sizing.text)
    if low.value == high.value or not low.value:
        about = Text("约", "about") if low.value else Text("最多约", "at most about")
        return Text(
            f"值多少：{about.zh} {amounts[1].zh}的{what.zh}（{span.zh} 口径；{formula.zh}），不是承诺",
            f"Worth: {about.en} {amounts[1].en} of {what.en} ({span.en}; {formula.en}); not a promise",
        )
    return Text(
        f"值多少：约 {amounts[0].zh}到 {amounts[1].zh}的{what.zh}（{span.zh} 口径；{formula.zh}），不是承诺",
        f"Worth: about {amounts[0].en} to {amounts[1].en} of {what.en} ({span.en}; {formula.en}); not a promise",
    )


def _unsized(evaluation: Evaluation) -> Text:
    playbook, book = evaluation.playbook, evaluation.book
    said = book.fill(playbook.unsized) or Text(
        "值多少未知：现有水平不低于自己的历史，先小范围测试",
        "Worth unknown: the present level is no lower than this shop's own history; test it small",
    )
    point = book.use("per_point")
    if point is not None and point.value > Decimal(0):
        amount = Text(*(written(point.value, point.unit, lang) for lang in ("zh", "en")))
        book_value = Entry("percentage_point", Decimal(1), "pp", Role.TARGET)
        book.values = {**book.values, "one_point": book_value}
        book.use("one_point")
        said = Text(f"{said.zh}；每提高 1 个百分点约值 {amount.zh}", f"{said.en}; each 1 pp is worth about {amount.en}")
    return said
