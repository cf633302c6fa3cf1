"""check(): may this sentence be shown? Every figure, name, direction and cause of a draft against the facts it cites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from advisor.answer import Section
from advisor.grounding.alignment import swapped
from advisor.grounding.basis import basis_problems
from advisor.grounding.comparisons import comparison_problems
from advisor.grounding.concepts import campaigns, foreign_concepts, foreign_labels, rambles
from advisor.grounding.glossary import Glossary, default_glossary
from advisor.grounding.intervals import finding_problems
from advisor.grounding.language import says_unknown
from advisor.grounding.masking import figures_of
from advisor.grounding.match import Match, bounded, match_figure
from advisor.grounding.names import foreign_names
from advisor.grounding.numbers import Figure
from advisor.grounding.own_material import is_own_material, without_quotations
from advisor.grounding.reading import Reading, marks_in, read
from advisor.grounding.strength import strength_problems
from advisor.grounding.support import Cited, cited_facts
from advisor.grounding.verbatim import is_verbatim
from advisor.grounding.whole import bare_directions, causes, dates, denials, moves
from tools.facts import Fact, WhyClass
from tools.text import Lang, Text

__all__ = ["Verdict", "check"]

_FINDINGS: frozenset[Section] = frozenset({"headline", "why"})
_SENTENCES = re.compile(r"[。；;！？!?]|\.(?=\s|$)")
_ADVICE: frozenset[Section] = frozenset({"decision", "what", "how"})


@dataclass(frozen=True)
class Verdict:
    """`problems` say in the reader's language why a statement is withheld; `numbers` are figures that claim something."""

    ok: bool
    problems: list[str] = field(default_factory=list)
    numbers: int = 0
    supported: int = 0
    marks: list[str] = field(default_factory=list)


def check(
    draft_text: str,
    *,
    cited: Mapping[str, Fact],
    lang: Lang,
    section: Section,
    why_class: WhyClass | None = None,
    question: str = "",
    today: date | None = None,
    glossary: Glossary | None = None,
    said: Sequence[str] = (),
) -> Verdict:
    """Check one statement before anyone sees it.

    `cited` maps display marks ("m1") to facts: those the draft cites, or the whole evidence (only marks in the draft
    count). `question` is what the merchant said: their own numbers and names may be repeated back. `today` resolves
    "last month". `said` are the tools' own words of what is missing or limited. Deterministic, no I/O beyond the glossary's first load.
    """
    words = glossary or default_glossary()
    marks = marks_in(draft_text)
    facts = cited_facts(cited, marks, words)
    own_words = is_verbatim(draft_text, [c.fact for c in facts], lang, said)
    draft_text, unnamed = without_quotations(draft_text, facts)
    facts = [c for c in facts if not is_own_material(c)]
    names = [name for c in facts for name in (*c.fact.entities, *(s for q in c.fact.quantities for s in q.subject))]
    reading = read(draft_text, names=names, glossary=words, section=section, today=today)
    problems = [*(_unknown_mark(mark) for mark in marks if mark not in cited), *unnamed]
    matches = [_matched(figure, reading, facts, question) for figure in reading.figures]
    matches = bounded(reading, matches, facts)
    if own_words:
        told = list(dict.fromkeys(p.get(lang) for p in [*problems, *causes(draft_text, facts, section, why_class)]))
        return Verdict(not told, told, len(matches), len(matches), [mark for mark in marks if mark in cited])
    if reading.figures and not marks and not all(m.ok for m in matches):
        problems.append(Text("有数字但没有引用证据。", "It has figures but cites no evidence."))
    else:
        problems += [m.problem for m in matches if m.problem is not None]
    problems += _uncited(reading, section, marks, draft_text)
    problems += moves(reading, matches, facts)
    problems += bare_directions(reading, facts, section)
    problems += dates(reading, facts, question, today)
    problems += causes(draft_text, facts, section, why_class)
    problems += denials(reading, facts, section)
    problems += _names(draft_text, facts, question, words)
    if section in _FINDINGS:
        problems += _beyond(reading, matches, facts, draft_text, question)
    supported = sum(m.ok for m in matches)
    texts = list(dict.fromkeys(p.get(lang) for p in problems))
    return Verdict(not texts, texts, len(matches), supported, [mark for mark in marks if mark in cited])


def _beyond(reading: Reading, matches: list[Match], facts: Sequence[Cited], draft: str, question: str) -> list[Text]:
    """What a finding claims besides its figures: what it speaks of, on which basis, how things compare, how sure it is."""
    problems = [*basis_problems(reading, matches), *swapped(reading, matches, facts)]
    problems += finding_problems(reading, facts)
    problems += [*comparison_problems(reading, facts), *strength_problems(reading, matches, facts)]
    told = " ".join(part for part in _SENTENCES.split(reading.full) if not says_unknown(part))
    if told:
        known = [question, *(c.spoken for c in facts), *(text for c in facts for text in c.strings)]
        known += campaigns(q.window for c in facts for q in c.fact.quantities)
        if reading.section == "why" and rambles(told, known=known):  # a headline also says what to do
            problems.append(
                Text("句子说的大多不是证据里的事。", "Most of the sentence is not about what the evidence says.")
            )
        strange = [*foreign_concepts(told, known=known), *foreign_labels(told, known=known)]
        problems += [Text(f"引用的证据没有说到“{word}”。", f'The cited evidence does not speak of "{word}".') for word in strange]  # fmt: skip
    return problems


def _unknown_mark(mark: str) -> Text:
    return Text(f"没有编号为 [{mark}] 的证据。", f"There is no evidence marked [{mark}].")


def _matched(figure: Figure, reading: Reading, facts: Sequence[Cited], question: str) -> Match:
    near = reading.marks_for(figure.start)
    found = match_figure(figure, reading, [c for c in facts if c.mark in near])
    if not found.ok and reading.names_metric(figure):
        found = match_figure(figure, reading, facts)  # all marks at the end: the metric it names tells which is meant
    if found.ok or not _merchant_said(figure, reading, facts, question):
        return found
    return Match(figure, from_claim=True)


def _merchant_said(figure: Figure, reading: Reading, facts: Sequence[Cited], question: str) -> bool:
    """The merchant's own number, unless cited facts measure the same thing: then the facts decide."""
    same = [
        f for f in figures_of(question) if f.kind == figure.kind and f.noun == figure.noun and f.value == figure.value
    ]
    if not same or not figure.value:
        return False
    named = {metric for m in reading.metric_of(figure) for metric in m.metrics}
    measured = {q.metric for c in facts for q in c.fact.quantities}
    return not named & measured


def _uncited(reading: Reading, section: Section, marks: list[str], draft: str) -> list[Text]:
    """Advice cites a playbook, a case or a computed fact; a why cites what it says, unless it says what is not known."""
    if marks or reading.figures:
        return []
    if section in _ADVICE and not (section == "decision" and says_unknown(draft)):
        return [Text("建议没有引用打法、案例或数据。", "The advice cites no playbook, case or figure.")]
    if section in ("headline", "why") and not says_unknown(draft):
        return [Text("结论或原因没有引用证据。", "The conclusion or reason cites no evidence.")]
    return []


def _names(draft: str, facts: Sequence[Cited], question: str, words: Glossary) -> list[Text]:
    allowed = [question, *(c.text for c in facts), words.spoken]
    allowed += [c.fact.id for c in facts] + [c.fact.source for c in facts]
    allowed += [text for c in facts for text in c.strings]
    return [
        Text(f"名字“{name}”不在引用的证据里。", f'The name "{name}" is not in the cited evidence.')
        for name in foreign_names(draft, allowed=allowed, brands=words.brand_pattern)
    ]
