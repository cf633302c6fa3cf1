"""Tests of the statement as a whole: moves, directions without a figure, dates, causes, denials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from advisor.answer import Section
from advisor.grounding.causality import effect_phrases
from advisor.grounding.language import Direction, causal_phrases, denies_source, says_unknown
from advisor.grounding.match import Match, metric_fits
from advisor.grounding.movement import signs_of
from advisor.grounding.numbers import Figure
from advisor.grounding.reading import Reading
from advisor.grounding.support import CHANGES, Cited
from advisor.grounding.telling import same_words
from advisor.grounding.windows import WindowWords, before, fits, overlaps
from tools.facts import Quantity, Role, WhyClass
from tools.text import Text

__all__ = ["CLAIMS", "bare_directions", "causes", "dates", "denials", "moves"]

_OPEN = re.compile(r"是否|会不会|能否|如果|\b(?:whether|if)\b", re.I)
_MEANINGFUL = re.compile(
    r"明显|显著|大幅|怎么|\b(?:meaningful\w*|material\w*|significant\w*|noticeabl\w*|much)\b", re.I
)
_TIMED = frozenset({"metric", "livestream"})
CLAIMS: frozenset[Section] = frozenset({"headline", "decision", "why"})


def moves(reading: Reading, matches: Sequence[Match], facts: Sequence[Cited]) -> list[Text]:
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


def bare_directions(reading: Reading, facts: Sequence[Cited], section: Section) -> list[Text]:
    """A rise or fall told without a figure (客单价没有变差) must agree with what the cited facts know."""
    if section not in CLAIMS:
        return []
    problems = []
    for word in reading.directions:
        segment = reading.segment(word.start)
        if any(segment.start <= figure.start < segment.end for figure in reading.figures):
            continue
        if any(mention.start <= word.start < mention.end for mention in reading.mentions):
            continue  # part of a name: "buyers lost over a year" may have risen
        if _OPEN.search(reading.piece(segment)) or (word.denied and _MEANINGFUL.search(reading.piece(segment))):
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
        for mention in inside[-1:] if not signs else ():
            signs |= signs_of(mention, reading, facts)
        if not signs:
            signs = _signs_at_mark(word, reading, facts)
        if signs and not any(_agrees(word, sign) for sign in signs):
            told = reading.piece(segment).strip()
            problems.append(Text(f"“{told}”与证据的涨跌相反。", f'"{told}" contradicts the direction in the evidence.'))
    return problems


def _signs_at_mark(word: Direction, reading: Reading, facts: Sequence[Cited]) -> set[int]:
    """10 月 6 日起明显走低[m8]: the closing mark's fact says which way, when it says only one."""
    mark = reading.mark_after(word.start)
    cited = next((c for c in facts if c.mark == mark), None)
    if cited is None:
        return set()
    moved = {cited.change_sign(q) for q in cited.fact.quantities} - {0}
    told = {d.sign for d in cited.claim_directions if not d.denied}
    return {*moved, *told} if len({*moved, *told}) == 1 else set()


def _agrees(word: Direction, sign: int) -> bool:
    return (word.sign == sign) is not word.denied


def dates(reading: Reading, facts: Sequence[Cited], question: str, today: date | None) -> list[Text]:
    """A date of the past must be a cited window, or an edge of one, or be said by a claim or by the merchant."""
    problems = []
    for words in reading.windows:
        if words.kind == "invalid":
            problems.append(Text(f"没有“{words.text}”这个日期。", f'There is no date "{words.text}".'))
        elif _missing(words, reading, facts):
            problems.append(Text(f"“{words.text}”没有数据。", f'There is no data for "{words.text}".'))
        elif not _dated(words, reading, _near(words, reading, facts), question, today):
            told = words.text.strip()
            problems.append(Text(f"证据里没有“{told}”这个时间。", f'No cited fact covers "{told}".'))
    return problems


def _missing(words: WindowWords, reading: Reading, facts: Sequence[Cited]) -> bool:
    """A day that the evidence names only to say that it is not there, told as if it was."""
    if words.kind != "day" or says_unknown(reading.full):
        return False
    named = [part for c in facts for w, part in c.dated if w.kind == "day" and same_words(words, w)]
    return bool(named) and all(says_unknown(part) for part in named)


def _near(words: WindowWords, reading: Reading, facts: Sequence[Cited]) -> Sequence[Cited]:
    """The facts a date rests on; the whole evidence of the statement where no mark is near."""
    marks = reading.marks_for(words.start)
    return [c for c in facts if c.mark in marks] or facts


def _dated(words: WindowWords, reading: Reading, facts: Sequence[Cited], question: str, today: date | None) -> bool:
    if words.kind in ("clock", "shift", "rolling") or words.text in question:
        return True
    planned = words.last is None or today is None or words.last >= today
    if not facts or (reading.section not in ("headline", "why") and planned):
        return True
    windows = [q.window for c in facts for q in c.fact.quantities if q.window is not None]
    changes = [q.window for c in facts for q in c.fact.quantities if q.role in CHANGES and q.window is not None]
    if words.compared and any(before(words, window) for window in changes):
        return True
    if any(c.says(words.text) or any(same_words(words, w) for w in c.claim_windows) for c in facts):
        return True
    if not windows and not any(c.claim_windows for c in facts):
        return words.kind == "year_part" or any(c.fact.kind not in _TIMED for c in facts)
    exact = words.kind == "day" or bool(words.day)
    return any(fits(words, window) if exact else overlaps(words, window) for window in windows)


def causes(draft: str, facts: Sequence[Cited], section: Section, why_class: WhyClass | None) -> list[Text]:
    """Only an experiment may say 导致 / caused; a case may repeat what its source said."""
    proven = why_class is WhyClass.EXPERIMENT and any(c.fact.why_class is WhyClass.EXPERIMENT for c in facts)
    if proven:
        return []
    told = causal_phrases(draft, soft=section in CLAIMS)
    if section in ("headline", "why"):
        told += [phrase for phrase in effect_phrases(draft) if not any(c.says(phrase) for c in facts)]
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


def denials(reading: Reading, facts: Sequence[Cited], section: Section) -> list[Text]:
    """不是来自搜索, while the cited fact says it is."""
    parts = [c for c in facts if any(q.role in (Role.CONTRIBUTION, Role.SHARE) for q in c.fact.quantities)]
    if section not in CLAIMS or not parts or not denies_source(reading.text):
        return []
    if any(denies_source(c.fact.claim.zh) or denies_source(c.fact.claim.en) for c in parts):
        return []
    return [Text("句子否认了证据所说的来源。", "The sentence denies what the evidence says about the source.")]
