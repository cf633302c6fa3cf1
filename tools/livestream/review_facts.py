"""One stream as facts: the first broken step, where the money went, likely causes, what to do next, items, half hours, what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass
from tools.livestream.funnel import LEAST
from tools.livestream.funnel_judge import Verdict
from tools.livestream.review import HOURS, Review
from tools.livestream.review_rules import advice, public_ranges, step_name
from tools.livestream.review_words import COLUMNS, figure, joined, step_label, stream_name, window_of
from tools.livestream.room import LiveSession
from tools.livestream.telling import Teller
from tools.text import Text

__all__ = ["ReviewFacts", "advice_facts", "link_label"]

ZERO = Decimal(0)
_LATE, _LONG = 20, Decimal("0.2")
_MERGED = 2  # links in one step whose reasons can still be told
FORMULA = "LMDI of GMV = hours × impressions an hour × entry × item exposure × click × create × pay × money per buyer; missing counts merge their neighbours"


def link_label(review: Review, key: str) -> Text:
    """What a part of the gap is called: a step of the chain, or what the chain starts with."""
    step = next((one for one in review.chain.steps if one.key == key), None)
    return step_label(step) if step is not None else COLUMNS["hours" if key == HOURS else key]


@dataclass
class ReviewFacts:
    """Facts of one reviewed stream, in the order they are told."""

    ctx: ToolContext
    review: Review

    def __post_init__(self) -> None:
        self.teller = Teller(self.ctx)
        self.one = self.review.session
        self.window = window_of(self.one)
        self.name = stream_name(self.one)
        self.entities: tuple[str, ...] = (self.one.title, self.one.host, self.one.session_id)

    def _fact(self, part: str, claim: Text, section: str, why: WhyClass | None = None, formula: str = "", entities: Sequence[str] = (), source: str = "live_sessions") -> Fact:  # fmt: skip
        return self.teller.fact(
            f"review {part} {self.one.session_id}", claim, formula=formula, source=source, why=why, entities=(*self.entities, *entities),
            data={"part": part, "session": self.one.session_id}, section=section,  # type: ignore[arg-type]
        )  # fmt: skip

    # -- the verdict --------------------------------------------------------------------------------------------------
    def headline(self) -> Fact:
        first = self.review.first
        if first is not None:
            claim = self._broken(first)
        elif self.review.judged:
            claim = self._normal()
        else:
            claim = self._alone()
        return self._fact("headline", claim, "decision", WhyClass.ASSOCIATION if self.review.judged else None, "median by slot and weekday, 1.4826 × MAD, luck of counts; one error rate for all steps of a stream")  # fmt: skip

    def _broken(self, first: Verdict) -> Text:
        label, side = step_label(first.step), self._range(first)
        value = figure(self.teller, first, first.value or ZERO, Role.VALUE, self.window)
        usual = figure(self.teller, first, first.usual or ZERO, Role.PREVIOUS)
        gmv, zero = self._gmv(), Text("", "")
        if not first.value:
            zero = Text("一个都没有，请先核对导出是否缺数、推流是否中断。", " There was not one: check first whether the export is incomplete or the stream was cut off.")  # fmt: skip
        return Text(
            f"{self.name.zh}第一处断点是{label.zh}：{value.zh}，平时 {usual.zh}（正常 {side.zh}）。{gmv.zh}{zero.zh}",
            f"{self.name.en}: the first broken step is the {label.en}, at {value.en} against a usual {usual.en} (normal {side.en}). {gmv.en}{zero.en}",
        )

    def _range(self, verdict: Verdict) -> Text:
        low = figure(self.teller, verdict, verdict.low or ZERO, Role.RANGE_LOW)
        high = figure(self.teller, verdict, verdict.high or ZERO, Role.RANGE_HIGH)
        return Text(f"{low.zh}–{high.zh}", f"{low.en} to {high.en}")

    def _normal(self) -> Text:
        gmv = self._gmv()
        if len(self.review.judged) == 1:
            only = step_label(self.review.judged[0].step)
            return Text(f"{self.name.zh}只有{only.zh}能和以前比，在正常波动内，看不出各步好坏。{gmv.zh}", f"{self.name.en}: only the {only.en} can be compared, it is within normal variation, and single steps cannot be seen. {gmv.en}")  # fmt: skip
        merged = Text("", "")
        if any(verdict.coarse for verdict in self.review.verdicts):
            merged = Text("人数少的步骤只有掉得很多才看得出来。", " Steps on few people would show only a large fall.")
        return Text(
            f"{self.name.zh}能比的每一步都在正常波动内，没有断点。{gmv.zh}{merged.zh}",
            f"{self.name.en}: every step that can be compared is within normal variation, nothing broke. {gmv.en}{merged.en}",
        )

    def _alone(self) -> Text:
        n = len(self.review.past.sessions)
        need = self.teller.write("history_needed", LEAST, "count", Role.TARGET)
        gmv = self._own()
        if not n:
            return Text(f"{self.name.zh}之前没有场次可比，判断不了哪一步断了；攒够 {need.zh} 场才能比。{gmv.zh}", f"{self.name.en}: there is no earlier stream to compare with, so no step can be called broken; it takes {need.en} of them. {gmv.en}")  # fmt: skip
        if n >= LEAST:
            return Text(f"{self.name.zh}没有一步能比：这场缺人数和成交，或之前的场次没有同样的列。{gmv.zh}", f"{self.name.en}: no step can be compared, as its counts are missing or earlier streams lack the same columns. {gmv.en}")  # fmt: skip
        seen = self._seen()
        return Text(f"{self.name.zh}之前只有 {seen.zh} 场，不到 {need.zh} 场，判断不了哪一步断了。{gmv.zh}", f"{self.name.en}: only {seen.en} earlier streams, under the {need.en} it takes, so no step can be called broken. {gmv.en}")  # fmt: skip

    def _own(self) -> Text:
        if self.one.paid_amount is None:
            return Text("这场没有成交金额。", "It carries no GMV.")
        gmv = self.teller.write("gmv", self.one.paid_amount, "money", window=self.window)
        return Text(f"这场成交 {gmv.zh}。", f"It paid {gmv.en}.")

    def _gmv(self) -> Text:
        """GMV beside the usual of its slot and weekday, and how many streams that is."""
        gap = self.review.gap
        if gap is None:
            own, n = self._own(), self._seen()
            return Text(f"{own.zh[:-1]}（对照之前 {n.zh} 场）。", f"{own.en[:-1]} (against {n.en} earlier streams).")
        gmv = self.teller.write("gmv", gap.gmv, "money", window=self.window)
        usual = self.teller.write("gmv", gap.usual, "money", Role.PREVIOUS)
        step, n = self.teller.write("gmv", abs(gap.change), "money", Role.CHANGE), self._seen()
        if not gap.change:
            return Text(f"成交 {gmv.zh}，和同时段平时一样（对照 {n.zh} 场）。", f"It paid {gmv.en}, as usual for its slot ({n.en} streams).")  # fmt: skip
        more = gap.change > 0
        zh = f"成交 {gmv.zh}，比同时段平时的 {usual.zh}{'多' if more else '少'} {step.zh}（对照 {n.zh} 场）。"
        return Text(zh, f"It paid {gmv.en}, {step.en} {'above' if more else 'below'} the usual {usual.en} for its slot and weekday ({n.en} streams).")  # fmt: skip

    def _seen(self) -> Text:
        return self.teller.write("history", len(self.review.past.sessions), "count", Role.SAMPLE)

    # -- where the money went -----------------------------------------------------------------------------------------
    def split(self) -> Fact | None:
        gap = self.review.gap
        if gap is None or not gap.change:
            return None
        told = sorted((part for part in gap.parts if part[1]), key=lambda part: -abs(part[1]))[:4]
        rest = gap.change - sum((value for _, value in told), ZERO)
        texts = [self._part(key, value) for key, value in told]
        if rest:
            other = self.teller.write("gap.rest", rest, "money", Role.CONTRIBUTION)
            texts.append(Text(f"其余 {other.zh}", f"the rest {other.en}"))
        listed = joined(texts, "，")
        total = self.teller.write("gap", gap.change, "money", Role.CHANGE)
        quiet = Text("", "")
        if self.review.first is None:
            quiet = Text("各项都在平时的起伏之内，不用逐项找原因。", " Each is within the usual swing and needs no explanation of its own.")  # fmt: skip
        claim = Text(f"和平时相差 {total.zh}，按步骤拆开：{listed.zh}，相加正好是差额。{quiet.zh}", f"Against the usual it differs by {total.en}, split over the steps: {listed.en}; the parts add up to it.{quiet.en}")  # fmt: skip
        return self._fact("split", claim, "why", WhyClass.DECOMPOSITION, FORMULA)

    def _part(self, key: str, value: Decimal) -> Text:
        label = link_label(self.review, key)
        money = self.teller.write(f"gap.{key}", value, "money", Role.CONTRIBUTION, self.window, (label.zh,))
        return Text(f"{label.zh} {money.zh}", f"{label.en} {money.en}")

    def crowd(self) -> Fact | None:
        """More impressions and fewer of them entering: both said in one breath, as neither is a success on its own."""
        first, shown = self.review.first, self.review.of("exposure")
        if first is None or first.step.key != "entry" or shown is None or shown.state != "above":
            return None
        text = self._against(shown)
        claim = Text(f"同时{text.zh}高于正常：曝光多了、进来的比例低了，常见于推来的人群变宽；先看流量来源，再改封面。", f"At the same time {text.en} are above normal: more shown and fewer entering often goes with a wider crowd, so look at the traffic sources before the cover.")  # fmt: skip
        return self._fact("crowd", claim, "why", WhyClass.ASSOCIATION)

    def others(self) -> Fact | None:
        """Further steps outside their range, on both sides."""
        crowd = self.review.first is not None and self.review.first.step.key == "entry"
        rest = self.review.broken[1:]
        above = [v for v in self.review.verdicts if v.state == "above" and not (crowd and v.step.key == "exposure")]
        told = [(verdict, self._against(verdict)) for verdict in (*rest[:2], *above[:2])]
        if not told:
            return None
        low, high = joined([t for v, t in told if v.state == "broken"], "；", "; "), joined([t for v, t in told if v.state == "above"], "；", "; ")  # fmt: skip
        zh, en = [], []
        if low.zh:
            zh.append(f"在它后面还有不正常的：{low.zh}")
            en.append(f"Further down also outside normal: {low.en}")
        if high.zh:
            zh.append(f"好于正常、值得照做的：{high.zh}")
            en.append(f"Better than normal, worth repeating: {high.en}")
        return self._fact("others", Text("。".join(zh) + "。", ". ".join(en) + "."), "why", WhyClass.ASSOCIATION)

    def _against(self, verdict: Verdict) -> Text:
        value = figure(self.teller, verdict, verdict.value or ZERO, Role.VALUE, self.window)
        usual = figure(self.teller, verdict, verdict.usual or ZERO, Role.PREVIOUS)
        label = step_label(verdict.step)
        return Text(f"{label.zh} {value.zh}（平时 {usual.zh}）", f"{label.en} {value.en} (usual {usual.en})")

    def differences(self) -> Fact | None:
        """What was different about this stream: host, start, length. Association only."""
        past = [s for s in self.review.past.sessions if s.title == self.one.title or not self.one.title]
        if len(past) < LEAST or self.review.first is None:
            return None
        texts = [text for text in (self._host(past), self._start(past), self._length(past)) if text is not None]
        if not texts:
            return None
        listed = joined(texts, "；", "; ")
        return self._fact("differences", Text(f"这场和平时不同的地方：{listed.zh}。它们和断点同时出现，不等于就是原因。", f"What was different this time: {listed.en}. It came together with the break, which does not make it the reason."), "why", WhyClass.ASSOCIATION)  # fmt: skip

    def _host(self, past: Sequence[LiveSession]) -> Text | None:
        hosts = Counter(s.host for s in past if s.host)
        if not self.one.host or not hosts or hosts[self.one.host] * 4 > len(past):
            return None
        usual = hosts.most_common(1)[0][0]
        self.entities = (*self.entities, usual)
        return Text(f"主播是{self.one.host}，平时多是{usual}", f"the host was {self.one.host}, mostly it is {usual}")

    def _start(self, past: Sequence[LiveSession]) -> Text | None:
        starts = [s.started_at.hour * 60 + s.started_at.minute for s in past if s.started_at is not None]
        if self.one.started_at is None or len(starts) < LEAST:
            return None
        late = self.one.started_at.hour * 60 + self.one.started_at.minute - int(median(starts))
        if abs(late) < _LATE or abs(late) > 180:
            return None
        minutes = self.teller.write("start", abs(late), "minutes", Role.CHANGE)
        return Text(f"开播{'晚' if late > 0 else '早'}了 {minutes.zh}", f"it started {minutes.en} {'late' if late > 0 else 'early'}")  # fmt: skip

    def _length(self, past: Sequence[LiveSession]) -> Text | None:
        lengths = [Decimal(s.minutes) for s in past if s.minutes]
        if not self.one.minutes or len(lengths) < LEAST:
            return None
        usual = median(lengths)
        if abs(self.one.minutes / usual - 1) < _LONG:
            return None
        now, before = self.teller.write("minutes", self.one.minutes, "minutes", window=self.window), self.teller.write("minutes", usual, "minutes", Role.PREVIOUS)  # fmt: skip
        return Text(f"播了 {now.zh}，平时 {before.zh}", f"it ran {now.en}, usually {before.en}")

    # -- no history ---------------------------------------------------------------------------------------------------
    def public(self) -> Fact | None:
        """Public ranges beside this stream's own figures; only where the room has no history."""
        if self.review.judged:
            return None
        own = {verdict.step.key: verdict.value for verdict in self.review.verdicts if verdict.step.below in ("impressions", "viewers", "item_clickers")}  # fmt: skip
        one = self.one
        if one.buyers is not None and one.viewers:
            own["deal"] = Decimal(one.buyers) / one.viewers
        texts: list[Text] = []
        sources: list[str] = []
        for ref in public_ranges():
            value = own.get(ref.step)
            if value is None:
                continue
            seconds = ref.unit == "seconds"
            unit = "count" if seconds else ref.unit
            mine, low, high = (self.teller.write(f"public.{ref.step}", round(v, 1 if seconds else 6), unit, role) for v, role in ((value, Role.VALUE), (ref.low, Role.RANGE_LOW), (ref.high, Role.RANGE_HIGH)))  # fmt: skip
            name = Text("进入-成交率", "viewer-to-buyer rate") if ref.step == "deal" else step_name(ref.step)
            tail = Text(" 秒", " s") if seconds else Text("", "")
            texts.append(Text(f"{name.zh} {mine.zh}{tail.zh}，公开网页 {low.zh}–{high.zh}{tail.zh}（{ref.platform.zh}，可信度{ref.confidence.zh}）", f"{name.en} {mine.en}{tail.en}, public pages {low.en} to {high.en}{tail.en} ({ref.platform.en}, confidence {ref.confidence.en})"))  # fmt: skip
            sources += ref.sources
        if not texts:
            return None
        listed = joined(texts, "；", "; ")
        claim = Text(f"只作参考，不是标准：{listed.zh}。攒够自己的场次后请用自己的中位数。", f"For reference only, no standard: {listed.en}. Use your own median once there are enough streams.")  # fmt: skip
        return self._fact("public", claim, "limits", source=" ; ".join(dict.fromkeys(sources)))


def advice_facts(facts: ReviewFacts, first: Verdict) -> list[Fact]:
    """Likely causes of the first broken step, and what to do in the next stream with the figure and horizon to check it by."""
    if len(first.step.links) > _MERGED:
        return [_export(facts, first)]
    keys = [key for key in first.step.links if key != first.step.key] + [first.step.key]
    causes = list(dict.fromkeys(cause for key in keys for cause in advice(key).causes))
    label, found = step_label(first.step), advice(first.step.key)
    listed = joined(causes)
    claim = Text(f"{label.zh}低时常见的原因有：{listed.zh}。这是经验上的关联，这份数据证明不了是哪一个。", f"What often goes with a weak {label.en}: {listed.en}. These are associations from practice; the data do not show which it was.")  # fmt: skip
    if first.step.key == "refund":
        claim = Text(claim.zh.replace("低时", "高时", 1), claim.en.replace("a weak", "a high", 1))
    why = facts._fact("causes", claim, "why", WhyClass.ASSOCIATION, source=" ; ".join(found.sources))
    return [why, _next(facts, first, keys)]


def _export(facts: ReviewFacts, first: Verdict) -> Fact:
    """Too many links in one step to guess at: the counts in between come first."""
    label = step_label(first.step)
    lacking = joined([COLUMNS[name] for name in facts.review.chain.absent])
    claim = Text(
        f"{label.zh}里并了太多环节，现在猜原因没有意义。先导出带{lacking.zh}的场次报表，再复盘一次。",
        f"The {label.en} merges too many steps to guess at reasons. Export the report of sessions with {lacking.en} first, then review again.",
    )
    return facts._fact("actions", claim, "how", WhyClass.INFERENCE)


def _next(facts: ReviewFacts, first: Verdict, keys: Sequence[str]) -> Fact:
    teller, found = facts.teller, advice(first.step.key)
    actions = list(dict.fromkeys((action, advice(key).figures) for key in keys for action in advice(key).actions))
    texts = []
    for action, figures in actions:
        uses = "{0}" in action.zh
        written = [teller.write("every", n, "count", Role.TARGET) for n in figures] if uses else []
        texts.append(Text(action.zh.format(*(w.zh for w in written)), action.en.format(*(w.en for w in written))))
    todo = joined(texts[:4], "；", "; ")
    edge = first.high if first.step.key == "refund" else first.low
    back = figure(teller, first, edge or ZERO, Role.TARGET)
    low, high = (teller.write("horizon", n, "days" if found.in_days else "count", Role.TARGET) for n in found.horizon)
    same = low == high
    span = Text(high.zh, high.en) if same else Text(f"{low.zh.removesuffix(' 天')}–{high.zh}", f"{low.en.removesuffix(' days')} to {high.en}")  # fmt: skip
    span = span if found.in_days else Text(f"{span.zh} 场", f"{span.en} stream{'' if high.en == '1' else 's'}")
    label = step_label(first.step)
    side = Text("以下", "or less") if first.step.key == "refund" else Text("以上", "or more")
    claim = Text(
        f"下一场做：{todo.zh}。看{label.zh}能不能回到 {back.zh}{side.zh}，连看 {span.zh}；没有回来就换下一个原因。",
        f"Next stream: {todo.en}. Watch whether the {label.en} returns to {back.en} {side.en} within {span.en}; if not, work on the next point.",
    )
    return facts._fact("actions", claim, "how", WhyClass.INFERENCE, source=" ; ".join(found.sources))
