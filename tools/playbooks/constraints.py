"""What a merchant may rule out ("我们不做降价", "no discounts") and what that leaves out of the advice. Data: `seeds/constraints.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["Rule", "allowed_in", "ruled_out_in", "touched_by"]

_ZH_NO = (
    r"(?:不|别|绝不|从不|决不|拒绝|停止|暂停|停掉|停了|砍掉|取消|放弃|告别)(?:再|会|能|可以|要|想|打算|准备|接受|考虑|许|允许|碰)*"
    r"(?:做|搞|打|发|用|投|找|请|走|靠|开|参加|接|给|继续|跟|和)*(?:任何|什么)?"
)
_EN_NO = (
    r"\b(?:no|not|never|don't|do not|won't|will not|can't|cannot|refuse|stop(?:ped)?|against|rule out|avoid|drop(?:ped)?|quit)\b"
    r"(?: (?:do|doing|use|using|want|want to|to|run|running|give|giving|offer|offering|send|sending|work|working|with|be|any|more|the|our|all))*"
)
_ZH_YES = r"(?:可以|能|愿意|接受|允许|同意|恢复|考虑)(?:再|做|搞|打|发|用|投|找|请|开|参加|适当|少量)*"
_EN_YES = r"\b(?:can|may|ok with|fine with|open to|allow|accept)\b(?: (?:do|use|run|give|offer|send|work|with|some|now|again|the))*"


@dataclass(frozen=True)
class Rule:
    """One thing that can be ruled out. Numbers of `steps` count from 1 in the playbook's file."""

    id: str
    label: Text
    topic: re.Pattern[str]
    says: re.Pattern[str]
    allows: re.Pattern[str]
    playbooks: frozenset[str]
    goals: frozenset[str]
    steps: Mapping[str, frozenset[int]]
    choose: Mapping[str, Text]
    artefacts: frozenset[str]

    def bars(self, playbook_id: str, goals: Iterable[str]) -> bool:
        """A playbook whose first goal is ruled out is about that; others may touch it and are listed one by one."""
        return playbook_id in self.playbooks or next(iter(goals), "") in self.goals


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(_rule(name, spec) for name, spec in load_yaml("constraints.yaml").items())


def _rule(name: str, spec: Mapping[str, Any]) -> Rule:
    zh, en = spec["topic"]["zh"], spec["topic"]["en"]
    own = "".join(f"|{form}" for form in spec.get("says", {}).values())
    return Rule(
        id=name,
        label=Text(**spec["label"]),
        topic=re.compile(rf"{zh}|\b(?:{en})\b"),
        says=re.compile(
            rf"{_ZH_NO}(?:{zh})|(?:{zh})(?:都|也)?(?:不做|不搞|免谈|停掉|停了|不用了|不考虑)|{_EN_NO} (?:{en})\b{own}"
        ),
        allows=re.compile(
            rf"{_ZH_YES}(?:{zh})|(?:{zh})(?:也|都)?(?:可以|能)(?:做|用|接受)?了?|{_EN_YES} (?:{en})\b|\b(?:{en}) (?:are|is) (?:ok|okay|fine|allowed|possible)"
        ),
        playbooks=frozenset(spec.get("playbooks", ())),
        goals=frozenset(spec.get("goals", ())),
        steps={book: frozenset(numbers) for book, numbers in spec.get("steps", {}).items()},
        choose={book: Text(**text) for book, text in spec.get("choose", {}).items()},
        artefacts=frozenset(spec.get("artefacts", ())),
    )


def touched_by(text: str) -> list[Rule]:
    """What a sentence speaks of, whichever way."""
    said = text.lower()
    return [rule for rule in _rules() if rule.topic.search(said)]


def ruled_out_in(text: str) -> list[Rule]:
    """What a sentence rules out, whether said as a wish or as a decision."""
    said = text.lower()
    return [rule for rule in _rules() if rule.says.search(said)]


def allowed_in(text: str) -> list[Rule]:
    """What a sentence allows again."""
    said = text.lower()
    return [rule for rule in _rules() if rule.allows.search(said) and not rule.says.search(said)]
