"""One figure against the cited facts: value and unit first, then metric, subject, window, role and direction."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from advisor.grounding.glossary import CUSTOMER_GROUPS, Mention, groups_in
from advisor.grounding.intervals import zero_told
from advisor.grounding.language import directions
from advisor.grounding.numbers import Figure, Kind
from advisor.grounding.problems import no_value, wrong_direction, wrong_metric, wrong_role, wrong_subject, wrong_window
from advisor.grounding.reading import Reading
from advisor.grounding.support import Candidate, Cited, value_fits
from advisor.grounding.telling import LOOSE, direction_told, role_told, said_in_claim, window_told
from advisor.grounding.windows import WindowWords, fits
from tools.facts import Quantity, Role
from tools.text import Text

__all__ = ["Match", "bounded", "match_figure", "metric_fits"]

# A metric of a group (new_aov_buyer) is said as the plain metric once the group is named, and the other way round.
_GROUP_PREFIXES = {
    "new_": "new",
    "returning_": "returning",
    "live_": "live",
    "member_": "member",
    "ad_": "paid",
    "source_": "",
}
_NET = re.compile(r"退款?后|退后|after refunds|\bnet\b", re.I)
_BOTH = re.compile(r"\b(?:both|either|each)\b|两[人者位家个]|双方|二者", re.I)
_QUALIFIED = {"repurchase_90d": ("repurchase_rate", re.compile(r"90|九十|首购|新客|首单|second|first|new", re.I))}


@dataclass(frozen=True)
class Match:
    """`candidates` support the figure; none with a `problem` when it has no support."""

    figure: Figure
    candidates: tuple[Candidate, ...] = ()
    problem: Text | None = None
    from_claim: bool = False

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(candidate.quantity for candidate in self.candidates)

    @property
    def ok(self) -> bool:
        return self.problem is None


def match_figure(figure: Figure, reading: Reading, facts: Sequence[Cited]) -> Match:
    """Find what supports a figure. Each test narrows the candidates; the first that leaves none names the problem."""
    if zero_told(figure, reading, facts):
        return Match(figure, from_claim=True)
    candidates = [Candidate(c, q) for c in facts for q in c.fact.quantities if value_fits(figure, q)]
    candidates += _derived(figure, reading, facts)
    if not candidates:
        return _from_claims(figure, reading, facts)
    for test in (_metric, _subject, window_told, role_told, direction_told):
        kept = [c for c in candidates if test(figure, reading, c)]
        if not kept:
            spoken = _from_claims(figure, reading, facts)
            return spoken if spoken.ok else Match(figure, problem=_PROBLEMS[test](figure, reading, candidates[0]))
        candidates = kept
    return Match(figure, tuple(candidates))


_BETWEEN = re.compile(r"\s*(?:and|to|[-–~～到至和])\s*", re.I)
_NARROW = Decimal("0.25")


def bounded(reading: Reading, matches: Sequence[Match], facts: Sequence[Cited]) -> list[Match]:
    """Between 9% and 10%, 9% 到 10% 之间: two bounds that a figure of the evidence lies in, neither a figure of its own."""
    found = list(matches)
    for at, (left, right) in enumerate(itertools.pairwise(reading.figures)):
        head, tail = reading.text[: left.start], reading.text[right.end :]
        framed = re.search(r"\bbetween\s*$", head, re.I) or re.match(r"\s*之间", tail)
        ends = {q.role for match in matches[at : at + 2] for q in match.quantities}
        if not framed or not _BETWEEN.fullmatch(reading.text[left.end : right.start]) or ends & _ENDS:
            continue
        if left.kind != right.kind or not 0 < right.value - left.value <= right.value * _NARROW:
            continue
        both = match_figure(replace(left, end=right.end, low=left.value, high=right.value), reading, facts)
        if both.ok:
            found[at : at + 2] = [Match(left, from_claim=True), Match(right, from_claim=True)]
    return found


_ENDS = frozenset({Role.RANGE_LOW, Role.RANGE_HIGH})


def _derived(figure: Figure, reading: Reading, facts: Sequence[Cited]) -> list[Candidate]:
    """翻倍, two times, 腰斩: a level over its comparison value, or one group's level over another's."""
    if figure.kind != "multiple":
        return []
    before = reading.text[max(0, figure.start - 8) : figure.start]
    after = reading.text[figure.end : figure.end + 14]
    more = bool(re.search(r"(?:增长|增加|上涨|提升|多|高)了?\s*$", before) or re.match(r"\s*(?:higher|more)\b", after))
    found = []
    for cited in facts:
        for quantity, ratio in cited.ratios():
            if figure.covers(ratio - 1 if more else ratio):
                found.append(Candidate(cited, quantity, derived=True))
    levels = [(c, q) for c in facts for q in c.fact.quantities if q.role is Role.VALUE and q.value > 0]
    for cited, one in levels:
        for _, other in levels:
            same = one.metric == other.metric and one.unit == other.unit and one.subject != other.subject
            if same and figure.covers(one.value / other.value):
                found.append(Candidate(cited, one, derived=True))
    return found


# --- metric


def _metric(figure: Figure, reading: Reading, candidate: Candidate) -> bool:
    named = [m for m in reading.metric_of(figure) if not _is_base(m, figure, reading, candidate.cited)]
    if figure.kind == "money" and any(_is_told_of_a_count(m, figure, reading) for m in named):
        return False
    return not named or any(metric_fits(m, reading, candidate.cited, candidate.quantity) for m in named)


def _is_told_of_a_count(mention: Mention, figure: Figure, reading: Reading) -> bool:
    """The number of visitors was ¥66,572."""
    if mention.end > figure.start or not all(reading.glossary.counts(metric) for metric in mention.metrics):
        return False
    between = reading.text[mention.end : figure.start]
    return bool(
        re.fullmatch(r"[^,;，；。]*?(?:\b(?:was|were|is|are)\b|[为是])\s*(?:约|about |only )?\s*[-−]?", between, re.I)
    )


def _is_base(mention: Mention, figure: Figure, reading: Reading, cited: Cited) -> bool:
    """41.8 % of October GMV: what the share is of, when the fact speaks of it too."""
    of = re.search(r"(?:%|per ?cent) of (?:[\w']+ ){0,2}$", reading.text[: mention.start], re.I)
    return figure.kind == "ratio" and of is not None and cited.says(mention.word)


def metric_fits(mention: Mention, reading: Reading, cited: Cited, quantity: Quantity) -> bool:
    """The named metric is the quantity's own, or its plain form with the group named beside it."""
    if quantity.metric in mention.metrics:
        return True
    if quantity.role in LOOSE and (mention.metrics & cited.metrics or cited.says(mention.word)):
        return True
    if _short_for(mention, quantity, cited, reading):
        return True
    if not cited.glossary.knows(quantity.metric) or (mention.weak and _not_its_unit(mention, quantity)):
        return mention.weak or cited.says(mention.word)
    return any(_related(metric, quantity, reading, cited) for metric in mention.metrics)


def _short_for(mention: Mention, quantity: Quantity, cited: Cited, reading: Reading) -> bool:
    """The margin for the gross margin, profit for net profit, where the fact has nothing else of that name."""
    word = _squash(mention.word)
    named = [q for q in cited.fact.quantities if word in _squash(" ".join(_names(q, cited)))]
    if not any(_squash(name).endswith(word) or _squash(name).startswith(word) for name in _names(quantity, cited)):
        return False
    if {q.metric for q in named} == {quantity.metric} and mention.metrics.isdisjoint(cited.metrics):
        beyond = all(metric.startswith("beyond:") for metric in mention.metrics)
        return beyond or bool(_NET.search(" ".join(_names(quantity, cited))) and _NET.search(reading.full))
    return False


def _names(quantity: Quantity, cited: Cited) -> tuple[str, ...]:
    return cited.glossary.names.get(quantity.metric, (quantity.metric.removeprefix("beyond:"),))


def _squash(text: str) -> str:
    return re.sub(r"[\s\-]+", "", text).lower()


def _not_its_unit(mention: Mention, quantity: Quantity) -> bool:
    """新客 in "新客 18 %" is a subject: buyers are not counted in percent."""
    counts = {"orders", "buyers", "visitors", "items"}
    return quantity.unit not in counts or not mention.metrics & {
        "orders",
        "buyers",
        "visitors",
        "items",
        "new_buyers",
        "returning_buyers",
    }


def _related(metric: str, quantity: Quantity, reading: Reading, cited: Cited) -> bool:
    for prefix, group in _GROUP_PREFIXES.items():
        if quantity.metric == prefix + metric and (not group or group in reading.groups()):
            return True
        if metric == prefix + quantity.metric and (not group or group in cited.groups):
            return True
    base, words = _QUALIFIED.get(quantity.metric, ("", None))
    return words is not None and metric == base and bool(words.search(reading.text))


# --- subject and segment


def _subject(figure: Figure, reading: Reading, candidate: Candidate) -> bool:
    cited, quantity = candidate.cited, candidate.quantity
    if cited.says(reading.full[max(0, figure.start - 28) : figure.end]) and figure.start >= 28:
        return True  # the claim's own words around it
    others = {name for q in cited.fact.quantities for name in q.subject} | set(cited.fact.entities)
    named = reading.names_near(figure, others)
    if quantity.subject and named:
        own = {name.lower() for name in quantity.subject}
        # a longer own name may contain a shorter foreign one: 手淘搜索 and 搜索
        if not any(name.lower() in own or any(name.lower() in o or o in name.lower() for o in own) for name in named):
            rivals = {n for q in cited.fact.quantities if q is not quantity for n in q.subject} - set(quantity.subject)
            return not any(name in rivals for name in named)
    if any(name.lower() in {n.lower() for n in named} for name in quantity.subject):
        return True
    groups = reading.groups_near(figure) - _metric_groups(quantity.metric)
    if groups and not groups & _subject_groups(quantity, cited):
        return False
    own = {group for name in quantity.subject for group in groups_in(name)}
    told = (reading.groups_before(figure) if own and not groups else set()) - _metric_groups(quantity.metric)
    if told and not told & own and (told <= CUSTOMER_GROUPS) == (own <= CUSTOMER_GROUPS):
        return False  # 来自“推荐”的访客，少 7.8 万元: the part was named just before
    return not quantity.subject or _names_subject(quantity, reading, cited)


def _metric_groups(metric: str) -> set[str]:
    return {group for prefix, group in _GROUP_PREFIXES.items() if group and metric.startswith(prefix)}


def _subject_groups(quantity: Quantity, cited: Cited) -> set[str]:
    own = {group for name in quantity.subject for group in groups_in(name)}
    return (own | groups_in(" | ".join(cited.places(quantity)))) if own else cited.groups


def _names_subject(quantity: Quantity, reading: Reading, cited: Cited) -> bool:
    """A figure of a part may not be told as the whole's: the part is named somewhere, if it can be in this language."""
    text = re.sub(r"\s+", "", reading.full.lower())
    if _BOTH.search(reading.full):
        return True
    chinese = bool(re.search(r"[\u4e00-\u9fff]", reading.full))
    for name in quantity.subject:
        groups = groups_in(name)
        if groups & reading.groups() or _partly_named(name, text):
            return True
        if bool(re.search(r"[\u4e00-\u9fff]", name)) != chinese:
            return True  # named in the other language only: cannot be told
    return False


def _partly_named(name: str, text: str) -> bool:
    squashed = re.sub(r"\s+", "", name.lower())
    if squashed in text or any(piece in text for piece in re.findall(r"[a-z0-9]{3,}", name.lower())):
        return True
    letters = re.findall(r"(?<![a-z])[a-z](?![a-z])", name.lower())  # 主播A is also said as A
    if any(re.search(rf"(?<![a-z]){letter}(?![a-z])", text) for letter in letters):
        return True
    han = re.sub(r"[^\u4e00-\u9fff]", "", name)
    return any(han[i : i + 2] in text for i in range(len(han) - 1))


# --- figures of a claim


def _from_claims(figure: Figure, reading: Reading, facts: Sequence[Cited]) -> Match:
    """A figure that the text of a cited claim carries (a case's result, a playbook's threshold), said of the same thing."""
    for cited in facts:
        for spoken, text in cited.claim_figures:
            if _same_figure(figure, spoken) and _same_story(figure, reading, cited, spoken, text):
                return Match(figure, from_claim=True)
        if figure.kind == "duration" and _window_length(figure, cited):
            return Match(figure, from_claim=True)
    return Match(figure, problem=no_value(figure, facts))


def _same_figure(figure: Figure, spoken: Figure) -> bool:
    kinds: set[Kind] = {figure.kind, spoken.kind}
    if figure.kind != spoken.kind and not ("bare" in kinds and not kinds & {"ratio", "pp"}):
        return False
    nouns_differ = figure.noun and spoken.noun and figure.noun != spoken.noun
    if nouns_differ or (figure.sign and spoken.sign and figure.sign != spoken.sign):
        return False
    return figure.covers(spoken.value)


def _same_story(figure: Figure, reading: Reading, cited: Cited, spoken: Figure, text: str) -> bool:
    named = reading.metric_of(figure)
    if named and not any(m.metrics & cited.metrics or cited.says(m.word) for m in named):
        mentioned = {metric for m in cited.glossary.mentions(text) for metric in m.metrics}
        if not any(m.metrics & mentioned for m in named):
            return False
    word = reading.direction_of(figure)
    ours = {d.sign for d in directions(text) if not d.denied}
    if word is not None and not figure.sign and ours and (word.denied or word.sign not in ours):
        return False
    told, known = _when(reading.text, figure.start), _when(text, spoken.start)
    if told and known and told != known:
        return False  # the last 7 days told with the figure of the 7 days before
    if reading.groups_near(figure) and cited.groups and not reading.groups_near(figure) & cited.groups:
        return False
    return all(_claim_window_told(w, cited) for w in reading.windows_of(figure))


_NOW = re.compile(r"近|最近|过去|\b(?:last|past|latest|trailing)(?= \w+ (?:days?|weeks?|months?)\b)", re.I)
_THEN = re.compile(r"此前|之前|以前|前(?=\s*\d)|\b(?:previous(?:ly)?|prior|before|earlier|preceding)\b", re.I)


def _when(text: str, position: int) -> str:
    """Whether the nearest word of time before a position means lately or the time before; empty without one."""
    head = re.split(r"[。；;!?！？]|\.(?=\s)", text[:position])[-1]
    last = {
        name: max((m.start() for m in pattern.finditer(head)), default=-1)
        for name, pattern in (("now", _NOW), ("then", _THEN))
    }
    best = max(last, key=lambda name: last[name])
    return best if last[best] >= 0 else ""


def _claim_window_told(words: WindowWords, cited: Cited) -> bool:
    known = [q.window for q in cited.fact.quantities if q.window is not None]
    if words.shift or said_in_claim(words, cited) or cited.says(words.text):
        return True
    return any(fits(words, window) for window in known) or (not known and not cited.claim_windows)


def _window_length(figure: Figure, cited: Cited) -> bool:
    days = {q.window.days for q in cited.fact.quantities if q.window is not None}
    size = (
        7 if re.search(r"周|星期|week", figure.text, re.I) else 30 if re.search(r"月|month", figure.text, re.I) else 1
    )
    return any(abs(day - figure.value * size) <= (0 if size == 1 else 3) for day in days)


_PROBLEMS: dict[Callable[..., bool], Callable[[Figure, Reading, Candidate], Text]] = {
    _metric: wrong_metric,
    _subject: wrong_subject,
    window_told: wrong_window,
    role_told: wrong_role,
    direction_told: wrong_direction,
}
