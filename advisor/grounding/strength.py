"""How strongly a claim is put: sure where the evidence cannot tell, huge where little moved, all where it says some, told where it denies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from advisor.grounding.language import denied
from advisor.grounding.match import Match
from advisor.grounding.movement import rate_of
from advisor.grounding.places import tokens
from advisor.grounding.reading import Reading
from advisor.grounding.support import Candidate, Cited
from tools.facts import Role
from tools.text import Text

__all__ = ["strength_problems"]

_SURE = re.compile(
    r"明显|显著|肯定|必然|毫无疑问|确定|一定(?!程度)|断定|证明了?|\b(?:clearly|significant(?:ly)?|definitely|certainly|undoubtedly|obviously|proves?|proven|far (?:better|more|higher)|much (?:better|more|higher))\b",
    re.I,
)
_BETTER = re.compile(r"更好|强于|好于|优于|胜过|不如|更强|\b(?:better|stronger|worse|superior|outperform\w*)\b", re.I)
_UNSURE = re.compile(
    r"重叠|不显著|分不[出清]|看不出|样本(?:太?小|不足|不够)|误差内|可能只是运气|不可识别|\b(?:not significant|overlap\w*|cannot be told apart|no (?:reliable|clear) difference|too (?:small|few)|within the error)\b",
    re.I,
)
_HUGE = re.compile(
    r"大幅|暴[增涨跌]|激增|猛[增涨]|飙升|骤[降跌]|锐减|断崖|翻番|井喷|\b(?:sharp(?:ly)?|strongly|surged?|soared|skyrocketed|plunged|plummeted|collapsed|dramatic(?:ally)?|massive(?:ly)?|huge(?:ly)?|substantial(?:ly)?)\b",
    re.I,
)
_TINY = re.compile(
    r"略[微有]?(?=[升降增减涨跌高低多少])|微[升降增跌]|小幅|\b(?:slightly|marginal(?:ly)?|a touch|barely|hardly)\b",
    re.I,
)
_HUGE_MIN, _TINY_MAX = Decimal("0.1"), Decimal("0.1")
_ALL = re.compile(
    r"所有|全部(?!退款)|每[一个款家]|无一|没有一[个款家单]|从来|一直|始终|\b(?:all (?:of )?(?:the|your|our|its|\w+s\b|top)|every|none of|no one|always|never|throughout|entirely|completely)\b",
    re.I,
)
_WHOLE = re.compile(
    r"全程|整[个场](?:活动|大促|双|618)|全周期|\b(?:the whole|the entire) (?:campaign|event|festival|promotion)", re.I
)
_MONTH_LONG = re.compile(
    r"全月|整个?月|\b(?:whole|full|entire|complete) (?:month|January|February|March|April|May|June|July|August|September|October|November|December)\b|\ball of (?:January|February|March|April|May|June|July|August|September|October|November|December)\b",
    re.I,
)
_SHORTEST_MONTH = 28
_FORECAST = re.compile(r"预计|估计|预测|\b(?:expected|forecast|estimated?|estimate for|projected)\b", re.I)
_EXPECTED = re.compile(
    r"预计|估计|预测|估算|大概|可能|有望|测算|模型|约|\b(?:expect\w*|forecast\w*|estimat\w*|project\w*|likely|probably|should|could|may|might|model|set to|outlook|roughly|about|around|on course)\b",
    re.I,
)
_RANGE_WORDS = re.compile(
    r"区间|范围|之间|至少|至多|最[高低多少]|上限|下限|以上|以下|以内|不到|超过|起|到|至|[-–~～]\s*\d|\b(?:between|from|to|up to|at least|at most|range|interval|within|low(?:er)?|upper|high|end|more than|less than|over|under|as much as|no more)\b",
    re.I,
)
_NO_ZH = re.compile(r"(?:没有?|未(?!来)|并?无(?![论线]))(?:做|设|留|用|被|经)?([\u4e00-\u9fff]{2,6})")
_NO_EN = re.compile(r"\b(?:no|not|without|never|cannot|n't)\b((?: [a-z\-]+){1,4})", re.I)
_ANY_NO = re.compile(
    r"没|未|无|不|非|别|\b(?:no|not|none|never|without|cannot|nor|neither|lack\w*|missing)\b|n't", re.I
)


def strength_problems(reading: Reading, matches: Sequence[Match], facts: Sequence[Cited]) -> list[Text]:
    """One text per claim put more strongly than its evidence."""
    claims = [text for c in facts for text in dict.fromkeys((c.fact.claim.zh, c.fact.claim.en))]
    return [
        *_forecasts(reading, matches),
        *_halves(reading, matches),
        *_sure(reading, claims),
        *_size(reading, facts),
        *_all(reading, facts, claims),
        *_whole_months(reading, matches),
        *_polarity(reading, claims),
    ]


def _forecasts(reading: Reading, matches: Sequence[Match]) -> list[Text]:
    """What is expected told as what will be, or was."""
    if _EXPECTED.search(reading.full):
        return []
    for match in matches:
        guessed = [c for c in match.candidates if _is_expected(c)]
        if guessed and len(guessed) == len(match.candidates) and match.figure.hedge != "about":
            text = match.figure.text
            return [
                Text(f"“{text}”是估计，句子说成了事实。", f'"{text}" is an estimate; the sentence tells it as a fact.')
            ]
    return []


def _is_expected(candidate: Candidate) -> bool:
    cited, quantity = candidate.cited, candidate.quantity
    if quantity.role is not Role.VALUE or cited.fact.kind == "playbook":
        return False
    headline = cited.fact.quantities[0] == quantity and bool(_FORECAST.search(cited.fact.claim.en))
    return headline or any(_FORECAST.search(place) for place in cited.places(quantity))


def _halves(reading: Reading, matches: Sequence[Match]) -> list[Text]:
    """One end of a range told as the figure itself."""
    ends = {Role.RANGE_LOW, Role.RANGE_HIGH}
    if _RANGE_WORDS.search(reading.full):
        return []
    told = [(m, {c.quantity.role for c in m.candidates}) for m in matches if m.candidates]
    alone = [match for match, roles in told if roles <= ends]
    both = {role for _, roles in told for role in roles & ends}
    if not alone or both == ends:
        return []
    text = alone[0].figure.text
    return [Text(f"“{text}”只是区间的一端。", f'"{text}" is only one end of a range.')]


def _sure(reading: Reading, claims: Sequence[str]) -> list[Text]:
    text = reading.full
    unsure = any(_UNSURE.search(claim) for claim in claims)
    strong = [m for m in _SURE.finditer(text) if not _denied_widely(text, m.start())]
    if unsure:
        strong += [
            m for m in _BETTER.finditer(text) if not _denied_widely(text, m.start()) and not _UNSURE.search(text)
        ]
    elif any(_SURE.search(claim) for claim in claims):
        strong = []
    return [Text(f"“{m[0]}”说得比证据更确定。", f'"{m[0]}" is more certain than the evidence.') for m in strong[:1]]


def _denied_widely(text: str, position: int) -> bool:
    """不能断定, no reliable, cannot be … : a denial anywhere before in the sentence."""
    head = re.split(r"[。；;!?！？]|\.(?=\s)", text[:position])[-1]
    return bool(_ANY_NO.search(head)) or denied(text, position)


def _size(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    found = []
    for pattern, least, most in ((_HUGE, _HUGE_MIN, None), (_TINY, Decimal(0), _TINY_MAX)):
        for match in pattern.finditer(reading.full):
            if denied(reading.full, match.start()) or any(c.says(match[0]) for c in facts):
                continue
            here = reading.segment(match.start())
            mentions = [m for m in reading.mentions if here.start <= m.start < here.end]
            rate = rate_of(mentions[-1] if mentions else None, reading, facts)
            if rate is not None and not (least <= abs(rate) and (most is None or abs(rate) <= most)):
                found.append(
                    Text(f"“{match[0]}”与变化的大小不符。", f'"{match[0]}" does not fit the size of the change.')
                )
    return found


def _all(reading: Reading, facts: Sequence[Cited], claims: Sequence[str]) -> list[Text]:
    whole = _WHOLE.search(reading.full)
    windows = [q.window for c in facts for q in c.fact.quantities if q.window is not None]
    if whole and windows and all(window.days == 1 for window in windows):
        return [Text(f"“{whole[0]}”超出了证据的那一天。", f'"{whole[0]}" goes beyond the one day of the evidence.')]
    if any(_ALL.search(claim) for claim in claims):
        return []
    found = [m for m in _ALL.finditer(reading.full) if not _denied_widely(reading.full, m.start())]
    figures = [f for f in reading.figures if not f.worded]
    return [] if figures else [Text(f"“{m[0].strip()}”说得比证据更满。", f'"{m[0].strip()}" says more than the evidence.') for m in found[:1]]  # fmt: skip


def _whole_months(reading: Reading, matches: Sequence[Match]) -> list[Text]:
    """全月 over a figure of the days so far."""
    found = []
    for match in matches:
        here, windows = reading.segment(match.figure.start), [q.window for q in match.quantities if q.window]
        word = _MONTH_LONG.search(reading.full, here.start, here.end)
        if word and windows and all(window.days < _SHORTEST_MONTH for window in windows):
            found.append(Text(f"“{word[0]}”超出了证据的那几天。", f'"{word[0]}" goes beyond the days of the evidence.'))
    return found[:1]


def _polarity(reading: Reading, claims: Sequence[str]) -> list[Text]:
    """A claim says that something was not there; the sentence tells it as if it was."""
    text = reading.full
    if _ANY_NO.search(text):
        return []
    told = tokens(text)
    for claim in claims:
        denied_words: set[str] = set()
        for pattern in (_NO_ZH, _NO_EN):
            for match in pattern.finditer(claim):
                denied_words |= tokens(match[1])
                claim = claim.replace(match[0], " ", 1)
        again = (denied_words & told) - tokens(claim)
        if again and not _UNSURE.search(text):
            word = sorted(again)[0]
            return [
                Text(
                    f"证据说没有“{word}”，句子却当作有。",
                    f'The evidence denies "{word}"; the sentence tells it as a fact.',
                )
            ]
    return []
