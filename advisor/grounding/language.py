"""Words that carry a claim besides its figure: up or down, change or level, share, comparison, denial, cause."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CHANGE_WORDS",
    "COMPARISON_WORDS",
    "LOSS_WORDS",
    "SHARE_WORDS",
    "Direction",
    "Segment",
    "causal_phrases",
    "denied",
    "denies_source",
    "directions",
    "pairs",
    "says_unknown",
    "segments",
    "sign_touching",
    "states_change",
    "states_level",
]


@dataclass(frozen=True)
class Segment:
    """A stretch between punctuation marks, as offsets into the statement."""

    start: int
    end: int


@dataclass(frozen=True)
class Direction:
    """A word of rising (+1) or falling (-1); `denied` when the writer says it did not happen."""

    start: int
    end: int
    sign: Literal[1, -1]
    denied: bool = False


_BREAK = re.compile(
    r"[，。；！？;!?\n、:：]|,(?!\d{3}(?!\d))|\.(?!\d)|\s[-–—]\s|[（()）]|\b(?:while|but|whereas|although|though)\b|(?:而是?|但是?|不过|却)(?![且已])"
)
_UP_ZH = r"上涨|上升|增长|增加|提升(?!空间)|提高|涨幅|增幅|涨(?![价粉])|升(?![级单])|高(?=\s*[\d约近])|多(?=\s*\d)|多了|高了|回升|走高|扩大|变多|变高|变好|好转|改善|拉高|增(?![值量])|新高"
_DOWN_ZH = r"下降|下跌|下滑|减少|降低|跌幅|降幅|跌|降(?![价温本噪级])|低(?=\s*[\d约近])|少(?=\s*\d)|少了|低了|回落|走低|缩水|萎缩|变少|变低|变差|恶化|掉(?!线)|拉低|新低"
_UP_EN = (
    r"rose|ris(?:e|es|en|ing)|(?<!follow )(?<!sign )(?<!set )(?<!back )(?<!pop)(?<!make )(?<!makes )(?<!made )(?<!making )up(?! to\b)(?!-)|grew|grow(?:s|n|ing)?|growth|"
    r"increas(?:e|es|ed|ing)|gain(?:s|ed)?|climb(?:s|ed|ing)?|higher|jump(?:s|ed)?|improv(?:e|es|ed|ing|ement)|(?:(?<=made )|(?<=makes )|(?<=making ))up(?=\s*(?:about |nearly )?[¥£$€])|"
    r"lift(?:s|ed)?|surg(?:e|ed)|soar(?:ed)?|doubled|tripled|better|(?<=% )above|(?<=points )above"
)
_DOWN_EN = (
    r"fell|fall(?:s|en|ing)?|drop(?:s|ped|ping)?|(?<!break )(?<!drill )down(?! to the\b)(?!load)|declin(?:e|es|ed|ing)|"
    r"decreas(?:e|es|ed|ing)|lower(?:ed)?|fewer|slid|slip(?:s|ped)?|shrank|shrunk|lost|loss|reduc(?:ed|tion)|dip(?:s|ped)?|"
    r"plung(?:e|ed)|halved|worse(?:ned)?|(?<=% )below|(?<=points )below|tumbled|sank"
)
_UP = re.compile(rf"(?:{_UP_ZH})|\b(?:{_UP_EN})\b", re.I)
_DOWN = re.compile(rf"(?:{_DOWN_ZH})|\b(?:{_DOWN_EN})\b", re.I)
_NOT_A_DIRECTION = re.compile(
    r"降低投入|满\d+减|增长案例|增长方案|涨跌|升降|增减|涨价|降价|降级|no more than|no fewer than|not only|up or down|"
    r"growth case|more or less|拉新|下降通道",
    re.I,
)
_DENY_BEFORE = re.compile(
    r"(?:没有?|并未|未(?!来)|并没有?|不是|并非|不再|不会|无|不(?![仅只但光单到足]))[^，。；,;]{0,4}$"
    r"|\b(?:not|never|no|without|neither|didn't|doesn't|isn't|wasn't|haven't|hasn't|don't|won't|did not|does not)\b(?:\s+\w+){0,2}\s*$",
    re.I,
)
_NOT_ONLY = re.compile(r"(?:不仅|不只|不但|不光|not only|not just)[^，。；,;]{0,12}$", re.I)


def segments(text: str) -> list[Segment]:
    """Cut at punctuation and contrasting conjunctions, never inside a number."""
    cuts = [0, *(match.end() for match in _BREAK.finditer(text)), len(text)]
    return [Segment(start, end) for start, end in itertools.pairwise(cuts) if end > start]


def denied(text: str, position: int) -> bool:
    """A denial stands right before `position`."""
    head = text[max(0, position - 24) : position]
    return bool(_DENY_BEFORE.search(head)) and not _NOT_ONLY.search(head)


def directions(text: str) -> list[Direction]:
    """Every rising or falling word, in order."""
    blocked = [match.span() for match in _NOT_A_DIRECTION.finditer(text)]
    found: list[Direction] = []
    signs: tuple[tuple[re.Pattern[str], Literal[1, -1]], ...] = ((_UP, 1), (_DOWN, -1))
    for pattern, sign in signs:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in blocked):
                continue
            found.append(Direction(match.start(), match.end(), sign, denied(text, match.start())))
    return sorted(found, key=lambda direction: direction.start)


def sign_touching(text: str, start: int, end: int) -> int:
    """Sign of the rising or falling word that touches a figure, before it (低 9.6 %) or after it (9.6 % lower); 0 without one."""
    for word in directions(text[max(0, start - 16) : end + 12]):
        at = max(0, start - 16)
        if not word.denied and (0 <= start - (at + word.end) <= 1 or 0 <= at + word.start - end <= 1):
            return word.sign
    return 0


CHANGE_WORDS = re.compile(
    r"变化|变动|波动|差(?!评)|缺口|环比|同比|幅|贡献|影响|拉动|抵消|change|differen|gap|swing|delta|vs\.?\b|versus|contribut|"
    r"compared|on-month|on-year|over-year|month-on|year-on|growth|less|more|外溢",
    re.I,
)
SHARE_WORDS = re.compile(
    r"占(?!位|领|用)|比重|份额|share of|accounts? for|accounted for|made? up|of (?:all|total|the total)", re.I
)
LOSS_WORDS = re.compile(r"亏|负(?![责])|净流出|loss|negative|minus|下降|减少|down|fell", re.I)
COMPARISON_WORDS = re.compile(
    r"比|较|从|由|原来|此前|之前|以前|上期|上[个]?[月周]|去年|同期|前[一]?[期月周]|对照|相比|基数|原先|前值|"
    r"\b(?:from|than|versus|vs|compared|against|before|earlier|previous|prior|previously|was|were|last|on|over|baseline)\b",
    re.I,
)
_TO_LEVEL = re.compile(
    r"(?:到|至|为|成|\bto|\bat|\bis|\bwas|\bof|\breached|\breaching|=)\s*(?:了|约|大约|近|about|nearly|around|only|just|仅)?\s*$",
    re.I,
)
_CHANGE_BEFORE = re.compile(
    r"^\s*(?:了|掉)?\s*(?:约|近|大约|超过?|逾|将近|by|about|around|roughly|nearly|almost|over|some|more than|a)?\s*$",
    re.I,
)
_CHANGE_AFTER = re.compile(
    r"^\s*(?:的\s*(?:下降|增长|下滑|上涨|减少|增加)|的?\s*(?:涨幅|跌幅|降幅|增幅))"
    r"|^\s*(?:drop|fall|decline|decrease|increase|rise|growth|gain|lower|higher|fewer|more|less|down|up|dip|above|below)\b"
    r"(?!\s*(?:by\s*)?[¥£$€]?\d)",
    re.I,
)


def states_level(text: str, start: int) -> bool:
    """The figure at `start` is where something arrived (降到 17.6 %, fell to 12), not by how much."""
    return bool(_TO_LEVEL.search(text[max(0, start - 14) : start]))


def states_change(text: str, start: int, end: int, before: Direction | None) -> bool:
    """The figure is by how much: right after a rising or falling word, or right before one."""
    if before is not None and _CHANGE_BEFORE.match(text[before.end : start]):
        return True
    return bool(_CHANGE_AFTER.match(text[end : end + 12]))


_CAUSE_HARD = re.compile(
    r"导致|造成|使得|引起|引发|致使|促使|归因于|根本原因是|原因就是|"
    r"\b(?:caus(?:e|ed|es|ing)|led to|leads to|leading to|result(?:ed|s)? in|brought about|was driven by|were driven by|"
    r"is responsible for|was responsible for|triggered|the reason (?:is|was))\b",
    re.I,
)
_CAUSE_SOFT = re.compile(
    r"因为|由于|所致|归功于|多亏|得益于|\b(?:because of|due to|thanks to|owing to|as a result of|(?:a|the) result of|because)\b",
    re.I,
)
_CAUSE_EXCUSED = re.compile(
    r"是否|能否|会不会|不能(?:说|断定|证明|判断)|无法|不代表|不等于|不意味|没有证据|并不|未必|不是|并非|不说明|排除|"
    r"whether|cannot|can't|could not|no evidence|does not mean|not (?:proof|prove|clear)|rather than|not because|unclear|"
    r"避免|防止|以免|以防|avoid|prevent",
    re.I,
)


def causal_phrases(text: str, *, soft: bool) -> list[str]:
    """Words that claim a cause, without those that deny, doubt or ward it off."""
    patterns = (_CAUSE_HARD, _CAUSE_SOFT) if soft else (_CAUSE_HARD,)
    return [
        match[0]
        for pattern in patterns
        for match in pattern.finditer(text)
        if not _CAUSE_EXCUSED.search(text[max(0, match.start() - 26) : match.start()])
        and not (pattern is _CAUSE_SOFT and _why_unknown(text, match))
    ]


def _why_unknown(text: str, match: re.Match[str]) -> bool:
    """Not possible because the detail is missing: why something is not known, which says nothing about how a figure moved."""
    head, tail = text[: match.start()], text[match.end() :]
    start = max((m.end() for m in _STOP.finditer(head)), default=0)
    end = _STOP.search(tail)
    sentence = text[start : match.end() + (end.start() if end else len(tail))]
    return says_unknown(sentence) and not directions(sentence)


_STOP = re.compile(r"[。；;！？!?\n]|\.(?=\s|$)")
_SOURCE = r"(?:来自|源于|出自|贡献|主因|主要原因|因素|问题出在|集中在|解释|拖累)"
_SOURCE_EN = r"(?:com(?:e|es|ing) from|came from|from|explain\w*|contribut\w*|driven|account\w*|the main|due)"
_DENIES_SOURCE = re.compile(
    rf"(?:不是|并非|没有|并不|不|未)[^，。；,;]{{0,8}}{_SOURCE}|\b(?:not|n't|never|none of \w+|no)\b[^.,;]{{0,24}}\b{_SOURCE_EN}",
    re.I,
)


def denies_source(text: str) -> bool:
    """Says that a change does not come from something."""
    return bool(_DENIES_SOURCE.search(text)) and not re.search(r"不仅|不只|not only|not just", text, re.I)


_UNKNOWN = re.compile(
    r"没有.{0,24}(?:数据|明细|报表|表|记录|导入|样本|案例)|无法|不能(?:判断|区分|排除|确定|看)|还?不知道|缺少|缺|未导入|看不[出到]|不在(?:这份)?数据里|不足以|不够|上传|导入|"
    r"cannot|can't|no data|not enough|missing|unknown|not known|have no|has no|there is no|were not|was not imported|not in the data|upload|not available|not possible|(?:nothing|none of (?:this|it))(?: \w+){0,2} (?:tells?|says?|shows?)",
    re.I,
)


def says_unknown(text: str) -> bool:
    """A statement of what is not known or not there; it needs no evidence."""
    return bool(_UNKNOWN.search(text))


_PAIR = re.compile(
    r"^[^，。；;!?]{0,24}?(?:到|至|降为|升为|变成|变为|→|->|=>|\bto\b)\s*(?:了|约|about|nearly)?[^，。；;!?]{0,12}$",
    re.I,
)
_REVERSED_PAIR = re.compile(
    r"^\s*[,(（，]?\s*(?:down|up|低于|高于|fall|rise|a drop|an increase|较|比)?\s*(?:from|此前为?|原来是?|上期为?)\s*(?:the )?$",
    re.I,
)


def pairs(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Index pairs (earlier, later) of neighbouring figures told as a move: 从 A 降到 B, from A to B, B, down from A."""
    found: list[tuple[int, int]] = []
    for index in range(len(spans) - 1):
        between = text[spans[index][1] : spans[index + 1][0]]
        head = text[max(0, spans[index][0] - 30) : spans[index][0]]
        arrow = re.search(r"→|->|=>", between)
        if _PAIR.match(between) and (arrow or re.search(r"从|由|自|\bfrom\b", head, re.I) or directions(between)):
            found.append((index, index + 1))
        elif _REVERSED_PAIR.match(between):
            found.append((index + 1, index))
    return found
