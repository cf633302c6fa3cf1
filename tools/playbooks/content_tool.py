"""The tool `content_calendar`: the weeks ahead by audience and channel, and the same as a document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import BadArguments
from tools.facts import Claim, Fact, Quantity, Role, ToolResult, ToolTable, fact_id
from tools.metrics.measure import anchor_of
from tools.metrics.wording import say
from tools.playbooks.content import WEEKDAYS, Calendar, build_calendar, content_seed, entry_row, next_monday
from tools.playbooks.content_audiences import Reach, WeekdayFit
from tools.playbooks.documents import Column, DayEvent, Document, Sheet
from tools.playbooks.exports import ShopLabel, document_title, uid
from tools.playbooks.plan import pair
from tools.text import Lang, Text

__all__ = ["TOOLS", "content_calendar", "content_document"]

_GUIDANCE = (
    "Give the audiences with their sizes, then the first week of the table. The cadence is our choice, not measured. "
    "Name the groups and channels that are missing; never plan for a group that was not counted."
)
_COLUMNS = (
    (Text("周", "Week"), 6), (Text("日期", "Date"), 12), (Text("星期", "Weekday"), 8), (Text("人群", "Audience"), 16),
    (Text("渠道", "Channel"), 20), (Text("讲什么", "About"), 44), (Text("看什么（KPI）", "KPI"), 28),
    (Text("护栏", "Guardrail"), 28), (Text("大促阶段", "Campaign phase"), 22), (Text("在哪", "Where"), 26),
)  # fmt: skip
_CHOSEN = Text(
    "频次是起步设定，不是测得的：按 KPI 和护栏增减；短信只发给授权过的人",
    "the cadence is a starting choice, not measured: adjust it by KPI and guardrail; text only people who consented",
)


@tool(label=Text("排内容日历", "Planning the content calendar"), needs=[Need("orders")], timeout_s=30)
def content_calendar(
    ctx: ToolContext, *, weeks: Annotated[int, Field(ge=1, le=12)] = 4, start: date | None = None
) -> ToolResult:
    """A content calendar that keeps members, regulars, new buyers and followers in touch: who, which channel, which day, what about, KPI.

    Use it for 内容日历 / 会员粘性 / 每周发什么 / content plan. Groups are counted in the shop's data; those that are not there are named
    as missing. `start` is the first day (2026-12-07), next Monday when left out.
    """
    if start is not None and start < ctx.today:
        raise BadArguments(Text(f"开始日 {start} 已经过去。", f"The start {start} is in the past."))
    platform = str(getattr(ctx.shop, "platform", "tmall"))
    last = anchor_of(ctx.shop, ctx.today).day
    found = build_calendar(ctx.shop, platform, start or next_monday(ctx.today), weeks, last)
    facts = [_reach_fact(ctx, name, reach) for name, reach in found.reaches.items()]
    facts += [_weekday_fact(ctx, name, fit) for name, fit in found.fits.items()]
    facts.append(_calendar_fact(ctx, found, weeks, facts))
    rows = tuple(_cells(entry_row(entry), ctx.lang)[:8] for entry in found.entries)
    title = Claim(zh=f"内容日历 {found.start} 至 {found.end}", en=f"Content calendar {found.start} to {found.end}")
    table = ToolTable(title=title, columns=tuple(head.get(ctx.lang) for head, _ in _COLUMNS[:8]), rows=rows)
    notes = [Claim.of(text) for text in (*found.missing, _CHOSEN)]
    return ToolResult(facts=facts, tables=[table], guidance=_GUIDANCE, notes=notes)


TOOLS = (content_calendar,)


def _reach_fact(ctx: ToolContext, name: str, reach: Reach) -> Fact:
    label = content_seed().audiences[name].name
    size = say(Decimal(reach.people), reach.unit)
    people = Text(size.zh, size.en.replace("visitors", "people"))
    return Fact(
        id=fact_id("audience", name, reach.window, ctx.shop.merchant_id, ctx.shop.generation),
        kind="metric",
        claim=Claim(
            zh=f"{label.zh} {people.zh}（{reach.rule.zh}；截至 {reach.window.end}）。",
            en=f"{label.en}: {people.en} ({reach.rule.en}; as of {reach.window.end}).",
        ),
        quantities=(
            Quantity(metric=f"audience_{name}", value=Decimal(reach.people), unit=reach.unit, window=reach.window),
            *_numbers_in(reach.rule, reach.window),
        ),
        formula=f"{reach.rule.zh} / {reach.rule.en}",
        source=reach.source,
        entities=(label.zh, label.en),
        data={"audience": name, "name": pair(label.text), "size": pair(people), "rule": pair(reach.rule)},
        simulated=ctx.shop.simulated,
    )


def _numbers_in(rule: Text, window: Any) -> Iterable[Quantity]:
    """The bounds a rule is made of, so that the sentence that quotes them is covered."""
    bounds = [word for word in rule.zh.replace("–", " ").split() if word.isdigit()]
    return (
        Quantity(metric="bound", value=Decimal(word), unit="days", role=Role.TARGET, window=window) for word in bounds
    )


def _weekday_fact(ctx: ToolContext, name: str, fit: WeekdayFit) -> Fact:
    who = Text("首购", "first orders") if name == "new" else Text("再次购买", "later orders")
    day = WEEKDAYS[fit.weekday]
    best, mean = say(fit.buyers, "buyers"), say(fit.mean, "buyers")
    lead = Text(
        f"{who.zh}最多的是{day.zh}：日均 {best.zh}，各天平均 {mean.zh}",
        f"{who.en} peak on {day.en}: {best.en} a day against {mean.en} on all days",
    )
    more = Text("", "") if fit.clear else Text("；差别不到 5%，按周四排", "; under 5% apart, so Thursday is taken")
    base = Quantity(metric="buyers_per_day", value=fit.buyers, unit="buyers", window=fit.window, subject=(day.zh,))
    return Fact(
        id=fact_id("weekday", name, fit.window, ctx.shop.merchant_id, ctx.shop.generation),
        kind="metric",
        claim=Claim(
            zh=f"{lead.zh}（{fit.window.start} 至 {fit.window.end}，去掉大促日）{more.zh}。",
            en=f"{lead.en} ({fit.window.start} to {fit.window.end}, without campaign days){more.en}.",
        ),
        quantities=(
            base,
            base.model_copy(update={"value": fit.mean, "subject": ()}),
            base.model_copy(update={"value": Decimal(fit.days), "unit": "days", "role": Role.SAMPLE, "subject": ()}),
            base.model_copy(update={"value": Decimal("0.05"), "unit": "ratio", "role": Role.TARGET, "subject": ()}),
        ),
        formula="日均付款买家数 / buyers paying per day",
        source="orders",
        entities=(day.zh, day.en),
        simulated=ctx.shop.simulated,
    )


def _calendar_fact(ctx: ToolContext, found: Calendar, weeks: int, evidence: list[Fact]) -> Fact:
    count = len(found.entries)
    return Fact(
        id=fact_id("content", found.start, weeks, ctx.shop.merchant_id, ctx.shop.generation),
        kind="playbook",
        claim=Claim(
            zh=f"{found.start} 至 {found.end} 共排 {count} 条内容，给 {len(found.reaches)} 类能数出来的人群。",
            en=f"{found.start} to {found.end}: {count} pieces of content for {len(found.reaches)} groups that can be counted.",
        ),
        quantities=(
            Quantity(metric="content_pieces", value=Decimal(count), unit="count"),
            Quantity(metric="audiences", value=Decimal(len(found.reaches)), unit="count"),
        ),
        source="seeds/content.yaml; seeds/toolbox.yaml; seeds/calendar.yaml",
        data={
            "calendar": [entry_row(entry) for entry in found.entries],
            "missing": [pair(text) for text in found.missing],
            "evidence": [
                {"claim": fact.claim.model_dump(), "source": fact.source, "window": str(fact.window or "")}
                for fact in evidence
            ],
            "start": found.start.isoformat(),
            "end": found.end.isoformat(),
        },
        simulated=ctx.shop.simulated,
    )


def _cells(row: dict[str, Any], lang: Lang) -> tuple[str, ...]:
    words = ("weekday", "audience_name", "tool_name", "theme", "kpi", "guardrail", "phase", "where")
    return (str(row["week"]), row["day"], *(row[word][lang] or "–" for word in words))


def content_document(fact: Fact, shop: ShopLabel, lang: Lang, made: date) -> Document:
    """The calendar as a file: by day, the audiences with their sizes, and what is missing."""
    data, zh = fact.data, lang == "zh"
    heads = tuple(Column(title.get(lang), width) for title, width in _COLUMNS)
    evidence = tuple((each["claim"][lang], each["window"] or "–", each["source"]) for each in data["evidence"])
    about = tuple(Column(*each) for each in ((("依据", 80), ("时间范围", 24), ("来源", 20)) if zh else (("Evidence", 80), ("Window", 24), ("Source", 20))))  # fmt: skip
    limits = [*(text[lang] for text in data["missing"]), _CHOSEN.get(lang)]
    sheets = (
        Sheet("内容日历" if zh else "Calendar", heads, tuple(_cells(row, lang) for row in data["calendar"])),
        Sheet("人群与依据" if zh else "Audiences", about, evidence),
        Sheet(
            "没排的与说明" if zh else "Not planned, notes",
            (Column("序号" if zh else "No.", 6), Column("说明" if zh else "Note", 110)),
            tuple((str(number), text) for number, text in enumerate(limits, 1)),
        ),
    )
    name = "内容日历" if zh else "content calendar"
    return Document(
        title=document_title(shop, f"{name} {data['start']} – {data['end']}", lang),
        sheets=sheets,
        events=tuple(_event(row, shop, lang) for row in data["calendar"]),
        timezone=shop.timezone,
        made=made,
        lang=lang,
    )


def _event(row: dict[str, Any], shop: ShopLabel, lang: Lang) -> DayEvent:
    day = date.fromisoformat(row["day"])
    colon = "：" if lang == "zh" else ": "
    labels = (("kpi", Text("看什么", "KPI")), ("guardrail", Text("护栏", "Guardrail")), ("where", Text("在哪", "Where")), ("phase", Text("大促", "Campaign")))  # fmt: skip
    title = f"{row['audience_name'][lang]} · {row['tool_name'][lang]}{colon}{row['theme'][lang]}"
    return DayEvent(
        uid=uid(shop.merchant_id, "content", row["day"], row["audience"], row["tool"]),
        first=day,
        last=day,
        title=document_title(shop, title, lang),
        note="\n".join(f"{label.get(lang)}{colon}{row[field][lang]}" for field, label in labels if row[field][lang]),
    )
