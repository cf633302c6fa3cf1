"""Sentences of the room's own ad spend and of a budget's split."""

from __future__ import annotations

from decimal import Decimal

from tools.facts import Fact, Role, WhyClass
from tools.livestream.ads_budget import Budget
from tools.livestream.ads_facts import AdFacts
from tools.livestream.ads_roi import even_roi_fixed
from tools.livestream.ads_room import RoomAds
from tools.livestream.ads_rules import setting
from tools.metrics.windows import window_text
from tools.text import Text

__all__ = ["room_facts", "split_facts"]

ZERO, ONE = Decimal(0), Decimal(1)
_MONTH = 30
_TOLD = 3


def room_facts(facts: AdFacts) -> list[Fact]:
    room, unit = facts.scene.room, facts.scene.unit
    if room is None:
        return []
    spend, paid, n = facts.money("room_spend", room.spend), facts.money("room_paid", room.gmv), facts.count("sessions", room.sessions)  # fmt: skip
    part = facts.share("ad_share", room.spend / room.gmv) if room.gmv else Text("—", "—")
    when = window_text(room.window)
    zh = f"直播间 {when.zh}的 {n.zh} 场投流 {spend.zh}，全场支付 {paid.zh}，投流占 {part.zh}；全场成交含自然流量，不能全算投流的功劳。"  # fmt: skip
    en = f"The room, {when.en}: {n.en} streams, {spend.en} of ads beside {paid.en} of paid GMV ({part.en}); that GMV holds natural traffic and is not the return of the ads."  # fmt: skip
    margin = unit.contribution() if unit and not facts.scene.upper else None
    if margin is not None and facts.scene.fixed and room.gmv:
        fixed = facts.scene.fixed * room.window.days / _MONTH
        even, cost = even_roi_fixed(room.gmv, margin, fixed), facts.money("fixed", fixed)
        if even is None:
            zh, en = f"{zh}连固定费用 {cost.zh}一起算，这些成交一分投流都付不起。", f"{en} With {cost.en} of fixed cost this GMV pays for no ads at all."  # fmt: skip
        else:
            said, own = facts.roi("even_roi_fixed", even, Role.TARGET), facts.roi("room_roi", room.gmv / room.spend)
            zh, en = f"{zh}连固定费用 {cost.zh}一起算，全场投产要到 {said.zh}，现在 {own.zh}。", f"{en} With {cost.en} of fixed cost the room's sales have to be {said.en} times its ads; they are {own.en} times."  # fmt: skip
    return [facts.fact("room", Text(zh, en), "why"), *_room_test(facts, room)]


def _room_test(facts: AdFacts, room: RoomAds) -> list[Fact]:
    if room.test is None:
        return []
    low, high = (facts.money("test_spend", v.quantize(ONE), Role.TARGET) for v in (room.test.low, room.test.high))
    n = facts.count("test_sessions", room.test.sessions, role=Role.TARGET)
    why = _room_why(facts, room)
    zh, en = f"{why.zh}要知道就一场 {low.zh}、一场 {high.zh}轮着投 {n.zh} 场，时段和主播两边一样", f"{why.en} To find out, alternate {low.en} and {high.en} a stream for {n.en} streams, with the same slots and hosts on both sides"  # fmt: skip
    if room.usual and room.test.high > 4 * room.usual:
        zh, en = f"{zh}；高档是平常的好几倍，一场的成交波动太大，小改看不出来，不值得就按停投线管。", f"{en}. The high level is several times the usual, because one stream's sales swing so much; if that is too dear, manage by the stop line instead."  # fmt: skip
    else:
        zh, en = f"{zh}。", f"{en}."
    return [facts.fact("room_test", Text(zh, en), "how")]


def _room_why(facts: AdFacts, room: RoomAds) -> Text:
    used = facts.count("sessions_used", room.used)
    if room.reason == "few_days":
        return Text(f"直播间只有 {used.zh} 场投流记录，加投值不值看不出。", f"With {used.en} streams on record, whether more ads in the room pay cannot be told.")  # fmt: skip
    moved = facts.share("moved", room.moved)
    return Text(f"直播间加投值不值看不出：{used.zh} 场里每场投流只上下变动约 {moved.zh}，成交的波动大得多。", f"Whether more ads in the room pay cannot be told: over {used.en} streams the spend moved by only about {moved.en}, and sales swing far more.")  # fmt: skip


def split_facts(facts: AdFacts) -> list[Fact]:
    found = facts.scene.budget
    if found is None or facts.scene.asked is None:
        return []
    days, whole = facts.count("budget_days", found.days, "days"), facts.money("budget", facts.scene.asked, Role.TARGET)
    parts = []
    for part in [one for one in found.parts if one.daily > 0][:_TOLD]:
        said = facts.money("daily_to", part.daily, Role.TARGET, part.standing.plan.name)
        parts.append(Text(f"“{part.standing.plan.name}”每天 {said.zh}", f'"{part.standing.plan.name}" {said.en} a day'))
    none = Text("都不投", "nothing on any plan")
    zh, en = "、".join(p.zh for p in parts) or none.zh, ", ".join(p.en for p in parts) or none.en
    if found.kept:
        kept = facts.money("kept", found.kept * found.days)
        zh, en = f"{zh}，留 {kept.zh}不花", f"{en}, and {kept.en} kept"
    zh, en = f"{whole.zh}按 {days.zh}花：{zh}。", f"{whole.en} over {days.en}: {en}."
    gain, low, high = (facts.money("gain", sum((getattr(p, end) for p in found.parts), ZERO) * found.days, role) for end, role in (("gain", Role.VALUE), ("low", Role.RANGE_LOW), ("high", Role.RANGE_HIGH)))  # fmt: skip
    left = facts.money("left", abs(found.left) * found.days)
    word = Text("剩", "leaves") if found.left >= 0 else Text("亏", "loses")
    zh = f"{zh}预计成交 {gain.zh}（大致 {low.zh}到 {high.zh}），扣完货和投流{word.zh} {left.zh}。"
    en = f"{en} It should bring {gain.en} of sales ({low.en} to {high.en}) and {word.en} {left.en} after goods and ads."  # fmt: skip
    why = _kept(facts, found)
    if any(part.daily > part.standing.daily * (ONE + Decimal(setting("steps", "budget_step", "share"))) for part in found.parts):  # fmt: skip
        step = facts.share("step", Decimal(setting("steps", "budget_step", "share")), Role.TARGET)
        why = Text(f"{why.zh}比现在高的分几步加，一次最多 {step.zh}。", f"{why.en} Where that is above today, go up by at most {step.en} at a time.".strip())  # fmt: skip
    names = [part.standing.plan.name for part in found.parts]
    return [facts.fact("split", Text(zh + why.zh, f"{en} {why.en}".strip()), "decision", *names, why=WhyClass.ASSOCIATION)]  # fmt: skip


def _kept(facts: AdFacts, found: Budget) -> Text:
    if found.why == "margin":
        one = facts.money("one", ONE)
        return Text(f"留下的部分再投，每 {one.zh}收不回 {one.zh}，或没有数据能证明收得回。", f"Spent as well, the rest would not earn {one.en} per {one.en}, or nothing shows that it would.")  # fmt: skip
    if found.why == "seen":
        return Text("有计划已到过去常花的上限，再往上数据太少，不外推；要加就一步步试。", "A plan is at the top of what it has usually spent; beyond it there are too few days to judge by: go up step by step.")  # fmt: skip
    return Text("", "")
