"""Why a figure was refused, in words a writer (a model, one repair round) and a reader of the trace can act on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from advisor.grounding.numbers import Figure
from advisor.grounding.reading import Reading
from advisor.grounding.support import Candidate, Cited, unit_fits
from tools.facts import Quantity, Role
from tools.text import Text

__all__ = ["no_value", "wrong_direction", "wrong_metric", "wrong_role", "wrong_subject", "wrong_window"]


def no_value(figure: Figure, facts: Sequence[Cited]) -> Text:
    near = [q for c in facts for q in c.fact.quantities if not unit_fits(figure, q) and _same_digits(figure, q)]
    if near:
        unit = near[0].unit
        return Text(
            f"数字“{figure.text}”的单位不对：证据里是 {unit}。",
            f'"{figure.text}" has the wrong unit: the evidence is in {unit}.',
        )
    return Text(f"引用的证据里没有数字“{figure.text}”。", f'No cited fact contains the figure "{figure.text}".')


def _same_digits(figure: Figure, quantity: Quantity) -> bool:
    value = abs(quantity.value)
    scaled = {value, value * 100 if quantity.unit == "ratio" else value / 100}
    return any(figure.low <= number <= figure.high for number in scaled | {value / Decimal(100)})


def wrong_metric(figure: Figure, reading: Reading, candidate: Candidate) -> Text:
    named = "/".join(m.word for m in reading.metric_of(figure))
    own = _metric_name(candidate)
    return Text(
        f"“{figure.text}”在证据 [{candidate.cited.mark}] 里是 {own.zh}，不是“{named}”。",
        f'"{figure.text}" is {own.en} in [{candidate.cited.mark}], not "{named}".',
    )


def _metric_name(candidate: Candidate) -> Text:
    names = candidate.cited.glossary.names.get(candidate.quantity.metric, (candidate.quantity.metric,))
    chinese = next((n for n in names if not n.isascii()), names[0])
    return Text(chinese, next((n for n in names if n.isascii()), names[0]))


def wrong_subject(figure: Figure, reading: Reading, candidate: Candidate) -> Text:
    subject = "、".join(candidate.quantity.subject)
    whole = Text("全店", "the whole shop")
    return Text(
        f"“{figure.text}”说的是{subject or whole.zh}，不是句子里的对象。",
        f'"{figure.text}" is about {subject or whole.en}, not what the sentence says.',
    )


def wrong_window(figure: Figure, reading: Reading, candidate: Candidate) -> Text:
    window = candidate.quantity.window or "—"
    return Text(
        f"“{figure.text}”的时间是 {window}，和句子里的时间对不上。",
        f'"{figure.text}" belongs to {window}, not to the time in the sentence.',
    )


def wrong_role(figure: Figure, reading: Reading, candidate: Candidate) -> Text:
    words = {
        Role.CHANGE: Text("变化量", "a change"),
        Role.CHANGE_RATE: Text("变化幅度", "a rate of change"),
        Role.PREVIOUS: Text("对比期的数", "the comparison period's value"),
    }
    role = words.get(candidate.quantity.role, Text("数值本身", "a level"))
    return Text(
        f"“{figure.text}”在证据里是{role.zh}，句子把它当成了别的。",
        f'"{figure.text}" is {role.en} in the evidence; the sentence uses it as something else.',
    )


def wrong_direction(figure: Figure, reading: Reading, candidate: Candidate) -> Text:
    return Text(
        f"“{figure.text}”的涨跌方向与证据相反。", f'The direction of "{figure.text}" is opposite to the evidence.'
    )
