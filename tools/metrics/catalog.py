"""The metric catalogue (`seeds/metrics.yaml`): names, formulas, units, what feeds each metric, and finding one by any of its names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Text
from tools.warehouse.schema import tables

__all__ = [
    "Computed",
    "Direction",
    "Metric",
    "Term",
    "add_up",
    "catalog",
    "computed",
    "find_metric",
    "metric_of",
    "table_text",
    "unlock_text",
]

Direction = Literal["up_good", "down_good", "neutral"]


@dataclass(frozen=True)
class Term:
    """One base measure in a numerator or denominator. `optional` counts as 0 where its table was never imported."""

    base: str
    sign: int = 1
    optional: bool = False

    @classmethod
    def parse(cls, text: str) -> Term:
        return cls(text.strip("-?"), -1 if text.startswith("-") else 1, text.endswith("?"))


@dataclass(frozen=True)
class Metric:
    """A metric as data. `unit` is a unit of `tools.text.format_value`, or `money` for the shop's currency.

    `needs` of a computed metric: per need the alternatives, each a table.column or the id of a metric it is made of.
    """

    id: str
    family: str
    name: Text
    aliases: tuple[str, ...]
    formula: Text
    unit: str
    direction: Direction
    num: tuple[Term, ...] = ()
    den: tuple[Term, ...] = ()
    calc: str = ""
    scale: Decimal = Decimal(1)
    additive: bool = False
    daily_sum: bool = False
    proportion: bool = False
    needs: tuple[tuple[str, ...], ...] = ()
    days: int = 0
    caveat: Text | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables a computed metric reads, the one whose days bound it first."""
        firsts = (alternatives[0].partition(".") for alternatives in self.needs)
        return tuple(dict.fromkeys(table for table, dot, _ in firsts if dot)) or ("orders",)

    @property
    def is_quotient(self) -> bool:
        return bool(self.den)

    @property
    def sample_of(self) -> str:
        """The base measure of money whose orders are the sample; "" when the figure counts something itself."""
        bases = [term.base for term in (*self.den, *self.num)]
        return next((base for base in bases if base in ("gross", "gross_known")), "")

    def unit_in(self, currency: str) -> str:
        return currency if self.unit == "money" else self.unit

    def names(self) -> tuple[str, ...]:
        return (self.id, self.name.zh, self.name.en, *self.aliases)


@cache
def catalog() -> Mapping[str, Metric]:
    """All metrics by id, in the order of the file."""
    raw: dict[str, dict[str, Any]] = load_yaml("metrics.yaml")["metrics"]
    return {metric_id: _metric(metric_id, body) for metric_id, body in raw.items()}


def _metric(metric_id: str, body: dict[str, Any]) -> Metric:
    return Metric(
        id=metric_id,
        family=body["family"],
        name=Text(body["zh"], body["en"]),
        aliases=tuple(str(alias) for alias in body.get("aliases", ())),
        formula=Text(body["formula"]["zh"], body["formula"]["en"]),
        unit=body["unit"],
        direction=body["direction"],
        num=tuple(Term.parse(term) for term in body.get("num", ())),
        den=tuple(Term.parse(term) for term in body.get("den", ())),
        calc=body.get("calc", ""),
        scale=Decimal(str(body.get("scale", 1))),
        additive=bool(body.get("additive")),
        daily_sum=bool(body.get("daily_sum")),
        proportion=bool(body.get("proportion")),
        needs=tuple(tuple(str(need).split("|")) for need in body.get("needs", ())),
        days=int(body.get("days", 0)),
        caveat=Text(**body["caveat"]) if "caveat" in body else None,
    )


@dataclass(frozen=True)
class Computed:
    """A figure that comes only as part of a tool's result: `query_metric` cannot read it, the tool says it with its terms."""

    id: str
    tool: str
    name: Text
    formula: Text
    unit: str


@cache
def computed() -> Mapping[str, Computed]:
    """Figures made by tools, by id."""
    raw: dict[str, dict[str, Any]] = load_yaml("metrics.yaml")["computed"]
    return {
        key: Computed(key, body["tool"], Text(body["zh"], body["en"]), Text(**body["formula"]), body["unit"])
        for key, body in raw.items()
    }


def add_up(metric: Metric, values: Iterable[Decimal]) -> Decimal:
    """The sum over days, products or channels. Raises BadArguments for a metric whose parts do not add up to the whole."""
    if not metric.additive:
        raise BadArguments(
            Text(
                f"“{metric.name.zh}”不能相加：比率要用分子、分母重算，人数要去重后再数。",
                f'"{metric.name.en}" does not add up: a ratio is computed anew from its parts, people are counted once.',
            )
        )
    return sum(values, Decimal(0))


def metric_of(metric_id: str) -> Metric:
    """A metric by its id. Raises BadArguments with the nearest id."""
    found = catalog().get(metric_id)
    if found is None:
        raise BadArguments.unknown(Text("指标", "metric"), metric_id, list(catalog()))
    return found


@cache
def _by_name() -> Mapping[str, str]:
    return {_plain(name): metric.id for metric in catalog().values() for name in metric.names()}


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-（）()]+", "", name).casefold()


def find_metric(name: str) -> Metric:
    """A metric by id, Chinese or English name, or alias. Raises BadArguments with a "did you mean" in the asker's words."""
    found = _by_name().get(_plain(name))
    if found is not None:
        return catalog()[found]
    given = name[:64]
    if made := computed().get(name.strip()):
        raise BadArguments(
            Text(
                f"“{made.name.zh}”（{made.id}）由工具 {made.tool} 一起算出，不能单独查询。",
                f'"{made.name.en}" ({made.id}) is computed as part of the tool {made.tool} and cannot be queried alone.',
            )
        )
    near = [catalog()[_by_name()[hit]] for hit in get_close_matches(_plain(name), list(_by_name()), n=1, cutoff=0.55)]
    if near:
        best = near[0]
        raise BadArguments(
            Text(
                f"没有名为“{given}”的指标。是不是“{best.name.zh}”（{best.id}）？",
                f'There is no metric "{given}". Did you mean "{best.name.en}" ({best.id})?',
            ),
            choices=[best.id, *(key for key in catalog() if key != best.id)],
        )
    raise BadArguments(
        Text(
            f"没有名为“{given}”的指标。可用：{'、'.join(metric.name.zh for metric in catalog().values())}。",
            f'There is no metric "{given}". Known: {", ".join(catalog())}.',
        ),
        choices=list(catalog()),
    )


_TAOBAO = ("tmall", "taobao")


@cache
def unlock_text(table: str, platform: str = "tmall") -> Text:
    """Which export fills a table, with its menu path on the shop's platform; elsewhere than Taobao the generic template."""
    raw = load_yaml("metrics.yaml")
    body = raw["exports"].get(table) if platform in _TAOBAO else raw["exports_elsewhere"].get(platform, {}).get(table)
    if body is not None:
        return Text(body["zh"], body["en"])
    name = tables()[table].zh
    if platform in _TAOBAO:
        return Text(f"通用模板“{name}”", f"the generic template {table}")
    return Text(
        f"填入通用模板“{name}”（{table}），列名见 advisor formats",
        f"your own table in the generic template {table}; `advisor formats` lists its columns",
    )


_EN_NAMES = {
    "orders": "orders",
    "order_lines": "order lines",
    "shop_daily": "shop daily report",
    "traffic_daily": "traffic sources",
    "product_daily": "product daily report",
    "stock_daily": "stock",
    "market_daily": "market",
    "ad_daily": "ads daily report",
    "live_sessions": "livestream sessions",
    "live_orders": "livestream order lines",
    "members_daily": "members daily report",
    "service_daily": "service daily report",
    "promotions": "promotions",
    "item_costs": "item costs",
    "ledger_entries": "settlement ledger",
    "content_posts": "content posts",
    "search_words_daily": "search words",
    "campaign_results": "campaign report",
    "tool_results": "shop tool report",
}


def table_text(table: str) -> Text:
    """The name of a canonical table for a reader."""
    return Text(tables()[table].zh, _EN_NAMES.get(table, table.replace("_", " ")))
