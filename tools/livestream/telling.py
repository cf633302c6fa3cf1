"""Facts of a livestream plan: every figure a sentence writes is a quantity of its fact, with the basis it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, ToolTable, WhyClass, Window, fact_id
from tools.livestream.assumption import Assumption, Assumptions, Basis
from tools.livestream.ground import Ground, Missing
from tools.metrics.wording import say
from tools.text import Lang, Text, format_value

__all__ = ["Section", "Teller", "about", "assumption_table", "basis_text", "doubt_claims", "missing_claims", "rounded"]

Section = Literal["decision", "why", "what", "how", "limits"]
_BASIS = {
    Basis.DATA: Text("店铺数据", "shop data"),
    Basis.STATED: Text("商家口述", "stated by the merchant"),
    Basis.REFERENCE: Text("公开网页参考，请换成自己的", "public reference, replace with your own"),
    Basis.ASSUMED: Text("默认假设，可改", "assumed, editable"),
}
_WHOLE = 100
_CENTS = re.compile(r"\.00(?! [万亿])")  # 3.00 万元 keeps its places: they are thousands


@dataclass
class Teller:
    """Writes figures into a sentence and keeps them for the fact that the sentence becomes."""

    ctx: ToolContext
    _quantities: list[Quantity] = field(default_factory=list)

    def write(
        self,
        metric: str,
        value: Decimal | int,
        unit: str,
        role: Role = Role.VALUE,
        window: Window | None = None,
        subject: tuple[str, ...] = (),
    ) -> Text:
        """One figure in words of both languages. `unit` "money" is the shop's currency; see `tools.facts.Quantity` for others."""
        named = self.ctx.shop.currency if unit == "money" else unit
        amount = Decimal(value)
        self._quantities.append(Quantity(metric=f"live.{metric}", value=amount, unit=named, role=role, window=window, subject=subject))  # fmt: skip
        return say(amount, named)

    def about(self, metric: str, value: Decimal, role: Role = Role.VALUE, window: Window | None = None, subject: tuple[str, ...] = ()) -> Text:  # fmt: skip
        """An estimate of money: from a hundred on in whole units, as cents of an estimate tell nothing. The quantity holds what is written."""
        return _plain(self.write(metric, rounded(value), "money", role, window, subject))

    def fact(
        self,
        what: str,
        claim: Text,
        *,
        formula: str = "",
        source: str = "",
        why: WhyClass | None = None,
        entities: Sequence[str] = (),
        data: dict[str, Any] | None = None,
        from_shop: bool = True,
        section: Section = "why",
    ) -> Fact:
        """The fact of what was written since the last one. `from_shop`: it rests on imported rows, so demo data make it simulated.

        `section` is where an answer tells it: the first fact of a result is its headline whatever it says here.
        """
        quantities, self._quantities = tuple(self._quantities), []
        shop = self.ctx.shop
        return Fact(
            id=fact_id("live", what, claim.zh, shop.merchant_id, shop.generation),
            kind="livestream",
            claim=Claim.of(claim),
            quantities=quantities,
            formula=formula,
            source=source,
            why_class=why,
            entities=tuple(dict.fromkeys(name for name in entities if name)),
            data={"section": section, **(data or {})},
            simulated=shop.simulated and from_shop,
        )


def rounded(estimate: Decimal) -> Decimal:
    """Money that is an estimate: whole units from a hundred on, else cents."""
    return estimate.quantize(Decimal(1) if abs(estimate) >= _WHOLE else Decimal("0.01"))


def about(estimate: Decimal, currency: str) -> Text:
    """An estimate of money in words that belong to no fact."""
    return _plain(say(rounded(estimate), currency))


def _plain(money: Text) -> Text:
    """¥140, not ¥140.00: a round sum needs no cents."""
    return Text(_CENTS.sub("", money.zh), _CENTS.sub("", money.en))


def basis_text(basis: Basis) -> Text:
    return _BASIS[basis]


def assumption_table(assumptions: Assumptions, lang: Lang, currency: str) -> ToolTable:
    """Every input with its value, basis and source, to be shown beside any result that stands on it."""

    def row(item: Assumption) -> tuple[str, ...]:
        unit = currency if item.unit == "money" else item.unit
        return item.label.get(lang), format_value(item.value, unit, lang), _BASIS[item.basis].get(lang), item.source.get(lang)  # fmt: skip

    heads = ("输入", "取值", "依据", "来源") if lang == "zh" else ("Input", "Value", "Basis", "Source")
    return ToolTable(
        title=Claim(zh="测算用到的输入（都可以改）", en="Inputs of the calculation (all can be changed)"),
        columns=heads,
        rows=tuple(row(item) for item in assumptions.items_),
    )


def doubt_claims(base: Ground) -> list[Claim]:
    """What the merchant said and the data contradict."""
    return [Claim.of(text) for text in base.doubts]


def missing_claims(missing: Iterable[Missing]) -> list[Claim]:
    """One sentence per missing input: its name in the brief, why it matters, where it is found."""
    return [
        Claim(
            zh=f"缺“{one.label.zh}”（{one.key}）：{one.why.zh}；{one.where.zh}。",
            en=f"Missing: {one.label.en} ({one.key}). {one.why.en}; {one.where.en}.",
        )
        for one in missing
    ]
