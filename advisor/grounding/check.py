"""check(): may this sentence be shown? Every figure, name, direction and cause of a draft against the facts it cites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from advisor.answer import Section
from advisor.grounding.glossary import Glossary, default_glossary
from advisor.grounding.language import Direction, causal_phrases, denies_source, says_unknown
from advisor.grounding.match import Match, match_figure, metric_fits
from advisor.grounding.names import foreign_names
from advisor.grounding.numbers import Figure
from advisor.grounding.reading import Reading, marks_in, read
from advisor.grounding.support import Cited, cited_facts, figures_of
from advisor.grounding.windows import overlaps
from tools.facts import Fact, Quantity, Role, WhyClass
from tools.text import Lang, Text

__all__ = ["Verdict", "check"]

_ADVICE: frozenset[Section] = frozenset({"decision", "what", "how"})
_CLAIMS: frozenset[Section] = frozenset({"headline", "decision", "why"})


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
) -> Verdict:
    """Check one statement before anyone sees it.

    `cited` maps display marks ("m1") to facts: those the draft cites, or the whole evidence (only marks in the draft
    count). `question` is what the merchant said: their own numbers and names may be repeated back. `today` resolves
    "last month". Deterministic, no I/O beyond the glossary's first load.
    """
    words = glossary or default_glossary()
    marks = marks_in(draft_text)
    facts = cited_facts(cited, marks, words)
    names = [name for c in facts for name in (*c.fact.entities, *(s for q in c.fact.quantities for s in q.subject))]
    reading = read(draft_text, names=names, glossary=words, section=section, today=today)
    problems = [_unknown_mark(mark) for mark in marks if mark not in cited]
    matches = [_matched(figure, reading, facts, question) for figure in reading.figures]
    if reading.figures and not marks and not all(m.ok for m in matches):
        problems.append(Text("有数字但没有引用证据。", "It has figures but cites no evidence."))
    else:
        problems += [m.problem for m in matches if m.problem is not None]
    problems += _uncited(reading, section, marks, draft_text)
    problems += _moves(reading, matches, facts)
    problems += _bare_directions(reading, facts, section)
    problems += _dates(reading, facts, section, question)
    problems += _causes(draft_text, facts, section, why_class)
    problems += _denials(reading, facts, section)
    problems += _names(draft_text, facts, question, words)
    supported = sum(m.ok for m in matches)
    texts = list(dict.fromkeys(p.get(lang) for p in problems))
    return Verdict(not texts, texts, len(matches), supported, [mark for mark in marks if mark in cited])


def _unknown_mark(mark: str) -> Text:
    return Text(f"没有编号为 [{mark}] 的证据。", f"There is no evidence marked [{mark}].")


def _matched(figure: Figure, reading: Reading, facts: Sequence[Cited], question: str) -> Match:
    found = match_figure(figure, reading, facts)
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


def _moves(reading: Reading, matches: Sequence[Match], facts: Sequence[Cited]) -> list[Text]:
    """从 A 到 B: A is the earlier, B the later, and the verb agrees with them."""
    problems = []
    for first, second in reading.moves:
        a, b = matches[first], matches[second]
        if a.problem or b.problem or not a.quantities or not b.quantities:
            continue
        if _backwards(a.quantities, b.quantities):
            problems.append(
                Text(
                    f"“{a.figure.text}”和“{b.figure.text}”的先后反了。",
                    f'"{a.figure.text}" and "{b.figure.text}" are in the wrong order.',
                )
            )
        elif not _verb_agrees(reading, a.figure, b.figure):
            problems.append(
                Text(
                    f"从“{a.figure.text}”到“{b.figure.text}”的涨跌说反了。",
                    f'From "{a.figure.text}" to "{b.figure.text}" is not the direction stated.',
                )
            )
    return problems


def _backwards(earlier: Sequence[Quantity], later: Sequence[Quantity]) -> bool:
    roles_a, roles_b = {q.role for q in earlier}, {q.role for q in later}
    if roles_a == {Role.VALUE} and roles_b == {Role.PREVIOUS}:
        return True
    windows = [(a.window, b.window) for a in earlier for b in later if a.metric == b.metric and a.window and b.window]
    return bool(windows) and all(a is not None and b is not None and a.start > b.start for a, b in windows)


def _verb_agrees(reading: Reading, earlier: Figure, later: Figure) -> bool:
    left, right = sorted((earlier, later), key=lambda figure: figure.start)
    segment = reading.segment(right.start)
    near = [d for d in reading.directions if left.end <= d.start < right.start]
    near = near or [d for d in reading.directions if segment.start <= d.start < left.start][-1:]
    return not near or near[-1].denied or near[-1].sign == (1 if later.value >= earlier.value else -1)


def _bare_directions(reading: Reading, facts: Sequence[Cited], section: Section) -> list[Text]:
    """A rise or fall told without a figure (客单价没有变差) must agree with what the cited facts know."""
    if section not in _CLAIMS:
        return []
    problems = []
    for word in reading.directions:
        segment = reading.segment(word.start)
        if any(segment.start <= figure.start < segment.end for figure in reading.figures):
            continue
        inside = [m for m in reading.mentions if segment.start <= m.start < segment.end]
        signs = {
            cited.change_sign(q)
            for mention in inside[-1:]
            for cited in facts
            for q in cited.fact.quantities
            if q.role in (Role.VALUE, Role.CHANGE, Role.CHANGE_RATE)
            and metric_fits(mention, reading, cited, q)
            and q.metric in mention.metrics
        } - {0}
        if signs and not any(_agrees(word, sign) for sign in signs):
            told = reading.piece(segment).strip()
            problems.append(Text(f"“{told}”与证据的涨跌相反。", f'"{told}" contradicts the direction in the evidence.'))
    return problems


def _agrees(word: Direction, sign: int) -> bool:
    return (word.sign == sign) is not word.denied


def _dates(reading: Reading, facts: Sequence[Cited], section: Section, question: str) -> list[Text]:
    """A date told without a figure of its own must lie in a cited window, or be said by a claim or the merchant."""
    if section not in ("headline", "why") or not facts:
        return []
    windows = [q.window for c in facts for q in c.fact.quantities if q.window is not None]
    problems = []
    for words in reading.windows:
        if words.kind in ("clock", "shift", "rolling") or words.text in question:
            continue
        if any(c.says(words.text) for c in facts) or any(overlaps(words, window) for window in windows):
            continue
        if not windows and not any(c.claim_windows for c in facts):
            continue
        if words.compared and any(overlaps(words, w) for c in facts for w in _bases(c)):
            continue
        told = words.text.strip()
        problems.append(Text(f"证据里没有“{told}”这个时间。", f'No cited fact covers "{told}".'))
    return problems


def _bases(cited: Cited) -> list:  # type: ignore[type-arg]
    return [q.window for q in cited.fact.quantities if q.role is Role.PREVIOUS and q.window is not None]


def _causes(draft: str, facts: Sequence[Cited], section: Section, why_class: WhyClass | None) -> list[Text]:
    """Only an experiment may say 导致 / caused; a case may repeat what its source said."""
    proven = why_class is WhyClass.EXPERIMENT and any(c.fact.why_class is WhyClass.EXPERIMENT for c in facts)
    if proven:
        return []
    told = causal_phrases(draft, soft=section in _CLAIMS)
    sourced = [c for c in facts if c.fact.kind in ("case", "playbook")]
    return [
        Text(
            f"“{word}”说成了因果，证据只支持拆解或关联。",
            f'"{word}" claims a cause; the evidence only decomposes or associates.',
        )
        for word in told
        if not any(c.says(word) for c in sourced) and not _advice_risk(section)
    ]


def _advice_risk(section: Section) -> bool:
    return section in ("limits", "follow_ups")


def _denials(reading: Reading, facts: Sequence[Cited], section: Section) -> list[Text]:
    """不是来自搜索, while the cited fact says it is."""
    parts = [c for c in facts if any(q.role in (Role.CONTRIBUTION, Role.SHARE) for q in c.fact.quantities)]
    if section not in _CLAIMS or not parts or not denies_source(reading.text):
        return []
    if any(denies_source(c.fact.claim.zh) or denies_source(c.fact.claim.en) for c in parts):
        return []
    return [Text("句子否认了证据所说的来源。", "The sentence denies what the evidence says about the source.")]


def _names(draft: str, facts: Sequence[Cited], question: str, words: Glossary) -> list[Text]:
    allowed = [question, *(c.text for c in facts), *(name for names in words.names.values() for name in names)]
    allowed += [c.fact.id for c in facts] + [c.fact.source for c in facts]
    allowed += [str(value) for c in facts for value in c.fact.data.values() if isinstance(value, str)]
    return [
        Text(f"名字“{name}”不在引用的证据里。", f'The name "{name}" is not in the cited evidence.')
        for name in foreign_names(draft, allowed=allowed, brands=words.brands)
    ]
