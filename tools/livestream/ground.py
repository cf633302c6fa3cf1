"""What a plan stands on: each input from the brief, else the shop's tables, else what the merchant stated, else a reference, else asked for.

Order of trust per input: the brief (the merchant says so now) · the shop's own tables · stated earlier in a chat · a public reference,
marked with platform and confidence · a small neutral default. The platform fee has no reference: without it nothing is made up; `best` is
then the unit at 0 %, so what it gives is the best case and every point of fee comes off it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tools.base import Records
from tools.errors import BadArguments
from tools.livestream.assumption import Assumption, Assumptions, Basis
from tools.livestream.brief import Brief
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground_inputs import BRIEF, CHAT, assumption, default_of, input_text, reference, vat_terms
from tools.livestream.ground_shop import Found, RoomShop
from tools.metrics.catalog import table_text
from tools.metrics.margins import stated_share
from tools.metrics.reader import Reader
from tools.text import Text, format_value

__all__ = ["FEE", "Ground", "Missing", "ground"]

FEE = "economics.platform_fee"
ZERO, ONE = Decimal(0), Decimal(1)
_MARGIN_APART = Decimal("0.03")  # beyond rounding and the mix of a month
_PARCELS = ("outbound", "return_parcel", "insurance", "lost_share")


@dataclass(frozen=True)
class Missing:
    """An input nobody has given: its name in the brief, what it is, why it matters, and where a merchant finds it."""

    key: str
    label: Text
    why: Text
    where: Text


@dataclass(frozen=True)
class Ground:
    """Inputs with their basis, and what is still missing. `unit` is None while an input of it is missing (taxpayer and ads are not of it).

    `best`: the unit, or where the platform fee alone is missing the unit at a fee of 0 % (an upper bound). Keys of `assumptions` are the
    brief's own (`economics.returned`); `self_run.ad_share` among them is `ad_share`.
    """

    assumptions: Assumptions
    unit: UnitEconomics | None
    ad_share: Decimal | None
    missing: tuple[Missing, ...] = ()
    best: UnitEconomics | None = None
    doubts: tuple[Text, ...] = ()  # what the merchant said and the data contradict; the data are taken

    def lacks(self, key: str) -> bool:
        return any(one.key == key for one in self.missing)


def ground(brief: Brief, reader: Reader, records: Records | None, day: date) -> Ground:
    """The inputs of a plan made on `day` for one shop. Raises BadArguments where the brief counts in another currency."""
    currency = reader.shop.currency
    if "currency" in brief.model_fields_set and brief.currency != currency:
        raise BadArguments(
            Text(f"需求里的币种（currency）是 {brief.currency}，店铺按 {currency} 记账，不能混着算；请统一换成 {currency}。", f"The brief counts in {brief.currency} (currency) but the shop in {currency}: the two cannot be mixed. Write every amount in {currency}.")
        )  # fmt: skip
    return _Making(brief, reader, records, day).result()


@dataclass
class _Making:
    brief: Brief
    reader: Reader
    records: Records | None
    day: date
    known: dict[str, Assumption] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    doubts: list[Text] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shop = RoomShop(self.reader, self.day)
        self.currency = self.reader.shop.currency
        self.platform = self.brief.platform if "platform" in self.brief.model_fields_set else self.reader.platform
        self.category = self.brief.category or self.reader.shop.category

    def result(self) -> Ground:
        self._order_value()
        self._refunds()
        self._cost()
        self._fee()
        for name in _PARCELS:
            self._parcel(name)
        fee_vat = self._vat()
        ads = self._ads()
        unit = self._unit(fee_vat)
        lacking = {one.key for one in self.missing}
        whole = unit if FEE not in lacking else None
        return Ground(
            Assumptions(tuple(self.known.values())), whole, ads, tuple(self.missing), unit, tuple(self.doubts)
        )

    # -- taking ---------------------------------------------------------------------------------------------------
    def _take(self, key: str, value: Decimal, basis: Basis, source: Text) -> None:
        self.known[key] = assumption(key, value, basis, source)

    def _given(self, name: str) -> bool:
        """Whether the brief says it; then it is taken over."""
        value = getattr(self.brief.economics, name)
        if value is not None:
            self._take(f"economics.{name}", value, Basis.STATED, BRIEF)
        return value is not None

    def _read(self, key: str, read: Callable[[], Found | None]) -> bool:
        found = read()
        if found is not None:
            self._take(key, found.value, Basis.DATA, found.source)
        return found is not None

    def _said(self, key: str, value: Decimal | None) -> bool:
        if value is not None:
            self._take(key, value, Basis.STATED, CHAT)
        return value is not None

    def _lack(self, key: str, table: str = "") -> None:
        """Ask for it by name. A table that was not shared is said as refused, not as absent."""
        text = input_text(key)
        where = text.where
        if table in self.reader.shop.hidden:
            name = table_text(table)
            where = Text(f"商家没有分享“{name.zh}”（不等于没有）；请商家分享，或写进需求", f"the merchant has not shared {name.en} (which does not mean there is none); ask for it, or write it into the brief")  # fmt: skip
        self.missing.append(Missing(key, text.label, text.why, where))

    # -- inputs ---------------------------------------------------------------------------------------------------
    def _order_value(self) -> None:
        key = "economics.order_value"
        if self._given("order_value") or self._read(key, self.shop.order_value):
            return
        public = reference("order_value", self.platform, self.category, self.currency)
        if public is None:
            self._lack(key)
        else:
            self._take(key, public.middle, Basis.REFERENCE, public.text)

    def _refunds(self) -> None:
        cancelled, returned = "economics.cancelled", "economics.returned"
        given = self._given("cancelled"), self._given("returned")
        if given == (True, True):
            return
        if any(given):
            left = cancelled if given[1] else returned
            self._take(left, ZERO, Basis.ASSUMED, Text("需求只写了另一半，这一半按 0", "the brief gives the other part only, this one counts as 0"))  # fmt: skip
            return
        found = self.shop.refunds()
        if found is not None:
            for key, part in zip((cancelled, returned), found, strict=True):
                self._take(key, part.value, Basis.DATA, part.source)
            return
        public = reference("refunds", self.platform, self.category, self.currency)
        if public is None:
            self._lack(returned)
            return
        self._take(cancelled, ZERO, Basis.ASSUMED, Text("分不出发货前后，全按发货后算", "cannot be told apart, all counted as after shipping"))  # fmt: skip
        self._take(returned, public.middle, Basis.REFERENCE, public.text)

    def _cost(self) -> None:
        key, margin = "economics.cost_share", stated_share(self.records, "gross_margin")
        if self._given("cost_share") or self._from_items(key):
            return
        if self._read(key, self.shop.cost_share):
            self._doubt_margin(ONE - self.known[key].value, margin)
            return
        if margin is None:
            self._lack(key, "item_costs")
        else:
            self._take(key, ONE - margin, Basis.STATED, Text("1 − 对话里说过的毛利率", "1 − the gross margin said in a chat"))  # fmt: skip

    def _doubt_margin(self, counted: Decimal, said: Decimal | None) -> None:
        """The cost table counts what was sold, so it is taken; a merchant who said another margin is told."""
        if said is None or abs(said - counted) <= _MARGIN_APART:
            return
        told, made = (Text(*(format_value(rate, "ratio", lang) for lang in ("zh", "en"))) for rate in (said, counted))
        self.doubts.append(
            Text(
                f"你说过毛利率 {told.zh}，成本表按卖出的货算是 {made.zh}，对不上；这里按成本表。哪个对，请更新成本表或再说一遍。",
                f"You said the gross margin is {told.en}; the cost table gives {made.en} on what was sold. They do not agree, and the table is used here: update it, or say the margin again.",
            )
        )  # fmt: skip

    def _from_items(self, key: str) -> bool:
        """The items of the brief where every one has a cost: by expected pieces, else one piece of each."""
        items = self.brief.items
        if not items or any(item.cost is None for item in items):
            return False
        told = all(item.units_per_1000 for item in items)
        weights = [(item.units_per_1000 or ONE) if told else ONE for item in items]
        cost = sum(((item.cost or ZERO) * w for item, w in zip(items, weights, strict=True)), ZERO)
        paid = sum((item.price * w for item, w in zip(items, weights, strict=True)), ZERO)
        mix = Text("按预计件数", "by expected pieces") if told else Text("每款一件", "one piece of each")
        source = Text(f"需求里各商品的成本 ÷ 价格，{mix.zh}", f"costs ÷ prices of the brief's items, {mix.en}")
        self._take(key, cost / paid, Basis.STATED, source)
        return True

    def _fee(self) -> None:
        if self._given("platform_fee") or self._read(FEE, self.shop.platform_fee):
            return
        if not self._said(FEE, stated_share(self.records, "platform_fee_rate")):
            self._lack(FEE, "fees")

    def _parcel(self, name: str) -> None:
        key = f"economics.{name}"
        read = {"outbound": self.shop.outbound, "return_parcel": self.shop.return_parcel, "insurance": self.shop.insurance}  # fmt: skip
        if self._given(name) or (name in read and self._read(key, read[name])):
            return
        default = default_of(key, self.currency)
        if default is None:
            self._lack(key, "fees")
        else:
            self.known[key] = default

    def _vat(self) -> Decimal:
        """The VAT rate as an input; returns the input VAT rate of the platform's invoice."""
        said, key = self.brief.economics, "economics.vat_rate"
        taxpayer = said.taxpayer
        if taxpayer == "unknown" and said.vat_rate is not None:
            taxpayer = "general"
        if taxpayer == "unknown":
            none = Text("没说是一般纳税人还是小规模，先不计增值税", "taxpayer status not given: VAT is left out")
            self._take(key, ZERO, Basis.ASSUMED, none)
            self._lack("economics.taxpayer")
            return ZERO
        rate, fee_vat = vat_terms(taxpayer)
        if said.vat_rate is not None:
            self._take(key, said.vat_rate, Basis.STATED, BRIEF)
        else:
            law = Text("税法一般规定，请会计确认", "the general rule of tax law; confirm with your accountant")
            self._take(key, rate, Basis.ASSUMED, law)
        return fee_vat

    def _ads(self) -> Decimal | None:
        key = "self_run.ad_share"
        own = self.brief.self_run.ad_share if self.brief.self_run is not None else None
        if own is not None:
            self._take(key, own, Basis.STATED, BRIEF)
        elif not (self._read(key, self.shop.ad_share) or self._said(key, stated_share(self.records, "live_ad_ratio"))):
            public = reference("ad_share", self.platform, self.category, self.currency)
            if public is None:
                self._lack(key)
                return None
            self._take(key, public.middle, Basis.REFERENCE, public.text)
        return self.known[key].value

    def _unit(self, fee_vat: Decimal) -> UnitEconomics | None:
        """The unit of what is known, with a fee of 0 where it is not; None while anything else is missing."""
        values = {key.removeprefix("economics."): one.value for key, one in self.known.items() if key.startswith("economics.")}  # fmt: skip
        values.setdefault("platform_fee", ZERO)
        needed = ("order_value", "cancelled", "returned", "cost_share", "platform_fee", *_PARCELS)
        if any(name not in values for name in needed):
            return None
        small = self.brief.economics.taxpayer == "small"
        return UnitEconomics(
            **{name: values[name] for name in needed},
            vat_rate=values["vat_rate"],
            cost_invoiced=self.brief.economics.cost_invoiced and not small,
            fee_vat=fee_vat,
        )
