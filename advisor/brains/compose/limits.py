"""What is not known, said once with the file that would tell; and the questions people ask next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from advisor.brains.base import Draft, Frame
from advisor.brains.compose.pieces import Pieces
from advisor.brains.compose.say import Say
from advisor.brains.compose.why import check_of, verdict
from tools.text import Text

__all__ = ["caveats", "follow_ups", "limit_drafts", "no_answer"]

_NONE_FITS = re.compile(r"没有合适的打法|[Nn]o playbook fits")
_MENDABLE = re.compile(r"导出|导入|上传|export|import|upload")
_PATH = re.compile(r"[^。.:：]*→.*", re.S)
_ASIDE = re.compile(r"\s*[（(][^（）()]*[）)]")
_ENGLISH_ASIDE = re.compile(r"（[a-z ]+）")
_YEAR_AND_MONTH = 396  # a year and one month: less cannot be held against last year
_MOST_LIMITS = 3
_MOST_FOLLOW_UPS = 3
_ADVICE_TOOLS = ("match_playbooks", "plan_playbook", "search_cases", "find_tools")


def no_answer(pieces: Pieces, say: Say) -> str:
    """The headline when the asked-for tool had nothing: missing, refused and broken are three different sentences."""
    for tool, code, message in pieces.errors:
        if tool in _ADVICE_TOOLS:
            continue
        text = message.get(say.lang)
        if code == "not_permitted":
            return text
        text = plain_path(text)
        if code == "data_missing":
            return say.t(f"现在还答不了：{text}", f"That cannot be answered yet. {text}")
        if code == "timeout":
            return text
        return say.t(f"这一项无法算出来：{text}", f"That cannot be worked out now. {text}")
    return ""


def plain_path(text: str) -> str:
    """A menu path without its bracketed asides, which the check would read as names nobody cited."""
    return _PATH.sub(lambda match: _ASIDE.sub("", match.group()), text)


def limit_drafts(
    pieces: Pieces, say: Say, *, headline_from_error: bool, advised: bool, asked: Iterable[str] = ()
) -> Iterator[Draft]:
    """At most three, the one that would change the answer most first; `asked` is what the merchant could tell, last."""
    texts = list(
        dict.fromkeys(
            [
                *_tiny(pieces, say),
                *_market(pieces, say),
                *_missing(pieces, say),
                *_failures(pieces, say, headline_from_error),
                *_refunds_in_time(pieces, say),
                *_notes(pieces, say, advised=advised),
                *asked,
            ]
        )
    )
    for text in texts[:_MOST_LIMITS]:
        yield Draft("limits", text)


def caveats(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """What a plain figure must not be read without: a daily sum, refunds still coming in, buyers not counted."""
    notes = [note.get(say.lang) for tool, note in pieces.notes if tool == "query_metric"]
    for text in list(dict.fromkeys([*_refunds_in_time(pieces, say), *notes]))[:3]:
        yield Draft("limits", text)


def _refunds_in_time(pieces: Pieces, say: Say) -> Iterator[str]:
    """Refunds of a new window at equal age with the one before, and what is still to come."""
    for piece in pieces.checks:
        if piece.fact.data.get("check") in ("equal_age", "refunds_to_come"):
            yield say.join(f"{say.claim(piece)}{piece.cite}")


def _market(pieces: Pieces, say: Say) -> Iterator[str]:
    market = check_of(pieces, "market")
    if market is not None and verdict(market) == "unknown" and not pieces.tiny:
        yield say.join(f"{say.claim(market)}{market.cite}")


def _missing(pieces: Pieces, say: Say) -> Iterator[str]:
    if pieces.tiny:
        return  # more files do not make few orders many
    asked = verdict(check_of(pieces, "market")) == "unknown"  # the market's file is named there already
    wanted = [
        p for p in (*pieces.missing, *pieces.unlocks) if not (asked and p.fact.data.get("table") == "market_daily")
    ]
    for piece in wanted[:2]:
        yield say.join(f"{say.claim(piece)}{piece.cite}")


def _failures(pieces: Pieces, say: Say, headline_from_error: bool) -> Iterator[str]:
    # a playbook that does not fit is the decision's business, not a gap in the data
    told = ("data_missing", "not_permitted", "timeout")
    messages = [text for tool, code, text in pieces.errors if code in told and tool != "plan_playbook"]
    for message in dict.fromkeys(messages[1:] if headline_from_error else messages):
        if not (headline_from_error and message == messages[0]):
            yield plain_path(message.get(say.lang))


def _tiny(pieces: Pieces, say: Say) -> Iterator[str]:
    size = next((p for p in pieces.sizes), None)
    if pieces.tiny:
        said = f"{say.claim(size)}{size.cite}" if size is not None else ""
        yield say.join(
            said,
            say.t(
                "会员等级、人群分层和投流的数字现在都会误导你，等订单多起来再谈",
                "figures on tiers, segments or ads would mislead you now; come back to them with more orders",
            ),
        )


def _notes(pieces: Pieces, say: Say, *, advised: bool) -> Iterator[str]:
    """The tools' own limits. What another file would let us judge matters only where advice was asked for."""
    for tool, note in pieces.notes:
        text = note.get(say.lang)
        if tool in ("match_playbooks", "plan_playbook") and (
            not advised or (pieces.playbooks and _NONE_FITS.search(text))
        ):
            continue
        if tool == "customer_cohorts" and pieces.change is not None:
            continue  # one line of a why, not the answer
        if tool == "search_cases" and advised and not pieces.playbooks:
            continue  # no advice, so no case was used either
        # the snapshot notes how each of its many figures is made; only what a file would mend is a limit of the answer
        if tool != "shop_snapshot" or _MENDABLE.search(text):
            yield plain_path(_ENGLISH_ASIDE.sub("", text) if say.zh else text)


_YOY = Text("和去年同期比呢？", "And against last year?")
_SPLIT = Text("按渠道拆一下", "Split it by channel")
_BY_TOPIC: dict[str, tuple[Text, ...]] = {
    "repurchase": (
        Text("哪个渠道来的新客最不回头？", "Which channel brings buyers who do not come back?"),
        Text("帮我写二单券的短信", "Write the text message for the second-order coupon"),
    ),
    "members": (
        Text("会员和非会员的复购差多少？", "How do members and others differ in repurchase?"),
        Text("要不要改会员权益？", "Should we change the member benefits?"),
    ),
    "traffic": (
        Text("哪个来源的访客掉得最多？", "Which source lost the most visitors?"),
        Text("转化率这段时间怎么样？", "How was conversion over the same time?"),
    ),
    "ads": (
        Text("哪个推广计划该先停？", "Which ad plan should stop first?"),
        Text("停掉之后成交会少多少？", "How much would we lose by stopping it?"),
    ),
    "products": (
        Text("哪个商品掉得最多？", "Which product fell most?"),
        Text("有没有断货影响？", "Did stock-outs play a part?"),
    ),
    "livestream": (
        Text("哪个主播的小时产出最高？", "Which host earns most per hour?"),
        Text("要不要自己做直播，还是找代播？", "Own livestream or an agency?"),
    ),
}
_BY_INTENT: dict[str, tuple[Text, ...]] = {
    "figure": (Text("为什么变化？", "Why did it change?"), _YOY),
    "compare": (Text("差在哪里？", "Where is the difference?"), _SPLIT),
    "breakdown": (
        Text("变化最大的那一项是为什么？", "Why did the largest one move?"),
        _YOY,
    ),
    "why_change": (
        Text("接下来做什么，怎么做？", "What should we do next, and how?"),
        _YOY,
    ),
    "decision": (
        Text("具体怎么做，分几步？", "How exactly, step by step?"),
        Text("有没有失败的案例？", "Are there cases where it failed?"),
    ),
    "how_to": (
        Text("帮我写第一步要用的文案", "Write the text for the first step"),
        Text("两周后怎么看有没有用？", "How do I tell after two weeks?"),
    ),
    "cases": (Text("这些做法哪个适合我？", "Which of these fits us?"), Text("有没有失败的案例？", "Any that failed?")),
    "playbook": (Text("先做哪一个？", "Which one first?"), Text("要花多少钱？", "What does it cost?")),
    "data_status": (
        Text("为什么销售额变化？", "Why did sales change?"),
        Text("上个月卖了多少？", "What did we sell last month?"),
    ),
}
_READINGS: dict[str, tuple[Text, ...]] = {
    "reconcile": (
        Text("上个月退款多少？", "How much was refunded last month?"),
        Text("现在有哪些数据，还缺什么？", "Which data do you have, and what is missing?"),
    ),
    "effect": (
        Text("老客召回怎么留对照组？", "How do we set up a hold-out for a recall?"),
        Text("上个月退款多少？", "How much was refunded last month?"),
    ),
    "segments": (
        Text("老客召回具体怎么做？", "How exactly do we win back lapsed buyers?"),
        Text("新客90天复购哪个渠道好？", "Which channel brings new buyers who come back?"),
    ),
    "cohorts": (
        Text("怎么让新客买第二单？", "How do we get first-time buyers to a second order?"),
        Text("客户终身价值是多少？", "What is a customer worth over a lifetime?"),
    ),
    "lifetime": (
        Text("哪些客户值得召回？", "Which customers are worth winning back?"),
        Text("新客90天复购哪个渠道好？", "Which channel brings new buyers who come back?"),
    ),
    "assets": (
        Text("哪些客户值得召回？", "Which customers are worth winning back?"),
        Text("会员情况怎么样？", "How are our members doing?"),
    ),
}
_TOLD: dict[str, tuple[Text, ...]] = {
    "pricing": (
        Text("打折依赖严重吗？", "How dependent are we on discounts?"),
        Text("有没有到手价翻车的案例？", "Any cases where stacked prices went wrong?"),
    ),
    "plan_review": (
        Text("接下来做什么，怎么做？", "What should we do next, and how?"),
        Text("店铺整体怎么样？", "How is the shop doing overall?"),
    ),
    "wording": (Text("给主推品写一份直播脚本", "Write a live script for the hero product"),),
    "live_mode": (
        Text("一场直播到底赚多少？", "What does one session really earn?"),
        Text("有没有代播翻车的案例？", "Any cases where an agency went wrong?"),
        Text("保本投产比是多少才行？", "What ROI do we need to break even?"),
    ),
    "live_cost": (
        Text("该自播还是找代播？", "Run it ourselves or use an agency?"),
        Text("直播投流该加还是停？", "Raise or stop the paid traffic of the room?"),
    ),
    "live_products": (
        Text("给主推品写一份直播脚本", "Write a live script for the hero product"),
        Text("什么时间开播好？", "When should we go live?"),
    ),
    "live_schedule": (
        Text("明晚直播排什么品？", "Which products go into tomorrow's stream?"),
        Text("哪个主播最好？", "Who is our best host?"),
    ),
    "live_script": (
        Text("明晚直播排什么品？", "Which products go into tomorrow's stream?"),
        Text("上一场直播怎么样？", "How did the last stream go?"),
    ),
    "live_hosts": (
        Text("主播怎么排班？", "How should we schedule the hosts?"),
        Text("上一场直播怎么样？", "How did the last stream go?"),
    ),
    "live_ads": (
        Text("一场直播到底赚多少？", "What does one session really earn?"),
        Text("哪个推广计划该先停？", "Which ad plan should stop first?"),
    ),
    "live_review": (
        Text("明晚直播排什么品？", "Which products go into tomorrow's stream?"),
        Text("哪个主播最好？", "Who is our best host?"),
    ),
}


def follow_ups(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Two or three things people ask next in this situation."""
    wanted: list[Text] = []
    sections: Sequence[Any] = frame.slots.get("sections", ())
    reading = _READINGS.get(frame.intent) or _TOLD.get(frame.intent, ())
    topic = "" if reading else str(frame.slots.get("topic", "") or "")  # a reading has its own next questions
    intent = reading or _BY_INTENT.get(frame.intent, ())
    if frame.intent == "why_change" and {"what", "how"} <= set(sections):
        intent = intent[1:]
    wanted += [*_BY_TOPIC.get(topic, ())[:1], *intent, *_BY_TOPIC.get(topic, ())[1:]]
    if not wanted:
        wanted = [*_BY_INTENT["why_change"]]
    if _YOY in wanted and (frame.slots.get("compare") == "yoy" or pieces.history_days < _YEAR_AND_MONTH):
        instead = (_SPLIT,) if frame.intent == "figure" and pieces.history_days else ()
        wanted = [text for text in (*wanted, *instead) if text != _YOY]
    asked = frame.question.strip("？?。. ")
    texts = [text.get(say.lang) for text in dict.fromkeys(wanted)]
    for text in [t for t in texts if t.strip("？?。. ") != asked][:_MOST_FOLLOW_UPS]:
        yield Draft("follow_ups", text)
