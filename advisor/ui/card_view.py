"""An import as HTML: what the file is, how far it has come, what became of its rows, and the first look at the shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.service.card import Card
from advisor.ui.chart_view import charts_html
from advisor.ui.html import element, esc
from advisor.ui.words import word
from tools.text import Lang

if TYPE_CHECKING:
    from tools.warehouse.importer import Detection, ImportReport

__all__ = ["card_html", "detection_html", "progress_html", "reports_html"]

_COUNTS = ("accepted", "updated", "duplicate", "rejected")


def detection_html(found: Sequence[Detection], lang: Lang) -> str:
    """What each file seems to be, before anything is written."""
    sep = "、" if lang == "zh" else ", "
    blocks = []
    for one in found:
        facts = [word("columns_known", lang, n=len(one.columns))]
        if one.encoding:
            facts.insert(0, f"{word('encoding', lang)} {one.encoding}")
        if one.dropped:
            facts.append(word("columns_dropped", lang, names=sep.join(one.dropped)))
        if one.unmapped:
            facts.append(word("columns_unmapped", lang, names=sep.join(one.unmapped)))
        head = f"{one.file} — {word('detected', lang)}{'：' if lang == 'zh' else ': '}{one.label.get(lang)}"
        blocks.append(
            element("div", element("p", esc(head), class_="file") + element("p", esc(" · ".join(facts)), class_="meta"))
        )
    return element("div", "".join(blocks), class_="detection")


def progress_html(text: str, fraction: float) -> str:
    """A progress bar with its words; `fraction` from 0 to 1."""
    percent = round(max(0.0, min(1.0, fraction)) * 100)
    bar = element("span", "", class_="fill", style=f"width:{percent}%")
    track = element(
        "span",
        bar,
        class_="track",
        role="progressbar",
        aria_valuenow=str(percent),
        aria_valuemin="0",
        aria_valuemax="100",
    )
    return element("div", element("p", esc(text)) + track, class_="importing", role="status")


def reports_html(reports: Sequence[ImportReport], lang: Lang) -> str:
    """The ledger of each file, its period and how it was read."""
    return element("div", "".join(_report(report, lang) for report in reports), class_="reports")


def _report(report: ImportReport, lang: Lang) -> str:
    if report.error is not None:
        body = element("p", esc(report.file), class_="file") + element(
            "p", esc(report.error.get(lang)), class_="error", role="alert"
        )
        return element("div", body, class_="report")
    counts = "".join(
        element(
            "div",
            element("dt", esc(word(name, lang))) + element("dd", f"{getattr(report, name):,}"),
            class_=name if getattr(report, name) else "zero",
        )
        for name in _COUNTS
    )
    period = f" · {word('period', lang)} {report.first_day} – {report.last_day}" if report.first_day else ""
    head = f"{report.file} · {word('rows', lang, n=f'{report.rows:,}')}{period}"
    return element(
        "div",
        element("p", esc(head), class_="file") + element("dl", counts, class_="counts") + _reading(report, lang),
        class_="report",
    )


def _reading(report: ImportReport, lang: Lang) -> str:
    """Notes on how the file was read, folded."""
    lines = [claim.get(lang) for claim in report.notes]
    if report.unmapped:
        lines.append(word("columns_unmapped", lang, names=("、" if lang == "zh" else ", ").join(report.unmapped)))
    if report.quarantine_file:
        lines.append(word("rejected_file", lang, path=report.quarantine_file))
    if not lines:
        return ""
    items = "".join(element("li", esc(line)) for line in lines)
    values = {"open": "open"} if report.rejected else {}
    return element("details", element("summary", esc(word("notes", lang))) + element("ul", items), **values)


def card_html(card: Card, lang: Lang) -> str:
    parts = [
        element(
            "section", element("h3", esc(title)) + element("ul", "".join(element("li", esc(line)) for line in lines))
        )
        for title, lines in card.sections(lang)
    ]
    return element(
        "div", parts[0] + charts_html(card.charts, lang) + "".join(parts[1:]) if parts else "", class_="first-card"
    )
