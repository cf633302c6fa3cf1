"""The tables of a review: the funnel of one stream, or one line per stream of a window."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Chart, Claim, Fact, ToolTable
from tools.livestream.funnel_judge import Verdict
from tools.livestream.review import Review
from tools.livestream.review_facts import link_label
from tools.livestream.review_words import plain, step_label, stream_name
from tools.text import Text, format_value

__all__ = ["funnel_table", "gap_chart", "streams_table"]

_STATES = {
    "normal": Text("正常", "normal"),
    "broken": Text("异常", "broken"),
    "above": Text("好于正常", "above normal"),
    "thin": Text("历史不够", "too little history"),
    "unread": Text("读不了", "not read"),
}  # fmt: skip


def funnel_table(ctx: ToolContext, review: Review) -> ToolTable:
    """Every step in order with its usual level, normal range, verdict and what it did to GMV."""
    zh, currency = ctx.lang == "zh", ctx.shop.currency
    parts = dict(review.gap.parts) if review.gap else {}
    rows = []
    for verdict in review.verdicts:
        step = verdict.step
        money = parts.get(step.key) if step in review.chain.steps else None
        span = "–" if verdict.low is None else f"{plain(step, verdict.low, currency, ctx.lang)} – {plain(step, verdict.high, currency, ctx.lang)}"  # fmt: skip
        rows.append((
            step_label(step).get(ctx.lang), plain(step, verdict.value, currency, ctx.lang), plain(step, verdict.usual, currency, ctx.lang), span,
            _state(review, verdict).get(ctx.lang), "–" if money is None else format_value(money, currency, ctx.lang, signed=True), verdict.n,
        ))  # fmt: skip
    heads = ("步骤", "这场", "平时", "正常范围", "判断", "对成交的影响", "对照场次") if zh else ("Step", "This stream", "Usual", "Normal range", "Verdict", "Effect on GMV", "Streams compared")  # fmt: skip
    name = stream_name(review.session)
    return ToolTable(title=Claim(zh=f"{name.zh}的漏斗", en=f"Funnel: {name.en}"), columns=heads, rows=tuple(rows))


def _state(review: Review, verdict: Verdict) -> Text:
    if verdict.state == "broken" and verdict is review.first:
        return Text("第一处断点", "first break")
    if verdict.state == "normal" and verdict.coarse:
        return Text("正常（样本小，小跌看不出）", "normal (too few to show a small fall)")
    value, low = verdict.value, verdict.low
    repeats = verdict.step.kind == "return" and verdict.state == "normal"
    if repeats and value is not None and low is not None and value < low:
        return Text("随成交走低，花费正常", "low as sales are, spend is usual")
    return _STATES[verdict.state]


def gap_chart(ctx: ToolContext, review: Review, fact: Fact) -> Chart | None:
    """From the usual GMV to this stream's, step by step."""
    gap = review.gap
    if gap is None:
        return None
    steps = [{"id": key, "zh": link_label(review, key).zh, "en": link_label(review, key).en, "value": str(value)} for key, value in gap.parts]  # fmt: skip
    return Chart(
        kind="waterfall",
        title=Claim(zh="从平时的成交到这一场", en="From the usual GMV to this stream"),
        data={"unit": ctx.shop.currency, "before": str(gap.usual), "after": str(gap.gmv), "steps": steps},
        fact_ids=(fact.id,),
    )


def streams_table(ctx: ToolContext, reviews: Sequence[Review]) -> ToolTable:
    """One line per stream, newest first."""
    zh, currency = ctx.lang == "zh", ctx.shop.currency

    def money(value: Decimal | None, *, signed: bool = False) -> str:
        return "–" if value is None else format_value(value, currency, ctx.lang, signed=signed)

    rows = []
    for review in reversed(reviews):
        first, gap = review.first, review.gap
        told = "–"
        if first is not None:
            told = f"{step_label(first.step).get(ctx.lang)} {plain(first.step, first.value, currency, ctx.lang)} ({'平时' if zh else 'usual'} {plain(first.step, first.usual, currency, ctx.lang)})"  # fmt: skip
        elif not review.judged:
            told = _STATES["thin"].get(ctx.lang)
        one = review.session
        rows.append((str(one.day), one.title or one.session_id, money(one.paid_amount), money(gap.usual if gap else None), money(gap.change if gap else None, signed=True), told))  # fmt: skip
    heads = ("日期", "场次", "成交", "同时段平时", "相差", "第一处断点") if zh else ("Day", "Stream", "Paid GMV", "Usual for its slot", "Difference", "First break")  # fmt: skip
    return ToolTable(title=Claim(zh="各场复盘", en="Streams reviewed"), columns=heads, rows=tuple(rows))
