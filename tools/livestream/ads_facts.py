"""Sentences of paid traffic: the break-even return, what to do with each plan in money, the room's own spend, the split of a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass, Window
from tools.livestream.ads_budget import Budget
from tools.livestream.ads_roi import even_roi
from tools.livestream.ads_room import RoomAds
from tools.livestream.ads_rows import Ads
from tools.livestream.ads_rules import setting
from tools.livestream.ads_verdict import Action, Standing
from tools.livestream.economics import UnitEconomics
from tools.livestream.modes_words import cents
from tools.livestream.telling import Section, Teller
from tools.metrics.windows import window_text
from tools.text import Text

__all__ = ["ACTIONS", "EVEN", "AdFacts", "Scene"]

ZERO, ONE = Decimal(0), Decimal(1)
_HUNDREDTH = Decimal("0.01")
_MONTH = 30
_TOLD = 3
_BOOKED = frozenset({"spend", "paid", "room_spend", "room_paid"})  # sums of rows; all other money is an estimate
ACTIONS: dict[Action, Text] = {
    "stop": Text("停", "stop"),
    "cut": Text("减", "cut"),
    "raise": Text("加", "raise"),
    "hold": Text("先不动", "hold"),
    "early": Text("再等等", "wait"),
    "unknown": Text("判断不了", "cannot be judged"),
}
_VERDICTS: dict[Action, Text] = {
    "stop": Text("该停", "stop"),
    "cut": Text("该减", "cut"),
    "raise": Text("可加", "raise"),
    "hold": Text("先不动", "hold"),
    "early": Text("再等等", "wait"),
    "unknown": Text("判断不了", "cannot be judged"),
}
EVEN = Text(
    "保本投产 = 1 ÷ 每 1 元支付留下的钱（扣退款、货成本、平台扣点、增值税、快递、运费险、退货损失，未扣投流和固定费用）；投产 = 成交金额 ÷ 花费",
    "break-even ROI = 1 ÷ what one yuan paid leaves (after refunds, goods, platform fee, VAT, parcels, insurance and losses on returns; before ads and fixed cost); ROI = sales ÷ spend",
)


@dataclass(frozen=True)
class Scene:
    """All that is told: the window, the terms, and what was found. `upper`: the margin is an upper bound (`free_goods`: cost unknown)."""

    window: Window | None
    unit: UnitEconomics | None
    upper: bool
    free_goods: bool
    ads: Ads
    standings: Sequence[Standing]
    room: RoomAds | None
    fixed: Decimal | None
    budget: Budget | None
    asked: Decimal | None  # the budget asked about
    from_shop: bool

    @property
    def margin(self) -> Decimal | None:
        """What one yuan paid leaves: over the plans by their sales, else the room's."""
        told = [(one.sums.paid, one.margin) for one in self.standings if one.sums.paid and one.margin is not None]
        paid = sum((p for p, _ in told), ZERO)
        if paid:
            return sum((p * m for p, m in told), ZERO) / paid
        return self.unit.contribution() if self.unit else None

    @property
    def even(self) -> Decimal | None:
        margin = self.margin
        return None if margin is None else even_roi(margin)


def dearest(one: Standing) -> Decimal | None:
    """The highest cost share at which a plan's return still breaks even; None where it loses with free goods. m is straight in the cost share."""
    if one.unit is None or not one.sums.roi:
        return None
    free, full = (replace(one.unit, cost_share=share).contribution() for share in (ZERO, ONE))
    share = (free - ONE / one.sums.roi) / (free - full)
    return share if share > 0 else None


class AdFacts:
    """Writes the facts of one scene."""

    def __init__(self, ctx: ToolContext, scene: Scene) -> None:
        self.ctx, self.scene = ctx, scene
        self.teller = Teller(ctx)

    # -- writing ------------------------------------------------------------------------------------------------------
    def money(self, metric: str, value: Decimal, role: Role = Role.VALUE, name: str = "") -> Text:
        subject = (name,) if name else ()
        if metric in _BOOKED:
            return self.teller.write(metric, cents(value), "money", role, self.scene.window, subject)
        return self.teller.about(metric, value, role, self.scene.window, subject)

    def yuan(self, metric: str, value: float, role: Role = Role.VALUE, name: str = "") -> Text:
        return self.money(metric, Decimal(str(round(value, 2))), role, name)

    def roi(self, metric: str, value: Decimal | float, role: Role = Role.VALUE, name: str = "") -> Text:
        amount = Decimal(str(value)).quantize(_HUNDREDTH)
        return self.teller.write(metric, amount, "number", role, self.scene.window, (name,) if name else ())

    def share(self, metric: str, value: Decimal | float, role: Role = Role.VALUE) -> Text:
        return self.teller.write(metric, Decimal(str(value)).quantize(Decimal("0.001")), "ratio", role, self.scene.window)  # fmt: skip

    def count(self, metric: str, value: int, unit: str = "count", role: Role = Role.SAMPLE) -> Text:
        return self.teller.write(metric, value, unit, role)

    def fact(self, what: str, claim: Text, section: Section, *names: str, why: WhyClass = WhyClass.DECOMPOSITION, source: str = "", **data: Any) -> Fact:  # fmt: skip
        return self.teller.fact(what, claim, formula=EVEN.get(self.ctx.lang), source=source or self._tables(), why=why, entities=names, data={"part": what, **data}, from_shop=self.scene.from_shop, section=section)  # fmt: skip

    def _tables(self) -> str:
        ads = self.scene.ads
        return ", ".join(name for name, rows in (("ad_daily", ads.plans), ("live_sessions", ads.streams)) if rows)

    # -- headline -----------------------------------------------------------------------------------------------------
    def headline(self) -> Fact:
        """Break-even and the verdict in the first sentence; the sums behind it after that."""
        scene = self.scene
        even = scene.even
        if scene.unit is None:
            return self._no_unit()
        if even is None:
            return self.fact("headline", Text("怎么投都亏：不算投流，每卖一单就已经赔钱；先改价格、成本或退货。", "No ads can pay: a sale loses money even before them; change price, cost or returns first."), "decision")  # fmt: skip
        if scene.upper:
            return self._bound(even)
        said = self.roi("even_roi", even, Role.TARGET)
        judged = [one for one in scene.standings if one.action != "unknown"]
        if judged:
            verdict = self._verdict(judged)
            claim = Text(f"保本投产 {said.zh}：{verdict.zh}。", f"Break-even ROI {said.en}: {verdict.en}.")
            sums, room = self._sums(), self._room_even(even)
            said_en = " ".join(part for part in (claim.en, sums.en, room.en) if part)
            return self.fact("headline", Text(claim.zh + sums.zh + room.zh, said_en), "decision", *(one.plan.name for one in judged))  # fmt: skip
        if scene.room is not None:
            verdict = self._room_verdict(scene.room)
            return self.fact("headline", Text(f"保本投产 {said.zh}：{verdict.zh}。", f"Break-even ROI {said.en}: {verdict.en}."), "decision")  # fmt: skip
        one, needed = self.money("one", ONE), self.money("needed", even, Role.TARGET)
        claim = Text(f"保本投产是 {said.zh}：投流每花 {one.zh}，要带来 {needed.zh}成交才不亏。", f"The break-even ROI is {said.en}: each {one.en} of ads has to bring {needed.en} of sales to lose nothing.")  # fmt: skip
        return self.fact("headline", claim, "decision")

    def _no_unit(self) -> Fact:
        if not self.scene.standings and self.scene.room is None:
            return self.fact("headline", Text("保本投产还算不出来：缺的输入见说明。", "The break-even ROI cannot be told yet: the notes name what is missing."), "decision")  # fmt: skip
        sums = self._sums()
        return self.fact("headline", Text(f"保本投产还算不出来，只能看表面投产。{sums.zh}", f"The break-even ROI cannot be told yet, only the surface ROI. {sums.en}"), "decision")  # fmt: skip

    def _bound(self, even: Decimal) -> Fact:
        """With cost or fee unknown the break-even is at least this."""
        said = self.roi("least_even_roi", even, Role.RANGE_LOW)
        what = Text("货成本", "the cost of goods") if self.scene.free_goods else Text("平台扣点", "the platform fee")
        claim = Text(f"投产低于 {said.zh} 一定亏；真正的保本线更高，缺{what.zh}算不准。", f"An ROI below {said.en} loses for certain; the true break-even is higher and needs {what.en}.")  # fmt: skip
        losing = [one for one in self.scene.standings if one.action == "stop"]
        if losing:
            names = "、".join(f"“{one.plan.name}”" for one in losing[:_TOLD])
            claim = Text(f"{claim.zh}{names}已经低于这条线，该停。", f"{claim.en} {', '.join(one.plan.name for one in losing[:_TOLD])}: already below it, stop.")  # fmt: skip
        sums = self._sums()
        return self.fact("headline", Text(claim.zh + sums.zh, f"{claim.en} {sums.en}".strip()), "decision", *(one.plan.name for one in losing))  # fmt: skip

    def _verdict(self, judged: Sequence[Standing]) -> Text:
        if len(judged) <= 2:
            parts = []
            for one in judged:
                said, what = self.roi("roi", one.sums.roi or ZERO, name=one.plan.name), _VERDICTS[one.action]
                parts.append(Text(f"“{one.plan.name}”{said.zh}，{what.zh}", f'"{one.plan.name}" {said.en}, {what.en}'))
            return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))
        whole = self.count("plans", len(judged))
        parts = []
        moves: tuple[Action, ...] = ("stop", "cut", "raise")
        for action in moves:
            n = sum(one.action == action for one in judged)
            if n:
                number, word = self.count(f"plans_{action}", n), _VERDICTS[action]
                parts.append(Text(f"{word.zh} {number.zh} 个", f"{number.en} to {word.en}"))
        if not parts:
            return Text(f"{whole.zh} 个计划都先不动", f"all {whole.en} plans can stay as they are")
        return Text(f"{whole.zh} 个计划里{'、'.join(p.zh for p in parts)}，其余先不动", f"of {whole.en} plans {', '.join(p.en for p in parts)}, the others stay")  # fmt: skip

    def _sums(self) -> Text:
        """Spend, credited sales and what is left over all plans of the window."""
        scene = self.scene
        told = [one for one in scene.standings if one.sums.paid is not None]
        if not told or scene.window is None:
            return Text("", "")
        when = window_text(scene.window)
        spend, paid = sum((o.sums.spend for o in told), ZERO), sum((o.sums.paid or ZERO for o in told), ZERO)
        said, sales, back = self.money("spend", spend), self.money("paid", paid), self.roi("roi", paid / spend)
        zh, en = f"{when.zh}花 {said.zh}，平台记成交 {sales.zh}，投产 {back.zh}", f"{when.en}: {said.en} spent, {sales.en} of sales credited, ROI {back.en}"  # fmt: skip
        if all(one.refunded is not None for one in told):
            kept = sum(((o.sums.paid or ZERO) * (ONE - (o.refunded or ZERO)) for o in told), ZERO)
            net = self.roi("net_roi", kept / spend)
            zh, en = f"{zh}，退后 {net.zh}", f"{en}, {net.en} net of returns"
        if not scene.upper and all(one.left is not None for one in told):
            left = sum((one.left or ZERO for one in told), ZERO)
            over, word = self.money("left", abs(left)), Text("剩", "leaves") if left >= 0 else Text("亏", "loses")
            zh, en = f"{zh}，扣完货和投流{word.zh} {over.zh}", f"{en}; after goods and ads it {word.en} {over.en}"
        return Text(f"{zh}。", f"{en}.")

    def _room_even(self, plans: Decimal) -> Text:
        """The room's own break-even where it is another one: plans are judged by the refunds and order value of what they sell."""
        margin = self.scene.unit.contribution() if self.scene.unit is not None else ZERO
        own = even_roi(margin) if margin > 0 else None
        if own is None or own.quantize(_HUNDREDTH) == plans.quantize(_HUNDREDTH):
            return Text("", "")
        said = self.roi("room_even_roi", own, Role.TARGET)
        return Text(
            f"这是这些计划的保本线；直播间自己的是 {said.zh}，因为退款率和客单价不同。",
            f"That is the line of these plans; the room's own is {said.en}, since its refunds and order value differ.",
        )

    def _room_verdict(self, room: RoomAds) -> Text:
        usual = self.money("usual_spend", room.usual)
        if room.next_yuan is None:
            return Text(f"直播间每场投 {usual.zh}，加投值不值还看不出，先测再加", f"the room spends {usual.en} a stream, and whether more would pay cannot be told yet; test before raising")  # fmt: skip
        next_ = self.yuan("next_yuan", room.next_yuan[1])
        pays = room.next_yuan[3]
        word = (
            Text("可以加", "raise") if pays >= 0.8 else Text("该减", "cut") if pays <= 0.2 else Text("先不动", "hold")
        )
        one = self.money("one", ONE)
        return Text(f"直播间每场投 {usual.zh}，再投 {one.zh}带回 {next_.zh}毛利，{word.zh}", f"the room spends {usual.en} a stream and the next {one.en} brings back {next_.en} of margin: {word.en}")  # fmt: skip

    # -- plans --------------------------------------------------------------------------------------------------------
    def plans(self) -> list[Fact]:
        """The plans to stop, cut and raise, most money first; then those that stay, then those that cannot be judged."""
        moved = [one for one in self.scene.standings if one.action in ("stop", "cut", "raise")]
        moved.sort(key=lambda one: -(one.gain or ZERO))
        first = {
            one.action: one for one in reversed(moved)
        }.values()  # the weightiest of each kind is told whatever the others save
        kept = [*first, *(one for one in moved if one not in first)][:_TOLD]
        facts = [self._moved(one) for one in moved if one in kept]
        for action, tell in (("hold", self._hold), ("early", self._early), ("unknown", self._unknown)):
            some = [one for one in self.scene.standings if one.action == action]
            if some:
                facts.append(tell(some[0]))
        return facts

    def _against(self, one: Standing) -> Text:
        """ROI against the plan's own break-even, with how sure a loss is."""
        name = one.plan.name
        roi = self.roi("roi", one.sums.roi or ZERO, name=name)
        if one.even is None:
            return Text(f"投产 {roi.zh}，但每一单不算投流就亏", f"ROI {roi.en}, but each order loses before ads")
        even = self.roi("least_even_roi" if one.upper else "even_roi", one.even, Role.TARGET, name)
        low = (one.sums.roi or ZERO) < one.even
        return Text(f"投产 {roi.zh}，{'低' if low else '高'}于保本 {even.zh}", f"ROI {roi.en}, {'below' if low else 'above'} break-even {even.en}")  # fmt: skip

    def _moved(self, one: Standing) -> Fact:
        name, against = one.plan.name, self._against(one)
        now, to = self.money("daily", one.daily, Role.PREVIOUS, name), self.money("daily_to", one.to, Role.TARGET, name)
        month, gain = self.count("days", _MONTH, "days"), self.money("gain", abs(one.gain or ZERO), Role.CHANGE, name)
        if one.action == "stop":
            sure = self.share("losing", one.losing or 0)
            zh = f"“{name}”停：{against.zh}，真亏的把握 {sure.zh}；现在每天花 {now.zh}，停掉 {month.zh}少亏约 {gain.zh}。"
            en = f'Stop "{name}": {against.en}; the chance that it truly loses is {sure.en}. It spends {now.en} a day, and stopping saves about {gain.en} in {month.en}.'  # fmt: skip
            more = self._new_buyers(one)
            return self.fact("stop", Text(zh + more.zh, f"{en} {more.en}".strip()), "decision", name, why=WhyClass.INFERENCE)  # fmt: skip
        low, middle, high, _ = one.next_yuan or (0, 0, 0, 0)
        one_yuan = self.money("one", ONE)
        mid, bottom, top = self.yuan("next_yuan", middle, name=name), self.yuan("next_yuan", low, Role.RANGE_LOW, name), self.yuan("next_yuan", high, Role.RANGE_HIGH, name)  # fmt: skip
        next_ = Text(f"再花 {one_yuan.zh}约带回 {mid.zh}毛利（大致 {bottom.zh}到 {top.zh}）", f"the next {one_yuan.en} brings back about {mid.en} of margin ({bottom.en} to {top.en})")  # fmt: skip
        verb = Text("加", "Raise") if one.action == "raise" else Text("减", "Cut")
        zh = f"“{name}”{verb.zh}：每天从 {now.zh}到 {to.zh}；{against.zh}，{next_.zh}。{month.zh}预计多剩 {gain.zh}；这是过去花费和成交的关联，若当时是跟着行情加的钱，会偏乐观，所以分步走。"
        en = f'{verb.en} "{name}" from {now.en} to {to.en} a day: {against.en}; {next_.en}. It should leave {gain.en} more in {month.en}; this is how spend and sales went together, too rosy if spend followed demand, so go in steps.'  # fmt: skip
        return self.fact(one.action, Text(zh, en), "decision", name, why=WhyClass.ASSOCIATION)

    def _new_buyers(self, one: Standing) -> Text:
        new = sum(d.new_buyers or 0 for d in one.plan.within(self.scene.window)) if self.scene.window else 0
        if not new:
            return Text("", "")
        said = self.count("new_buyers", new, "buyers")
        return Text(f"它带来 {said.zh}新客，以后的复购没算在内；若靠拉新，先看这些人的复购再停。", f"It brought {said.en} new to the shop, whose later orders are not counted: if it is there to recruit, look at their repurchase first.")  # fmt: skip

    def _hold(self, one: Standing) -> Fact:
        name, against = one.plan.name, self._against(one)
        if one.plan.natural:
            return self.fact("hold", Text(f"“{name}”先不动：{against.zh}，但它的投产含自然成交，不能证明多投就多赚。", f'Hold "{name}": {against.en}, but its return counts natural sales and does not show that more ads pay.'), "decision", name, why=WhyClass.INFERENCE)  # fmt: skip
        if one.next_yuan is not None:
            low, middle, high, _ = one.next_yuan
            mid, bottom, top = self.yuan("next_yuan", middle, name=name), self.yuan("next_yuan", low, Role.RANGE_LOW, name), self.yuan("next_yuan", high, Role.RANGE_HIGH, name)  # fmt: skip
            one_yuan = self.money("one", ONE)
            zh, en = f"再花 {one_yuan.zh}约带回 {mid.zh}毛利（大致 {bottom.zh}到 {top.zh}），加减都说不准", f"the next {one_yuan.en} brings back about {mid.en} of margin ({bottom.en} to {top.en}), which settles neither raising nor cutting"  # fmt: skip
            return self.fact("hold", Text(f"“{name}”先不动：{against.zh}；{zh}。", f'Hold "{name}": {against.en}; {en}.'), "decision", name, why=WhyClass.ASSOCIATION)  # fmt: skip
        why, step = self._why_not(one), self._step(one)
        test = self._test(one) if step is None else step
        return self.fact("hold", Text(f"“{name}”先不动：{against.zh}；加投值不值看不出，{why.zh}。{test.zh}", f'Hold "{name}": {against.en}. Whether more would pay cannot be told: {why.en}. {test.en}'.strip()), "decision", name, why=WhyClass.INFERENCE)  # fmt: skip

    def _step(self, one: Standing) -> Text | None:
        """The last rise of a week, where it paid for itself or did not."""
        step, name = one.step, one.plan.name
        if step is None or one.upper or step.verdict == "hold":
            return None
        more, back = self.money("more_spend", step.spend, Role.CHANGE, name), self.money("more_paid", step.paid, Role.CHANGE, name)  # fmt: skip
        needed = self.money("needed_more", step.spend * (one.even or ZERO), Role.TARGET, name)
        zh, en = f"最近一周多花 {more.zh}，成交变化 {back.zh}（要多 {needed.zh}才收回）", f"The last week spent {more.en} more and sales moved by {back.en} ({needed.en} more would pay for it)"  # fmt: skip
        if step.verdict == "back":
            return Text(f"{zh}：退回上周的花费再看。", f"{en}: go back to the week before.")
        return Text(
            f"{zh}，连着两次都收回了：可以再试一步。", f"{en}, the second step in a row that paid: try one more."
        )

    def _why_not(self, one: Standing) -> Text:
        if one.fit is None or one.fit.reason == "no_sales":
            return Text("没有可用的成交记录", "there are no sales to read it from")
        days = self.count("fit_days", one.fit.days, "days")
        if one.fit.reason == "few_days":
            return Text(f"只有 {days.zh}有花费", f"only {days.en} with spend")
        moved = self.share("moved", one.fit.moved)
        return Text(f"{days.zh}里去掉周几、大促和走势后，花费只上下变动约 {moved.zh}，和日常波动分不开", f"over {days.en}, once weekday, campaigns and trend are taken out, spend moved by only about {moved.en}, which daily noise drowns")  # fmt: skip

    def _test(self, one: Standing) -> Text:
        test = one.test
        if test is None:
            return Text("", "")
        low, high = (
            self.money("test_spend", Decimal(str(round(v))), Role.TARGET, one.plan.name) for v in (test.low, test.high)
        )
        weeks = self.count("test_weeks", test.weeks, role=Role.TARGET)
        return Text(f"想知道就隔周轮换：一周每天 {low.zh}、一周每天 {high.zh}，共 {weeks.zh} 周，其他不动。", f"To find out, alternate weeks at {low.en} and {high.en} a day for {weeks.en} weeks and change nothing else.")  # fmt: skip

    def _early(self, one: Standing) -> Fact:
        name, spent = one.plan.name, self.money("spend", one.sums.spend, name=one.plan.name)
        value = one.sums.order_value or (self.scene.unit.order_value if self.scene.unit else ZERO)
        least = self.money(
            "least_spend", value * (one.margin or ZERO) * Decimal(setting("stop", "least")), Role.TARGET, name
        )
        return self.fact("early", Text(f"“{name}”再等等：才花 {spent.zh}，花满 {least.zh} 才判断得了。", f'Wait with "{name}": it has spent {spent.en}, and nothing can be judged before {least.en}.'), "decision", name)  # fmt: skip

    def _unknown(self, one: Standing) -> Fact:
        name, spent = one.plan.name, self.money("spend", one.sums.spend, name=one.plan.name)
        if one.sums.paid is None and one.even is not None:
            needed = self.money("needed", one.sums.spend * one.even, Role.TARGET, name)
            at_least = Text("至少", "at least ") if one.upper else Text("", "")
            return self.fact("unknown", Text(f"“{name}”花了 {spent.zh}，表里没有成交金额：{at_least.zh}要带来 {needed.zh}成交才保本。", f'"{name}" spent {spent.en} and the report carries no sales: it takes {at_least.en}{needed.en} of sales to break even.'), "decision", name)  # fmt: skip
        if one.sums.paid is None or one.even is None:
            return self.fact("unknown", Text(f"“{name}”花了 {spent.zh}，判断不了赚亏。", f'"{name}" spent {spent.en}; whether it pays cannot be judged.'), "decision", name)  # fmt: skip
        roi = self.roi("roi", one.sums.roi or ZERO, name=name)
        top = dearest(one) if self.scene.free_goods else None
        if top is not None:
            level = self.share("highest_cost", top, Role.TARGET)
            return self.fact("unknown", Text(f"“{name}”投产 {roi.zh}：货成本占成交价低于 {level.zh}就不亏，高了就亏。", f'"{name}" has an ROI of {roi.en}: it pays while the cost of goods is below {level.en} of the price, and loses above.'), "decision", name)  # fmt: skip
        even = self.roi("least_even_roi", one.even, Role.RANGE_LOW, name)
        return self.fact("unknown", Text(f"“{name}”投产 {roi.zh}，高于 {even.zh}这条最低线，但还不能说它赚；补上缺的输入再定加减。", f'"{name}" has an ROI of {roi.en}, above the lowest line {even.en}, but it is not shown to pay until the missing input is given.'), "decision", name)  # fmt: skip
