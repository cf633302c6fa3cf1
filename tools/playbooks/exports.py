"""The plan of one playbook as a document: overview, week by week, figures with evidence, texts to paste, cases. Built from the fact alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from tools.cases.library import load_cases
from tools.cases.schema import Case
from tools.facts import Fact
from tools.playbooks.documents import Column, DayEvent, Document, Sheet
from tools.text import Lang, Text

__all__ = ["PlanText", "ShopLabel", "document_title", "plan_document", "plan_texts", "uid", "week_of"]

_SIMULATED = Text("（模拟数据）", " (simulated data)")
_SHEETS = {
    "overview": Text("概览", "Overview"),
    "plan": Text("按周计划", "Plan by week"),
    "figures": Text("数字与依据", "Figures and evidence"),
    "texts": Text("可直接用的文案", "Texts to paste"),
    "cases": Text("案例", "Cases"),
}
_PLAN = (
    (Text("周", "Week"), 7), (Text("开始", "Start"), 11), (Text("截止", "Due"), 11), (Text("谁", "Owner"), 13),
    (Text("工具 / 在哪", "Tool / where"), 22), (Text("动作", "Action"), 42), (Text("看什么（KPI）", "KPI"), 20),
    (Text("目标", "Target"), 18), (Text("护栏", "Guardrail"), 18), (Text("停手线", "Stop rule"), 26),
    (Text("花费", "Cost"), 16), (Text("用哪段文案", "Text"), 16),
)  # fmt: skip
_FIGURES = (
    (Text("数字", "Figure"), 16), (Text("是什么", "What it is"), 46), (Text("时间范围", "Window"), 24),
    (Text("怎么算", "How"), 52), (Text("来源", "Source"), 34),
)  # fmt: skip
_TEXTS = ((Text("文案", "Text"), 16), (Text("内容（可直接复制）", "To copy"), 80), (Text("合规检查", "Compliance"), 44))
_CASES = (
    (Text("案例", "Case"), 26), (Text("支持 / 反例", "For or against"), 12), (Text("经过", "What happened"), 60),
    (Text("像在哪", "Likeness"), 28), (Text("不同在哪", "Difference"), 28), (Text("来源", "Source"), 40),
)  # fmt: skip
_OVERVIEW = ((Text("项目", "Item"), 18), (Text("内容", "Content"), 110))
_KINDS = {
    "sms": Text("短信", "SMS"),
    "group_message": Text("群消息", "Group message"),
    "service_message": Text("客服话术", "Service message"),
    "coupon": Text("优惠券", "Coupon"),
    "live_line": Text("直播口播", "Live line"),
    "checklist": Text("清单", "Checklist"),
    "segment": Text("人群条件", "Segment"),
}
_STANCE = {"supports": Text("支持", "supports"), "warns": Text("反例", "warns")}
_PASSED = Text("已按规则检查，未发现问题", "checked against the rules, nothing found")
_NO_BREAK_EVEN = Text(
    "还算不出：先说出大致毛利率，再重新生成计划；花费不超过预算，到停手线就停",
    "not known yet: state the approximate gross margin and make the plan again; keep to the budget and the stop rules",
)
_DASH = "–"


@dataclass(frozen=True)
class ShopLabel:
    """The shop as a file names it."""

    merchant_id: str
    name: str
    timezone: str
    simulated: bool


class PlanText(NamedTuple):
    """A text of a plan to paste. `verdict`: what the rules say of it, one finding a line, or that nothing was found."""

    kind: str
    text: str
    verdict: str


def plan_texts(fact: Fact, lang: Lang) -> list[PlanText]:
    """The texts of a plan in one language, each with the result of its check, as a person reads and copies them."""
    return [PlanText(*_text_row(item, lang)) for item in fact.data["artefacts"]]


def document_title(shop: ShopLabel, words: str, lang: Lang) -> str:
    return f"{shop.name} · {words}" + (_SIMULATED.get(lang) if shop.simulated else "")


def uid(*parts: object) -> str:
    """The same for the same shop, plan, first day and place in it, from whichever machine."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{digest[:32]}@merchant-advisor"


def week_of(start: date, first: date, last: date) -> str:
    """“1” or “1–3”: weeks of seven days counted from the first day of the plan."""
    weeks = [(day - start).days // 7 + 1 for day in (first, last)]
    return str(weeks[0]) if weeks[0] == weeks[1] else f"{weeks[0]}–{weeks[1]}"


def plan_document(fact: Fact, shop: ShopLabel, lang: Lang, made: date) -> Document:
    """Every text in it is one of the fact's, and every figure of those texts has a row of its own."""
    data = fact.data
    start = date.fromisoformat(data["start"])
    steps = sorted(data["steps"], key=lambda step: (step["start"], step["due"]))
    plan = tuple(_step_row(step, start, data["artefacts"], lang) for step in steps)
    sheets = (
        _sheet("overview", _OVERVIEW, _overview(fact, shop, lang), lang),
        _sheet("plan", _PLAN, plan, lang),
        _sheet("figures", _FIGURES, (_figure_row(row, lang) for row in data["figures"]), lang),
        _sheet("texts", _TEXTS, (_text_row(item, lang) for item in data["artefacts"]), lang),
        _sheet("cases", _CASES, _case_rows(data["evidence"], lang), lang),
    )
    name = data["name"][lang]
    events = tuple(_event(step, number, fact, shop, lang) for number, step in enumerate(data["steps"], 1))
    return Document(
        title=document_title(shop, f"{name}{'：计划' if lang == 'zh' else ': plan'}", lang),
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        events=events,
        timezone=shop.timezone,
        made=made,
        lang=lang,
    )


def _sheet(name: str, columns: Sequence[tuple[Text, int]], rows: Iterable[tuple[str, ...]], lang: Lang) -> Sheet:
    heads = tuple(Column(title.get(lang), width) for title, width in columns)
    return Sheet(_SHEETS[name].get(lang), heads, tuple(rows))


def _overview(fact: Fact, shop: ShopLabel, lang: Lang) -> list[tuple[str, str]]:
    data = fact.data
    joined = "；" if lang == "zh" else "; "
    rows: list[tuple[Text, str]] = [
        (Text("店铺", "Shop"), document_title(shop, shop.merchant_id, lang)),
        (Text("打法", "Playbook"), f"{data['name'][lang]} ({data['playbook_id']})"),
        (Text("决定", "Decision"), data["decision"][lang]),
        (Text("起止", "From, to"), f"{data['start']} → {data['end']}"),
        (Text("目标（金额）", "Target (money)"), data["target_yuan"][lang]),
        (Text("目标（百分点）", "Target (points)"), data["target_points"][lang]),
        (Text("怎么估的", "How sized"), data["worth_formula"][lang]),
        (Text("为什么是现在", "Why now"), joined.join(each[lang] for each in data["conditions"])),
        (Text("预算", "Budget"), data["cost"][lang]),
        (Text("保本", "Break-even"), data["break_even"][lang] or _NO_BREAK_EVEN.get(lang)),
        (Text("对照组", "Hold-out"), data["holdout"][lang]),
        (
            Text("怎么衡量", "How to tell"),
            "" if data["measure"][lang] in data["holdout"][lang] else data["measure"][lang],
        ),
        (Text("停手线", "Stop rules"), joined.join(each[lang] for each in data["stop_rules"])),
        (Text("不要做，如果", "Not for"), joined.join(each[lang] for each in data["not_for"])),
        (Text("风险", "Risks"), joined.join(each[lang] for each in data["risks"])),
        (Text("拿不准就先做", "If unsure, first"), data["first_step"][lang]),
        (Text("什么会改变判断", "What would change it"), data["changes_mind"][lang]),
        (Text("数据", "Data"), fact.source),
    ]
    return [(label.get(lang), text) for label, text in rows if text]


def _step_row(
    step: Mapping[str, Any], start: date, artefacts: Sequence[Mapping[str, Any]], lang: Lang
) -> tuple[str, ...]:
    first, due = date.fromisoformat(step["start"]), date.fromisoformat(step["due"])
    kinds = {item["id"]: _kind(item, lang) for item in artefacts}
    used = ("、" if lang == "zh" else ", ").join(kinds[name] for name in step["artefacts"] if name in kinds)
    fields = ("owner", "where", "action", "kpi", "target", "guardrail", "stop_rule", "cost")
    cells = (step[field][lang] or _DASH for field in fields)
    return (week_of(start, first, due), step["start"], step["due"], *cells, used or _DASH)


def _figure_row(row: Mapping[str, Any], lang: Lang) -> tuple[str, ...]:
    return (row["value"][lang], row["label"][lang], row["window"] or _DASH, row["how"][lang], row["source"][lang])


def _kind(item: Mapping[str, Any], lang: Lang) -> str:
    kind = _KINDS.get(item["kind"])
    return kind.get(lang) if kind is not None else str(item["kind"]).replace("_", " ")


def _text_row(item: Mapping[str, Any], lang: Lang) -> tuple[str, ...]:
    marks = [f"{flag['found']} → {flag[lang]}" if flag["found"] else flag[lang] for flag in item["flags"]]
    return _kind(item, lang), item[f"text_{lang}"], "\n".join(marks) or _PASSED.get(lang)


def _case_rows(evidence: Sequence[Mapping[str, Any]], lang: Lang) -> list[tuple[str, ...]]:
    known = {case.id: case for case in load_cases()}
    return [_case_row(each, known[each["case"]], lang) for each in evidence if each["case"] in known]


def _case_row(each: Mapping[str, Any], case: Case, lang: Lang) -> tuple[str, ...]:
    zh = lang == "zh"
    source = case.sources[0]
    dated = f", {source.date}" if source.date != "unknown" else ""
    return (
        f"{case.name if zh else case.name_en} ({case.period})",
        _STANCE[each["stance"]].get(lang),
        case.summary_zh if zh else case.summary_en,
        each["likeness"][lang],
        each["difference"][lang],
        f"{source.publisher}{dated}\n{source.url}",
    )


def _event(step: Mapping[str, Any], number: int, fact: Fact, shop: ShopLabel, lang: Lang) -> DayEvent:
    labels = (
        ("owner", Text("谁", "Owner")), ("where", Text("在哪", "Where")), ("kpi", Text("看什么", "KPI")),
        ("target", Text("目标", "Target")), ("stop_rule", Text("停手线", "Stop rule")), ("cost", Text("花费", "Cost")),
    )  # fmt: skip
    colon = "：" if lang == "zh" else ": "
    note = [f"{label.get(lang)}{colon}{step[field][lang]}" for field, label in labels if step[field][lang]]
    title = f"{fact.data['name'][lang]} {number}{colon}{step['action'][lang]}"
    return DayEvent(
        uid=uid(shop.merchant_id, fact.data["playbook_id"], fact.data["start"], number),
        first=date.fromisoformat(step["start"]),
        last=date.fromisoformat(step["due"]),
        title=title + (_SIMULATED.get(lang) if shop.simulated else ""),
        note="\n".join(note),
    )
