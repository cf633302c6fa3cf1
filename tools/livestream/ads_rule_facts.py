"""Sentences of rules: the stop line of a new plan in money, how to raise, which targets to set, rules met, and what the figures count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tools.facts import Claim, Fact, Role, WhyClass
from tools.livestream.ads_facts import AdFacts
from tools.livestream.ads_rules import Watch, page_of, seen_on, setting, stop_rule, targets
from tools.livestream.ads_verdict import Standing
from tools.livestream.pacing import odds_of_stopping
from tools.text import Text, format_value

__all__ = ["FALSE_STOPS", "HORIZON", "attribution_notes", "rule_facts"]

ZERO, ONE = Decimal(0), Decimal(1)
HORIZON = 60.0  # break-even orders of spend over which the odds of the stop line are told
GOOD, BAD = 1.3, 0.6  # true ROI ÷ break-even ROI of a plan worth keeping and of one to stop
FALSE_STOPS = 0.15  # a plan at GOOD is stopped at most this often (tests/tools/livestream/test_pacing.py)
_WATCH_ORDER = ("surged", "starved", "idle", "decayed")


def rule_facts(facts: AdFacts) -> list[Fact]:
    """The stop line, how to raise, and the rules that plans have met."""
    return [*_stop_line(facts), *_watched(facts), *_raising(facts)]


def _stop_line(facts: AdFacts) -> Iterator[Fact]:
    """The stop rule in money of this shop, with how often it errs."""
    scene, rule = facts.scene, stop_rule()
    margin = scene.margin
    if margin is None or margin <= 0 or scene.unit is None or scene.upper:
        return
    orders = sum(one.sums.orders or 0 for one in scene.standings)
    paid = sum((one.sums.paid or ZERO for one in scene.standings if one.sums.orders), ZERO)
    value = paid / orders if orders and paid else scene.unit.order_value
    pays = value * margin
    cost = facts.money("order_cost", pays, Role.TARGET)
    lines = [facts.money("stop_at", pays * Decimal(str(round(rule.boundary(n), 4))), Role.TARGET) for n in (0, 1, 2)]
    ones = [facts.count("orders_by_then", n, "orders", Role.VALUE) for n in (1, 2)]
    sure = facts.share("sure", rule.sure, Role.TARGET)
    ones = [Text(one.zh, one.en.replace("1 orders", "1 order")) for one in ones]
    good, bad = odds_of_stopping(GOOD, HORIZON, rule), odds_of_stopping(BAD, HORIZON, rule)
    wrong, right = facts.share("stopped_wrongly", good.stopped), facts.share("stopped_rightly", bad.stopped)
    times = facts.roi("good_ratio", GOOD), facts.roi("bad_ratio", BAD)
    half = facts.money("half_stopped_at", pays * Decimal(str(round(bad.half_at or 0.0, 4))))
    zh = (
        f"新计划的停投线：一单最多花 {cost.zh}；花到 {lines[0].zh}没有成交、{lines[1].zh}只有 {ones[0].zh}、{lines[2].zh}只有 {ones[1].zh}，就停（真亏的把握过 {sure.zh}）。"
        f"按这条线，真实投产是保本 {times[0].zh} 倍的计划会误停 {wrong.zh}，只有 {times[1].zh} 倍的会停掉 {right.zh}，一半在花到 {half.zh}前停。"
    )
    en = (
        f"Stop line of a new plan: an order may cost {cost.en}; stop at {lines[0].en} without a sale, {lines[1].en} with {ones[0].en}, {lines[2].en} with {ones[1].en} (then the chance of a true loss exceeds {sure.en}). "
        f"A plan truly at {times[0].en} times break-even is stopped by mistake {wrong.en} of the time, one at {times[1].en} times is caught {right.en} of the time, half of them before {half.en}."
    )  # fmt: skip
    yield facts.fact("stop_line", Text(zh, en), "how", why=WhyClass.INFERENCE, source="tools/livestream/pacing.py")


def _watched(facts: AdFacts) -> Iterator[Fact]:
    """The weightiest rule any plan has met."""
    hits = [(watch, one) for one in facts.scene.standings for watch in one.watches]
    hits.sort(key=lambda hit: (_WATCH_ORDER.index(hit[0].name), -hit[1].sums.spend))
    for watch, one in hits[:1]:
        said = _rule_text(facts, watch)
        name, more = one.plan.name, Text("", "")
        if watch.name == "surged":
            surge = setting("surge")
            cap, low, high = (facts.share("surge", surge[key], Role.TARGET) for key in ("cap", "bid_low", "bid_high"))
            more = Text(f"，封在平常的 {cap.zh}，出价降 {low.zh}–{high.zh}", f": {cap.en} of the usual, and the bid down {low.en}–{high.en}")  # fmt: skip
        zh, en = (
            f"“{name}”：{said.zh}{more.zh}（{watch.seen.zh}）。",
            f'"{name}": {said.en}{more.en} ({watch.seen.en}).',
        )
        yield facts.fact("watch", Text(zh, en), "why", name, source=watch.url)


def _rule_text(facts: AdFacts, watch: Watch) -> Text:
    figures = {}
    if watch.days:
        figures["days"] = facts.count("rule_days", watch.days, "count", Role.TARGET)
    if watch.share:
        figures["share"] = facts.share("rule_share", watch.share, Role.TARGET)
    if watch.times:
        figures["times"] = facts.count("rule_times", watch.times, "count", Role.TARGET)
    return Text(*(words.format(**{key: said.get(lang) for key, said in figures.items()}) for lang, words in (("zh", watch.words.zh), ("en", watch.words.en))))  # type: ignore[arg-type]  # fmt: skip


def _raising(facts: AdFacts) -> Iterator[Fact]:
    """How to raise, and the targets of public pages beside the shop's own break-even."""
    scene = facts.scene
    margin, even = scene.margin, scene.even
    if margin is None or even is None or scene.upper:
        return
    step, n = facts.share("step", setting("steps", "budget_step", "share")), facts.count("windows", setting("marginal", "windows"), role=Role.TARGET)  # fmt: skip
    one, needed = facts.money("one", ONE), facts.money("needed_more", even, Role.TARGET)
    days = facts.count("patience", setting("patience", "days"), "days", Role.TARGET)
    zh = f"加投一次最多 {step.zh}，至少放 {days.zh}再看；多花 {one.zh}要多带来 {needed.zh}成交，连续 {n.zh} 个周期做到才再加，一次没做到就退回。"
    en = f"Raise by at most {step.en} at a time and leave it {days.en}; each {one.en} more has to bring {needed.en} more sales, in {n.en} periods in a row before the next rise, and one miss takes it back."  # fmt: skip
    earning = [
        one
        for one in scene.standings
        if one.action in ("raise", "hold") and (one.sums.roi or ZERO) > (one.even or ZERO)
    ]
    past = next(iter(earning), None)
    name = past.plan.name if past else ""
    listed, urls = [], [page_of(setting("patience"))]
    for target in targets(even, past.sums.roi if past else None):
        low, high = facts.roi("target", target.low, Role.RANGE_LOW), facts.roi("target", target.high, Role.RANGE_HIGH)
        span = low if target.low == target.high else Text(f"{low.zh}–{high.zh}", f"{low.en}–{high.en}")
        loses = Text("（低于保本，会亏）", " (below break-even: it loses)") if target.high < even else Text("", "")
        listed.append(Text(f"{target.label.zh} {span.zh}{loses.zh}", f"{target.label.en} {span.en}{loses.en}"))
        urls.append(target.url)
    seen = seen_on(setting("targets", "start"))
    of = Text(f"按“{name}”和保本线，", f', by "{name}" and break-even') if past else Text("", "")
    zh = f"{zh}{of.zh}后台投产目标可参考：{'，'.join(t.zh for t in listed)}（{seen.zh}）。"
    en = f"{en} Targets to try in the console{of.en}: {', '.join(t.en for t in listed)} ({seen.en})."
    source = " ".join(dict.fromkeys(url for url in urls if url))
    yield facts.fact("raising", Text(zh, en), "how", name, why=WhyClass.INFERENCE, source=source)


# -- what the figures count -------------------------------------------------------------------------------------------
def attribution_notes(facts: AdFacts) -> list[Claim]:
    """Window of attribution, direct or indirect, natural traffic, and what none of the figures proves."""
    some = facts.scene.standings
    notes = []
    if some:
        notes += [_windows(some), _direct(some), _natural(some), console_note()]
        notes.append(Claim(zh="平台记的成交不等于投流多带来的成交：有些人本来就会买；几个计划也可能记了同一单。响应曲线是关联，不是因果。", en="Credited sales are not extra sales: some would have bought anyway, and two plans may be credited with one order. A response curve is an association, not a cause."))  # fmt: skip
        notes += _outside(facts)
    return notes


def _outside(facts: AdFacts) -> list[Claim]:
    """What plans that do not run in the room are judged by."""
    unit, outside = facts.scene.unit, [one for one in facts.scene.standings if not one.plan.room]
    if unit is None or not outside:
        return []
    whole = any(one.refunded != unit.refunded for one in outside)
    zh, en = ("全店退款率", "the whole shop's refunds") if whole else ("同一个退款率", "the same refunds as the room")
    return [Claim(zh=f"不是直播的计划按{zh}、自己的笔单价算，货成本占比和直播间一样。", en=f"Plans outside the room use {en} and their own order value; the cost share is the room's.")]  # fmt: skip


def console_note() -> Claim:
    """How often a console's target may be changed, as pages say."""
    edits, step = setting("steps", "edits"), setting("steps", "target_step")
    low, high = (format_value(Decimal(step[end]), "ratio", "zh") for end in ("low", "high"))
    seen = seen_on(edits)
    return Claim(zh=f"改后台投产目标：一天最多 {edits['day']} 次、隔 {edits['hours_apart']} 小时以上，一步 {low}–{high}（{seen.zh}）。", en=f"Changing a console target: at most {edits['day']} times a day, {edits['hours_apart']} hour or more apart, {low}–{high} a step ({seen.en}).")  # fmt: skip


def _windows(standings: Sequence[Standing]) -> Claim:
    days = sorted({one.plan.attribution for one in standings if one.plan.attribution is not None})
    unknown = [one.plan.name for one in standings if one.plan.attribution is None]
    zh, en = "", ""
    if days:
        zh = f"成交按 {'、'.join(map(str, days))} 天转化周期归到点击，最近这些天的成交还会再涨；不同周期的投产不能直接比。"
        en = f"Sales are credited within {', '.join(map(str, days))} days of a click, so the latest days will still rise; returns of different windows cannot be compared."  # fmt: skip
    if unknown:
        zh += f"转化周期没写的：{'、'.join(unknown[:5])}。"
        en = f"{en} No attribution window given: {', '.join(unknown[:5])}.".strip()
    return Claim(zh=zh, en=en)


def _direct(standings: Sequence[Standing]) -> Claim:
    told = [one for one in standings if one.sums.direct is not None and one.sums.paid]
    if not told:
        return Claim(zh="报表没分直接和间接成交，投产按总成交（含间接）算；只看直接成交会更低。", en="The report does not part direct from indirect sales: returns count both, and would be lower on direct sales alone.")  # fmt: skip
    direct, paid = (
        sum((one.sums.direct or ZERO for one in told), ZERO),
        sum((one.sums.paid or ZERO for one in told), ZERO),
    )
    part = format_value(direct / paid, "ratio", "zh")
    return Claim(zh=f"投产按总成交算，其中直接成交占 {part}，其余是间接。", en=f"Returns count all credited sales; {part} of them are direct, the rest indirect.")  # fmt: skip


def _natural(standings: Sequence[Standing]) -> Claim:
    names = [one.plan.name for one in standings if one.plan.natural]
    if not names:
        return Claim(zh="没有看到全站或全域类计划，这里的投产不含自然流量。", en="No whole-site product was seen, so these returns do not count natural traffic.")  # fmt: skip
    return Claim(zh=f"{'、'.join(names[:5])}是全站或全域类：它的投产含自然成交，不能和别的计划比。", en=f"{', '.join(names[:5])}: a whole-site product whose return counts natural sales; do not compare it with others.")  # fmt: skip
