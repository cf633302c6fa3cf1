"""The modes to compare: those of the brief, else those the shop's tables and stated facts allow, else public ranges marked as such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from tools.base import Records
from tools.livestream.assumption import Assumption, Basis
from tools.livestream.brief import Agency, Brief, Creator, SelfRun
from tools.livestream.ground import Ground
from tools.livestream.ground_inputs import BRIEF, CHAT, Reference, assumption, reference
from tools.livestream.ground_shop import Found, RoomShop
from tools.metrics.margins import stated_share, stated_value
from tools.text import Text

__all__ = ["Modes", "modes_of"]

ZERO = Decimal(0)
_MONTHS = 12
_TERMS = {
    "agency.fee": ("money", Text("代播每月固定费", "agency's fixed fee, a month")),
    "agency.kept": ("money", Text("用代播时自己每月还要付的", "what the shop still pays beside the agency, a month")),
    "agency.commission": ("ratio", Text("代播佣金", "agency's commission")),
    "creator.slot_fee": ("money", Text("达人坑位费", "creator's slot fee")),
    "creator.commission": ("ratio", Text("达人佣金", "creator's commission")),
    "creator.guaranteed": ("money", Text("达人保量", "amount the creator guarantees")),
}


@dataclass
class Modes:
    """A brief with its modes filled in. `gmv` is the room's paid GMV a month, None where nobody knows; `ranges`: modes on public terms only, by name."""

    brief: Brief
    gmv: Decimal | None
    inputs: list[Assumption] = field(default_factory=list)
    ranges: dict[str, Reference] = field(default_factory=dict)
    known_buyers: Found | None = None

    def take(self, key: str, value: Decimal, basis: Basis, source: Text) -> None:
        if key in _TERMS:
            unit, label = _TERMS[key]
            self.inputs.append(Assumption(key, label, value, unit, basis, source))
        else:
            self.inputs.append(assumption(key, value, basis, source))


def modes_of(brief: Brief, ground: Ground, shop: RoomShop, records: Records | None) -> Modes:
    """At least two modes to choose from, where anything is known of them: a kind the brief leaves out is filled in."""
    found = Modes(brief, None, known_buyers=shop.known_buyers())
    named = (brief.self_run is not None) + len(brief.agencies) + len(brief.creators)
    fill = _Fill(found, shop, records, public=not named, platform=shop.reader.platform)
    own = brief.self_run
    if own is not None:
        found.take("self_run.fixed", own.fixed, Basis.STATED, BRIEF)
    _taken(found, brief)
    if named < 2:
        own = own or fill.self_run()
        found.brief = brief.model_copy(
            update={
                "self_run": own,
                "agencies": brief.agencies or fill.agencies(),
                "creators": brief.creators or fill.creators(),
            }
        )
    _volume(found, shop)
    if found.known_buyers is not None:
        found.take("known_buyers", found.known_buyers.value, Basis.DATA, found.known_buyers.source)
    return found


def _taken(found: Modes, brief: Brief) -> None:
    """Terms the brief gives, as inputs; several agencies or creators carry their names."""
    for kind, rooms in (("agency", brief.agencies), ("creator", brief.creators)):
        for room in rooms:
            for name in ("fee", "kept", "commission", "slot_fee", "guaranteed"):
                value, key = getattr(room, name, None), f"{kind}.{name}"
                if value and key in _TERMS:
                    unit, label = _TERMS[key]
                    whose = Text(f"{label.zh}（{room.name}）", f"{label.en} ({room.name})")
                    found.inputs.append(Assumption(key, whose, value, unit, Basis.STATED, BRIEF))


def _volume(found: Modes, shop: RoomShop) -> None:
    rooms = [found.brief.self_run, *found.brief.agencies, *found.brief.creators]
    said = next((room.expected_gmv for room in rooms if room is not None and room.expected_gmv), None)
    if said is not None:
        found.gmv = said
        found.take("expected_gmv", said, Basis.STATED, BRIEF)
        return
    sold = shop.monthly_gmv()
    if sold is not None and sold.value > 0:
        found.gmv = sold.value
        found.take("expected_gmv", sold.value, Basis.DATA, sold.source)


@dataclass
class _Fill:
    modes: Modes
    shop: RoomShop
    records: Records | None
    public: bool  # whether public ranges may stand in
    platform: str

    @property
    def currency(self) -> str:
        return self.shop.reader.shop.currency

    def _said(self, key: str, name: str, read: Callable[[Records | None, str], Decimal | None]) -> Decimal | None:
        value = read(self.records, name)
        if value is not None:
            self.modes.take(key, value, Basis.STATED, CHAT)
        return value

    def _range(self, name: str) -> Reference | None:
        return reference(name, self.platform, "", self.currency) if self.public else None

    def self_run(self) -> SelfRun | None:
        key, listed = "self_run.fixed", self.shop.room_fixed()
        if listed is not None:
            self.modes.take(key, listed.value, Basis.DATA, listed.source)
            return SelfRun(fixed=listed.value)
        said = self._said(key, "live_fixed_cost", stated_value)
        if said is not None:
            return SelfRun(fixed=said)
        public = self._range("self_run_fixed_year")
        if public is None:
            return None
        monthly = (public.middle / _MONTHS).quantize(Decimal(1))
        more = Text(f"每年，取中间 ÷ 12：{public.text.zh}", f"a year, its middle ÷ 12: {public.text.en}")
        self.modes.take(key, monthly, Basis.REFERENCE, more)
        self.modes.ranges["自播"] = public
        return SelfRun(fixed=monthly)

    def agencies(self) -> tuple[Agency, ...]:
        fee = self._said("agency.fee", "agency_fixed_fee", stated_value)
        share = self._said("agency.commission", "agency_commission", stated_share)
        if fee is not None or share is not None:
            kept = self._said("agency.kept", "agency_kept_cost", stated_value)
            return (Agency(fee=fee or ZERO, commission=share or ZERO, kept=kept or ZERO),)
        public = self._range("agency_commission")
        if public is None:
            return ()
        agency = Agency(commission=public.middle)
        self.modes.take("agency.commission", public.middle, Basis.REFERENCE, public.text)
        self.modes.ranges[agency.name] = public
        return (agency,)

    def creators(self) -> tuple[Creator, ...]:
        slot = self._said("creator.slot_fee", "creator_slot_fee", stated_value)
        share = self._said("creator.commission", "creator_commission", stated_share)
        if slot is not None or share is not None:
            sure = self._said("creator.guaranteed", "creator_guaranteed", stated_value)
            return (Creator(slot_fee=slot or ZERO, commission=share or ZERO, guaranteed=sure),)
        public = self._range("creator_commission")
        if public is None:
            return ()
        creator = Creator(commission=public.middle)
        self.modes.take("creator.commission", public.middle, Basis.REFERENCE, public.text)
        self.modes.ranges[creator.name] = public
        return (creator,)
