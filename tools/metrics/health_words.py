"""A health reading as facts and tables: stage, findings with their yuan, the five outcomes, where the month lands, data gaps."""

from __future__ import annotations

from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, ToolTable, WhyClass, Window
from tools.metrics.health_model import Band, DataGap, Finding, Health, Level, Outcome, Stage
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, say
from tools.text import Lang, Text, format_value, quantize

__all__ = ["health_facts", "health_tables"]

_GAPS = 3
KINDS = {"problem": Text("问题", "problem"), "opportunity": Text("机会", "opportunity")}


def health_facts(ctx: ToolContext, found: Health, source: str) -> list[Fact]:
    """In reading order: stage, findings by yuan, outcomes, landing, gaps."""
    facts = [_stage(ctx, found.stage, found.month, source)]
    facts += [_finding(ctx, finding, rank) for rank, finding in enumerate(found.findings, 1)]
    if not found.findings:
        facts.append(_quiet(ctx, found))
    facts += [_outcome(ctx, outcome, found.month, rank) for rank, outcome in enumerate(found.outcomes, 1)]
    if found.landing is not None and not found.landing.settled:
        facts.append(_landing(ctx, found))
    facts += [_gap(ctx, gap, rank) for rank, gap in enumerate(found.gaps[:_GAPS], 1)]
    return facts


def _stage(ctx: ToolContext, stage: Stage, month: Window, source: str) -> Fact:
    why = Text("；".join(reason.zh for reason in stage.reasons), "; ".join(reason.en for reason in stage.reasons))
    head = (
        Text(f"店铺阶段：{stage.name.zh}", f"Stage of the shop: {stage.name.en}")
        if stage.sure
        else Text(
            f"店铺阶段：倾向{stage.name.zh}，还不能定", f"Stage of the shop: perhaps {stage.name.en}, not settled"
        )
    )
    if stage.id == "unknown":
        head = Text(f"店铺阶段{stage.name.zh}", f"The stage of the shop {stage.name.en}")
    claim = Text(f"{head.zh}（{why.zh}）。", f"{head.en} ({why.en}).")
    return make_fact(
        ctx, ("stage", month), claim, stage.quantities, topic="stage", source=source, why_class=WhyClass.INFERENCE, stage=stage.id,
        sure=stage.sure,
    )  # fmt: skip


def _finding(ctx: ToolContext, finding: Finding, rank: int) -> Fact:
    unit = finding.quantities[0].unit
    about, low, high = (say(value, unit) for value in (finding.yuan, finding.low, finding.high))
    kind = KINDS[finding.kind]
    span = Text("", "") if low == high else Text(f"（{low.zh} 至 {high.zh}）", f" ({low.en} to {high.en})")
    claim = Text(
        f"{kind.zh}，每月约 {about.zh}{span.zh}：{finding.claim.zh}。{finding.condition.zh}。",
        f"{kind.en.capitalize()}, about {about.en} a month{span.en}: {_lower(finding.claim.en)}. {finding.condition.en[:1].upper()}"
        f"{finding.condition.en[1:]}.",
    )
    return make_fact(
        ctx, ("finding", finding.id, finding.window), claim, finding.quantities, topic="finding", rank=rank, formula=finding.basis,
        source=", ".join(finding.tables), why_class=WhyClass.ASSOCIATION if finding.kind == "problem" else WhyClass.INFERENCE,
        entities=finding.subject, finding=finding.id, kind=finding.kind, area=finding.area, outcome=finding.outcome,
        title={"zh": finding.title.zh, "en": finding.title.en},
    )  # fmt: skip


def _lower(text: str) -> str:
    """A sentence that goes on after a colon; names and quotes keep their first letter."""
    return text[:1].lower() + text[1:] if text[:2].istitle() and text[1:2].islower() else text


def _quiet(ctx: ToolContext, found: Health) -> Fact:
    words = window_text(found.month)
    if not found.judged:
        claim = Text(
            f"{words.zh}：数据还不足以分清问题和正常波动，所以一条也不列。",
            f"{words.en}: too little data to tell a problem from normal variation, so none is named.",
        )
        return make_fact(ctx, ("quiet", found.month), claim, (), topic="check", source="")
    claim = Text(
        f"{words.zh}没有超出这家店正常波动、金额也值得说的问题，也没有站得住的差距可补。",
        f"{words.en}: no problem beyond this shop's normal variation and no gap large enough to put in yuan.",
    )
    return make_fact(ctx, ("quiet", found.month), claim, (), topic="check", source="")


def _outcome(ctx: ToolContext, outcome: Outcome, month: Window, rank: int) -> Fact:
    parts, quantities = [], []
    for level in outcome.levels:
        parts.append(_level(level))
        quantities += _level_quantities(level)
    lacks = [error.message for error in outcome.missing][: 0 if outcome.levels else 1]
    zh = "；".join([*(part.zh for part in parts), *(text.zh.rstrip("。") for text in lacks)])
    en = "; ".join([*(part.en for part in parts), *(text.en.rstrip(".") for text in lacks)])
    claim = Text(
        f"{outcome.name.zh}：{zh or '还没有数据'}。", f"{outcome.name.en.capitalize()}: {en or 'no data yet'}."
    )
    formula = Text(
        "；".join(f"{level.name.zh}：{level.formula.zh}" for level in outcome.levels),
        "; ".join(f"{level.name.en}: {level.formula.en}" for level in outcome.levels),
    )
    return make_fact(
        ctx, ("outcome", outcome.id, month), claim, quantities, topic="outcome", rank=rank, formula=formula,
        source=outcome.levels[0].source if outcome.levels else "", outcome=outcome.id,
        verdicts={level.metric: level.verdict for level in outcome.levels},
        missing=[table for error in outcome.missing for table in error.tables],
    )  # fmt: skip


_VERDICTS = {
    "better": Text("好于平时", "better than usual"),
    "worse": Text("差于平时", "worse than usual"),
    "usual": Text("正常", "usual"),
    "unknown": Text("没有可比的历史", "no history to compare"),
}


def _level(level: Level) -> Text:
    value = say(level.value or Decimal(0), level.unit)
    verdict, band = _VERDICTS[level.verdict], level.band
    usual = Text("", "")
    if band is not None and level.verdict in ("better", "worse"):
        low, high = (say(edge, level.unit) for edge in _edges(level.unit, band))
        usual = Text(f"，通常 {low.zh} 至 {high.zh}", f", usually {low.en} to {high.en}")
    note = Text(f"，{level.note.zh}", f", {level.note.en}") if level.note else Text("", "")
    return Text(
        f"{level.name.zh} {value.zh}（{verdict.zh}{usual.zh}{note.zh}）",
        f"{level.name.en} {value.en} ({verdict.en}{usual.en}{note.en})",
    )


def _edges(unit: str, band: Band) -> tuple[Decimal, Decimal]:
    """The band's ends; people are whole."""
    places = 0 if unit in ("buyers", "visitors") else 6
    return quantize(band.low, places), quantize(band.high, places)


def _level_quantities(level: Level) -> list[Quantity]:
    base = Quantity(metric=level.metric, value=level.value or Decimal(0), unit=level.unit, window=level.window)
    found = [base]
    if level.band is not None:
        for role, edge in zip((Role.RANGE_LOW, Role.RANGE_HIGH), _edges(level.unit, level.band), strict=True):
            found.append(base.model_copy(update={"role": role, "value": edge}))
    if level.n and level.n_unit in ("orders", "buyers", "visitors"):
        found.append(
            base.model_copy(
                update={"role": Role.SAMPLE, "value": Decimal(level.n), "unit": level.n_unit, "metric": level.n_unit}
            )
        )
    return found


def _landing(ctx: ToolContext, found: Health) -> Fact:
    landing = found.landing
    assert landing is not None
    words = window_text(landing.window)
    middle, low, high = (say(value, landing.unit) for value in (landing.landed, landing.low, landing.high))
    goal = Text("", "")
    if landing.target is not None and landing.achievement is not None:
        target, share = say(landing.target, landing.unit), say(landing.achievement, "ratio")
        goal = Text(
            f"；目标 {target.zh}，预计达成 {share.zh}", f"; the target is {target.en}, {share.en} of it expected"
        )
    claim = Text(
        f"{words.zh}支付金额预计落在 {middle.zh}（80% 区间 {low.zh} 至 {high.zh}）{goal.zh}。",
        f"GMV is expected to land at {middle.en} {when_en(landing.window)} (80% interval {low.en} to {high.en}){goal.en}.",
    )
    base = Quantity(metric="gmv_landing", value=landing.landed, unit=landing.unit, window=landing.window)
    quantities = [
        base,
        base.model_copy(update={"role": Role.RANGE_LOW, "value": landing.low}),
        base.model_copy(update={"role": Role.RANGE_HIGH, "value": landing.high}),
        Quantity(metric="interval_share", value=Decimal("0.8"), unit="ratio", window=landing.window),
    ]
    if landing.target is not None and landing.achievement is not None:
        quantities += [
            Quantity(metric="gmv", value=landing.target, unit=landing.unit, window=landing.window, role=Role.TARGET),
            Quantity(metric="target_achievement", value=landing.achievement, unit="ratio", window=landing.window),
        ]
    return make_fact(
        ctx,
        ("landing", landing.window, landing.as_of),
        claim,
        quantities,
        topic="landing",
        formula=landing.method,
        source=landing.source,
    )


def _gap(ctx: ToolContext, gap: DataGap, rank: int) -> Fact:
    claim = Text(
        f"再导入“{gap.name.zh}”，这份体检就能看{gap.what.zh}。导出路径：{gap.export.zh}。",
        f'With "{gap.name.en}" this reading would show {gap.what.en}. Export: {gap.export.en}.',
    )
    return make_fact(
        ctx, ("health-gap", gap.table), claim, (), topic="unlock", rank=rank, table=gap.table, unlocks=gap.unlocks
    )


def health_tables(found: Health, lang: Lang) -> list[ToolTable]:
    """The findings as one table: what, yuan a month with its range, sample, basis."""
    if not found.findings:
        return []
    zh = lang == "zh"
    rows = []
    for finding in found.findings:
        low, high = (format_value(value, found.currency, lang) for value in (finding.low, finding.high))
        rows.append(
            (
                KINDS[finding.kind].get(lang),
                finding.title.get(lang),
                format_value(finding.yuan, found.currency, lang),
                f"{low} – {high}",
                format_value(Decimal(finding.n), finding.n_unit, lang),
                finding.basis.get(lang),
            )
        )
    head = (
        ("类型", "内容", "每月约", "区间", "样本", "怎么算的")
        if zh
        else ("kind", "what", "a month", "range", "sample", "how computed")
    )
    title = Claim(zh="问题与机会（按每月金额）", en="Problems and opportunities by yuan a month")
    return [ToolTable(title=title, columns=head, rows=tuple(rows))]
