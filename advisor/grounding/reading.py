"""A statement read once: segments, figures that make a claim, metric and window words, directions; and what stands near a figure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from advisor.answer import Section
from advisor.grounding.glossary import Glossary, Mention, groups_in
from advisor.grounding.language import Direction, Segment, directions, pairs, segments, states_change
from advisor.grounding.masking import blank, blank_names, blank_spans, claiming_figures, widths
from advisor.grounding.numbers import Figure
from advisor.grounding.window_rules import find_windows
from advisor.grounding.windows import WindowWords

__all__ = ["Reading", "marks_in", "read"]

_MARKS = re.compile(r"[\[【]\s*[a-z]\d+(?:\s*[,，、;]\s*[a-z]\d+)*\s*[\]】]")
_MARK = re.compile(r"[a-z]\d+")
_CLASS_LABEL = re.compile(r"【(?:拆解|关联|实验|推断)】|\((?:decomposition|association|experiment|inference)\)")
_PLAN_SECTIONS = frozenset({"what", "how", "follow_ups", "limits", "decision"})
_PAST = re.compile(r"近|过去|最近|前|last|past|previous|trailing|prior|recent", re.I)


def marks_in(text: str) -> list[str]:
    """Marks in the order written; `[m1, m2]` counts as two."""
    return list(dict.fromkeys(mark for group in _MARKS.findall(text) for mark in _MARK.findall(group)))


@dataclass(frozen=True)
class Reading:
    """`text` has marks and cited names blanked out, `full` only the marks (same length, so offsets hold)."""

    text: str
    full: str
    glossary: Glossary
    section: Section
    segments: list[Segment]
    figures: list[Figure]
    mentions: list[Mention]
    windows: list[WindowWords]
    directions: list[Direction]
    moves: list[tuple[int, int]]  # index pairs (earlier, later) of `figures`
    marks: list[tuple[int, str]]  # where each mark stands

    def segment(self, position: int) -> Segment:
        return next((s for s in self.segments if s.start <= position < s.end), Segment(0, len(self.text)))

    def sentence(self, position: int) -> Segment:
        """The stretch between full stops around a position."""
        start, end = 0, len(self.text)
        for match in re.finditer(r"[。！？；;!?\n]|\.(?!\d)", self.text):
            if match.end() <= position:
                start = match.end()
            elif match.start() >= position:
                end = match.start()
                break
        return Segment(start, end)

    def piece(self, segment: Segment) -> str:
        return self.text[segment.start : segment.end]

    def metric_of(self, figure: Figure) -> list[Mention]:
        """The metric named for a figure: right after it, else the nearest before it in its segment, else after, else earlier."""
        here = self.segment(figure.start)
        inside = [m for m in self.mentions if here.start <= m.start < here.end]
        if re.search(r"分别|respectively", self.piece(self.sentence(figure.start)), re.I):
            return inside or self.mentions
        after = [m for m in inside if m.start >= figure.end]
        if after and re.fullmatch(r"\s*(?:的|in |of )?\s*", self.text[figure.end : after[0].start], re.I):
            return [after[0]]
        before = [m for m in inside if m.end <= figure.start and self._may_govern(m, figure)]
        strong = [m for m in before if not m.weak]
        if before:
            return [strong[-1]] if strong else [before[-1]]
        if after and not any(other.start < after[0].start and other.start > figure.start for other in self.figures):
            return [after[0]]
        sentence = self.sentence(figure.start)
        earlier = [
            m
            for m in self.mentions
            if sentence.start <= m.start and m.end <= figure.start and (not m.weak or self._heads(m, figure))
        ]
        return [m for m in earlier[-1:] if self._may_govern(m, figure)]

    def _heads(self, mention: Mention, figure: Figure) -> bool:
        """Visitors for October 2026: 117,873: an everyday noun that heads the line."""
        return bool(re.fullmatch(r"\s(?:for|in|of)\s[^:：。;]{1,40}[:：]\s*", self.text[mention.end : figure.start]))

    def names_metric(self, figure: Figure) -> bool:
        """The figure's own segment names a metric beyond doubt."""
        here = self.segment(figure.start)
        return any(here.start <= m.start < here.end and not m.weak for m in self.metric_of(figure))

    def _may_govern(self, mention: Mention, figure: Figure) -> bool:
        """净成交 110 万，来自 4,912 单: a figure with a count noun of its own is not about a sum of money named before."""
        if figure.kind != "count" or not figure.noun or any(self.glossary.counts(metric) for metric in mention.metrics):
            return True
        between = self.text[mention.end : figure.start]
        return not re.search(r"[，,；;。]|来自|对应|共|合计|\b(?:came from|across)\b", between, re.I)

    def direction_of(self, figure: Figure) -> Direction | None:
        """The rising or falling word that governs a figure."""
        here = self.segment(figure.start)
        inside = [d for d in self.directions if here.start <= d.start < here.end]
        after = [d for d in inside if d.start >= figure.end]
        if after and states_change(self.text, figure.start, figure.end, None):
            return after[0]
        before = [d for d in inside if d.end <= figure.start]
        if before:
            return before[-1]
        later = [f for f in self.figures if figure.end <= f.start < here.end]
        if after and (not later or after[0].start < later[0].start or self._moves_from(figure)):
            return after[0]
        return None

    def in_move(self, figure: Figure) -> bool:
        """One end of a move, 从 A 到 B: a level, not a change."""
        return any(figure in (self.figures[a], self.figures[b]) for a, b in self.moves)

    def _moves_from(self, figure: Figure) -> bool:
        return any(self.figures[a] == figure for a, _ in self.moves)

    def windows_of(self, figure: Figure) -> list[WindowWords]:
        """Window words that govern a figure: the nearest in its segment, else the nearest in its sentence."""
        here, sentence = self.segment(figure.start), self.sentence(figure.start)
        usable = [w for w in self.windows if w.kind != "clock"]
        inside = [w for w in usable if here.start <= w.start < here.end]
        plain = [w for w in inside if not w.compared]
        base = _nearest([w for w in inside if w.compared], figure)
        chosen = self._right_after(figure, inside) or _nearest(plain, figure)
        if chosen is None and base is None:
            chosen = _nearest(
                [w for w in usable if sentence.start <= w.start < sentence.end and not w.compared], figure
            )
        return [w for w in (chosen, base) if w is not None]

    def _right_after(self, figure: Figure, windows: list[WindowWords]) -> WindowWords | None:
        """¥214 in September, 128 万（10 月）: what follows at once governs."""
        after = (w for w in windows if w.start >= figure.end)
        joined = (
            w
            for w in after
            if re.fullmatch(r"\s*(?:in|for|during|of|（|\()?\s*(?:the )?", self.text[figure.end : w.start])
        )
        return next(joined, None)

    def names_near(self, figure: Figure, names: Iterable[str]) -> list[str]:
        here = self.segment(figure.start)
        piece = self.full[here.start : here.end].lower()
        return [name for name in names if len(name) > 1 and name.lower() in piece]

    def groups_near(self, figure: Figure) -> set[str]:
        return groups_in(self._without_metrics(self.segment(figure.start)))

    def groups_before(self, figure: Figure) -> set[str]:
        """Groups named in the nearest earlier segment of the sentence that names any."""
        sentence, here = self.sentence(figure.start), self.segment(figure.start)
        earlier = [s for s in self.segments if sentence.start <= s.start < here.start]
        return next((found for s in reversed(earlier) if (found := groups_in(self._without_metrics(s)))), set())

    def marks_for(self, position: int) -> set[str]:
        """Marks a figure or a date at `position` rests on: the next ones after it, and those of its own clause."""
        start, end = 0, len(self.text)
        for match in re.finditer(r"[。！？；;!?\n]|\.(?=\s|$)", self.text):
            if match.end() <= position:
                start = match.end()
            elif match.start() >= position:
                end = match.start()
                break
        # a mark after the full stop still belongs to the sentence before it
        own = {mark for at, mark in self.marks if start <= at < end or self._closes(at, end)}
        after = sorted(at for at, _ in self.marks if at >= position)
        before = sorted(at for at, _ in self.marks if at < position)
        nearest = after[:1] or ([] if own else before[-1:])
        return own | {mark for at, mark in self.marks if at in nearest}

    def _closes(self, at: int, end: int) -> bool:
        return at >= end and not self.text[end:at].strip(" 。！？；;!?.\n")

    def mark_after(self, position: int) -> str | None:
        """The mark that closes the segment around a position."""
        here = self.segment(position)
        return next((mark for at, mark in self.marks if position < at <= here.end), None)

    def groups(self) -> set[str]:
        return groups_in(self.full)

    def _without_metrics(self, segment: Segment) -> str:
        piece = list(self.full[segment.start : segment.end])
        for mention in self.mentions:
            if segment.start <= mention.start < segment.end and not mention.weak:
                piece[mention.start - segment.start : mention.end - segment.start] = " " * (mention.end - mention.start)
        return "".join(piece)


def _nearest(windows: list[WindowWords], figure: Figure) -> WindowWords | None:
    before = [w for w in windows if w.end <= figure.start]
    if before:
        return before[-1]
    return windows[0] if windows else None


def read(draft: str, *, names: Iterable[str], glossary: Glossary, section: Section, today: date | None) -> Reading:
    """Read a draft. `names` are cited entities: digits inside them are part of a name, not figures."""
    text = blank(widths(draft), [*_MARKS.finditer(draft), *_CLASS_LABEL.finditer(draft)])
    masked = blank_names(text, names)
    windows = find_windows(masked, today)
    mentions = [m for m in glossary.mentions(masked) if not _inside(m, masked, names)]
    numbered = [(m.start, m.end) for m in mentions if re.search(r"\d", m.word)]
    found, bare = claiming_figures(blank_spans(masked, numbered), windows)
    figures = [f for f in found if not _is_plan(f, bare, section)]
    spans = [(f.start, f.end) for f in figures]
    mentions = [m for m in mentions if not any(f.start < m.end and m.start < f.end for f in figures)]
    return Reading(
        masked,
        text,
        glossary,
        section,
        segments(masked),
        figures,
        mentions,
        windows,
        directions(masked),
        pairs(masked, spans),
        [(group.start(), mark) for group in _MARKS.finditer(draft) for mark in _MARK.findall(group[0])],
    )


def _inside(mention: Mention, text: str, names: Iterable[str]) -> bool:
    """老客 in “老客直达” is part of a name."""
    for name in names:
        at = text.find(name) if len(name) > len(mention.word) else -1
        while at >= 0:
            if at <= mention.start and mention.end <= at + len(name):
                return True
            at = text.find(name, at + 1)
    return False


def _is_plan(figure: Figure, text: str, section: Section) -> bool:
    """How long to run or wait (两周后, within 14 days) in advice, and small bare counts of things to do."""
    if figure.kind == "duration" and figure.value > 400:
        return False
    if figure.kind == "duration":
        around = text[max(0, figure.start - 8) : figure.start]
        return section in _PLAN_SECTIONS and not _PAST.search(around)
    if figure.kind == "count" and not figure.noun:
        return section in _PLAN_SECTIONS and figure.value <= 12 and figure.value == figure.value.to_integral_value()
    return False
