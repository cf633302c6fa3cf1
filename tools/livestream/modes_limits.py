"""What can still be said with the cost of goods or the returns unknown: how high that one may be for a mode to break even."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Role, WhyClass
from tools.livestream.brief import Brief
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import FEE, Ground, ground
from tools.livestream.ground_inputs import input_text
from tools.livestream.modes import contracts_of
from tools.livestream.modes_input import Modes
from tools.livestream.modes_words import SOURCE, cents, joined, mode_name
from tools.livestream.telling import Teller
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["highest", "limits"]

ZERO, ONE = Decimal(0), Decimal(1)
_NEEDED = ("economics.order_value", "economics.returned", "economics.cost_share", FEE, "economics.outbound", "economics.return_parcel", "economics.insurance")  # fmt: skip


def limits(ctx: ToolContext, base: Ground, modes: Modes, told: Brief, reader: Reader, *, from_shop: bool) -> list[Fact]:
    """One fact: the limit, or what has to be known first where more than one input is missing or the volume is unknown."""
    lacking = {one.key for one in base.missing} & {"economics.cost_share", "economics.returned"}
    if len(lacking) != 1 or modes.gmv is None:
        return [_first(ctx, base, modes)]
    key = lacking.pop()
    name = key.removeprefix("economics.")
    said = told.economics.model_copy(update={name: ZERO, **({"cancelled": ZERO} if name == "returned" else {})})
    unit = ground(told.model_copy(update={"economics": said}), reader, ctx.records, ctx.today).best
    if unit is None:
        return [_first(ctx, base, modes)]
    turned = unit
    gmv, ads = modes.gmv, base.ad_share or ZERO
    teller = Teller(ctx)
    volume = teller.write("gmv", cents(gmv), "money")
    parts: list[Text] = []
    names: list[str] = []
    for index, room in enumerate(contracts_of(modes.brief, unit, ads)):

        def profit(value: Decimal, index: int = index) -> Decimal:
            at = _with(turned, name, value)
            return contracts_of(modes.brief, at, ads)[index].profit(gmv, at)

        label, top = mode_name(room.name), highest(profit)
        names += label
        if top is None:
            parts.append(Text(f"{label.zh}再低也不保本", f"{label.en} never breaks even"))
        else:
            level = teller.write("highest", top.quantize(Decimal("0.0001")), "ratio", Role.TARGET, subject=(room.name,))
            parts.append(Text(f"{label.zh}要低于 {level.zh}", f"{label.en} needs it below {level.en}"))
    what, all_of = input_text(key).label, joined(parts)
    fee = Text("（平台扣点也未知，按零算，所以还要再低些）", " (the platform fee is unknown too and counted as zero, so it must be lower still)") if base.lacks(FEE) else Text("", "")  # fmt: skip
    claim = Text(f"还不知道“{what.zh}”，不能说赚亏，但能说上限：月直播支付 {volume.zh}时想不亏，{all_of.zh}{fee.zh}。", f"Without \"{what.en}\" no profit can be told, only its limit: to lose nothing at {volume.en} of paid GMV a month, {all_of.en}{fee.en}.")  # fmt: skip
    return [teller.fact("limit", claim, source=SOURCE.get(ctx.lang), why=WhyClass.INFERENCE, entities=names, data={"part": "limit"}, from_shop=from_shop)]  # fmt: skip


def _first(ctx: ToolContext, base: Ground, modes: Modes) -> Fact:
    """What has to be known before anything is worth computing, by name; no figure is made up for it."""
    asked = [one.label for one in base.missing if one.key in _NEEDED]
    if modes.gmv is None:
        asked.append(input_text("expected_gmv").label)
    names = Text("、".join(f"“{t.zh}”" for t in asked), "; ".join(t.en for t in asked))
    claim = Text(f"现在还不能说该自播还是找代播：先补{names.zh}，其余的可以先用默认值或公开参考。", f"Which way to run a room cannot be told yet. First needed: {names.en}. The rest can start from defaults or public references.")  # fmt: skip
    return Teller(ctx).fact("first", claim, source=SOURCE.get(ctx.lang), data={"part": "first"}, from_shop=False)


def _with(unit: UnitEconomics, name: str, value: Decimal) -> UnitEconomics:
    return replace(unit, cost_share=value) if name == "cost_share" else replace(unit, returned=value)


def highest(profit: Callable[[Decimal], Decimal]) -> Decimal | None:
    """The largest share from 0 to 1 at which a falling profit is not negative; None where even 0 loses."""
    if profit(ZERO) < 0:
        return None
    low, high = ZERO, ONE
    if profit(ONE) >= 0:
        return ONE
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if profit(middle) >= 0 else (low, middle)
    return low
