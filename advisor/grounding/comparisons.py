"""Claims that compare without writing both figures: flat, the largest, higher than, reached the target."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal

from advisor.grounding.alignment import levels_named
from advisor.grounding.language import denied
from advisor.grounding.movement import rate_of
from advisor.grounding.places import tokens
from advisor.grounding.reading import Reading
from advisor.grounding.support import Cited
from advisor.grounding.windows import WindowWords, fits
from tools.facts import Quantity, Role
from tools.text import Text

__all__ = ["comparison_problems"]

_FLAT = re.compile(
    r"持平|没有?(?:什么)?(?:变化|变动|波动|差别)|(?<!改)不变|差不多一样|相当(?=[，。；\[]|$)|保持稳定"
    r"|\b(?:(?:was|were|is|stayed|remained|held|broadly|roughly) (?:flat|unchanged|stable|steady|the same|level)|no change|did not change|hardly moved|unchanged)\b",
    re.I,
)
_FLAT_MAX = Decimal("0.03")  # what the planner calls 基本持平
_TOP = re.compile(
    r"最(?!近|后|终|新|早|晚|初|多\s?\d|少\s?\d|好先|好是|快|低限|高限|佳时)(?:高|低|大|小|多|少|好|差|强|弱|赚|贵|便宜|重要|突出|主要|受|畅|能|常|活)?"
    r"|头号|榜首|榜单|冠军|第一梯队|排名?第?一|位居第|名列|居首|领先|龙头|史上|创.{0,3}新[高低]|历史新"
    r"|\b(?:largest|biggest|highest|lowest|smallest|strongest|weakest|greatest|number one|no\. 1|market leader|leads|leading|record (?:high|low)|all-time|(?<!at )(?<!at the )best(?![ -]sell)|worst|(?:the )most (?:important|profitable|valuable|popular|effective|expensive|common)|top performer|first place|ranks? first|outperform\w*|(?<!at )least (?:popular|profitable|effective))\b",
    re.I,
)
# What opens a list that is written out with its figures.
_LISTING = re.compile(
    r"变化最大|最[高低大小](?:的?是)?[:：]|(?:largest|biggest) (?:move|part|change)|(?:highest|lowest|largest|smallest)[:：]",
    re.I,
)
_SMALLEST = re.compile(r"最(?:低|小|少|差|弱)|lowest|smallest|weakest|worst|least", re.I)
_OVER = re.compile(
    r"(?:高|大|多|强|好|优|胜)(?:于|过)|超过了?(?!\s*[\d一二三四五六七八九])|领先于?|胜过|\b(?:higher|larger|bigger|more|better|stronger|above|greater)(?: \w+){0,4}? than\b|\b(?:exceed(?:s|ed)?|beat(?:s|en)?|outsold|outperform(?:s|ed)?)\b",
    re.I,
)
_UNDER = re.compile(
    r"(?:低|小|少|弱|差|逊|劣)(?:于|过)|不如|落后于?|不及|比不上|\b(?:lower|smaller|fewer|less|worse|weaker)(?: \w+){0,4}? than\b|\b(?:trail(?:s|ed)?|lag(?:s|ged)? behind)\b",
    re.I,
)
_COMPARED_ZH = re.compile(
    r"比(?!例|重|较|如|对|率|值|去年|上|前|\s?\d)(?P<other>[^，。；\d]{1,14}?)(?:要|还|更|稍|略|都)?(?P<word>高|低|大|小|多|少|好|差|强|弱)(?!\s?\d)"
)
_REACHED = re.compile(
    r"达到|达成|达标|完成了?|守住|回本|覆盖了?|够到|(?:[过越]了|[越跨迈]过)(?!\s*\d)|\b(?:reach(?:es|ed)?|clear(?:s|ed)?|me(?:e)?ts?|pass(?:es|ed)?|hits?|respect(?:s|ed)?|paid for (?:itself|themselves)|broke even|profitable|honou?r(?:s|ed)?|kept|held|above|over|exceed(?:s|ed)?)\b",
    re.I,
)
_SHORT = re.compile(
    r"未达|没到|不到|差|跌破|低于|破了|击穿|\b(?:below|under|short of|miss(?:es|ed)?|breaks?(?!-|\s?even)|broke(?!\s?even)|breach(?:es|ed)?|undercuts?|fails?|falls? short)\b",
    re.I,
)
_GOAL = re.compile(
    r"目标|保本|底线|红线|门槛|警戒|控价|限价|\b(?:target|goal|break-?even|floor|limit|threshold|line|cap|paid for (?:itself|themselves))\b",
    re.I,
)


def comparison_problems(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    """One text per comparison that the evidence does not bear."""
    return [
        *_flat(reading, facts),
        *_superlatives(reading, facts),
        *_versus(reading, facts),
        *_goals(reading, facts),
        *_figures(reading),
        *_windows(reading, facts),
    ]


def _piece(reading: Reading, position: int) -> tuple[str, int]:
    here = reading.segment(position)
    return reading.full[here.start : here.end], here.start


def _flat(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    found = []
    for match in _FLAT.finditer(reading.full):
        here = reading.segment(match.start())
        mentions = [m for m in reading.mentions if here.start <= m.start < here.end]
        rate = rate_of(mentions[-1] if mentions else None, reading, facts)
        moved = rate is not None and abs(rate) > _FLAT_MAX and not denied(reading.full, match.start())
        if moved and not any(_FLAT.search(c.fact.claim.zh) or _FLAT.search(c.fact.claim.en) for c in facts):
            found.append(
                Text(f"“{match[0]}”与证据里的变化不符。", f'"{match[0]}" does not fit the change in the evidence.')
            )
    return found


def _superlatives(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    found = []
    for match in _TOP.finditer(reading.full):
        if _LISTING.search(reading.full[max(0, match.start() - 4) : match.end() + 8]) and reading.figures:
            continue
        if any(_TOP.search(text) for c in facts for text in (c.fact.claim.zh, c.fact.claim.en)):
            continue
        piece, _ = _piece(reading, match.start())
        ranked = _ranked(piece, facts)
        negative = denied(reading.full, match.start())
        if ranked is not None and (ranked[1 if _SMALLEST.search(match[0]) else 0] is not negative):
            continue
        if ranked is None and negative:
            continue
        found.append(
            Text(f"“{match[0]}”是排名，证据没有这样排。", f'"{match[0]}" ranks, and the evidence does not rank it so.')
        )
    return found


def _ranked(piece: str, facts: Sequence[Cited]) -> tuple[bool, bool] | None:
    """Whether what the words speak of is the largest, and the smallest, of at least three things measured alike (or of two)."""
    named = levels_named(piece, facts)
    if len(named) != 1:
        return None
    alike = [q for c in facts for q in c.fact.quantities if _alike(q, named[0]) and q.subject]
    if len(alike) < 2 or not named[0].subject:
        return None
    values = [q.value for q in alike]
    return named[0].value == max(values), named[0].value == min(values)


def _alike(one: Quantity, other: Quantity) -> bool:
    return one.unit == other.unit and one.role is other.role and one.metric == other.metric


def _versus(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    """X 高于 Y, more X than Y: both sides found in the evidence must stand that way."""
    found = []
    text = reading.full
    for pattern, sign in ((_OVER, 1), (_UNDER, -1)):
        for match in pattern.finditer(text):
            piece, start = _piece(reading, match.start())
            left, right = piece[: match.start() - start], piece[match.end() - start :]
            if re.search(r"than$", match[0], re.I):
                left += " " + match[0]
            found += _judged(left, right, sign, denied(text, match.start()), match[0], facts)
    for match in _COMPARED_ZH.finditer(text):
        piece, start = _piece(reading, match.start())
        sign = 1 if match["word"] in "高大多好强" else -1
        found += _judged(
            piece[: match.start() - start], match["other"], sign, denied(text, match.start()), match[0], facts
        )
    return found


def _judged(left: str, right: str, sign: int, negative: bool, word: str, facts: Sequence[Cited]) -> list[Text]:
    ours, theirs = levels_named(left, facts), levels_named(right, facts)
    if len(ours) != 1 or len(theirs) != 1 or ours[0] is theirs[0] or ours[0].unit != theirs[0].unit:
        return []
    if ours[0].window != theirs[0].window and ours[0].subject == theirs[0].subject:
        return []
    stands = (ours[0].value - theirs[0].value) * sign > 0
    if stands is not negative:
        return []
    return [Text(f"“{word}”的高低与证据相反。", f'"{word}" is the other way round in the evidence.')]


_THAN = re.compile(
    r"^[\s，,（(]*(?P<more>高于|大于|多于|above |higher than |more than )|^[\s，,（(]*(?:低于|小于|少于|below |lower than |less than )",
    re.I,
)


def _figures(reading: Reading) -> list[Text]:
    """13.9%，高于上季的 14.6%: two figures of one kind, written out."""
    found = []
    for one, other in itertools.pairwise(reading.figures):
        match = _THAN.match(reading.text[one.end : other.start])
        if match is None or (one.kind, one.noun) != (other.kind, other.noun) or one.value == other.value:
            continue
        if (one.value > other.value) is not (match["more"] is not None):
            found.append(
                Text(
                    f"“{one.text}”和“{other.text}”的高低说反了。",
                    f'"{one.text}" and "{other.text}" are compared the wrong way round.',
                )
            )
    return found


_MORE_OR_LESS = re.compile(r"\s*(?:的|还|更|要|稍|略|都)*\s*(?P<word>高|低|大|小|多|少|好|差|强|弱)(?!\s*[\d约近了])")


def _windows(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    """10 月进店比 9 月少: every thing named that was measured in both windows must stand that way."""
    found = []
    for base in (w for w in reading.windows if w.compared):
        match = _MORE_OR_LESS.match(reading.text, base.end)
        if match is None or denied(reading.text, match.start("word")):
            continue
        said = tokens(reading.piece(reading.segment(base.start)))
        signs = {sign for words, sign in _series(base, facts) if words & said}
        told = 1 if match["word"] in "高大多好强" else -1
        if signs and told not in signs:
            text = match["word"]
            found.append(Text(f"“{text}”与证据的高低相反。", f'"{text}" is the other way round in the evidence.'))
    return found


def _series(base: WindowWords, facts: Sequence[Cited]) -> list[tuple[frozenset[str], int]]:
    """What was measured in the base's window and in another: its words, and whether it stands higher there than in the base."""
    levels = [(c, q) for c in facts for q in c.fact.quantities if q.role in (Role.VALUE, Role.PREVIOUS) and q.window]
    return [
        (one.described(new), 1 if new.value > old.value else -1)
        for one, new in levels
        for _, old in levels
        if _alike_but_window(new, old) and old.window is not None and fits(base, old.window) and new.value != old.value
    ]


def _alike_but_window(one: Quantity, other: Quantity) -> bool:
    key = (one.metric, one.unit, one.subject)
    return key == (other.metric, other.unit, other.subject) and one.window != other.window


def _goals(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    """The target is reached or missed as the sentence says."""
    goals = [q for c in facts for q in c.fact.quantities if q.role is Role.TARGET]
    if len(goals) > 1:
        goals = [q for q in levels_named(reading.full, facts) if q in goals]  # which of them the words name
    if len(goals) != 1 or not _GOAL.search(reading.full):
        return []
    values = [q for c in facts for q in c.fact.quantities if q.role is Role.VALUE and q.unit == goals[0].unit]
    named = [q for q in levels_named(reading.full, facts) if q in values]
    values = named or values
    if not values:
        return []
    found = []
    for pattern, sign in ((_REACHED, True), (_SHORT, False)):
        for match in pattern.finditer(reading.full):
            told = sign is not denied(reading.full, match.start())
            if all((q.value >= goals[0].value) is not told for q in values):
                found.append(Text(f"“{match[0]}”与证据里的目标或底线不符。", f'"{match[0]}" does not fit the target or limit in the evidence.'))  # fmt: skip
    return found[:1]
