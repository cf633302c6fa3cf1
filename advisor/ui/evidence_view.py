"""Evidence as HTML: each mark with its claim, value, window, formula, source and class; cases with their links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.answer import EvidenceItem
from advisor.render import WHY_CLASS_LABELS
from advisor.ui.html import element, esc, link
from advisor.ui.words import word
from tools.facts import ToolTable
from tools.text import Lang, format_value

__all__ = ["evidence_list", "tables_html"]

_MAX_ROWS = 60


def evidence_list(items: Sequence[EvidenceItem], turn: str, lang: Lang) -> str:
    return element("ol", "".join(_item(item, turn, lang) for item in items), class_="facts")


def _item(item: EvidenceItem, turn: str, lang: Lang) -> str:
    badge = element("span", esc(word("simulated", lang)), class_="badge") if item.simulated else ""
    head = element("p", element("b", esc(item.mark), class_="mark") + esc(item.claim) + badge, class_="claim")
    rows = _rows(item, lang)
    body = "".join(element("div", element("dt", esc(label)) + element("dd", value)) for label, value in rows if value)
    return element("li", head + element("dl", body), id=f"{turn}-{item.mark}", tabindex="-1")


def _rows(item: EvidenceItem, lang: Lang) -> list[tuple[str, str]]:
    """Labels and HTML values."""
    if item.data.get("kind") == "own_document":
        return [
            (word("source", lang), esc(item.source)),
            (word("class", lang), esc(_said(item.data.get("label"), lang))),
        ]
    if item.kind == "case":
        return _case_rows(item.data, lang)
    value = format_value(item.value, item.unit, lang) if item.value is not None and item.unit else ""
    exact = f"{item.value:,f} {item.unit}" if item.value is not None else ""
    label = WHY_CLASS_LABELS[item.why_class].get(lang) if item.why_class else ""
    return [
        (word("value", lang), element("span", esc(value), title=exact) if value else ""),
        (word("window", lang), esc(item.window.replace("..", " – "))),
        (word("formula", lang), esc(item.formula)),
        (word("source", lang), esc(item.source)),
        (word("class", lang), esc(label)),
    ]


def _case_rows(data: dict[str, Any], lang: Lang) -> list[tuple[str, str]]:
    rows = [(word(key, lang), esc(_said(data.get(key), lang))) for key in ("likeness", "difference", "limits")]
    links = [
        link(
            str(source.get("url", "")),
            f"{source.get('publisher', '')} · {source.get('title', '')} ({source.get('date', '')})",
        )
        for source in data.get("sources", [])
        if isinstance(source, dict)
    ]
    return [*rows, (word("read_at", lang), "<br>".join(links))]


def _said(value: object, lang: Lang) -> str:
    """A bilingual text of a fact's data; what exists in one language only is not shown in the other."""
    if isinstance(value, dict):
        return str(value.get(lang, ""))
    return "" if value is None else str(value)


def tables_html(tables: Sequence[ToolTable], lang: Lang) -> str:
    """Tables of the tools, folded."""
    if not tables:
        return ""
    body = "".join(_table(table, lang) for table in tables)
    return element("details", element("summary", esc(word("tables", lang))) + body, class_="tables")


def _table(table: ToolTable, lang: Lang) -> str:
    head = "".join(element("th", esc(name), scope="col") for name in table.columns)
    rows = "".join(
        element("tr", "".join(element("td", esc("" if cell is None else cell)) for cell in row))
        for row in table.rows[:_MAX_ROWS]
    )
    caption = element("caption", esc(table.title.get(lang)))
    return element(
        "div", element("table", caption + element("thead", element("tr", head)) + element("tbody", rows)), class_="wide"
    )
