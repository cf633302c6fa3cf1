"""What cited facts offer a figure: their quantities, and the figures of their claims (sourced texts of cases and playbooks)."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from advisor.grounding.glossary import Glossary, groups_in
from advisor.grounding.language import Direction, directions, sign_touching
from advisor.grounding.masking import blank_names, claiming_figures
from advisor.grounding.numbers import Figure
from advisor.grounding.places import period_of, place_of, tokens
from advisor.grounding.window_rules import find_windows
from advisor.grounding.windows import WindowWords
from tools.facts import Fact, Quantity, Role
from tools.text import is_money

__all__ = ["CHANGES", "Candidate", "Cited", "cited_facts", "unit_fits", "value_fits"]

CHANGES = frozenset({Role.CHANGE, Role.CHANGE_RATE})


@dataclass(frozen=True)
class Cited:
    """A cited fact with everything derived from it that matching needs."""

    mark: str
    fact: Fact
    glossary: Glossary

    @cached_property
    def text(self) -> str:
        """Everything the fact says in words, in lower case."""
        subjects = [name for q in self.fact.quantities for name in q.subject]
        return " \n ".join([self.fact.claim.zh, self.fact.claim.en, *self.fact.entities, *subjects]).lower()

    @cached_property
    def spoken(self) -> str:
        """The fact in words with every name of its metrics: what a sentence that cites it may speak of."""
        names = [name for metric in self.metrics for name in self.glossary.names.get(metric, ())]
        return " \n ".join([self.fact.claim.zh, self.fact.claim.en, *self.fact.entities, *names])

    @cached_property
    def groups(self) -> set[str]:
        return groups_in(self.text).union(*(groups_in(name) for q in self.fact.quantities for name in q.subject), set())

    @cached_property
    def metrics(self) -> set[str]:
        return {q.metric for q in self.fact.quantities}

    @cached_property
    def claim_windows(self) -> list[WindowWords]:
        return [words for words, _ in self.dated]

    @cached_property
    def unconditioned(self) -> bool:
        """All figures of the claim are of one kind: none is the condition of another (¥507,000 at 30 % returns)."""
        return all(len({figure.kind for figure in figures}) == 1 for _, figures in self._claims)

    @cached_property
    def dated(self) -> list[tuple[WindowWords, str]]:
        """The windows that the claim names, each with its clause."""
        texts = dict.fromkeys((self.fact.claim.zh, self.fact.claim.en))
        found = [(w, text) for text in texts for w in (*find_windows(text, None), *_short_dates(text))]
        return [(w, _clause(text, w)) for w, text in found]

    @cached_property
    def claim_figures(self) -> list[tuple[Figure, str]]:
        """Figures of the claim that no quantity carries, each with its claim text."""
        return [
            (figure, text)
            for text, figures in self._claims
            for figure in figures
            if not any(value_fits(figure, q) for q in self.fact.quantities)
        ]

    @cached_property
    def _claims(self) -> list[tuple[str, list[Figure]]]:
        """Each claim text once, with its figures."""
        texts = dict.fromkeys((self.fact.claim.zh, self.fact.claim.en))
        return [(text, claiming_figures(blank_names(text, self.fact.entities))[0]) for text in texts]

    def places(self, quantity: Quantity) -> list[str]:
        """What the claim says around each figure that may be this quantity."""
        return [place for figure, place in self._places if value_fits(figure, quantity)]

    @cached_property
    def _places(self) -> list[tuple[Figure, str]]:
        return [
            (figure, place_of(text, figures, index))
            for text, figures in self._claims
            for index, figure in enumerate(figures)
        ]

    def periods(self, quantity: Quantity) -> set[str]:
        """What the claim's figures that may be this quantity are rates per, "" where it does not say."""
        return {period for figure, period in self._rates if value_fits(figure, quantity)}

    @cached_property
    def _rates(self) -> list[tuple[Figure, str]]:
        return [(figure, period_of(text, figure)) for text, figures in self._claims for figure in figures]

    def signs_at(self, quantity: Quantity) -> set[int]:
        """Signs of the words that touch this quantity's figure in the claim."""
        return {sign for figure, sign in self._touched if sign and value_fits(figure, quantity)}

    @cached_property
    def _touched(self) -> list[tuple[Figure, int]]:
        return [(f, sign_touching(text, f.start, f.end)) for text, figures in self._claims for f in figures]

    def described(self, quantity: Quantity) -> frozenset[str]:
        """Content words for a quantity: its subject, its metric's names, its place in the claim."""
        names = self.glossary.names.get(quantity.metric) or re.split(r"[._]", quantity.metric)
        return tokens(" | ".join([*quantity.subject, *names, *self.places(quantity)]))

    @cached_property
    def claim_directions(self) -> list[Direction]:
        return directions(self.fact.claim.zh) + directions(self.fact.claim.en)

    @cached_property
    def strings(self) -> list[str]:
        """Every text inside `data`: names and notes of a case or a playbook."""
        found: list[str] = []
        stack: list[object] = [self.fact.data]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                found.append(item)
            elif isinstance(item, Mapping):
                stack.extend(item.values())
            elif isinstance(item, list | tuple):
                stack.extend(item)
        return found

    def says(self, word: str) -> bool:
        return re.sub(r"\s+", "", word.lower()) in self._squashed

    @cached_property
    def _squashed(self) -> str:
        return re.sub(r"\s+", "", self.text)

    def previous_of(self, quantity: Quantity) -> Quantity | None:
        """The comparison value of the same metric and subject."""
        return self._partner(quantity, Role.PREVIOUS)

    def value_of(self, quantity: Quantity) -> Quantity | None:
        """The current value of the same metric and subject."""
        return self._partner(quantity, Role.VALUE)

    def change_sign(self, quantity: Quantity) -> int:
        """+1 or -1 when the fact knows how this metric moved, 0 otherwise."""
        for role in (Role.CHANGE, Role.CHANGE_RATE):
            change = self._partner(quantity, role)
            if change is not None and change.value:
                return 1 if change.value > 0 else -1
        value, previous = self._partner(quantity, Role.VALUE), self._partner(quantity, Role.PREVIOUS)
        if value is None or previous is None or value.value == previous.value:
            return 0
        return 1 if value.value > previous.value else -1

    def _partner(self, quantity: Quantity, role: Role) -> Quantity | None:
        same = [q for q in self.fact.quantities if q.role is role and q.metric == quantity.metric]
        return next((q for q in same if q.subject == quantity.subject), same[0] if len(same) == 1 else None)

    def ratios(self) -> Iterable[tuple[Quantity, Decimal]]:
        """Value ÷ previous of each metric, which 翻倍 and "halved" may say in words."""
        for quantity in self.fact.quantities:
            if quantity.role is not Role.VALUE:
                continue
            previous = self.previous_of(quantity)
            rate = self._partner(quantity, Role.CHANGE_RATE)
            if previous is not None and previous.value > 0:
                yield quantity, quantity.value / previous.value
            elif rate is not None:
                yield quantity, rate.value + 1


def _clause(text: str, words: WindowWords) -> str:
    end = re.search(r"[，,。；;]", text[words.end :])
    return (
        re.split(r"[，,。；;]", text[: words.start])[-1]
        + text[words.start : words.end + (end.start() if end else len(text))]
    )


_SHORT_DATE = re.compile(r"(?<![\d.,\-/])(0[1-9]|1[0-2])-([0-2]\d|3[01])(?![\d\-/.%]|\s*[万亿元人单件个天%])")


def _short_dates(text: str) -> list[WindowWords]:
    """11-23 in a claim, which code writes, is a day; in a sentence it may be a range."""
    return [
        WindowWords(m[0], m.start(), m.end(), "day", month=int(m[1]), day=int(m[2])) for m in _SHORT_DATE.finditer(text)
    ]


def value_fits(figure: Figure, quantity: Quantity) -> bool:
    """Value within the rounding of the written form, and the same kind of unit."""
    if figure.kind == "duration" and quantity.unit == "days":
        return figure.covers(quantity.value / _length(figure))
    return unit_fits(figure, quantity) and figure.covers(quantity.value)


def _length(figure: Figure) -> int:
    """Days of the figure's unit: 96 days are a little over three months."""
    units = ((r"周|星期|week", 7), (r"月|month", 30), (r"年|year", 365))
    return next((days for words, days in units if re.search(words, figure.text, re.I)), 1)


def unit_fits(figure: Figure, quantity: Quantity) -> bool:
    unit = quantity.unit
    match figure.kind:
        case "money":
            return unit == figure.noun or (unit == "JPY" and figure.noun == "CNY" and figure.text.startswith("¥"))
        case "ratio":
            return unit == "ratio"
        case "pp":
            return unit == "pp"
        case "multiple":
            return unit == "number" or (figure.noun == "times" and unit == "times")
        case "duration":
            return unit == "days"
        case "count":
            if is_money(unit) or unit in ("ratio", "pp"):
                return False
            if unit in ("count", "number") or not figure.noun:
                return True
            # 人 is said of buyers and of visitors alike
            return unit == figure.noun or (figure.noun == "buyers" and unit == "visitors" and "人" in figure.text)
        case _:
            return is_money(unit) or unit not in ("ratio", "pp")


# A turn checks the same facts under many sentences: what was read of one is kept, found by the fact itself (not by its
# value, which has no hash; an entry holds its fact, so its id stays its own).
_KEPT = 512
_read_before: OrderedDict[tuple[str, int, int], Cited] = OrderedDict()


def cited_facts(cited: Mapping[str, Fact], marks: Iterable[str], glossary: Glossary) -> list[Cited]:
    return [_cited(mark, cited[mark], glossary) for mark in dict.fromkeys(marks) if mark in cited]


def _cited(mark: str, fact: Fact, glossary: Glossary) -> Cited:
    key = (mark, id(fact), id(glossary))
    found = _read_before.get(key)
    if found is None:
        found = _read_before[key] = Cited(mark, fact, glossary)
        if len(_read_before) > _KEPT:
            _read_before.popitem(last=False)
    return found


@dataclass(frozen=True)
class Candidate:
    """A quantity whose value and unit fit a figure."""

    cited: Cited
    quantity: Quantity
    derived: bool = False  # value ÷ previous, said in words
