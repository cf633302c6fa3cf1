"""The tool `live_modes`: 自播, 代播, 达人, MCN or a mix, on the shop's own inputs, with the break-even of each and what flips the choice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tools.base import ToolContext, tool
from tools.facts import Chart, Claim, Fact, ToolResult, ToolTable
from tools.livestream.assumption import Assumptions, Basis
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.ground import Ground, Missing, ground
from tools.livestream.ground_inputs import below_cost, input_text
from tools.livestream.ground_shop import RoomShop
from tools.livestream.modes import ModeResult, contracts_of
from tools.livestream.modes_facts import ModeFacts
from tools.livestream.modes_input import Modes, modes_of
from tools.livestream.modes_limits import limits
from tools.livestream.modes_turns import turning_facts
from tools.livestream.modes_words import LEVERS, cents, mode_label
from tools.livestream.telling import about, assumption_table, doubt_claims, missing_claims
from tools.metrics.reader import Reader
from tools.text import Text, format_value

__all__ = ["live_modes"]

ZERO, ONE = Decimal(0), Decimal(1)
_GUIDANCE = (
    "Lead with the recommendation, its break-even and the volume it rests on, then what flips it. Say which inputs are public references "
    "or assumed, and ask for each missing one by name. Never call a reference range a standard."
)
_VOLUMES = (Decimal("0.5"), ONE, Decimal(2), Decimal(4))
_CURVE = 13


@tool(label=Text("比较直播模式", "comparing ways to run a livestream"), timeout_s=30)
def live_modes(ctx: ToolContext, *, brief: dict[str, Any] | None = None) -> ToolResult:
    """自播, 代播, 达人 or MCN: what each leaves a month, where it breaks even, where one overtakes another, and what flips the choice.

    Use for 该自播还是找代播 / 要不要做直播 / is an agency worth it / what GMV pays for our own room. `brief` may hold what the merchant
    said: economics (order_value, cancelled, returned, cost_share, platform_fee …), self_run {fixed, ad_share, expected_gmv}, agencies
    [{fee, commission, kept, minimum, steps, base}], creators [{slot_fee, commission, guaranteed}]. Leave out what was not said: it is
    read from the shop's data, else marked as a reference, else asked for.
    """
    told = parse_brief(brief) if brief is not None else Brief()
    reader = Reader(ctx.shop)
    base = ground(told, reader, ctx.records, ctx.today)
    modes = modes_of(told, base, RoomShop(reader, ctx.today), ctx.records)
    inputs = Assumptions((*base.assumptions.items_, *modes.inputs))
    table = assumption_table(inputs, ctx.lang, ctx.shop.currency)
    result = ToolResult(
        guidance=_GUIDANCE, notes=[*doubt_claims(base), *missing_claims(_asked(base, modes)), *below_cost(told)]
    )
    from_shop = any(one.basis is Basis.DATA for one in inputs.values())
    if base.best is None or not contracts_of(modes.brief, base.best, ZERO):
        result.facts = limits(ctx, base, modes, told, reader, from_shop=from_shop)
        result.tables = [table]
        return result
    facts = ModeFacts(ctx, base, modes, base.best, from_shop)
    result.facts = [*facts.all(), *turning_facts(facts), *facts.public()]
    result.tables = [_volumes(facts), *_tornado(facts), table]
    result.charts = [_curves(facts, result.facts[0])]
    result.notes += _warnings(facts, inputs)
    return result


def _asked(base: Ground, modes: Modes) -> list[Missing]:
    """Missing inputs, the volume and the modes among them."""
    asked = list(base.missing)
    lacking = [key for key, there in (("expected_gmv", modes.gmv), ("self_run.fixed", modes.brief.self_run)) if there is None]  # fmt: skip
    for key in lacking:
        text = input_text(key)
        asked.append(Missing(key, text.label, text.why, text.where))
    return asked


def _warnings(facts: ModeFacts, inputs: Assumptions) -> list[Claim]:
    notes = [Claim(zh="各方式按同样的货、同样的转化比较；代播和达人带来的人群不同时，实际会有差别。", en="All modes are compared on the same goods and conversion; an agency or creator that brings other people will differ.")]  # fmt: skip
    public = [one for one in inputs.values() if one.basis is Basis.REFERENCE]
    if public:
        names = Text("、".join(one.label.zh for one in public), ", ".join(one.label.en for one in public))
        notes.append(Claim(zh=f"这些输入只有公开参考，请换成自己的：{names.zh}。", en=f"Only public references exist for these inputs, replace them with your own: {names.en}."))  # fmt: skip
    where = _unknown_buyers(facts)
    if where is not None:
        notes.append(Claim(zh=f"不知道直播成交里有多少是老客（{where.zh}），所以没法算“抢自己生意”的部分。", en=f"How much of the room's GMV comes from known buyers is unknown ({where.en}), so cannibalisation is not counted."))  # fmt: skip
    if facts.ground.lacks("self_run.ad_share"):
        notes.append(Claim(zh="投流占比未知，按不投流算。", en="The ad share is unknown and counted as no ads."))
    return notes


def _unknown_buyers(facts: ModeFacts) -> Text | None:
    """Where to find the known buyers of the mode chosen: of the shop's own room in its orders, of a creator's with the creator. None: known."""
    contract = facts.choice.modes[0].contract
    if contract.known_buyers is not None:
        return None
    own = input_text("known_buyers").where
    creator = Text(
        "达人的写进需求的 creators 的 known_buyers", "a creator's: write known_buyers into the brief's creators"
    )
    mixed = facts.modes.known_buyers is None and contract.kind == "mixed"
    if contract.kind not in ("creator", "mcn", "mixed"):
        return own
    return Text(f"{own.zh}；{creator.zh}", f"{own.en}; {creator.en}") if mixed else creator


# -- tables -----------------------------------------------------------------------------------------------------------
def _volumes(facts: ModeFacts) -> ToolTable:
    """Profit of each mode at volumes around the expected one."""
    lang, currency, gmv = facts.ctx.lang, facts.ctx.shop.currency, facts.choice.modes[0].gmv
    levels = [gmv * factor for factor in _VOLUMES]

    def money(value: Decimal) -> str:
        return format_value(cents(value), currency, lang)

    rows = []
    for one in facts.found.modes:
        even = one.break_even
        none, any_sale = ("不保本", "有成交就不亏") if lang == "zh" else ("never", "any sale pays")
        rows.append((mode_label(one.contract.name).get(lang), none if even is None else money(even) if even else any_sale, *(money(one.contract.profit(level, facts.unit)) for level in levels)))  # fmt: skip
    heads = ("方式", "保本月支付", *(f"月支付 {money(v)}" for v in levels)) if lang == "zh" else ("Mode", "Break-even a month", *(f"at {money(v)}" for v in levels))  # fmt: skip
    return ToolTable(title=Claim(zh="不同月支付额下每月剩多少", en="What each mode leaves a month, by paid GMV"), columns=heads, rows=tuple(rows))  # fmt: skip


def _tornado(facts: ModeFacts) -> list[ToolTable]:
    lang, currency = facts.ctx.lang, facts.ctx.shop.currency
    if facts.modes.gmv is None:
        return []
    rows = []
    for swing in facts.choice.swings:
        if swing.low == swing.high:
            continue
        turn = "" if swing.flips_at is None else format_value(swing.flips_at - ONE, "ratio", lang, signed=True)
        to = "" if swing.flips_at is None else (mode_label(swing.flips_to).get(lang) if swing.flips_to else ("都不赚钱" if lang == "zh" else "none pays"))  # fmt: skip
        rows.append((LEVERS[swing.lever].get(lang), *(format_value(cents(v), currency, lang) for v in (swing.low, swing.high)), f"{turn} {to}".strip()))  # fmt: skip
    best = mode_label(facts.choice.modes[0].contract.name)
    heads = ("输入", "低两成时每月剩", "高两成时每月剩", "变多少就换成") if lang == "zh" else ("Input", "A fifth lower", "A fifth higher", "Turns the choice at")  # fmt: skip
    title = Claim(zh=f"哪一项最影响结论（{best.zh}）", en=f"What moves the result most ({best.en})")
    return [ToolTable(title=title, columns=heads, rows=tuple(rows))]


def _curves(facts: ModeFacts, first: Fact) -> Chart:
    """Profit by paid GMV, the recommended mode first, each with its break-even as a mark on the curve's own steps."""
    found = facts.found
    best = facts.choice.modes[0]
    marks = [best.gmv, *(c.gmv for c in found.crossings), *(m.break_even or ZERO for m in found.modes)]
    top = max(marks) * Decimal("1.3")
    at = [top * k / (_CURVE - 1) for k in range(_CURVE)]
    currency, lang = facts.ctx.shop.currency, facts.ctx.lang
    series = [
        {"name": mode_label(one.contract.name).get(lang), "points": [[about(x, currency).get(lang), str(cents(one.contract.profit(x, facts.unit)))] for x in at], "marks": _even_mark(one, top, currency)}
        for one in sorted(found.modes, key=lambda m: m.contract.name != best.contract.name)
    ]  # fmt: skip
    name = mode_label(best.contract.name)
    title = Claim(zh="月支付额与每月剩余（按方式）", en="What is left a month by paid GMV, by mode") if len(series) > 1 else Claim(zh=f"{name.zh}：月支付额与每月剩余", en=f"{name.en}: what is left a month by paid GMV")  # fmt: skip
    return Chart(kind="trend", title=title, data={"unit": currency, "series": series}, fact_ids=(first.id,))


def _even_mark(one: ModeResult, top: Decimal, currency: str) -> list[dict[str, str]]:
    even = one.break_even
    if not even:
        return []
    said = about(even, currency)
    return [{"at": f"{even / top * (_CURVE - 1):.3f}", "zh": f"保本 {said.zh}", "en": f"breaks even at {said.en}"}]
