"""Names and terms of a mode in both languages, and the figures of sentences that several facts share."""

from __future__ import annotations

from decimal import Decimal

from tools.livestream.brief import Agency, Brief, Creator
from tools.livestream.contracts import Contract
from tools.livestream.modes import Lever
from tools.livestream.telling import Teller
from tools.text import Text

__all__ = ["BASES", "LEVERS", "SOURCE", "cents", "joined", "mode_label", "mode_name", "terms_text"]

SOURCE = Text("输入及其依据见表", "inputs and their basis: see the table")
BASES = {
    "paid": Text("按支付金额结算", "charged on paid GMV"),
    "shipped": Text("按发货金额结算", "charged on shipped GMV"),
    "received": Text("按退后金额结算", "charged on GMV after refunds"),
}
LEVERS: dict[Lever, Text] = {
    "refunds": Text("退款退货率", "cancelled and returned share"),
    "cost": Text("货成本", "cost of goods"),
    "commission": Text("佣金", "commission"),
    "freight": Text("快递、退货运费和运费险", "parcels and return insurance"),
    "ads": Text("投流", "ads"),
}
_NAMES = {
    "自播": Text("自播", "a room of your own"),
    "代播": Text("代播", "an agency"),
    "达人": Text("达人", "a creator"),
    "混合": Text("自播加达人", "your own room plus a creator"),
}


_LABELS = {"自播": "Own room", "代播": "Agency", "达人": "Creator", "混合": "Own room + creator"}


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def joined(parts: list[Text]) -> Text:
    return Text("、".join(p.zh for p in parts if p.zh), ", ".join(p.en for p in parts if p.en))


def mode_name(name: str) -> Text:
    """A default name in both languages; a name of the merchant's stays as it is."""
    return _NAMES.get(name, Text(name, name))


def mode_label(name: str) -> Text:
    """The name as the head of a row."""
    return Text(mode_name(name).zh, _LABELS.get(name, name))


def terms_text(teller: Teller, room: Contract, brief: Brief) -> Text:
    """What the mode costs, each figure a quantity of the fact being written."""
    name = room.name
    parts: list[Text] = []
    if room.kind == "self":
        parts.append(_money(teller, "fixed", room.fixed(Decimal(0)), Text("固定", "fixed"), name))
    elif room.kind == "agency":
        parts += _agency(teller, next(one for one in brief.agencies if one.name == name))
    elif room.kind in ("creator", "mcn"):
        parts += _creator(teller, next(one for one in brief.creators if one.name == name))
    if room.ad_share:
        share = teller.write("ad_share", room.ad_share, "ratio", subject=(name,))
        parts.append(Text(f"投流占 {share.zh}", f"ads {share.en} of GMV"))
    return joined(parts)


def _money(teller: Teller, metric: str, value: Decimal, label: Text, name: str) -> Text:
    said = teller.write(metric, cents(value), "money", subject=(name,))
    return Text(f"{label.zh} {said.zh}", f"{label.en} {said.en}")


def _rate(teller: Teller, value: Decimal, base: str, name: str) -> Text:
    said = teller.write("commission", value, "ratio", subject=(name,))
    return Text(f"佣金 {said.zh}（{BASES[base].zh}）", f"commission {said.en} ({BASES[base].en})")


def _agency(teller: Teller, terms: Agency) -> list[Text]:
    parts = []
    if terms.fee:
        parts.append(_money(teller, "fee", terms.fee, Text("固定费", "fixed fee"), terms.name))
    if terms.steps:
        rates = [teller.write("commission", step.rate, "ratio", subject=(terms.name,)) for step in terms.steps]
        steps = Text("、".join(r.zh for r in rates), ", ".join(r.en for r in rates))
        parts.append(Text(f"分级佣金 {steps.zh}（{BASES[terms.base].zh}）", f"stepped commission {steps.en} ({BASES[terms.base].en})"))  # fmt: skip
    elif terms.commission:
        parts.append(_rate(teller, terms.commission, terms.base, terms.name))
    if terms.minimum:
        parts.append(_money(teller, "minimum", terms.minimum, Text("佣金保底", "commission at least"), terms.name))
    if terms.kept:
        parts.append(_money(teller, "kept", terms.kept, Text("自己还要付", "you still pay"), terms.name))
    return parts


def _creator(teller: Teller, terms: Creator) -> list[Text]:
    parts = []
    if terms.slot_fee:
        parts.append(_money(teller, "slot_fee", terms.slot_fee, Text("坑位费", "slot fee"), terms.name))
    if terms.guaranteed:
        parts.append(_money(teller, "guaranteed", terms.guaranteed, Text("保量", "guaranteed"), terms.name))
    if terms.commission:
        parts.append(_rate(teller, terms.commission, terms.base, terms.name))
    extra = terms.samples + terms.service_fee
    if extra:
        parts.append(_money(teller, "extra", extra, Text("样品和服务费", "samples and service fee"), terms.name))
    return parts
