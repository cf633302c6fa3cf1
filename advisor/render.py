"""The answer as text: Markdown that reads well in a terminal, a chat group and the page alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.answer import Answer, AskResult, EvidenceItem, PlanStep, Statement
from tools.facts import WhyClass
from tools.text import Lang, Text, format_value

__all__ = [
    "SIMULATED",
    "WHY_CLASS_LABELS",
    "heading",
    "inert",
    "render_answer",
    "render_bullet",
    "render_evidence",
    "render_result",
    "render_step",
]

WHY_CLASS_LABELS = {
    WhyClass.DECOMPOSITION: Text("拆解", "decomposition"),
    WhyClass.ASSOCIATION: Text("关联", "association"),
    WhyClass.EXPERIMENT: Text("实验", "experiment"),
    WhyClass.INFERENCE: Text("推断", "inference"),
}
_HEADINGS = {
    "why": Text("为何", "Why"),
    "what": Text("做什么", "What to do"),
    "how": Text("如何做", "How"),
    "plan": Text("计划", "Plan"),
    "limits": Text("还不知道", "Not known yet"),
    "evidence": Text("依据", "Evidence"),
    "next": Text("可以接着问", "You could ask next"),
}
SIMULATED = Text(
    "模拟数据：以下数字来自演示店铺，不是真实经营数据。",
    "Simulated data: these figures are of a demo shop, not of a real business.",
)


_LOADS = re.compile(r"(?P<image>!\[)|(?P<link>\](?=\())|(?P<tag><(?=[A-Za-z/!?]))|(?P<named>\](?=:\s*(?:<|\w+:|//)))")
_SHOWN = {"image": "!［", "link": "］", "tag": "＜", "named": "］"}


def inert(text: str) -> str:
    """Markdown whose quoted names load and link nothing: images, links and HTML are shown as the signs they are made of.

    Titles and documents are other people's, and a chat client renders what it is given.
    """
    return _LOADS.sub(lambda found: _SHOWN[str(found.lastgroup)], text)


def heading(name: str, lang: Lang) -> str:
    """The heading of a section (`why`, `what`, `how`, `plan`, `limits`, `evidence`, `next`); "" for one without."""
    return _HEADINGS[name].get(lang) if name in _HEADINGS else ""


def render_bullet(statement: Statement, lang: Lang) -> str:
    """One statement as a list line, a why with its class."""
    tag = WHY_CLASS_LABELS[statement.why_class].get(lang) if statement.why_class else ""
    suffix = f"【{tag}】" if tag and lang == "zh" else f" ({tag})" if tag else ""
    return f"- {statement.text}{suffix}"


def _bullets(statements: Sequence[Statement], lang: Lang) -> list[str]:
    return [render_bullet(statement, lang) for statement in statements]


def render_step(number: int, step: PlanStep, lang: Lang) -> list[str]:
    """One step of the plan: what, when, who and where; below it what to watch and when to stop."""
    zh = lang == "zh"
    when = f"{step.start} – {step.due}" if step.start and step.due else str(step.start or step.due or "")
    head = " · ".join(part for part in (when, step.owner, step.where) if part)
    marks = "".join(f"[{mark}]" for mark in step.cites)
    lines = [f"{number}. {step.action}{marks}" + (f"（{head}）" if head and zh else f" ({head})" if head else "")]
    details = [
        ("看什么" if zh else "watch", step.kpi),
        ("目标" if zh else "target", step.target),
        ("护栏" if zh else "guardrail", step.guardrail),
        ("停手线" if zh else "stop if", step.stop_rule),
        ("花费" if zh else "cost", step.cost),
    ]
    shown = [f"{label}：{text}" if zh else f"{label}: {text}" for label, text in details if text]
    if shown:
        lines.append("   " + ("；" if zh else "; ").join(shown))
    lines += [f"   > {text}" for text in step.artefacts]
    return lines


def render_answer(answer: Answer, lang: Lang) -> str:
    """Markdown: headline first, then why, what, how, the plan, what is not known and what to ask next."""
    lines = [f"**{answer.headline.text}**"]
    if answer.decision is not None:
        lines += ["", answer.decision.text]
    for name, statements in (("why", answer.why), ("what", answer.what), ("how", answer.how)):
        if statements:
            lines += ["", f"### {_HEADINGS[name].get(lang)}", *_bullets(statements, lang)]
    if answer.plan:
        lines += ["", f"### {_HEADINGS['plan'].get(lang)}"]
        for number, step in enumerate(answer.plan, start=1):
            lines += render_step(number, step, lang)
    if answer.limits:
        lines += ["", f"### {_HEADINGS['limits'].get(lang)}", *_bullets(answer.limits, lang)]
    if answer.follow_ups:
        lines += ["", f"### {_HEADINGS['next'].get(lang)}", *[f"- {text}" for text in answer.follow_ups]]
    return inert("\n".join(lines))


def render_evidence(item: EvidenceItem, lang: Lang) -> str:
    """One line a reader can check: mark, claim, value, window, formula, source."""
    parts = [item.claim]
    if item.value is not None and item.unit:
        parts.append(format_value(item.value, item.unit, lang))
    zh = lang == "zh"
    for label, text in (("区间" if zh else "window", item.window), ("算法" if zh else "formula", item.formula),
                        ("来源" if zh else "source", item.source)):  # fmt: skip
        if text:
            parts.append(f"{label}：{text}" if zh else f"{label}: {text}")
    return inert(f"[{item.mark}] " + " | ".join(parts))


def render_result(result: AskResult) -> str:
    """The whole turn as text: notice, simulated label, answer, evidence."""
    lang = result.lang
    lines: list[str] = []
    if result.notice:
        lines += [f"> {inert(result.notice)}", ""]
    if any(item.simulated for item in result.evidence):
        lines += [f"> {SIMULATED.get(lang)}", ""]
    lines.append(render_answer(result.answer, lang))
    if result.evidence:
        lines += ["", f"### {_HEADINGS['evidence'].get(lang)}"]
        lines += [f"- {render_evidence(item, lang)}" for item in result.evidence]
    return "\n".join(lines)
