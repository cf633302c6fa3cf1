"""How a review names things: steps (merged ones too), counts, figures of a step, the stream itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tools.facts import Role, Window
from tools.livestream.funnel import Step
from tools.livestream.funnel_judge import Verdict
from tools.livestream.review_rules import step_name
from tools.livestream.room import LiveSession
from tools.livestream.telling import Teller
from tools.text import Text, format_value, quantize

__all__ = ["COLUMNS", "day_words", "figure", "joined", "plain", "step_label", "stream_name", "window_of"]

COLUMNS: dict[str, Text] = {
    "hours": Text("开播时长", "hours on air"),
    "stream": Text("场", "stream"),
    "impressions": Text("直播间曝光", "impressions"),
    "viewers": Text("进入人数", "viewers"),
    "views": Text("进入次数", "views"),
    "item_viewers": Text("商品曝光人数", "people who saw an item"),
    "item_clickers": Text("商品点击人数", "item clickers"),
    "item_clicks": Text("商品点击次数", "item clicks"),
    "order_creators": Text("创建订单人数", "people who created an order"),
    "buyers": Text("成交人数", "buyers"),
    "orders": Text("成交笔数", "orders"),
    "paid_amount": Text("成交金额", "paid GMV"),
    "watch_seconds": Text("观看总时长", "watch time"),
    "refund_amount": Text("退款金额", "refunds"),
    "ad_spend": Text("投流花费", "ad spend"),
}
_MERGED = {
    ("hours", "viewers"): Text("每小时进入人数", "viewers an hour"),
    ("viewers", "item_clickers"): Text("进入-商品点击率", "viewer-to-click rate"),
    ("viewers", "buyers"): Text("进入-成交率", "viewer-to-buyer rate"),
    ("item_clickers", "buyers"): Text("点击-成交率", "click-to-buy rate"),
    ("item_viewers", "buyers"): Text("商品曝光-成交率", "item-view-to-buy rate"),
    ("stream", "impressions"): Text("每场曝光", "impressions a stream"),
    ("stream", "viewers"): Text("每场进入人数", "viewers a stream"),
    ("stream", "paid_amount"): Text("每场成交额", "paid GMV per stream"),
    ("hours", "paid_amount"): Text("每小时成交额", "paid GMV an hour"),
    ("orders", "paid_amount"): Text("笔单价", "money per order"),
    ("viewers", "paid_amount"): Text("UV 价值（每位进入者成交）", "paid GMV per viewer"),
}  # fmt: skip


def step_label(step: Step) -> Text:
    """Its own name where it is one link between people; else what it divides."""
    merged = _MERGED.get((step.below, step.above))
    if merged is not None:
        return merged
    if len(step.links) == 1 and step.kind != "times" and step.below != "stream":
        return step_name(step.key)
    above, below = COLUMNS[step.above], COLUMNS[step.below]
    return Text(f"{above.zh}÷{below.zh}", f"{above.en} per {below.en}")


def window_of(one: LiveSession) -> Window:
    return Window(start=one.day, end=one.day)


def day_words(day: date) -> Text:
    return Text(f"{day.month}月{day.day}日", f"{day.day} {day:%b}")


def stream_name(one: LiveSession) -> Text:
    day = day_words(one.day)
    if not one.title:
        return Text(f"{day.zh}这场", f"The stream of {day.en}")
    return Text(f"{day.zh}“{one.title}”", f'"{one.title}" of {day.en}')


_UNITS = {"rate": "ratio", "refund": "ratio", "times": "number", "money": "money", "seconds": "count", "return": "number"}  # fmt: skip


def _written(step: Step, value: Decimal) -> tuple[Decimal, str]:
    if step.kind == "volume":
        return quantize(value, 0), "times" if step.above in ("impressions", "views") else "visitors"
    if step.kind == "seconds":
        return quantize(value, 1), "count"
    return quantize(value, 6 if step.kind in ("rate", "refund") else 2), _UNITS[step.kind]


def figure(teller: Teller, verdict: Verdict, value: Decimal, role: Role, window: Window | None = None) -> Text:
    """A figure of a step in its own unit, kept as a quantity."""
    amount, unit = _written(verdict.step, value)
    text = teller.write(f"step.{verdict.step.key}", amount, unit, role, window, (step_label(verdict.step).zh,))
    return Text(f"{text.zh} 秒", f"{text.en} s") if verdict.step.kind == "seconds" else text


def plain(step: Step, value: Decimal | None, currency: str, lang: str) -> str:
    """The same for a table cell; a dash where it is not known."""
    if value is None:
        return "–"
    amount, unit = _written(step, value)
    text = format_value(amount, currency if unit == "money" else unit, "zh" if lang == "zh" else "en")
    return f"{text}{' 秒' if lang == 'zh' else ' s'}" if step.kind == "seconds" else text


def joined(texts: list[Text], zh: str = "、", en: str = ", ") -> Text:
    return Text(zh.join(one.zh for one in texts), en.join(one.en for one in texts))
