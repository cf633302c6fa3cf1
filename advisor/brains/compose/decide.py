"""A decision no playbook answers: the topic's own figures, what they cannot tell, and what would decide it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.brains.base import Draft, Frame
from advisor.brains.compose.figure import ranked, row_list
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say
from tools.facts import Role
from tools.text import Text

__all__ = ["open_decision", "open_headline", "unanswered"]

_ROWS = 2
_COUPON = re.compile(r"券|满减|coupon|voucher", re.I)
_RAISE = re.compile(r"涨价|提价|(?:raise|increase|put up|higher)\b.{0,16}\bprices?\b", re.I)
_WORTH = re.compile(
    r"有没有用|有用吗|有效果吗|管用吗|(?:are|is)\b.{0,40}\bworth\b|(?:do|does|are|is)\b.{0,30}\bwork(?:ing)?\b", re.I
)
_DECIDES = {
    "coupon": Text(
        "看没领到券的同类买家买不买：留一组人不发券，比两组退款后的净成交和毛利；用券成交多，不等于是券带来的",
        "what decides it is whether like buyers without the coupon buy too: hold a group back and compare net GMV and margin; "
        "sales with a coupon are not sales through the coupon",
    ),
    "price": Text(
        "看每单多赚的够不够抵掉少卖的：先挑非主推的商品小步涨，其余照旧，比涨价前后的转化率、净成交和毛利",
        "what decides it is whether the extra margin per order outweighs the orders lost: raise a side product by a small "
        "step, leave the rest, and compare conversion, net GMV and margin",
    ),
    "livestream": Text(
        "看同一时段、同样商品下每个主播的小时产出和退款；总额还受排班、时长和投流影响，先对调时段再比",
        "what decides it is each host's sales per hour and refunds at the same time slot with the same products; totals also "
        "follow the schedule, so swap slots before comparing",
    ),
    "products": Text(
        "看每个商品的毛利、库存占用，以及它带来的新客和搭配购买；卖得少不等于该下架，先停推广再看全店少不少",
        "what decides it is margin, stock tied up, and the new buyers and joint orders a product brings; a low rank alone is no "
        "reason to drop one, so stop its promotion first and see whether the shop sells less",
    ),
    "members": Text(
        "看同类买家入会和不入会的复购差多少：会员本来就是更爱买的人，占比高不等于是会员权益带来的；留一组不给权益再比",
        "what decides it is repurchase of like buyers with and without the benefits: members buy more to begin with, so a high "
        "share is no proof; hold a group back and compare",
    ),
    "ads": Text(
        "看减掉的那部分花费带来多少退款后的毛利：先减投产最低的计划，其余不动，看全店净成交少了多少",
        "what decides it is the margin that part of the spend brings: cut the plan with the lowest return first, leave the "
        "rest, and see how far net GMV of the whole shop follows",
    ),
}
_MODE = Text(
    "先补齐月固定成本、代播报价和毛利率，算出保本成交，再看退款后的直播成交过不过线",
    "what decides it is the break-even: fixed cost per month, the agency's quote and the margin, held against livestream "
    "sales after refunds",
)
_ANY = Text(
    "先小范围试，留一组照旧，比两组退款后的净成交和毛利",
    "what decides it is a small trial beside a group left as it is, compared on net GMV and margin",
)


def unanswered(frame: Frame, pieces: Pieces) -> bool:
    """A decision for which no playbook of its topic was found, or one that asks something the playbook does not answer."""
    if frame.intent != "decision" or pieces.tiny or not (pieces.figures or pieces.rows):
        return False
    return _off_topic(pieces) or _other_question(frame)


def _off_topic(pieces: Pieces) -> bool:
    best = pieces.start_here
    return best is None or best.fact.data.get("playbook_id") not in pieces.on_topic


def _other_question(frame: Frame) -> bool:
    """Which one to drop, a higher price, whether something works: no playbook answers these."""
    return bool(_asks_which(frame) or _kind(frame) in ("coupon", "raise") or _WORTH.search(frame.question))


def _asks_which(frame: Frame) -> bool:
    return frame.slots.get("order") == "worst"


def _kind(frame: Frame) -> str:
    if _COUPON.search(frame.question):
        return "coupon"
    return "raise" if _RAISE.search(frame.question) else str(frame.slots.get("topic") or "")


def open_headline(frame: Frame, pieces: Pieces, say: Say) -> str:
    """The topic's figure, the items in question, and that they alone do not decide it."""
    figure = say.moved(pieces.figures[0]) if pieces.figures else ""
    verdict = say.t("光凭这些还不能判断", "that alone cannot decide it")
    return say.join(figure, _items(frame, pieces, say), verdict)


def _items(frame: Frame, pieces: Pieces, say: Say) -> str:
    worst = _asks_which(frame)
    rows = [p for p in ranked(_valued(pieces), worst=worst) if not p.subject.startswith("(")][:_ROWS]
    if not rows:
        return ""
    told = row_list(rows, say)
    return say.t(f"{'最低' if worst else '最高'}的是{told}", f"{'lowest' if worst else 'highest'}: {told}")


def _what_decides(frame: Frame) -> Text:
    kind = _kind(frame)
    if kind == "livestream" and not _asks_which(frame):
        return _MODE
    return _DECIDES.get("price" if kind == "raise" else kind, _ANY)


def _valued(pieces: Pieces) -> list[Piece]:
    return [p for p in pieces.rows if p.q(Role.VALUE) is not None]


def open_decision(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """What would decide it, then the topic's other figures; a playbook on something else is one clause at the end."""
    cite = (pieces.figures or pieces.rows)[0].cite
    decides = _what_decides(frame).get(say.lang)
    lead = say.t(f"还不能判断{cite}：{decides}", f"cannot be said yet{cite}: {decides}")
    best, step = pieces.start_here, ""
    name = say.quote(best.text("name", say.lang)) if best is not None else ""
    if best is not None and _off_topic(pieces) and not _other_question(frame):
        name += best.cite
        step = best.text("first_step", say.lang).rstrip("。.")
    # named without its mark where nothing of it was asked: a cited playbook would bring its plan along
    aside = say.t(f"另外可以看看{name}", f"another thing to look at: {name}") if name else ""
    yield Draft("decision", say.join(lead, aside))
    if step and best is not None:
        yield Draft("how", say.join(say.t(f"若先做它：{step}{best.cite}", f"to start with that: {step}{best.cite}")))
    for piece in pieces.figures[1:3]:
        text = say.moved(piece)
        if text:
            yield Draft("why", say.join(text), piece.fact.why_class)
