"""How a figure is told: as a level, a change or a base, rising or falling, and in which window."""

from __future__ import annotations

import re

from advisor.grounding.language import (
    CHANGE_WORDS,
    COMPARISON_WORDS,
    LOSS_WORDS,
    SHARE_WORDS,
    directions,
    sign_touching,
    states_change,
    states_level,
)
from advisor.grounding.numbers import Figure
from advisor.grounding.places import period_of
from advisor.grounding.reading import Reading
from advisor.grounding.support import CHANGES, Candidate, Cited
from advisor.grounding.windows import WindowWords, before, fits, shift_fits
from tools.facts import Quantity, Role

__all__ = ["LOOSE", "direction_told", "role_told", "said_in_claim", "same_words", "window_told"]

_RELATIVE_YEAR = re.compile(r"去年|前年|last year|the previous year", re.I)
_LEVELS = frozenset({Role.VALUE, Role.PREVIOUS})
LOOSE = frozenset({Role.CONTRIBUTION, Role.SHARE, Role.SAMPLE, Role.TARGET, Role.RANGE_LOW, Role.RANGE_HIGH})


def window_told(figure: Figure, reading: Reading, candidate: Candidate) -> bool:
    here = reading.segment(figure.start)
    period = period_of(reading.text, figure)
    if period and candidate.cited.periods(candidate.quantity) - {period, ""}:
        return False
    return all(
        (candidate.quantity.window is None and not here.start <= words.start < here.end)
        or (_window_fits(words, candidate) and not (words.compared and _as_base(figure, reading, words, candidate)))
        for words in reading.windows_of(figure)
    )


def _as_base(figure: Figure, reading: Reading, words: WindowWords, candidate: Candidate) -> bool:
    """比 9 月的 121 万: told as the comparison value, while the quantity is the current one."""
    between = reading.text[words.end : figure.start]
    follows = re.fullmatch(r"\s*", reading.text[figure.end : words.start]) if words.start >= figure.end else None
    if follows and re.search(r"before|earlier", words.text, re.I):
        return candidate.quantity.role is Role.VALUE  # ¥88,425 the month before
    joined = r"\s*(?:的|'s)\s*" if words.shift else r"\s*(?:的|'s)?\s*"  # 环比 128 万 may tell the current value
    return candidate.quantity.role is Role.VALUE and bool(re.fullmatch(joined, between))


def _window_fits(words: WindowWords, candidate: Candidate) -> bool:
    cited, quantity = candidate.cited, candidate.quantity
    previous = cited.previous_of(quantity)
    base = previous.window if previous is not None else None
    if words.shift:
        if quantity.window is None or base is None:
            return cited.says(words.text) or not any(w.shift for w in cited.claim_windows)
        now = cited.value_of(quantity)
        told = now.window if quantity.role is Role.PREVIOUS and now is not None else quantity.window
        return told is not None and shift_fits(words, told, base)
    windows = [quantity.window]
    if quantity.role in CHANGES or quantity.role in LOOSE - {Role.SAMPLE, Role.TARGET}:
        windows.append(base)
    if words.compared and quantity.role is Role.VALUE:
        windows.append(base)
    if words.compared and quantity.role in CHANGES and base is None and quantity.window is not None:
        return before(words, quantity.window)
    if quantity.role is Role.PREVIOUS and quantity.window is not None and _RELATIVE_YEAR.fullmatch(words.text):
        return bool(
            words.first and words.last and words.first <= quantity.window.start and quantity.window.end <= words.last
        )
    known = [w for w in windows if w is not None]
    if any(fits(words, window) for window in known) or said_in_claim(words, cited):
        return True
    return not known and not cited.claim_windows


def said_in_claim(words: WindowWords, cited: Cited) -> bool:
    """The claim itself, written by code, uses these words: 3 月起 in a claim about a longer window."""
    if any(q.window is not None for q in cited.fact.quantities) and not words.open_ended:
        return words.kind in ("rolling", "day", "span") and cited.says(words.text)
    return cited.says(words.text) or any(same_words(words, other) for other in cited.claim_windows)


def same_words(words: WindowWords, other: WindowWords) -> bool:
    """The same days or month, whatever the language; a missing year fits any."""
    if words.first is not None and other.first is not None:
        return (words.first, words.last) == (other.first, other.last)
    mine = (words.month, words.day, words.last_month, words.last_day)
    return bool(words.month) and mine == (other.month, other.day, other.last_month, other.last_day)


def role_told(figure: Figure, reading: Reading, candidate: Candidate) -> bool:
    quantity, text = candidate.quantity, reading.text
    if candidate.derived:
        return True
    here = reading.segment(figure.start)
    piece, sentence = reading.piece(here), reading.piece(reading.sentence(figure.start))
    before = reading.direction_of(figure)
    change = states_change(text, figure.start, figure.end, before if before and before.end <= figure.start else None)
    if quantity.role in CHANGES:
        if reading.in_move(figure) and not figure.sign:
            return False
        if (
            states_level(text, figure.start)
            and not figure.sign
            and not change
            and not _is_change_noun(text, figure.start)
        ):
            return False
        near_share = SHARE_WORDS.search(text[here.start : figure.end])
        if near_share and not CHANGE_WORDS.search(piece) and not directions(piece):
            return False
        return bool(figure.sign or before or CHANGE_WORDS.search(sentence) or directions(sentence))
    if quantity.role in _LEVELS and candidate.cited.fact.kind == "metric" and change and not figure.sign:
        return not candidate.cited.glossary.knows(quantity.metric)
    if quantity.role is Role.PREVIOUS:
        return _is_base(figure, reading, candidate, sentence)
    return True


def _is_change_noun(text: str, start: int) -> bool:
    """涨幅为 12 %, a drop of 12 %: the verb to be leads to a change after all."""
    head = text[max(0, start - 26) : start]
    return bool(
        re.search(
            r"幅|变化|差|缺口|贡献|影响|环比|同比|change|drop|fall|decline|decrease|increase|rise|growth|gap|gain|swing|contribut",
            head,
            re.I,
        )
    )


def _is_base(figure: Figure, reading: Reading, candidate: Candidate, sentence: str) -> bool:
    """The comparison value must be told as one: by its own window, as the start of a move, or with a comparing word."""
    window = candidate.quantity.window
    if window is not None and any(
        (w.first and fits(w, window)) or (w.month and fits(w, window)) for w in reading.windows_of(figure)
    ):
        return True
    return bool(COMPARISON_WORDS.search(sentence))


def direction_told(figure: Figure, reading: Reading, candidate: Candidate) -> bool:
    cited, quantity = candidate.cited, candidate.quantity
    word = reading.direction_of(figure)
    if candidate.derived:
        return word is None or word.sign == (1 if figure.value >= 1 else -1) or not cited.change_sign(quantity)
    if quantity.role in CHANGES or quantity.role is Role.CONTRIBUTION:
        return _signed(figure, reading, quantity)
    if figure.sign < 0 < quantity.value or (figure.sign > 0 > quantity.value):
        return False
    if quantity.value < 0 and not figure.sign:
        return bool(LOSS_WORDS.search(reading.piece(reading.segment(figure.start))))
    told, own = sign_touching(reading.text, figure.start, figure.end), cited.signs_at(quantity)
    if told and own and told not in own:
        return False
    moved = cited.change_sign(quantity)
    if word is not None and moved and quantity.role is Role.VALUE and states_level(reading.text, figure.start):
        return not word.denied and word.sign == moved
    return True


def _signed(figure: Figure, reading: Reading, quantity: Quantity) -> bool:
    """A change keeps its sign: in writing, by the word that governs it, or, where it has neither, by being positive."""
    if not quantity.value:
        return True
    sign = 1 if quantity.value > 0 else -1
    if figure.sign:
        return figure.sign == sign
    word = reading.direction_of(figure)
    if word is None:
        sentence = reading.sentence(figure.start)
        earlier = [d for d in reading.directions if sentence.start <= d.start < figure.start]
        word = earlier[-1] if earlier else None
    if word is not None:
        return (not word.denied and word.sign == sign) or (
            quantity.role is Role.CONTRIBUTION and _offsets(reading, figure)
        )
    if quantity.role is Role.CONTRIBUTION:
        return True
    return sign > 0 or bool(
        re.search(r"差|缺口|变化|波动|gap|differen|change|swing", reading.piece(reading.sentence(figure.start)), re.I)
    )


def _offsets(reading: Reading, figure: Figure) -> bool:
    """A factor that worked against the total: 抵消, partly offset."""
    return bool(
        re.search(
            r"抵消|对冲|拉动|贡献|offset|contribut|partly made up", reading.piece(reading.sentence(figure.start)), re.I
        )
    )
