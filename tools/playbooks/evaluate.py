"""One playbook against one situation: the gate, the conditions with their figures, what it is worth, and what blocks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tools.facts import Role
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.power import HoldOut, hold_out
from tools.playbooks.expression import parse
from tools.playbooks.render import Book, Entry
from tools.playbooks.schema import (
    Bilingual,
    DriverCondition,
    FigureCondition,
    MissingCondition,
    Need,
    Playbook,
)
from tools.playbooks.views import DriverView, Figure, Situation
from tools.text import Text, is_money, quantize

__all__ = ["Blocked", "Evaluation", "Held", "Worth", "evaluate"]

_AnyCondition = FigureCondition | DriverCondition | MissingCondition


@dataclass(frozen=True)
class Held:
    """A condition that holds, with its sentence. One not `shown` counts and is not told."""

    condition: _AnyCondition
    text: Text
    shown: bool = True


@dataclass(frozen=True)
class Worth:
    """What it is worth in shop currency over the sizing's window. `low` may be 0: the own history shows no gap there."""

    low: Decimal
    high: Decimal
    ceiling: Decimal
    per_point: Decimal | None


@dataclass(frozen=True)
class Blocked:
    """A playbook that is not offered, and why. `unlock` names the export or the answer that would open it."""

    playbook: Playbook
    reason: Text
    unlock: Text | None = None


@dataclass(frozen=True)
class Evaluation:
    """A playbook that fits. `book` holds every value its texts may name; `worth` is None when it cannot be sized.

    Without `signs` the shop's figures do not call for it: it was asked for by name, and nothing speaks against it.
    """

    playbook: Playbook
    book: Book
    held: tuple[Held, ...]
    fit: Decimal
    driver_money: Decimal
    answers_primary: bool
    worth: Worth | None
    cost: Decimal | None
    holdout: HoldOut | None
    first: bool
    signs: bool = True


def evaluate(
    playbook: Playbook, situation: Situation, names: Mapping[str, Text], *, asked: bool = False
) -> Evaluation | Blocked:
    """Gate by size and data, then contra-conditions, then conditions; what was `asked` for by name need not show signs."""
    blocked = _gate(playbook, situation)
    if blocked is not None:
        return blocked
    book = _book(playbook, situation, names)
    for against in playbook.not_for:
        if _holds(against, situation, playbook):
            return Blocked(playbook, book.fill(against.text) or playbook.not_for_text[0].text)
    held = tuple(
        Held(condition, text, shown=not _of_a_fall_there_was_not(condition, situation))
        for condition in playbook.conditions
        if _holds(condition, situation, playbook) and (text := book.fill(condition.text)) is not None
    )
    weight = sum(each.condition.weight for each in held)
    present = [
        each
        for each in playbook.conditions
        if isinstance(each, MissingCondition) and not _holds(each, situation, playbook)
    ]
    if weight < playbook.require and (present or not asked):  # a method for a shop without a room says so of the shop
        return Blocked(playbook, Text("这家店目前没有出现它针对的情况", "what it is for does not show in this shop"))
    unknown = _unknown(playbook, book)
    if unknown:
        return Blocked(playbook, *_what_is_missing(unknown))
    split = _holdout(playbook, situation, book)
    drivers = _drivers_met(held, situation)
    worth = _worth(playbook, book)
    cost = _cost(playbook, book)
    return Evaluation(
        playbook=playbook,
        book=book,
        held=tuple(sorted(held, key=lambda each: -each.condition.weight)),
        fit=Decimal(weight) / sum(condition.weight for condition in playbook.conditions),
        driver_money=max((abs(driver.contribution) for driver in drivers), default=Decimal(0)),
        answers_primary=any(driver.primary for driver in drivers),
        worth=worth,
        cost=cost,
        holdout=split,
        first=playbook.first_when is not None and _holds(playbook.first_when, situation, playbook),
        signs=weight >= playbook.require,
    )


def _gate(playbook: Playbook, situation: Situation) -> Blocked | None:
    scope = playbook.for_whom
    if situation.size not in scope.sizes or situation.orders < scope.min_orders:
        return Blocked(playbook, Text("订单量还不到它适用的规模", "the shop is smaller than what it is for"))
    if scope.categories and situation.category not in scope.categories:
        return Blocked(playbook, Text("不是它适用的类目", "it is for other categories"))
    for need in playbook.needs:
        if not situation.has(need.table) or situation.days(need.table) < need.days:
            return _short(playbook, need, situation.has(need.table))
    buyers = situation.value("buyers_on_record")
    if scope.min_buyers and buyers is None:
        return Blocked(
            playbook,
            Text("订单里没有可用的买家标识", "the orders carry no usable buyer id"),
            Text("导出带买家标识的订单报表", "export an order report with buyer ids"),
        )
    if scope.min_buyers and buyers is not None and buyers < scope.min_buyers:
        return Blocked(playbook, Text("有标识的买家还太少", "there are too few identified buyers"))
    return None


def _short(playbook: Playbook, need: Need, some: bool) -> Blocked:
    label, path = table_text(need.table), unlock_text(need.table)
    if not some:
        return Blocked(playbook, Text(f"还没有“{label.zh}”数据", f'there is no "{label.en}" data yet'), path)
    return Blocked(
        playbook,
        Text(f"“{label.zh}”数据不足 {need.days} 天", f'there are fewer than {need.days} days of "{label.en}"'),
        Text(f"把更早的“{label.zh}”也导进来（{path.zh}）", f'import earlier "{label.en}" too ({path.en})'),
    )


def _holds(condition: _AnyCondition, situation: Situation, playbook: Playbook) -> bool:
    match condition:
        case FigureCondition():
            return _figure_holds(condition, situation, playbook)
        case DriverCondition():
            return bool(_drivers_of(condition, situation))
        case MissingCondition():
            return not any(situation.has(table) for table in condition.tables)


def _of_a_fall_there_was_not(condition: _AnyCondition, situation: Situation) -> bool:
    return isinstance(condition, DriverCondition) and condition.of_fall and (situation.change or Decimal(0)) > 0


def _figure_holds(condition: FigureCondition, situation: Situation, playbook: Playbook) -> bool:
    figure = situation.figures.get(condition.figure)
    if figure is None:
        return False
    line = {
        "previous": figure.previous,
        "history_median": figure.history_median,
        "history_best": figure.history_best,
    }.get(condition.against)
    if condition.against in playbook.parameters:
        line = playbook.parameters[condition.against].value
    elif line is not None:
        line *= 1 - condition.by if condition.side == "below" else 1 + condition.by
    if line is None:
        return False
    return figure.value < line if condition.side == "below" else figure.value > line


def _drivers_of(condition: DriverCondition, situation: Situation) -> list[DriverView]:
    """Drivers that meet the condition, the largest first."""
    wanted, sign = set(condition.drivers), -1 if condition.direction == "down" else 1
    if any(driver.primary and driver.keys & set(condition.unless) for driver in situation.drivers):
        return []
    least = max(condition.min_share * situation.scale, Decimal("0.01"))
    found = [d for d in situation.drivers if d.keys & wanted and d.contribution * sign >= least]
    return sorted(found, key=lambda driver: -abs(driver.contribution)) if situation.scale > 0 else []


def _drivers_met(held: tuple[Held, ...], situation: Situation) -> list[DriverView]:
    met = (_drivers_of(h.condition, situation) for h in held if isinstance(h.condition, DriverCondition))
    return [driver for drivers in met for driver in drivers]


def _book(playbook: Playbook, situation: Situation, names: Mapping[str, Text]) -> Book:
    values: dict[str, Entry] = {}
    for figure in situation.figures.values():
        values |= _entries(figure)
    for name, parameter in playbook.parameters.items():
        unit = situation.currency if parameter.unit == "money" else parameter.unit
        values[name] = Entry(parameter.metric or name, parameter.value, unit, parameter.role, chosen=True)
    for name, derived in playbook.derived.items():
        value = parse(derived.formula).value(_decimals(values))
        if value is None:
            continue
        unit = situation.currency if derived.unit == "money" else derived.unit
        if derived.round_to is not None:
            value = (value / derived.round_to).to_integral_value() * derived.round_to
        elif is_money(unit):
            value = quantize(value, 2)
        values[name] = Entry(derived.metric or name, value, unit, derived.role)
    return Book(values, names)


def _entries(figure: Figure) -> dict[str, Entry]:
    """A figure with its previous window and its own history under `name_previous`, `name_median`, `name_best`."""
    role = Role.PREVIOUS if figure.id.endswith("_before") else Role.VALUE
    if role is Role.VALUE and figure.unit in {"buyers", "orders"}:
        role = Role.SAMPLE
    metric = figure.metric or figure.id
    found = {figure.id: Entry(metric, figure.value, figure.unit, role, figure.window, figure.subject)}
    for suffix, value, kind in (
        ("previous", figure.previous, Role.PREVIOUS),
        ("median", figure.history_median, Role.TARGET),
        ("best", figure.history_best, Role.TARGET),
    ):
        if value is not None:
            found[f"{figure.id}_{suffix}"] = Entry(metric, value, figure.unit, kind, None, figure.subject)
    return found


def _decimals(values: Mapping[str, Entry]) -> dict[str, Decimal | None]:
    return {name: entry.value for name, entry in values.items()}


def _unknown(playbook: Playbook, book: Book) -> set[str]:
    """Names that sentences which must be there need and that are not known. Optional sentences are left out instead."""
    needed: list[Bilingual] = [playbook.decision, playbook.facts, playbook.first_step]
    for step in playbook.steps:
        needed += [step.without_control or step.action, step.where, step.owner, step.kpi, step.stop_rule]
    system = {"holdout_share", "treated", "held_out", "detectable"}
    names = {name for template in needed for name in template.names} - system
    return {name for name in names if name not in book.values and name not in book.names}


def _what_is_missing(unknown: set[str]) -> tuple[Text, Text | None]:
    if unknown <= {"losing_plan", "losing_spend"}:
        return Text("没有低于保本投产比的计划", "no ad plan is below the break-even return"), None
    if unknown & {"break_even_roi", "contribution"}:
        return (
            Text("还不知道毛利率", "the gross margin is not known"),
            Text("告诉我大致毛利率即可", "tell me the approximate gross margin"),
        )
    listed = ", ".join(sorted(unknown))
    return Text("现有数据还算不出它需要的数", f"the data do not yet give what it needs ({listed})"), None


def _holdout(playbook: Playbook, situation: Situation, book: Book) -> HoldOut | None:
    """Split the audience and put the numbers where the texts can name them.

    None when even the most telling split could not show the gap there is to close: a control would cost and tell nothing.
    """
    measure = playbook.measure
    audience = situation.figures.get(measure.audience or "")
    base = situation.figures.get(measure.base_rate or "")
    if measure.kind != "holdout" or audience is None or base is None:
        return None
    best = base.history_best
    wanted = best - base.value if best is not None and best > base.value else None
    split = hold_out(int(audience.value), base.value, wanted)
    if split is None:
        return None
    points = Entry("detectable_difference", max(quantize(split.detectable * 100, 1), Decimal("0.1")), "pp", Role.TARGET)
    if wanted is not None and not split.enough:
        gap = Entry(base.metric or base.id, quantize(wanted * 100, 1), "pp", Role.TARGET)
        book.values = {**book.values, "too_coarse": points, "wanted_gap": gap}
        return None
    book.values = {
        **book.values,
        "holdout_share": Entry("holdout_share", split.share, "ratio", Role.TARGET, chosen=True),
        "treated": Entry(audience.id, Decimal(split.treated), "buyers", Role.SAMPLE),
        "held_out": Entry("holdout_size", Decimal(split.held_out), "buyers", Role.SAMPLE),
        "detectable": points,
    }
    return split


def _worth(playbook: Playbook, book: Book) -> Worth | None:
    sizing = playbook.sizing
    if sizing is None:
        return None
    known = _decimals(book.values)
    low, high, ceiling = (parse(text).value(known) for text in (sizing.low, sizing.high, sizing.ceiling))
    point = parse(sizing.per_point).value(known) if sizing.per_point else None
    if high is None or ceiling is None or high <= 0:
        return None
    ends = sorted(min(max(Decimal(0), end), ceiling) for end in (low if low is not None else Decimal(0), high))
    per_point = quantize(point, 2) if point is not None else None
    return Worth(quantize(ends[0], 2), quantize(ends[1], 2), quantize(ceiling, 2), per_point)


def _cost(playbook: Playbook, book: Book) -> Decimal | None:
    if playbook.cost.formula is None:
        return None
    value = parse(playbook.cost.formula).value(_decimals(book.values))
    return quantize(value, 0) if value is not None else None
