"""An answer as HTML: headline first, why, what and how below, the plan as a table, evidence folded under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from advisor.answer import AskResult, EvidenceItem, PlanStep, Section, Statement
from advisor.render import WHY_CLASS_LABELS, heading
from advisor.ui.chart_view import charts_html
from advisor.ui.evidence_view import evidence_list, tables_html
from advisor.ui.html import chips, element, esc
from advisor.ui.words import word
from tools.facts import Chart
from tools.text import Lang

__all__ = ["LiveTurn", "answer_html", "error_html", "question_html"]

_LISTED: tuple[Section, ...] = ("why", "what", "how", "limits")


@dataclass
class LiveTurn:
    """A turn while it runs: the question, one progress line, and what passed the check so far."""

    question: str
    lang: Lang
    progress: str = ""
    passed: dict[Section, list[Statement]] = field(default_factory=dict)

    def add(self, section: Section, statement: Statement) -> None:
        self.passed.setdefault(section, []).append(statement)

    def html(self) -> str:
        line = element("p", element("span", "", class_="pulse") + esc(self.progress), class_="progress", role="status")
        body = _statements(self.passed, "live", self.lang)
        return question_html(self.question, self.lang) + element("article", body + line, class_="answer live")


def question_html(text: str, lang: Lang) -> str:
    return element("div", element("p", esc(text)), class_="question", aria_label=word("you", lang))


def error_html(text: str) -> str:
    return element("div", esc(text), class_="error", role="alert")


def answer_html(result: AskResult, turn: str, *, lang: Lang) -> str:
    """The whole answer. Section titles follow the answer's language, controls around it the page's (`lang`)."""
    answer = result.answer
    passed: dict[Section, list[Statement]] = {"headline": [answer.headline]}
    if answer.decision is not None:
        passed["decision"] = [answer.decision]
    passed |= {"why": answer.why, "what": answer.what, "how": answer.how}
    parts = [element("p", esc(result.notice), class_="notice") if result.notice else ""]
    if any(item.simulated for item in result.evidence):
        parts.append(element("span", esc(word("simulated", result.lang)), class_="badge"))
    parts += [
        _statements(passed, turn, result.lang),
        _charts(result.charts, result.lang),
        _plan(answer.plan, turn, result.lang),
        _statements({"limits": answer.limits}, turn, result.lang),
        _evidence(result.evidence, turn, result.lang),
        tables_html(result.tables, result.lang),
        element("p", esc(_footer(result, lang)), class_="meta"),
    ]
    return element("article", "".join(parts), class_="answer")


def _footer(result: AskResult, lang: Lang) -> str:
    who = result.model or word("planner", lang)
    checked = word("checked", lang, numbers=result.grounding.numbers, removed=result.grounding.removed)
    return f"{word('answered_by', lang, who=who)} · {checked}"


def _statements(passed: Mapping[Section, Sequence[Statement]], turn: str, lang: Lang) -> str:
    parts = [element("p", chips(one.text, turn), class_="headline") for one in passed.get("headline", [])]
    parts += [element("p", chips(one.text, turn), class_="decision") for one in passed.get("decision", [])]
    for section in _LISTED:
        statements = passed.get(section, [])
        if statements:
            items = "".join(element("li", chips(one.text, turn) + _class_tag(one, lang)) for one in statements)
            title = element("h3", esc(heading(section, lang)))
            parts.append(element("section", title + element("ul", items), class_=f"part {section}"))
    return "".join(parts)


def _class_tag(statement: Statement, lang: Lang) -> str:
    if statement.why_class is None:
        return ""
    return element("span", esc(WHY_CLASS_LABELS[statement.why_class].get(lang)), class_="tag")


def _plan(steps: Sequence[PlanStep], turn: str, lang: Lang) -> str:
    if not steps:
        return ""
    names = ("step", "who", "when", "watch", "stop_rule", "cost")
    columns = {name: word(name, lang) for name in names}
    used = {name for name in names if name == "step" or any(_cell(step, name, turn, lang) for step in steps)}
    head = "".join(element("th", esc(columns[name]), scope="col") for name in names if name in used)
    shown = [name for name in names if name in used]
    rows = "".join(_row(step, shown, columns, turn, lang) for step in steps)
    table = element("table", element("thead", element("tr", head)) + element("tbody", rows))
    return element(
        "details",
        element("summary", esc(word("plan", lang))) + element("div", table, class_="wide"),
        class_="plan",
        open="open",
    )


def _row(step: PlanStep, shown: Sequence[str], columns: Mapping[str, str], turn: str, lang: Lang) -> str:
    """A step, and below it the texts that are ready to use."""
    cells = "".join(element("td", _cell(step, name, turn, lang), data_label=columns[name]) for name in shown)
    row = element("tr", cells, class_="with-texts" if step.artefacts else "")
    if not step.artefacts:
        return row
    texts = "".join(_artefact(text, lang) for text in step.artefacts)
    return row + element("tr", element("td", texts, colspan=str(len(shown))), class_="texts")


def _cell(step: PlanStep, name: str, turn: str, lang: Lang) -> str:
    if name == "step":
        marks = "".join(f"[{mark}]" for mark in step.cites)
        return chips(step.action + marks, turn)
    if name == "who":
        return "<br>".join(esc(part) for part in (step.owner, step.where) if part)
    if name == "when":
        return " – ".join(f'<span class="day">{esc(day)}</span>' for day in (step.start, step.due) if day)
    if name == "watch":
        lines = [esc(step.kpi)] if step.kpi else []
        lines += [
            f"{esc(word(key, lang))}{'：' if lang == 'zh' else ': '}{chips(text, turn)}"
            for key, text in (("target", step.target), ("guardrail", step.guardrail))
            if text
        ]
        return "<br>".join(lines)
    return chips(step.stop_rule if name == "stop_rule" else step.cost, turn)


def _artefact(text: str, lang: Lang) -> str:
    """A ready text with a button that copies it."""
    button = element("button", esc(word("copy", lang)), type="button", class_="copy", data_done=word("copied", lang))
    return element("div", element("p", esc(text)) + button, class_="artefact")


def _charts(charts: Sequence[Chart], lang: Lang) -> str:
    drawn = charts_html(charts, lang)
    return element("details", element("summary", esc(word("charts", lang))) + drawn, class_="charts") if drawn else ""


def _evidence(items: Sequence[EvidenceItem], turn: str, lang: Lang) -> str:
    if not items:
        return ""
    title = element("summary", esc(word("evidence", lang, n=len(items))))
    return element("details", title + evidence_list(items, turn, lang), class_="evidence", id=f"{turn}-evidence")
