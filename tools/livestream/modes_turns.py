"""What turns the choice of a mode: an unknown fee, returns, a quote, known buyers, VAT, the commission base, and the way out of a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tools.facts import Fact, Role
from tools.livestream.contracts import profitable
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground_inputs import vat_terms
from tools.livestream.modes import Compared, Lever
from tools.livestream.modes_facts import ModeFacts
from tools.livestream.modes_limits import highest
from tools.livestream.modes_words import BASES, LEVERS, joined, mode_name
from tools.text import Text

__all__ = ["turning_facts"]

ZERO, ONE = Decimal(0), Decimal(1)
_POINT = Decimal("0.01")


def turning_facts(m: ModeFacts) -> list[Fact]:
    """After the choice itself: what would change it; where no volume breaks even, how far one input would have to fall."""
    extras: tuple[Callable[[ModeFacts], Fact | None], ...] = (_fee, _rescue, _quote)
    if any(one.spans for one in m.choice.modes):
        extras = (_fee, _quote, _flip, _incremental, _returns, _vat, _base)
    return [fact for extra in extras if (fact := extra(m)) is not None]


def _fee(m: ModeFacts) -> Fact | None:
    """What each point of an unknown platform fee costs, and how far the lowest break-even may move."""
    if not m.bound:
        return None
    dearer = replace(m.unit, platform_fee=_POINT)
    one = m.teller.write("fee_point", ONE, "pp")
    lost = m.unit.contribution() - dearer.contribution()
    per = m.money("fee_per_10k", lost * 10_000)
    base = m.money("base", Decimal(10_000))
    zh = f"平台扣点未知，所以以上是扣点为零的最好情况：扣点每多 {one.zh}，每支付 {base.zh}就少剩 {per.zh}"
    en = f"The platform fee is unknown, so these are best cases at a fee of zero: each further {one.en} of fee takes {per.en} off every {base.en} paid"
    if m.modes.gmv is not None:
        month = m.money("fee_month", lost * m.choice.modes[0].gmv)
        zh, en = f"{zh}，每月少 {month.zh}", f"{en}, {month.en} a month"
    return m.fact("fee", Text(f"{zh}。", f"{en}."))


def _flip(m: ModeFacts) -> Fact | None:
    """The input that changes the choice with the smallest turn."""
    turning = [s for s in m.choice.swings if s.flips_at is not None]
    if not turning or m.modes.gmv is None:
        return None
    nearest = min(turning, key=lambda s: abs((s.flips_at or ONE) - ONE))
    factor = nearest.flips_at or ONE
    level = _level(m, nearest.lever, factor)
    label = LEVERS[nearest.lever]
    best = m.choice.modes[0].contract.name
    names = [best]
    if nearest.flips_to is None:
        then = Text("就没有一种方式赚钱", "no mode makes money any more")
        if len(m.choice.modes) == 1:
            then = Text(f"{mode_name(best).zh}就不赚钱了", f"{mode_name(best).en} stops making money")
    else:
        other = mode_name(nearest.flips_to)
        names.append(nearest.flips_to)
        then = Text(f"结论就变成{other.zh}", f"the choice becomes {other.en}")
    claim = Text(f"最容易改变结论的是{label.zh}：{level.zh}，{then.zh}。", f"What turns the choice first is the {label.en}: {level.en}, and {then.en}.")  # fmt: skip
    return m.fact("flip", claim, names)


def _level(m: ModeFacts, lever: Lever, factor: Decimal) -> Text:
    values = {"refunds": m.unit.refunded, "cost": m.unit.cost_share, "ads": m.choice.modes[0].contract.ad_share}
    value = values.get(lever)
    if value:
        now, then = (
            m.share("now", value, Role.PREVIOUS),
            m.share("then", min(value * factor, ONE), Role.TARGET),
        )
        return Text(f"从 {now.zh}到 {then.zh}", f"from {now.en} to {then.en}")
    turn = m.share("turn", abs(factor - ONE), Role.CHANGE)
    more = Text("高", "higher") if factor > 1 else Text("低", "lower")
    return Text(f"{more.zh}出 {turn.zh}", f"{turn.en} {more.en}")


def _returns(m: ModeFacts) -> Fact | None:
    """Break-evens ten points of refunds lower and higher, as the answer a boss asks for next."""
    zh, en = [], []
    for step in (Decimal("-0.1"), Decimal("0.1")):
        refunded = m.unit.refunded + step
        if not 0 < refunded < 1:
            continue
        turned = m.unit.with_refunds(refunded)
        level = m.share("refunds", refunded, Role.TARGET)
        evens = _evens(m, m.at(turned))
        zh.append(f"退款退货率到 {level.zh}：{evens.zh}")
        en.append(f"at {level.en} refunded: {evens.en}")
    if not zh:
        return None
    return m.fact("returns", Text(f"{'；'.join(zh)}。", f"{_sentence('; '.join(en))}."), [one.contract.name for one in m.found.modes])  # fmt: skip


def _evens(m: ModeFacts, found: Compared) -> Text:
    parts = []
    for one in found.modes:
        if one.contract.kind == "mixed" or (one.spans and not one.spans[0].low):
            continue
        name = mode_name(one.contract.name)
        even = m.money("break_even", one.break_even, Role.TARGET, (one.contract.name,)) if one.break_even else None  # fmt: skip
        parts.append(Text(f"{name.zh} {even.zh}保本", f"{name.en} breaks even at {even.en}") if even else Text(f"{name.zh}卖多少都不保本", f"{name.en} never breaks even"))  # fmt: skip
    for cross in found.crossings:
        if {cross.below, cross.above} == {"自播", "代播"} and not m.modes.ranges:
            at = m.money("crossing", cross.gmv, Role.TARGET)
            parts.append(Text(f"自播与代播分界 {at.zh}", f"the two meet at {at.en}"))
    return joined(parts) if parts else Text("没有保本线", "no break-even")


def _quote(m: ModeFacts) -> Fact | None:
    """Where an agency's commission is only a public range: the quote under which it leaves more than the mode chosen."""
    public, best = m.modes.ranges.get("代播"), m.choice.modes[0]
    if public is None or m.modes.gmv is None or best.contract.name == "代播":
        return None
    agency = m.modes.brief.agencies[0]

    aim = max(best.profit, ZERO)

    def lead(rate: Decimal) -> Decimal:
        brief = m.modes.brief.model_copy(update={"agencies": (agency.model_copy(update={"commission": rate}),)})
        rooms = {room.name: room for room in m.build(m.unit, brief)}
        return rooms["代播"].profit(best.gmv, m.unit) - aim

    rate, name = highest(lead), mode_name(best.contract.name)
    low, high = m.share("commission_low", public.low, Role.RANGE_LOW), m.share("commission_high", public.high, Role.RANGE_HIGH)  # fmt: skip
    lead_in = Text(f"代播佣金只有公开范围 {low.zh}到 {high.zh}（不含固定费），不能当报价", f"The agency's commission is only a public range of {low.en} to {high.en} (no fixed fee), which is no offer")  # fmt: skip
    if rate is None:
        then = Text(f"即使不收佣金也不比{name.zh}多剩", f"even at no commission it leaves no more than {name.en}")
        if not aim:
            then = Text("即使不收佣金也亏", "even at no commission it loses")
    else:
        limit = m.share("commission_limit", rate, Role.TARGET)
        pays = Text(f"才比{name.zh}多剩", f"it beats {name.en}") if aim else Text("才不亏", "it loses nothing")
        then = Text(f"拿到报价后，同样的成交下综合费率低于 {limit.zh}{pays.zh}", f"with a quote in hand, at the same sales {pays.en} only below {limit.en} all in")  # fmt: skip
    return m.fact("quote", Text(f"{lead_in.zh}；{then.zh}。", f"{lead_in.en}; {then.en}."), ["代播", best.contract.name])  # fmt: skip


def _incremental(m: ModeFacts) -> Fact | None:
    """What is left if every known buyer had bought anyway: the least a room adds."""
    newly = m.newly()
    if newly is None:
        return None
    best = m.choice.modes[0]
    part, fresh = m.share("known_buyers", newly.known), m.money("incremental_gmv", newly.gmv, Role.RANGE_LOW)
    profit = m.money("incremental_profit", abs(newly.profit), Role.RANGE_LOW)
    verb = Text("剩", "leaves") if newly.profit > 0 else Text("亏", "loses")
    name = mode_name(best.contract.name)
    claim = Text(f"直播成交里 {part.zh}来自店里已有的买家，他们可能本来就会买（这是抢自己生意的上限）：只算新增至少 {fresh.zh}，{name.zh}每月{verb.zh} {profit.zh}。", f"{part.en} of the room's GMV comes from buyers the shop already had, who might have bought anyway (the upper bound of cannibalisation): counting only what is new, at least {fresh.en}, {name.en} {verb.en} {profit.en} a month.")  # fmt: skip
    return m.fact("incremental", claim, [best.contract.name])


def _vat(m: ModeFacts) -> Fact | None:
    """What VAT would take, where nobody said whether it applies."""
    if not m.ground.lacks("economics.taxpayer"):
        return None
    general, service = vat_terms("general")
    taxed = replace(m.unit, vat_rate=general, cost_invoiced=True, fee_vat=service)
    rate = m.share("vat_rate", taxed.vat_rate)
    left = m.money("contribution_vat", taxed.contribution())
    evens = _evens(m, m.at(taxed))
    claim = Text(f"还没算增值税：若是一般纳税人（{rate.zh}、进货有专票），每支付一元只剩 {left.zh}；{evens.zh}。", f"VAT is not counted yet: as a general taxpayer ({rate.en}, purchases invoiced) only {left.en} of each unit paid is left; {evens.en}.")  # fmt: skip
    return m.fact("vat", claim, [one.contract.name for one in m.found.modes])


def _base(m: ModeFacts) -> Fact | None:
    """What an agency's commission on paid GMV, instead of after refunds, moves."""
    rooms = m.modes.brief.agencies
    if m.modes.ranges or not rooms or all(room.base == "paid" for room in rooms) or not m.unit.refunded:
        return None
    dearer = tuple(room.model_copy(update={"base": "paid"}) for room in rooms)
    evens = _evens(m, m.at(m.unit, m.modes.brief.model_copy(update={"agencies": dearer})))
    claim = Text(f"合同写清佣金口径：如果代播佣金{BASES['paid'].zh}（退了也付），{evens.zh}。", f"Fix the commission base in the contract: with the agency's commission {BASES['paid'].en} (owed on refunds too), {evens.en}.")  # fmt: skip
    return m.fact("base", claim, [one.contract.name for one in m.found.modes])


def _rescue(m: ModeFacts) -> Fact | None:
    """Where no volume breaks even: how far one input alone would have to fall."""
    levers: tuple[Lever, ...] = ("refunds", "cost", "ads")
    parts = [part for lever in levers if (part := _needed(m, lever)) is not None]
    if not parts:
        claim = Text("退货、货成本、投流单独降到零也不保本，要一起改价格、成本结构和合同。", "Neither returns, cost nor ads alone would make it pay, even at zero: price, cost and contract have to change together.")  # fmt: skip
        return m.fact("rescue", claim)
    all_of = joined(parts)
    return m.fact("rescue", Text(f"要有保本的可能，至少做到其中一项：{all_of.zh}。", f"For any break-even one of these is needed: {all_of.en}."))  # fmt: skip


def _needed(m: ModeFacts, lever: Lever) -> Text | None:
    turns: dict[str, tuple[Decimal, Callable[[Decimal], tuple[UnitEconomics, Decimal]]]] = {
        "refunds": (m.unit.refunded, lambda f: (m.unit.turned("refunds", f), ONE)),
        "cost": (m.unit.cost_share, lambda f: (m.unit.turned("cost", f), ONE)),
        "ads": (max(one.contract.ad_share for one in m.choice.modes), lambda f: (m.unit, f)),
    }
    known = {one.contract.name for one in m.choice.modes}
    value, turn = turns[lever]

    def pays(factor: Decimal) -> bool:
        unit, ads = turn(factor)
        rooms = [room for room in m.build(unit) if room.name in known]
        return any(profitable(replace(room, ad_share=room.ad_share * ads), unit) for room in rooms)

    if not value or not pays(ZERO):
        return None
    low, high = ZERO, ONE
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if pays(middle) else (low, middle)
    label, level = LEVERS[lever], m.share("needed", value * low, Role.TARGET)
    return Text(f"{label.zh}低于 {level.zh}", f"the {label.en} below {level.en}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
