"""Several streams together: how many broke, at which step first, what that makes in money, and the step to work on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass, Window
from tools.livestream.review import Review
from tools.livestream.review_facts import FORMULA, ReviewFacts, advice_facts, link_label
from tools.livestream.review_rules import judging
from tools.livestream.review_words import day_words, figure, joined, step_label, stream_name
from tools.livestream.telling import Teller
from tools.text import Text

__all__ = ["ManyReviews"]

ZERO = Decimal(0)


@dataclass
class ManyReviews:
    """Reviews of a window, oldest first, at least two."""

    ctx: ToolContext
    reviews: Sequence[Review]

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        days = [one.session.day for one in self.reviews]
        self.window = Window(start=min(days), end=max(days))
        self.broken = [one for one in self.reviews if one.first is not None]
        self.counted = Counter(_key(one) for one in self.broken)

    def _fact(self, part: str, claim: Text, section: str, why: WhyClass | None = None, formula: str = "", names: Sequence[str] = ()) -> Fact:  # fmt: skip
        return self.teller.fact(
            f"review {part} {self.window}", claim, formula=formula, source="live_sessions", why=why, entities=names,
            data={"part": part}, section=section,  # type: ignore[arg-type]
        )  # fmt: skip

    def headline(self) -> Fact:
        start, end = day_words(self.window.start), day_words(self.window.end)
        span = start if start == end else Text(f"{start.zh}–{end.zh}", f"{start.en} to {end.en}")
        n = self.teller.write("streams", len(self.reviews), "count", Role.SAMPLE, self.window)
        judged = [one for one in self.reviews if one.judged]
        if not judged:
            claim = Text(f"{span.zh}的 {n.zh} 场都没有足够的历史可比，判断不了哪一步断了。", f"{span.en}: none of the {n.en} streams has enough history to compare with.")  # fmt: skip
        elif not self.broken:
            claim = Text(f"{span.zh}的 {n.zh} 场里，能比的每一步都在正常波动内，没有断点。", f"{span.en}: in {n.en} streams every step that can be compared is within normal variation.")  # fmt: skip
        else:
            claim = self._broken(span, n)
        money = self._money()
        return self._fact("headline", Text(claim.zh + money.zh, f"{claim.en}{' ' if money.en else ''}{money.en}"), "decision", WhyClass.ASSOCIATION)  # fmt: skip

    def _broken(self, span: Text, n: Text) -> Text:
        hits = self.teller.write("streams.broken", len(self.broken), "count")
        key, times = self.counted.most_common(1)[0]
        label = step_label(next(one.first.step for one in self.broken if one.first is not None and _key(one) == key))
        often = self.teller.write("streams.broken", times, "count", subject=(label.zh,))
        zh = f"{span.zh}的 {n.zh} 场里 {hits.zh} 场有断点，最常先断的是{label.zh}（{often.zh} 场）。"
        en = f"{span.en}: {hits.en} of {n.en} streams have a broken step, most often first the {label.en} ({often.en})."
        return Text(zh, en)

    def _money(self) -> Text:
        gaps = [one.gap for one in self.reviews if one.gap is not None]
        if not gaps:
            return Text("", "")
        change = sum((gap.change for gap in gaps), ZERO)
        gmv = self.teller.write("gmv", sum((gap.gmv for gap in gaps), ZERO), "money", window=self.window)
        usual = self.teller.write("gmv", sum((gap.usual for gap in gaps), ZERO), "money", Role.PREVIOUS)
        step = self.teller.write("gmv", abs(change), "money", Role.CHANGE)
        more = change >= 0
        return Text(f"合计成交 {gmv.zh}，比各自同时段平时的 {usual.zh}{'多' if more else '少'} {step.zh}。", f"Together they paid {gmv.en}, {step.en} {'above' if more else 'below'} the usual {usual.en} for their slots.")  # fmt: skip

    def split(self) -> Fact | None:
        """Parts of the gaps added up over the streams, by step."""
        gaps = [(one, one.gap) for one in self.reviews if one.gap is not None]
        sums: dict[Text, Decimal] = {}
        for review, gap in gaps:
            for key, value in gap.parts:
                label = link_label(review, key)
                sums[label] = sums.get(label, ZERO) + value
        total = sum((gap.change for _, gap in gaps), ZERO)
        told = sorted(((label, value) for label, value in sums.items() if value), key=lambda pair: -abs(pair[1]))[:4]
        if not told or not total:
            return None
        texts = []
        for label, value in told:
            money = self.teller.write("gap.part", value, "money", Role.CONTRIBUTION, self.window, (label.zh,))
            texts.append(Text(f"{label.zh} {money.zh}", f"{label.en} {money.en}"))
        rest = total - sum((value for _, value in told), ZERO)
        if rest:
            money = self.teller.write("gap.rest", rest, "money", Role.CONTRIBUTION)
            texts.append(Text(f"其余 {money.zh}", f"the rest {money.en}"))
        listed, whole = joined(texts, "，"), self.teller.write("gap", total, "money", Role.CHANGE)
        claim = Text(f"各场与平时的差额合计 {whole.zh}，按步骤拆开：{listed.zh}，相加正好是差额。", f"The differences from the usual add up to {whole.en}, split over the steps: {listed.en}; the parts add up to it.")  # fmt: skip
        return self._fact("split", claim, "why", WhyClass.DECOMPOSITION, FORMULA)

    def worst(self) -> Fact | None:
        """The stream whose first break lies furthest outside what chance gives."""
        if not self.broken:
            return None
        review = min(self.broken, key=lambda one: one.first.p if one.first and one.first.p is not None else 1.0)
        first = review.first
        if first is None or first.value is None or first.usual is None:
            return None
        value, usual = figure(self.teller, first, first.value, Role.VALUE), figure(self.teller, first, first.usual, Role.PREVIOUS)  # fmt: skip
        name, label = stream_name(review.session), step_label(first.step)
        claim = Text(f"最不寻常的是{name.zh}：{label.zh} {value.zh}，平时 {usual.zh}；可以单独复盘这一场。", f"Most out of the ordinary: {name.en}, {label.en} {value.en} against a usual {usual.en}; review that one on its own.")  # fmt: skip
        return self._fact("worst", claim, "why", WhyClass.ASSOCIATION, names=(review.session.title,))

    def advice(self) -> list[Fact]:
        """Causes and actions of the step that broke first most often, from the latest stream it broke in."""
        if not self.broken:
            return []
        key = self.counted.most_common(1)[0][0]
        review = [one for one in self.broken if _key(one) == key][-1]
        return [] if review.first is None else advice_facts(ReviewFacts(self.ctx, review), review.first)

    def chance(self) -> Fact:
        rate = self.teller.write("false_rate", Decimal("0.05"), "ratio", Role.RANGE_HIGH)
        expected = self.teller.write("false_streams", (Decimal(str(judging().family)) * len(self.reviews)).quantize(Decimal("0.1")), "count", Role.RANGE_HIGH)  # fmt: skip
        claim = Text(
            f"没有真断点的场次，模拟里被误报的不到 {rate.zh}，所以这些场里约有 {expected.zh} 场可能是虚惊；看不到分钟级人数、画面和话术，原因要对着回放看。",
            f"Of streams without a break fewer than {rate.en} are called broken in simulations, so about {expected.en} of these may be a false alarm; minutes, picture and talk are in no file, so hold the replay against it.",
        )
        return self._fact("chance", claim, "limits")


def _key(review: Review) -> str:
    return "" if review.first is None else f"{review.first.step.below}>{review.first.step.above}"
