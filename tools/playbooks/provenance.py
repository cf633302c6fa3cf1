"""Where the figures of a plan come from: the target in money and points, the hold-out, and a row for every figure its texts write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tools.errors import BadArguments
from tools.facts import Role
from tools.metrics.catalog import find_metric
from tools.playbooks.evaluate import Evaluation
from tools.playbooks.plan import pair
from tools.playbooks.render import Book, Entry, written
from tools.playbooks.schema import Bilingual, Playbook
from tools.playbooks.views import Situation
from tools.text import Lang, Text, quantize
from tools.warehouse.schema import tables

__all__ = ["figure_rows", "holdout_text", "target_points", "target_yuan"]

_SUFFIXES = {
    "_previous": Text("（上一期）", " (window before)"),
    "_median": Text("（自己历史的中位数）", " (median of its own past)"),
    "_best": Text("（自己历史的较好水平）", " (a good level of its own past)"),
}
_SYSTEM = {
    "range_low": Text("值多少：下端", "worth: low end"),
    "range_high": Text("值多少：上端", "worth: high end"),
    "per_point": Text("每 1 个百分点值多少", "worth of 1 pp"),
    "one_point": Text("1 个百分点", "1 pp"),
    "cost_cap": Text("测试花费上限", "most the test may cost"),
    "points_low": Text("目标：百分点下端", "target: points, low end"),
    "points_high": Text("目标：百分点上端", "target: points, high end"),
    "holdout_share": Text("对照组比例", "share of the hold-out"),
    "treated": Text("参加人数", "people with the offer"),
    "held_out": Text("对照组人数", "people held out"),
    "detectable": Text("看得出的最小差", "smallest difference that shows"),
    "too_coarse": Text("看得出的最小差", "smallest difference that shows"),
    "wanted_gap": Text("要追的差", "gap to win"),
}
_POWER = Text(
    "两组比例检验，双侧 5%，把握度 80%",
    "test of two proportions, two-sided 5 %, power 80 %",
)
_POWERED = frozenset({"holdout_share", "treated", "held_out", "detectable", "too_coarse"})
_RANGE = Bilingual(zh="{range_low} 到 {range_high}", en="{range_low} to {range_high}")
_MOST = Bilingual(zh="最多约 {range_high}", en="at most about {range_high}")
_POINTS = Bilingual(
    zh="{points_low} 到 {points_high}（每个百分点约值 {per_point}）",
    en="{points_low} to {points_high} (each percentage point is worth about {per_point})",
)
_MOST_POINTS = Bilingual(
    zh="最多约 {points_high}（每个百分点约值 {per_point}）",
    en="at most about {points_high} (each percentage point is worth about {per_point})",
)
_HOLDOUT = Bilingual(
    zh="随机留出 {holdout_share}（{held_out}）不参加，{treated}参加；这样只看得出 ≥ {detectable}的差",
    en="leave a random {holdout_share} ({held_out}) out, {treated} take part; it shows differences of {detectable} or more",
)
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_WORDS = {
    "floor_to": Text("向下取整到", "round_down_to"),
    "max": Text("取较大", "max"),
    "min": Text("取较小", "min"),
    "ceil_to": Text("向上取整到", "round_up_to"),
    "gap": Text("差额", "gap"),
}


def target_yuan(evaluation: Evaluation, what: Text) -> Text:
    """The range in money with what it is money of, or that it is unknown."""
    book = evaluation.book
    low = book.values.get("range_low")
    amount = book.fill(_RANGE if low is not None and low.value and low.value != _high(book) else _MOST)
    if amount is None:
        return Text("未知：先小范围测试，不设金额目标", "unknown: test it small first, no target in money")
    return Text(f"{amount.zh}的{what.zh}，不是承诺", f"{amount.en} of {what.en}; not a promise")


def _high(book: Book) -> Any:
    entry = book.values.get("range_high")
    return entry.value if entry is not None else None


def target_points(evaluation: Evaluation, situation: Situation) -> Text:
    """The same target in points of the goal metric: the money divided by what one point is worth."""
    book, worth = evaluation.book, evaluation.worth
    # points are points of the rate the plan is measured by; a goal that is a count has none
    rate = situation.figures.get(evaluation.playbook.measure.base_rate or "")
    goal = rate.label if rate is not None else _goal(evaluation.playbook)
    if worth is None or not worth.per_point or "range_high" not in book.values:
        return Text(
            f"不按百分点设目标；看“{goal.zh}”的走向", f'no target in points; watch "{goal.en}"'
        )  # fmt: skip
    for name in ("low", "high"):
        points = quantize(book.values[f"range_{name}"].value / worth.per_point, 1)
        entry = Entry(evaluation.playbook.goal_metric, points, "pp", Role.TARGET)
        book.values = {**book.values, f"points_{name}": entry}
    same = book.values["points_low"].value in (0, book.values["points_high"].value)
    said = book.need(_MOST_POINTS if same else _POINTS)
    return Text(f"{goal.zh}：{said.zh}", f"{goal.en}: {said.en}")


def _goal(playbook: Playbook) -> Text:
    try:
        return find_metric(playbook.goal_metric).name
    except BadArguments:
        return playbook.name.text


def holdout_text(evaluation: Evaluation, measure: Text) -> Text:
    """Size and reach of the hold-out; where none is kept, how it is measured instead."""
    return evaluation.book.fill(_HOLDOUT) or Text(
        f"不留对照。{measure.zh}", f"No hold-out. {measure.en[0].upper()}{measure.en[1:]}"
    )


def figure_rows(evaluation: Evaluation, situation: Situation) -> list[dict[str, Any]]:
    """One row per figure that was written, then one for each it was worked out from: what it is, its window, how, from where."""
    waiting, seen, rows = list(evaluation.book.used()), set[str](), []
    while waiting:
        name = waiting.pop(0)
        entry = evaluation.book.values.get(name)
        if entry is None or name in seen:
            continue
        seen.add(name)
        rows.append(_row(name, entry, evaluation, situation))
        waiting += _inputs(name, evaluation.playbook)
    return rows


def _inputs(name: str, playbook: Playbook) -> list[str]:
    """What a figure is worked out from; an own figure and a chosen value are the ends of it."""
    return sorted(set(_NAME.findall(_formula(name, playbook))) - set(_WORDS))


def _formula(name: str, playbook: Playbook) -> str:
    sizing = playbook.sizing
    if name in playbook.derived:
        return playbook.derived[name].formula
    if name == "cost_cap":
        return playbook.cost.formula or ""
    if sizing is None or name not in {"range_low", "range_high", "per_point"}:
        return ""
    return {"range_low": sizing.low, "range_high": sizing.high, "per_point": sizing.per_point or ""}[name]


def _row(name: str, entry: Entry, evaluation: Evaluation, situation: Situation) -> dict[str, Any]:
    label, how, source = _origin(name, evaluation, situation)
    value = Text(_said(entry, "zh"), _said(entry, "en"))
    return {
        "name": name,
        "label": pair(label),
        "value": pair(value),
        "window": str(entry.window) if entry.window else "",
        "how": pair(how),
        "source": pair(source),
    }


def _said(entry: Entry, lang: Lang) -> str:
    """As the texts write it: a chosen share is 30% and not 30.0%."""
    text = written(entry.value, entry.unit, lang)
    return text.replace(".0%", "%") if entry.chosen else text


def _origin(name: str, evaluation: Evaluation, situation: Situation) -> tuple[Text, Text, Text]:
    """Label, way of working it out, and source."""
    playbook = evaluation.playbook
    figure = situation.figures.get(name)
    if figure is not None:
        return figure.label, figure.formula, _read_from(figure.source, stated=figure.stated)
    for suffix, more in _SUFFIXES.items():
        figure = situation.figures.get(name.removesuffix(suffix))
        if name.endswith(suffix) and figure is not None:
            label = Text(figure.label.zh + more.zh, figure.label.en + more.en)
            return label, figure.formula, _read_from(figure.source, stated=figure.stated)
    if name in playbook.parameters:
        label = _sentence(name, evaluation) or _plain(name)
        basis = playbook.parameters[name].basis
        how = Text("设定值，不是测得的，可以改", f"a chosen value, not measured; may be changed: {basis}")
        return label, how, _own(playbook)
    if name in playbook.derived:
        formula = _spelled(playbook.derived[name].formula, evaluation, situation)
        return _sentence(name, evaluation) or _plain(name), formula, _own(playbook)
    return _SYSTEM.get(name, _plain(name)), _system_how(name, evaluation, situation), _own(playbook)


def _read_from(source: str, *, stated: bool) -> Text:
    if stated:
        return Text("商家口述", "stated by the merchant")
    known = tables()
    zh = "、".join(known[name].zh if name in known else name for name in source.split(", "))
    if source == "metrics":
        return Text("本店数据，按指标口径", "the shop's own data, as the metric defines")
    return Text(f"本店数据：{zh}", f"the shop's own data: {source}")


def _own(playbook: Playbook) -> Text:
    return Text(f"打法“{playbook.name.zh}”（{playbook.id}）", f'playbook "{playbook.name.en}" ({playbook.id})')


def _system_how(name: str, evaluation: Evaluation, situation: Situation) -> Text:
    if name in _POWERED:
        return _POWER
    if name in {"points_low", "points_high"}:
        return Text("金额目标 ÷ 每 1 个百分点值多少", "target in money ÷ worth of 1 pp")
    if formula := _formula(name, evaluation.playbook):
        return _spelled(formula, evaluation, situation)
    return Text("自己历史的较好水平减现在", "a good level of its own past less the present one")


def _spelled(formula: str, evaluation: Evaluation, situation: Situation) -> Text:
    """A formula with the names of figures in words and chosen values as numbers."""

    def word(name: str, lang: Lang) -> str:
        if name in _WORDS:
            return _WORDS[name].get(lang)
        figure = situation.figures.get(name)
        if figure is not None:
            return figure.label.get(lang)
        for suffix, more in _SUFFIXES.items():
            figure = situation.figures.get(name.removesuffix(suffix))
            if name.endswith(suffix) and figure is not None:
                return figure.label.get(lang) + more.get(lang)
        entry = evaluation.book.values.get(name)
        return _said(entry, lang) if entry is not None else name

    shown = formula.replace("*", "×").replace("/", "÷")
    return Text(
        _NAME.sub(lambda found: word(found[0], "zh"), shown),
        _NAME.sub(lambda found: word(found[0], "en"), shown),
    )


def _sentence(name: str, evaluation: Evaluation) -> Text | None:
    """The first sentence of the plan that uses the figure: what it is for, in the words the reader has just seen."""
    copy = Book(evaluation.book.values, evaluation.book.names)  # quoting a sentence is not writing one
    for template in _templates(evaluation.playbook):
        if name in template.names:
            filled = copy.fill(template)
            if filled is not None:
                return Text(f"用于：{filled.zh}", f"used in: {filled.en}")
    return None


def _templates(playbook: Playbook) -> Iterator[Bilingual]:
    for step in playbook.steps:
        said = (step.action, step.without_control, step.kpi, step.target, step.guardrail, step.stop_rule, step.cost)
        yield from (each for each in said if each is not None)
    for each in (playbook.break_even, playbook.cost.text, playbook.measure.text, playbook.decision, playbook.facts):
        if each is not None:
            yield each
    yield from (artefact.text for artefact in playbook.artefacts)
    if playbook.sizing is not None:
        yield playbook.sizing.text
    yield from (playbook.first_step, playbook.changes_mind, *playbook.risks, *playbook.not_for_text)
    yield from (condition.text for condition in playbook.all_conditions)


def _plain(name: str) -> Text:
    words = name.replace("_", " ")
    return Text(f"打法的一个中间值（{words}）", words)
