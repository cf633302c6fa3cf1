"""A page whose videos are all there is (Facebook exports): reactions, comments and shares against its own, and all that this cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log
from statistics import median

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import Claim, Fact, Role, ToolTable, Window
from tools.livestream.funnel import LEAST
from tools.livestream.funnel_judge import usual_level
from tools.livestream.review_rules import judging
from tools.livestream.review_words import day_words, joined
from tools.livestream.telling import Teller
from tools.metrics.reader import Reader
from tools.metrics.windows import Anchor, parse_window
from tools.text import Text, format_value

__all__ = ["post_review", "videos"]

_NAMES = {"likes": Text("点赞和其他反应", "reactions"), "comments": Text("评论", "comments"), "shares": Text("分享", "shares")}  # fmt: skip


@dataclass(frozen=True)
class Video:
    """One video post. Counts None where the export lacks them."""

    post_id: str
    day: date
    counts: dict[str, int | None]


@dataclass(frozen=True)
class _Mark:
    key: str
    value: int
    usual: Decimal
    low: Decimal
    high: Decimal

    @property
    def state(self) -> Text:
        if self.value < self.low:
            return Text("低于正常", "below normal")
        return Text("高于正常", "above normal") if self.value > self.high else Text("正常", "normal")


def videos(reader: Reader) -> list[Video]:
    """Video posts, oldest first. [] where none was imported or the table is not shared."""
    if "content_posts" in reader.shop.hidden or not reader.has("content_posts"):
        return []
    t = reader.table("content_posts")
    rows = reader.run(t.filter(t.kind.lower().contains("video") | t.kind.contains("直播") | t.kind.lower().contains("live")).order_by(["published_at", "post_id"]))  # fmt: skip
    return [Video(row["post_id"], row["day"], {key: row[key] for key in _NAMES}) for row in rows]


def post_review(ctx: ToolContext, reader: Reader, session: str, window: str | None) -> tuple[list[Fact], list[ToolTable]]:  # fmt: skip
    """The video named by id or day, or the latest of the window. Raises DataMissing where there is none."""
    known = videos(reader)
    if not known:
        raise DataMissing(Text("没有视频或直播帖。", "There are no video or live posts."), tables=("content_posts",))
    one = _pick(known, session.strip(), window, ctx.today)
    before = [v for v in known if (v.day, v.post_id) < (one.day, one.post_id)][-judging().sessions :]
    marks = [mark for key in _NAMES if (mark := _mark(key, one, before)) is not None]
    teller = Teller(ctx)
    return [_headline(teller, one, before, marks), _unknown(teller, known)], ([_table(ctx, marks)] if marks else [])


def _pick(known: list[Video], wanted: str, window: str | None, today: date) -> Video:
    if window and not wanted:
        span = parse_window(window, Anchor(first=known[0].day, last=known[-1].day, today=today))
        known = [v for v in known if span.start <= v.day <= span.end] or known[-1:]
    hits = [v for v in known if wanted in (v.post_id, v.day.isoformat())]
    return hits[-1] if hits else known[-1]


def _mark(key: str, one: Video, before: list[Video]) -> _Mark | None:
    """Against the page's own videos: median and a robust 95 % range on the log of one more than the count."""
    value = one.counts[key]
    past = [(v.day.weekday(), count) for v in before if (count := v.counts[key]) is not None]
    if value is None or len(past) < LEAST:
        return None
    level = usual_level([("", day, log(count + 1)) for day, count in past], "", one.day.weekday())
    reach = 2.0 * (level.spread**2 + level.doubt) ** 0.5
    edges = [max(2.718281828**edge - 1, 0.0) for edge in (level.middle - reach, level.middle + reach)]
    return _Mark(key, value, Decimal(round(median(count for _, count in past))), Decimal(round(edges[0])), Decimal(round(edges[1])))  # fmt: skip


def _headline(teller: Teller, one: Video, before: list[Video], marks: list[_Mark]) -> Fact:
    window = Window(start=one.day, end=one.day)
    day = Text(f"{one.day.year}年{day_words(one.day).zh}", f"{day_words(one.day).en} {one.day.year}")
    texts = []
    for mark in marks:
        value = teller.write(mark.key, mark.value, "count", window=window)
        usual = teller.write(mark.key, mark.usual, "count", Role.PREVIOUS)
        name = _NAMES[mark.key]
        texts.append(Text(f"{name.zh} {value.zh}（平时 {usual.zh}，{mark.state.zh}）", f"{name.en} {value.en} (usual {usual.en}, {mark.state.en})"))  # fmt: skip
    if not texts:
        claim = Text("文件里只有帖子，没有直播场次，之前的视频也不够比，没法复盘哪一步断了。", "The files hold posts only, no streams, and too few earlier videos to compare with: no broken step can be told.")  # fmt: skip
        return teller.fact("review posts", claim, source="content_posts", data={"part": "headline"}, section="decision")
    n = teller.write("history", len(before), "count", Role.SAMPLE)
    listed = joined(texts)
    claim = Text(
        f"只有视频帖的互动，没有直播场次，判断不了哪一步断了。最近一条视频（{day.zh}）：{listed.zh}；对照之前 {n.zh} 条。",
        f"There are only reactions to video posts and no streams, so no broken step can be told. The video of {day.en}: {listed.en}; against {n.en} earlier ones.",
    )
    return teller.fact("review posts", claim, source="content_posts", entities=(one.post_id, str(one.day.year)), data={"part": "headline"}, section="decision")  # fmt: skip


def _unknown(teller: Teller, known: list[Video]) -> Fact:
    count = teller.write("videos", len(known), "count", Role.SAMPLE, Window(start=known[0].day, end=known[-1].day))
    claim = Text(
        f"{count.zh} 条视频里没有曝光、观看人数、停留、商品点击、成交、退款和投流，也分不出哪条是直播；互动多不等于卖得多。补一份平台的直播场次报表，就能按步骤复盘。",
        f"The {count.en} videos carry no impressions, viewers, stay, item clicks, sales, refunds or ads, nor which of them was live; many reactions are not many sales. With the platform's report of live sessions each step can be reviewed.",
    )
    return teller.fact(
        "review posts unknown", claim, source="content_posts", data={"part": "unknown"}, section="limits"
    )


def _table(ctx: ToolContext, marks: list[_Mark]) -> ToolTable:
    zh = ctx.lang == "zh"

    def count(value: Decimal | int) -> str:
        return format_value(Decimal(value), "count", ctx.lang)

    rows = tuple((_NAMES[m.key].get(ctx.lang), count(m.value), count(m.usual), f"{count(m.low)} – {count(m.high)}", m.state.get(ctx.lang)) for m in marks)  # fmt: skip
    heads = ("互动", "这条", "平时", "正常范围", "判断") if zh else ("Interaction", "This one", "Usual", "Normal range", "Verdict")  # fmt: skip
    return ToolTable(title=Claim(zh="这条视频和自己以前的比", en="This video against the page's own"), columns=heads, rows=rows)  # fmt: skip
