"""What the page needs to know of shops: which there are, which one is shown, and how it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.scope import Scope
from advisor.service.imports import DEFAULT_DEMO, DEFAULT_SHOP
from advisor.ui.words import word
from tools.text import Lang
from tools.warehouse.writer import MerchantProfile

__all__ = ["ACTOR", "ShopList", "fresh_id", "shop_label"]

ACTOR = "local"  # whoever sits at this machine; the same person as in the terminal


@dataclass(frozen=True)
class ShopList:
    """The shops of the workspace and the one to show."""

    profiles: tuple[MerchantProfile, ...]
    current: MerchantProfile | None

    @classmethod
    def of(cls, profiles: Sequence[MerchantProfile], wanted: str | None) -> ShopList:
        """The wanted shop if it is there, else the first real one, else the demo shop."""
        by_id = {profile.merchant_id: profile for profile in profiles}
        real = [profile for profile in profiles if not profile.simulated]
        current = by_id.get(wanted or "")
        if current is None and profiles:
            current = real[0] if real else by_id.get(DEFAULT_DEMO, profiles[0])
        return cls(tuple(profiles), current)

    @property
    def real(self) -> list[MerchantProfile]:
        return [profile for profile in self.profiles if not profile.simulated]

    def scope(self) -> Scope | None:
        return Scope(self.current.merchant_id, ACTOR) if self.current is not None else None

    def choices(self, lang: Lang) -> list[tuple[str, str]]:
        return [(shop_label(profile, lang), profile.merchant_id) for profile in self.profiles]

    def targets(self, lang: Lang) -> list[tuple[str, str]]:
        """Where an import may go: a real shop, or a new one. "" is the new one."""
        return [(shop_label(profile, lang), profile.merchant_id) for profile in self.real] + [
            (word("new_shop", lang), "")
        ]


def shop_label(profile: MerchantProfile, lang: Lang) -> str:
    if profile.merchant_id == DEFAULT_SHOP and profile.name == DEFAULT_SHOP:
        return "我的店铺" if lang == "zh" else "My shop"
    return profile.name or profile.merchant_id


def fresh_id(profiles: Sequence[MerchantProfile]) -> str:
    """An id for a new shop that nobody has."""
    taken = {profile.merchant_id for profile in profiles}
    number = 1
    while (candidate := DEFAULT_SHOP if number == 1 else f"{DEFAULT_SHOP}-{number}") in taken:
        number += 1
    return candidate
