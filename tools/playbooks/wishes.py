"""The merchant's own limits on advice: what was ruled out, and a budget. What they leave out is told, with the statement it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tools.base import Records
from tools.facts import Claim, Fact, fact_id
from tools.metrics.margins import stated_value
from tools.playbooks.constraints import Rule, ruled_out_in
from tools.playbooks.evaluate import Evaluation
from tools.playbooks.match import Match
from tools.stated import figure_fact, note_fact, quoted_note
from tools.text import Text, format_value

__all__ = ["Wishes", "left_out_notes", "unread_notes"]

_MOST_UNREAD = 2


@dataclass
class Wishes:
    """The merchant's limits for one call of a tool. `used` gathers the facts of those that changed the advice, `notes` how."""

    merchant_id: str
    currency: str
    rules: tuple[tuple[Rule, Mapping[str, Any]], ...] = ()  # with the note each was said in
    budget: Mapping[str, Any] | None = None
    unread: tuple[Mapping[str, Any], ...] = ()  # limits whose subject no rule knows
    used: dict[str, Fact] = field(default_factory=dict)
    notes: list[Claim] = field(default_factory=list)

    @classmethod
    def of(cls, records: Records | None, merchant_id: str, currency: str) -> Wishes:
        if records is None:
            return cls(merchant_id, currency)
        notes = [note for note in records.notes() if note["kind"] in ("constraint", "decision")]
        seen: dict[str, tuple[Rule, Mapping[str, Any]]] = {}
        unread = []
        for note in notes:
            rules = ruled_out_in(str(note["text"]))
            for rule in rules:
                seen.setdefault(rule.id, (rule, note))
            if not rules and note["kind"] == "constraint":
                unread.append(note)
        budget = records.stated("budget") if stated_value(records, "budget") is not None else None
        return cls(merchant_id, currency, tuple(seen.values()), budget, tuple(unread[-_MOST_UNREAD:]))

    def bar(self, evaluation: Evaluation) -> Text | None:
        """Why a playbook that fits is not advised to this merchant; None when nothing speaks against it."""
        playbook = evaluation.playbook
        for rule, note in self.rules:
            if rule.bars(playbook.id, playbook.goals):
                said = self._use(note)
                return Text(f"你说过{said.zh}", f"you said {said.en}")
        if self.budget is None or evaluation.cost is None or evaluation.cost <= Decimal(str(self.budget["value"])):
            return None
        fact = figure_fact(self.merchant_id, "budget", self.budget)
        self.used[fact.id] = fact
        most, cost = (
            Text(*(format_value(value, self.currency, lang).strip() for lang in ("zh", "en")))
            for value in (Decimal(str(self.budget["value"])), evaluation.cost)
        )
        return Text(
            f"它的花费上限 {cost.zh}超过你说的预算 {most.zh}",
            f"it may cost {cost.en}, more than your budget of {most.en}",
        )

    def told(self) -> list[Fact]:
        """Every limit that was said, as evidence to cite: those that changed nothing here may still answer the question."""
        facts = [note_fact(self.merchant_id, str(note["kind"]), str(note["text"])) for _rule, note in self.rules]
        facts += [note_fact(self.merchant_id, str(note["kind"]), str(note["text"])) for note in self.unread]
        return list({fact.id: fact for fact in [*self.used.values(), *facts]}.values())

    def trim(self, fact: Fact) -> Fact:
        """The playbook fact without the steps that are ruled out."""
        playbook_id = str(fact.data["playbook_id"])
        gone: set[int] = set()
        kinds: set[str] = set()
        for rule, note in self.rules:
            numbers, choice = rule.steps.get(playbook_id, frozenset()), rule.choose.get(playbook_id)
            if not numbers and choice is None:
                continue
            said = self._use(note)
            gone |= numbers
            kinds |= rule.artefacts
            if choice is not None:
                self._tell(f"按你说的{said.zh}，{choice.zh}。", f"As you said {said.en}: {choice.en}.")
            if numbers:
                self._tell(
                    f"按你说的{said.zh}，计划里去掉了会碰到它的步骤。",
                    f"As you said {said.en}, the steps that would go against it are left out of the plan.",
                )
        return _without(fact, gone, kinds) if gone or kinds else fact

    def _tell(self, zh: str, en: str) -> None:
        claim = Claim(zh=zh, en=en)
        if claim not in self.notes:
            self.notes.append(claim)

    def _use(self, note: Mapping[str, Any]) -> Text:
        fact = note_fact(self.merchant_id, str(note["kind"]), str(note["text"]))
        self.used[fact.id] = fact
        said = quoted_note(str(note["text"]))
        return Text(f"“{said}”", f'"{said}"')


def _without(fact: Fact, gone: set[int], kinds: set[str]) -> Fact:
    """The fact without these steps and texts of these kinds, as evidence of its own: another plan is another fact."""
    texts = [each for each in fact.data["artefacts"] if each["kind"] not in kinds]
    names = {each["id"] for each in texts}
    steps = [
        {**step, "artefacts": [name for name in step["artefacts"] if name in names]}
        for number, step in enumerate(fact.data["steps"], start=1)
        if number not in gone
    ]
    used = {name for step in steps for name in step["artefacts"]}
    data = {**fact.data, "steps": steps, "artefacts": [each for each in texts if each["id"] in used]}
    return fact.model_copy(update={"id": fact_id(fact.id, sorted(gone), sorted(kinds)), "data": data})


def unread_notes(wishes: Wishes) -> list[Claim]:
    """What the merchant must check for oneself."""
    said = [quoted_note(str(note["text"])) for note in wishes.unread]
    return [
        Claim(
            zh=f"你还说过“{each}”：哪些做法会碰到它我判断不了，请自己对一遍。",
            en=f'You also said "{each}": I cannot tell which playbooks go against it, so please check for yourself.',
        )
        for each in said
    ]


def left_out_notes(left_out: Sequence[tuple[Match, Text]]) -> list[Claim]:
    """One sentence for each reason: what would have been advised but for it."""
    names: dict[Text, list[Text]] = {}
    for match, reason in left_out:
        names.setdefault(reason, []).append(match.playbook.name.text)
    notes = []
    for reason, books in names.items():
        zh, en = "、".join(f"“{name.zh}”" for name in books), ", ".join(f'"{name.en}"' for name in books)
        notes.append(
            Claim(
                zh=f"{reason.zh}，所以没有推荐{zh}。",
                en=f"{reason.en[0].upper()}{reason.en[1:]}, so {en} is not advised.",
            )
        )
    return notes
