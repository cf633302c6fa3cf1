"""Model prose into drafts: one line, one statement, under three headings. What a model writes is text to clean, never to obey."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor.answer import Section
from advisor.brains.base import Draft
from tools.facts import Fact, WhyClass

__all__ = ["DraftLines", "clean_line"]

MAX_LINE = 800  # characters; a statement is a sentence

_HEADINGS: tuple[tuple[Section, re.Pattern[str]], ...] = (
    ("why", re.compile(r"^(?:为何|为什么|原因|why)\b", re.I)),
    ("what", re.compile(r"^(?:做什么|怎么办|建议|what)\b", re.I)),
    ("how", re.compile(r"^(?:如何|怎么做|步骤|how)\b", re.I)),
    ("limits", re.compile(r"^(?:还不知道|局限|limits|not known|unknown)\b", re.I)),
    ("headline", re.compile(r"^(?:结论|headline|conclusion|answer)\b", re.I)),
)
_HEADING_LINE = re.compile(
    r"^(?:#{1,6}\s*(?P<hash>.+?)\s*#*|\*\*(?P<bold>[^*]{1,24})\*\*[:：]?|(?P<plain>[A-Za-z\u4e00-\u9fff ]{2,12})[:：])$"
)
_LABELLED = re.compile(r"^(?:(?P<headline>结论|headline|conclusion)|(?P<decision>决定|decision))\s*[:：]\s*", re.I)
_NOISE = re.compile(r"^(?:[-=*_|`~\s:]+|```.*|<[^>]*>|\|.*\|)$")
_BULLET = re.compile(r"^\s*(?:[-*•·>]+\s+|\d{1,2}[.)、]\s*(?!\d)|[（(]\d{1,2}[)）]\s*)+")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)?")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)?")
_TAG = re.compile(r"<[^<>]{0,200}>?")
_URL = re.compile(r"(?:https?|javascript|data|ftp|file):\S+", re.I)
_MARK_GROUP = re.compile(
    r"[\[【(（]\s*((?:\[?[A-Za-z]\d{1,4}\]?)(?:\s*[,，、;；/和&]\s*(?:and\s+)?\[?[A-Za-z]\d{1,4}\]?)*)\s*[\]】)）]"
)
_MARK = re.compile(r"[A-Za-z]\d{1,4}")
_CLASSES: tuple[tuple[re.Pattern[str], WhyClass], ...] = tuple(
    (re.compile(rf"[【\[(（]\s*(?:{words})\s*[】\])）]", re.I), why)
    for words, why in (
        ("拆解|decomposition|decomposed", WhyClass.DECOMPOSITION),
        ("关联|association|associated", WhyClass.ASSOCIATION),
        ("实验|experiment", WhyClass.EXPERIMENT),
        ("推断|inference|inferred", WhyClass.INFERENCE),
    )
)


def clean_line(line: str) -> str:
    """A line without bullets, emphasis, markup and addresses, its marks written [m1][c2]."""
    text = "".join(char for char in line if char.isprintable()).strip()
    text = _IMAGE.sub("", _BULLET.sub("", text))
    text = _LINK.sub(lambda match: f"[{match[1]}]" if _MARK.fullmatch(match[1]) else match[1], text)
    text = _URL.sub("", _TAG.sub("", text))
    text = _MARK_GROUP.sub(lambda match: "".join(f"[{mark.lower()}]" for mark in _MARK.findall(match[1])), text)
    return re.sub(r"[ \t]+", " ", re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text)).strip()


class DraftLines:
    """Feed text as it streams; take drafts out line by line. The first line is the headline."""

    def __init__(self, evidence: Mapping[str, Fact]) -> None:
        self._evidence = evidence
        self._buffer = ""
        self._section: Section | None = None
        self._headline = False
        self._thinking = False
        self._seen: set[tuple[Section, str]] = set()
        self.repeats = 0  # lines said before; small models fall into loops

    def feed(self, text: str) -> Iterator[Draft]:
        """Drafts of the lines completed by `text`."""
        self._buffer += text
        while "\n" in self._buffer:
            line, self._buffer = self._buffer.split("\n", 1)
            draft = self._line(line)
            if draft is not None:
                yield draft
        # a line without end is no sentence: keep its length known, not its content
        if len(self._buffer) > 10 * MAX_LINE:
            self._buffer = self._buffer[: MAX_LINE + 1]

    def finish(self, *, complete: bool) -> Iterator[Draft]:
        """The last line; where the stream broke off inside it, only its whole sentences."""
        line, self._buffer = self._buffer, ""
        if not complete:
            ends = [match.end() for match in re.finditer(r"(?:[。！？!?]|\.(?=\s))(?:\s?\[[a-z]\d+\])*", line)]
            line = line[: ends[-1]] if ends else ""
        draft = self._line(line)
        if draft is not None:
            yield draft

    def _line(self, line: str) -> Draft | None:
        line = self._outside_thoughts(line).strip()
        if not line or len(line) > MAX_LINE or _NOISE.match(line) or self._is_heading(line):
            return None
        section, text = self._labelled(clean_line(line))
        why, text = self._why_class(text, section)
        if not re.search(r"\w", re.sub(r"\[[a-z]\d+\]", "", text)):
            return None
        if (section, text) in self._seen or (section == "why" and ("headline", text) in self._seen):
            self.repeats += 1
            return None
        self._seen.add((section, text))
        if section == "headline":
            self._headline = True
        return Draft(section, text, why)

    def _outside_thoughts(self, line: str) -> str:
        """Reasoning models think aloud between <think> tags; that is not an answer."""
        if self._thinking:
            _, closed, line = line.partition("</think>")
            if not closed:
                return ""
            self._thinking = False
        head, opened, rest = line.partition("<think>")
        if not opened:
            return line
        self._thinking = True
        return head + self._outside_thoughts(rest)

    def _is_heading(self, line: str) -> bool:
        match = _HEADING_LINE.match(line)
        if match is None:
            return False
        words = (match["hash"] or match["bold"] or match["plain"]).strip(" *:：#")
        for section, pattern in _HEADINGS:
            if pattern.match(words):
                if section == "headline" and len(words) > 12:
                    return False
                self._section = section
                return True
        return bool(match["hash"]) and self._headline

    def _labelled(self, text: str) -> tuple[Section, str]:
        text = text.lstrip("# ")
        match = _LABELLED.match(text)
        if match is not None:
            section: Section = "headline" if match["headline"] else "decision"
            return section, text[match.end() :]
        if self._section in (None, "headline"):
            return ("why" if self._headline else "headline"), text
        return self._section or "headline", text

    def _why_class(self, text: str, section: Section) -> tuple[WhyClass | None, str]:
        """The class the writer gave, never above what the cited facts carry."""
        told: WhyClass | None = None
        for pattern, why in _CLASSES:
            if pattern.search(text):
                told, text = told or why, pattern.sub("", text)
        text = re.sub(r"\s+([。.])", r"\1", text).strip()
        if section != "why":
            return None, text
        carried = [f.why_class for mark in _MARK.findall(text) if (f := self._evidence.get(mark)) and f.why_class]
        if told is WhyClass.EXPERIMENT and WhyClass.EXPERIMENT not in carried:
            told = None
        return told or (carried[0] if carried else WhyClass.INFERENCE), text
