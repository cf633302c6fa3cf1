"""Fill the templates of a playbook and remember every figure that was written, so that the fact can carry it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tools.facts import Quantity, Role, Window
from tools.playbooks.schema import Bilingual, placeholders
from tools.text import Lang, Text, format_value, is_money

__all__ = ["Book", "Entry", "clean_name", "written"]

_HAN = re.compile(r"[\u4e00-\u9fff]")
_COUNTED = frozenset({"orders", "buyers", "visitors", "items", "days", "rows", "times"})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>{}`*_\[\]|\\]+")


@dataclass(frozen=True)
class Entry:
    """A value a template may name. `chosen` marks one of our own choosing: 30%, where a measured share is 30.0%."""

    metric: str
    value: Decimal
    unit: str
    role: Role
    window: Window | None = None
    subject: tuple[str, ...] = ()
    chosen: bool = False


@dataclass
class Book:
    """Values and names of one playbook for one shop. `fill` writes them; `quantities` are the ones written so far."""

    values: Mapping[str, Entry]
    names: Mapping[str, Text] = field(default_factory=dict)
    _used: dict[str, Entry] = field(default_factory=dict)
    _names_used: dict[str, Text] = field(default_factory=dict)

    def knows(self, template: Bilingual) -> bool:
        return all(name in self.values or name in self.names for name in template.names)

    def fill(self, template: Bilingual | None) -> Text | None:
        """The sentence in both languages, or None when something in it is not known: better silent than half a sentence."""
        if template is None or not self.knows(template):
            return None
        return Text(self._write(template.zh, "zh"), self._write(template.en, "en"))

    def need(self, template: Bilingual) -> Text:
        """Like `fill` for a sentence that must be there. Raises KeyError naming what is missing."""
        filled = self.fill(template)
        if filled is None:
            raise KeyError(f"not known: {sorted(template.names - set(self.values) - set(self.names))}")
        return filled

    def use(self, name: str) -> Entry | None:
        """Mark a value as written without filling a template."""
        entry = self.values.get(name)
        if entry is not None:
            self._used[name] = entry
        return entry

    def use_all_into(self, other: Book) -> None:
        """Hand over what was written here, for a text that is part of the other's fact."""
        other._used |= self._used
        other._names_used |= {f"{name}:{word.zh}": word for name, word in self._names_used.items()}

    def used(self) -> dict[str, Entry]:
        """What was written so far, by name."""
        return dict(self._used)

    def quantities(self, first: Iterable[str] = ()) -> tuple[Quantity, ...]:
        """What was written, the names in `first` leading."""
        order = [name for name in first if name in self._used]
        order += [name for name in self._used if name not in order]
        return tuple(_quantity(self._used[name]) for name in order)

    def entities(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for name in self._names_used.values() for word in name))

    def _write(self, template: str, lang: Lang) -> str:
        parts: dict[str, str] = {}
        for name in placeholders(template):
            if name in self.names:
                self._names_used[name] = self.names[name]
                parts[name] = self.names[name].get(lang)
            else:
                entry = self._used[name] = self.values[name]
                text = written(entry.value, entry.unit, lang)
                parts[name] = text.replace(".0%", "%") if entry.chosen else text
        return (_closed(template, parts) if lang == "zh" else template).format(**parts)


def written(value: Decimal, unit: str, lang: Lang) -> str:
    """A figure as the texts write it: `format_value`, round money without its zero cents, one day and not one days."""
    text = format_value(value, unit, lang).strip()
    if is_money(unit):
        return text.replace(".00", "") if value == value.to_integral_value() else text
    return text.removesuffix("s") if lang == "en" and value == 1 and unit in _COUNTED else text


def _closed(template: str, parts: Mapping[str, str]) -> str:
    """The template without the blank between a Chinese unit and a Chinese word after it: 2 人及以上, but 30% 不发."""

    def close(found: re.Match[str]) -> str:
        return found[1] if _HAN.match(parts.get(found[2], "")[-1:]) else found[0]

    return re.sub(r"(\{(\w+)\}) (?=[\u4e00-\u9fff])", close, template)


def clean_name(raw: str, limit: int = 24) -> str:
    """A title from an export, made harmless for a sentence: no markup, no control characters, cut to `limit`."""
    text = " ".join(_UNSAFE.sub(" ", raw).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _quantity(entry: Entry) -> Quantity:
    return Quantity(
        metric=entry.metric,
        value=entry.value,
        unit=entry.unit,
        role=entry.role,
        window=entry.window,
        subject=entry.subject,
    )
