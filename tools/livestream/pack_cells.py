"""Cells of a pack: each figure is written once through the Teller, so that a sheet is a fact holding every figure it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tools.base import ToolContext
from tools.facts import Fact, Role
from tools.livestream.telling import Teller
from tools.playbooks.documents import Column, Sheet
from tools.seeds import load_yaml
from tools.text import Text, quantize

__all__ = ["Cells", "pair", "words"]


def words() -> Any:
    """`seeds/livestream_pack.yaml`: roles, checks, KPIs, events."""
    return load_yaml("livestream_pack.yaml")


def pair(row: Any) -> Text:
    return Text(row["zh"], row["en"])


class Cells:
    """Writes sheets in the reader's language and keeps a fact for each. `sheets` and `facts` in the order of a pack."""

    def __init__(self, ctx: ToolContext) -> None:
        self.ctx, self.lang, self.teller = ctx, ctx.lang, Teller(ctx)
        self.sheets: list[Sheet] = []
        self.facts: list[Fact] = []

    def money(self, metric: str, value: Decimal | None, *subject: str, role: Role = Role.VALUE) -> str:
        """Empty where it is not known."""
        return "" if value is None else self.figure(metric, quantize(value, 2), "money", *subject, role=role)

    def share(self, metric: str, value: Decimal | None, *subject: str, role: Role = Role.VALUE) -> str:
        return "" if value is None else self.figure(metric, quantize(value, 4), "ratio", *subject, role=role)

    def plain(self, metric: str, value: Decimal | int | None, *subject: str, places: int = 0) -> str:
        """A bare number in a column that names its unit."""
        return "" if value is None else self.figure(metric, quantize(Decimal(value), places), "number", *subject)

    def figure(self, metric: str, value: Decimal, unit: str, *subject: str, role: Role = Role.VALUE) -> str:
        said = self.teller.write(metric, value, unit, role, subject=subject).get(self.lang)
        if unit == "number" and "." in said:
            said = said.rstrip("0").rstrip(".")
        return said

    def say(self, text: Text) -> str:
        return text.get(self.lang)

    def joined(self, parts: Iterable[str], zh: str = "、", en: str = ", ") -> str:
        return (zh if self.lang == "zh" else en).join(part for part in parts if part)

    def add(
        self,
        what: str,
        name: Text,
        columns: Sequence[tuple[Text, int]],
        rows: Sequence[tuple[str, ...]],
        source: str = "",
    ) -> None:
        """A sheet, if it has rows, and the fact that holds its figures."""
        if not rows:
            return
        self.sheets.append(Sheet(self.say(name), tuple(Column(self.say(title), width) for title, width in columns), tuple(rows)))  # fmt: skip
        count = self.teller.write("rows", len(rows), "count", Role.SAMPLE)
        claim = Text(f"“{name.zh}”页共 {count.zh} 行。", f'Sheet "{name.en}" has {count.en} rows.')
        self.facts.append(self.teller.fact(f"pack.{what}", claim, source=source, data={"sheet": what}, section="how"))
