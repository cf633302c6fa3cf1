"""What of a text may carry a claim: names, dates and numbers that only order or count things are blanked out, offsets kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.grounding.numbers import Figure, arabic_figures
from advisor.grounding.window_rules import find_windows
from advisor.grounding.windows import WindowWords
from advisor.grounding.words import word_figures

__all__ = ["blank", "blank_names", "blank_spans", "claiming_figures", "figures_of", "widths"]

# Numbers that name or order things and claim nothing.
_INNOCENT = re.compile(
    r"^\s*(?:[-*>]\s*)?\d{1,2}[.)、）]\s?(?!\d)|[（(][1-9][)）]"
    r"|第\s*(?:\d+(?!\d|\s*个?百?分位)|[一二三四五六七八九十]+)\s*(?:[-–—~至到]\s*(?:\d+|[一二三四五六七八九十]+)\s*)?(?:步|周|天|个?月|单|次|件|条|名|季度|阶段|档|个)?"
    r"|\b(?:step|week|phase|stage|option|plan|day|no\.?|#|part|point|item|tier)\s?\d{1,2}(?:\s?[-–]\s?\d{1,2})?\b(?!\s*[%万])"
    r"|(?:\d{1,2}|[一二两三四五六七八九十]+)\s*(?:个|条|种|类|项|点|步|件)\s*(?:主要|可能|关键)?(?:步骤|原因|选项|方案|动作|做法|事|问题|因素|建议|方向|短信|版本|案例|假设|数|来源|因子|阶段|条件|结论|步)"
    r"|(?:\d{1,2}|[一二两三])\s*步|[一二两三四五六七八九]\s*(?:点|条|项|类|种)(?!成)"
    r"|\b(?:\d{1,2})\s+(?:options?|steps?|things?|reasons?|causes?|actions?|ways?|questions?|facts?|sources?|parts?|factors?|cases?|examples?|versions?|messages?|tests?|groups?)\b"
    r"|(?<![\d.,])(?:618|双\s*(?:11|12)|99\s*大促|38\s*节|双十[一二]|11\.11|12\.12)(?![,.]?\d)|\bDouble (?:11|12|Eleven)\b|\bA/B\b|\b(?:5A|4P|B2B|O2O|B2C|C2M|3C)\b|\bT\+\d\b|\b1\s?(?:v|对)\s?1\b"
    r"|\b[QH][1-4]\b|两[人者](?!数)|两位(?![买客顾会])|二[人者](?!数)|(?<=[元块分钱])\s*一[件个瓶盒支片包双条]",
    re.I | re.M,
)
_WIDTHS = str.maketrans("０１２３４５６７８９％￥＋－．", "0123456789%¥+-.")


def blank(text: str, matches: Iterable[re.Match[str]]) -> str:
    return blank_spans(text, [match.span() for match in matches])


def blank_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = " " * (end - start)
    return "".join(chars)


def figures_of(text: str) -> list[Figure]:
    """Figures in digits and in words, left to right; words win where they overlap (一千二, 12 percent)."""
    words = list(word_figures(text))
    digits = [f for f in arabic_figures(text) if not any(f.start < w.end and w.start < f.end for w in words)]
    return sorted([*words, *digits], key=lambda figure: figure.start)


def widths(text: str) -> str:
    """Full-width digits and signs as ASCII, one for one."""
    return text.translate(_WIDTHS)


def blank_names(text: str, names: Iterable[str]) -> str:
    """Digits inside a name (30片装) are part of it."""
    numeric = [name for name in names if re.search(r"\d", name) and re.search(r"[^\d\s.,%]", name)]
    for name in sorted(numeric, key=len, reverse=True):
        text = blank(text, re.finditer(re.escape(name), text, re.I))
    return text


def claiming_figures(text: str, windows: Iterable[WindowWords] | None = None) -> tuple[list[Figure], str]:
    """Figures that claim something, and the text they were found in: dates and ordinals blanked out."""
    found = find_windows(text, None) if windows is None else windows
    bare = blank_spans(text, [(words.start, words.end) for words in found])
    bare = blank(bare, _INNOCENT.finditer(bare))
    return figures_of(bare), bare
