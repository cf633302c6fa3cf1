"""Facts beside the funnel: what items and half hours left, which to repeat and drop, how sound the data are and what they cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.facts import Fact, Role, WhyClass
from tools.livestream.funnel_judge import at_most
from tools.livestream.review import Review
from tools.livestream.review_data import gpm, little
from tools.livestream.review_facts import ReviewFacts
from tools.livestream.review_parts import Half, ItemPart
from tools.livestream.review_rules import judging
from tools.livestream.review_words import COLUMNS, joined, step_label
from tools.metrics.refund_age import RIPE
from tools.text import Text

__all__ = ["SideReview"]

ZERO = Decimal(0)
_FEW_ORDERS = 20
_TOLD = 3


@dataclass
class SideReview:
    """`bound`: the platform fee is unknown, so what is left is an upper bound."""

    facts: ReviewFacts
    items: Sequence[ItemPart]
    halves: Sequence[Half]
    bound: bool

    @property
    def review(self) -> Review:
        return self.facts.review

    def products(self) -> Fact | None:
        """The items that left most, and those outside their own usual rate."""
        if not self.items:
            return None
        known = self.items[0].left is not None
        sold = [item for item in self.items if item.worth > 0][:_TOLD]
        texts = [self._item(item, known=known) for item in sold]
        zh, en = [], []
        if texts:
            listed = joined(texts)
            what = self._what(known=known)
            zh.append(f"{what.zh}最多的商品：{listed.zh}")
            en.append(f"Items {what.en}: {listed.en}")
        tests = sum(item.p_low is not None for item in self.items)
        line = judging().items / max(2 * tests, 1)
        strong = [i for i in self.items if i.p_high is not None and i.p_high < line][:2]
        weak = [i for i in self.items if i.p_low is not None and i.p_low < line][:2]
        for found, one_zh, one_en in (
            (strong, "下场重复", "Repeat"),
            (weak, "先撤下或改讲法再上", "Drop or rework before the next stream"),
        ):
            if found:
                listed = joined([self._rate(item) for item in found], "；", "; ")
                zh.append(f"{one_zh}：{listed.zh}")
                en.append(f"{one_en}: {listed.en}")
        if tests and not strong and not weak:
            zh.append("各商品的点击-成交率和自己平时比都在误差内，没有该撤的")
            en.append("No item's click-to-buy rate is outside its own usual luck, so none has to go")
        if not zh:
            return None
        names = [item.title for item in (*sold, *strong, *weak)]
        claim = Text("。".join(zh) + "。", ". ".join(en) + ".")
        return self.facts._fact("items", claim, "what", WhyClass.ASSOCIATION, "GMV × contribution per yuan at the item's own cost" if known else "", names, "live_items, live_orders, item_costs")  # fmt: skip

    def _what(self, *, known: bool) -> Text:
        if not known:
            return Text("成交", "that sold most")
        return Text("留下贡献（不算平台扣点，是上限）", "that contributed most (before the platform fee, an upper bound)") if self.bound else Text("留下贡献（退后）", "that contributed most (net of returns)")  # fmt: skip

    def _item(self, item: ItemPart, *, known: bool) -> Text:
        left = self.facts.teller.write("item.left" if known else "item.gmv", item.worth, "money", subject=(item.title,), window=self.facts.window)  # fmt: skip
        return Text(f"{item.title} {left.zh}", f"{item.title} {left.en}")

    def _rate(self, item: ItemPart) -> Text:
        write = self.facts.teller.write
        clicks, buyers = write("item.clickers", item.clickers or 0, "visitors", Role.SAMPLE, subject=(item.title,)), write("item.buyers", item.buyers or 0, "buyers", subject=(item.title,))  # fmt: skip
        usual = write("item.rate", item.usual or ZERO, "ratio", Role.PREVIOUS, subject=(item.title,))
        return Text(f"{item.title}（{clicks.zh}点击、{buyers.zh}成交，平时 {usual.zh}）", f"{item.title} ({clicks.en} clicked, {buyers.en}, usual {usual.en})")  # fmt: skip

    def times(self) -> Fact | None:
        """The best and the weakest half hour; with few orders no difference is read into it."""
        full = [half for half in self.halves if (half.end - half.start).seconds >= 25 * 60]
        orders = sum(half.orders for half in full)
        if len(full) < 2 or not orders:
            return None
        best, worst = max(full, key=_worth), min(full, key=_worth)
        write, spans = self.facts.teller.write, [_span(half) for half in (best, worst)]
        known = best.left is not None
        told = []
        for half, span in zip((best, worst), spans, strict=True):
            money = write("half.left" if known else "half.gmv", _worth(half), "money", subject=(span,), window=self.facts.window)  # fmt: skip
            lines = write("half.orders", half.orders, "orders", Role.SAMPLE, subject=(span,))
            told.append(Text(f"{span} {money.zh}（{lines.zh}）", f"{span} {money.en} ({lines.en})"))
        what = Text("贡献", "contribution") if known else Text("成交", "GMV")
        tail = Text("把最好那段的货和讲法放到下场的同样位置，最弱那段换福利或主推款。", "Put the goods and talk of the best stretch into the same place next time, and a hook or the hero into the weakest.")  # fmt: skip
        if orders < _FEW_ORDERS or _luck(full):
            tail = Text("这点单量，两段的差别可能只是运气，先不要据此改流程。", "On so few orders the difference may be luck; change nothing on it yet.")  # fmt: skip
        claim = Text(f"按半小时看{what.zh}：最好 {told[0].zh}，最弱 {told[1].zh}。{tail.zh}", f"By half hour, {what.en}: best {told[0].en}, weakest {told[1].en}. {tail.en}")  # fmt: skip
        return self.facts._fact("times", claim, "what", WhyClass.ASSOCIATION, entities=spans, source="live_orders")

    # -- data ---------------------------------------------------------------------------------------------------------
    def data(self) -> Fact:
        """Completeness and 口径 first: what was read, merged or not read, and how soundly it is counted."""
        zh, en = [], []
        for text in (self._merged(), self._length(), self._odd(), self._little(), self._presale(), self._refunds(), self._gpm(), self._kind()):  # fmt: skip
            if text is not None:
                zh.append(text.zh)
                en.append(text.en)
        if not zh:
            zh, en = ["漏斗各列齐全，口径和历史场次一致"], ["All columns of the funnel are there and counted as in earlier streams"]  # fmt: skip
        return self.facts._fact("data", Text("数据和口径：" + "；".join(zh) + "。", "Data: " + "; ".join(en) + "."), "limits")  # fmt: skip

    def _merged(self) -> Text | None:
        absent = [COLUMNS[name] for name in self.review.chain.absent]
        if not absent:
            return None
        names = joined(absent)
        merged = [step_label(step) for step in self.review.chain.steps if len(step.links) > 1]
        if not merged:
            return Text(f"这场没有{names.zh}，相关步骤看不了", f"no {names.en} here, so those steps cannot be seen")
        into = joined(merged)
        return Text(f"没有{names.zh}，相邻步骤并成{into.zh}，分不出断在哪一半", f"no {names.en}, so neighbours are merged into {into.en}, and which half broke cannot be told")  # fmt: skip

    def _length(self) -> Text | None:
        minutes = self.facts.one.minutes
        if minutes is None:
            return Text("没有开播时长，曝光按整场比", "no time on air, so impressions are compared by the stream")
        if 0 < minutes <= 24 * 60:
            return None
        told = self.facts.teller.write("minutes", minutes, "minutes")
        return Text(f"开播时长 {told.zh}不可能，没有用，曝光按整场比", f"{told.en} on air is impossible and was not used, so impressions are compared by the stream")  # fmt: skip

    def _odd(self) -> Text | None:
        odd = [step_label(one.step) for one in self.review.verdicts if one.odd]
        if not odd:
            return None
        names = joined(odd)
        return Text(f"{names.zh}超过百分之百，两边口径不同，没有判断", f"the {names.en} is above one hundred per cent, so the two sides are counted differently and it was not judged")  # fmt: skip

    def _little(self) -> Text | None:
        found = little(self.facts.one)
        if found is None or found.agrees:
            return None
        shown, implied = self.facts.teller.write("average_online", found.reported, "visitors"), self.facts.teller.write("average_online_implied", found.implied.quantize(Decimal(1)), "visitors")  # fmt: skip
        return Text(f"平均在线 {shown.zh}，但按观看总时长÷开播时长应约 {implied.zh}，两列口径对不上", f"average online is {shown.en}, but watch time over time on air gives {implied.en}: the two are counted differently")  # fmt: skip

    def _presale(self) -> Text | None:
        amount = self.facts.one.presale_amount
        if not amount:
            return None
        money = self.facts.teller.write("presale", amount, "money")
        return Text(f"另有预售 {money.zh}没有算进成交", f"presale of {money.en} is not in the GMV")

    def _refunds(self) -> Text | None:
        if self.facts.one.refund_amount is None:
            return Text("没有退款金额，成交都是退款前", "no refunds in the file, so GMV is before refunds")
        if not self.review.young:
            return None
        ripe = self.facts.teller.write("ripe", RIPE, "days", Role.TARGET)
        return Text(f"退款还没到齐（不满 {ripe.zh}），退款率先不判断", f"refunds are not all in yet (under {ripe.en}), so they are not judged")  # fmt: skip

    def _gpm(self) -> Text | None:
        value = gpm(self.facts.one)
        if value is None:
            return None
        money = self.facts.teller.write("gpm", value.quantize(Decimal("0.01")), "money")
        return Text(f"GPM {money.zh}，分母是进入次数", f"GPM is {money.en}, per thousand views (times, not people)")

    def _kind(self) -> Text | None:
        past = self.review.past
        if past.mixed:
            return Text("同类日子（大促或平日）的场次不够，和全部场次比，结论偏粗", "too few streams on days of its kind (campaign or ordinary), so it is held against all, a rough measure")  # fmt: skip
        if past.campaign and past.sessions:
            return Text("这是大促日，只和大促日的场次比", "it is a campaign day and held against campaign days only")
        return None

    def unknown(self) -> Fact:
        """What none of these files holds."""
        claim = Text(
            "这些文件看不到：每分钟在线和流失、画面与话术、同时段别家直播、观众为什么没买；要定原因，请把回放和这几步对着看，或者下场只改一处再比。",
            "These files do not show: viewers by the minute, picture and talk, rival rooms at that hour, why people did not buy. To find out, hold the replay against these steps, or change one thing next time and compare.",
        )
        return self.facts._fact("unknown", claim, "limits")


def _luck(halves: Sequence[Half]) -> bool:
    """Whether the busiest and the quietest half hour are what even selling gives by chance."""
    total, n = sum(half.orders for half in halves), len(halves)
    most, least = max(half.orders for half in halves), min(half.orders for half in halves)
    many, few = 1 - at_most(most - 1, total, 1 / n, 0.0), at_most(least, total, 1 / n, 0.0)
    return min(many, few) * 2 * n > judging().items


def _worth(half: Half) -> Decimal:
    return half.gmv if half.left is None else half.left


def _span(half: Half) -> str:
    return f"{half.start:%H:%M}–{half.end:%H:%M}"
