"""The tool `live_review`: 复盘 of one stream or of several, the first step that broke and what to do in the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from tools.base import ToolContext, tool
from tools.errors import DataMissing
from tools.facts import Claim, Fact, ToolResult, Window
from tools.livestream import room
from tools.livestream.brief import Brief
from tools.livestream.demand_items import read_goods
from tools.livestream.ground import ground
from tools.livestream.review import Review, past_of, review_of
from tools.livestream.review_facts import ReviewFacts, advice_facts
from tools.livestream.review_many import ManyReviews
from tools.livestream.review_parts import Worth, halves_of, items_of
from tools.livestream.review_pick import pick
from tools.livestream.review_posts import post_review, videos
from tools.livestream.review_rules import judging
from tools.livestream.review_side_facts import SideReview
from tools.livestream.review_tables import funnel_table, gap_chart, streams_table
from tools.livestream.room import LiveSession
from tools.metrics.reader import Reader
from tools.metrics.refund_age import RIPE
from tools.text import Text

__all__ = ["live_review"]

_GUIDANCE = (
    "Lead with the first broken step against the room's own usual level, or say that the stream is within normal variation. Never state a "
    "cause as proven: say 'associated with'. Give the next action with its figure and horizon, then what the files cannot show."
)


@tool(label=Text("复盘直播", "reviewing a livestream"), timeout_s=30)
def live_review(
    ctx: ToolContext,
    *,
    session: Annotated[
        str, Field(max_length=200, description="a past stream: id, title, day like 2026-10-28, 昨晚 / last night; empty: the latest")
    ] = "",
    window: Annotated[
        str | None, Field(max_length=64, description="several streams: last_week, 7d, 2026-10 …; leave out for one stream")
    ] = None,
) -> ToolResult:  # fmt: skip
    """Review (复盘) of a past livestream: every step from impressions to ads against the room's own history, and the first that broke.

    Use for 复盘昨晚的直播 / 这场直播哪一步出了问题 / 上周几场直播怎么样 / how did last night's stream go. Gives usual level and normal range
    per step (same slot and weekday), what each step did to GMV in money, likely causes and next actions with KPI and horizon, what items
    and half hours left, and what the files cannot tell. `session` wins over `window`.
    """
    reader = Reader(ctx.shop)
    if not reader.has("live_sessions") and "live_sessions" not in reader.shop.hidden and videos(reader):
        facts, tables = post_review(ctx, reader, session, window)
        return ToolResult(facts=facts, tables=tables, guidance=_GUIDANCE)
    room.need(reader, "live_sessions", Text("没有场次可以复盘", "there is no stream to review"))
    known = [one for one in room.sessions(reader) if one.day <= ctx.today]
    if not known:
        raise DataMissing(Text("数据里的场次都在今天之后，还没有播过的可以复盘。", "Every stream in the data lies after today; none has been on air yet."), tables=("live_sessions",))  # fmt: skip
    picked = pick(known, session, window, ctx.today)
    last = known[-1].day
    reviews = [_review(one, known, reader.platform, last) for one in picked.sessions]
    result = ToolResult(guidance=_GUIDANCE, notes=[Claim.of(text) for text in picked.notes])
    if len(reviews) == 1:
        _one(ctx, reader, reviews[0], result)
    else:
        _many(ctx, reviews, result)
    return result


def _review(one: LiveSession, known: Sequence[LiveSession], platform: str, last: date) -> Review:
    return review_of(one, past_of(one, known, platform), young=(last - one.day).days < RIPE)


def _one(ctx: ToolContext, reader: Reader, review: Review, result: ToolResult) -> None:
    facts = ReviewFacts(ctx, review)
    headline, split = facts.headline(), facts.split()
    side = _side(ctx, reader, facts, result)
    first = review.first
    causes = advice_facts(facts, first) if first is not None else []
    # Nine are told: the verdict, the money, why, what next, what to repeat, then how far the data reach.
    told: list[Fact | None] = [headline, split, *causes[:1], facts.crowd(), facts.differences(), facts.others(), *causes[1:], side.products(), side.times(), facts.public(), side.data(), side.unknown()]  # fmt: skip
    kept = [fact for fact in told if fact is not None]
    if len(kept) > _MOST:
        kept = [fact for fact in kept if fact.data["part"] != "times"]
    result.facts = kept[:_MOST] if len(kept) <= _MOST else [*kept[: _MOST - 2], *kept[-2:]]
    result.tables = [funnel_table(ctx, review)]
    chart = gap_chart(ctx, review, split or headline)
    result.charts = [] if chart is None else [chart]


_MOST = 9


def _side(ctx: ToolContext, reader: Reader, facts: ReviewFacts, result: ToolResult) -> SideReview:
    """Items and half hours of the stream, in contribution where the shop's inputs give it. A table not shared is said."""
    one = facts.one
    refused = [name for name in ("live_items", "live_orders") if name in reader.shop.hidden]
    span = Window(start=one.day, end=one.day + timedelta(days=1))
    before = Window(start=one.day - timedelta(days=judging().days), end=one.day - timedelta(days=1))
    items = (
        room.items(reader, Window(start=one.day, end=one.day), one.session_id) if "live_items" not in refused else []
    )
    orders = room.orders(reader, span, one.session_id) if "live_orders" not in refused else []
    past = room.items(reader, before) if items else []
    goods = read_goods(reader, one.day)
    base = ground(Brief(), reader, ctx.records, ctx.today)
    worth = Worth(base.best, goods.costs)
    parts = items_of(one, items, orders, past, worth, goods.titles)
    halves = halves_of(one, orders, parts, worth)
    if refused:
        result.notes.append(Claim(zh="商家没有分享直播商品或订单明细（不等于没有），分不到商品和半小时。", en="Live items or order lines are not shared (which does not mean there are none), so items or half hours cannot be told."))  # fmt: skip
    elif not parts:
        result.notes.append(Claim(zh="没有这场的直播商品或订单明细，分不到商品；导入“直播 → 分商品”和“订单明细”即可。", en="There are no live items or order lines of this stream; import the item and order reports of the room to see items."))  # fmt: skip
    elif base.best is None:
        asked = "、".join(one.label.zh for one in base.missing), ", ".join(one.label.en for one in base.missing)
        result.notes.append(Claim(zh=f"缺{asked[0]}，商品和时段先按成交额排。", en=f"Missing {asked[1]}, so items and half hours are ranked by GMV."))  # fmt: skip
    return SideReview(facts, parts, halves, base.unit is None)


def _many(ctx: ToolContext, reviews: Sequence[Review], result: ToolResult) -> None:
    many = ManyReviews(ctx, reviews)
    judged = any(one.judged for one in reviews)
    told = [many.headline(), many.split(), many.worst(), *many.advice(), many.chance() if judged else None]
    result.facts = [fact for fact in told if fact is not None]
    result.tables = [streams_table(ctx, reviews)]
