"""`advisor metrics list`: every metric with its definition, whether the shop's data feed it, and which export would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.cli.console import print_json, print_table, say
from advisor.cli.session import open_desk
from tools.errors import DataMissing
from tools.text import Lang, Text

__all__ = ["show_metrics"]


def show_metrics(
    workspace: Path | None, merchant: str | None, family: str | None, lang: Lang, *, as_json: bool
) -> None:
    """Print the catalogue, and the figures that come with a tool. Without any shop it says nothing of a shop's data."""
    from tools.metrics.catalog import computed

    rows = [row for row in _rows(workspace, merchant, lang) if family in (None, row["family"])]
    made = [_computed(item, lang) for item in computed().values()] if family in (None, "computed") else []
    if as_json:
        print_json([*rows, *made])
        return
    zh = lang == "zh"
    cells = [(row["id"], row["name"], row["formula"], row["unit"], row["grain"], _state(row, lang)) for row in rows]
    if cells:
        print_table(_HEAD_ZH if zh else _HEAD_EN, cells)
    if made:
        apart = [(row["id"], row["name"], row["formula"], row["unit"], row["tool"]) for row in made]
        print_table(_TOOL_ZH if zh else _TOOL_EN, apart)
    say(_summary(rows).get(lang))


_HEAD_ZH = ("指标", "名称", "算法", "单位", "粒度", "本店数据")
_HEAD_EN = ("metric", "name", "formula", "unit", "grain", "this shop")
_TOOL_ZH = ("随工具给出", "名称", "算法", "单位", "工具")
_TOOL_EN = ("with a tool", "name", "formula", "unit", "tool")


def _rows(workspace: Path | None, merchant: str | None, lang: Lang) -> list[dict[str, Any]]:
    from tools.metrics.catalog import catalog
    from tools.metrics.reader import Reader
    from tools.metrics.supply import supply

    desk = open_desk(workspace)
    try:
        profile = desk.choose(merchant)
    except DataMissing:
        return [_metric(metric, None, lang) for metric in catalog().values()]
    shop = desk.warehouse.for_merchant(profile.merchant_id)
    try:
        reader = Reader(shop)
        return [_metric(metric, supply(reader, metric), lang) for metric in catalog().values()]
    finally:
        shop.close()


def _metric(metric: Any, found: Any, lang: Lang) -> dict[str, Any]:
    from tools.metrics.supply import cuts, fed_by, grain

    lacks = "" if found is None or found.ready else (found.unlock or found.missing).get(lang)
    return {
        "kind": "metric",
        "id": metric.id,
        "family": metric.family,
        "name": metric.name.get(lang),
        "formula": metric.formula.get(lang),
        "unit": metric.unit,
        "num": [_term(term) for term in metric.num],
        "den": [_term(term) for term in metric.den],
        "grain": grain(metric).get(lang),
        "additive": metric.additive,
        "direction": metric.direction,
        "cuts": cuts(metric),
        "days": metric.days,
        "caveat": metric.caveat.get(lang) if metric.caveat else "",
        "formats": list(fed_by(metric)),
        "ready": None if found is None else found.ready,
        "tables": [] if found is None else list(found.tables),
        "missing": "" if found is None or found.missing is None else found.missing.get(lang),
        "needs": lacks,
    }


def _term(term: Any) -> str:
    return f"{'-' if term.sign < 0 else ''}{term.base}{'?' if term.optional else ''}"


def _computed(item: Any, lang: Lang) -> dict[str, Any]:
    return {
        "kind": "computed",
        "id": item.id,
        "family": "computed",
        "name": item.name.get(lang),
        "formula": item.formula.get(lang),
        "unit": item.unit,
        "tool": item.tool,
    }


def _state(row: dict[str, Any], lang: Lang) -> str:
    template = "" if row["formats"] else Text("（只有通用模板能喂）", " (generic template only)").get(lang)
    if row["ready"] is None:
        return template.strip(" （）()")
    if row["ready"]:
        return Text("可算", "ready").get(lang)
    return f"{row['missing']}{template}"


def _summary(rows: list[dict[str, Any]]) -> Text:
    alone = [row["id"] for row in rows if not row["formats"]]
    ready = sum(1 for row in rows if row["ready"])
    zh, en = f"共 {len(rows)} 个指标", f"{len(rows)} metrics"
    if any(row["ready"] is not None for row in rows):
        zh += f"，本店数据可算 {ready} 个，还缺数据 {len(rows) - ready} 个"
        en += f", {ready} fed by this shop's data, {len(rows) - ready} still lacking some"
    if alone:
        zh += f"；{len(alone)} 个还没有平台导出可喂，只能用通用模板或自己的映射文件：{'、'.join(alone)}"
        en += f"; {len(alone)} that no platform export feeds yet, only the generic template or a mapping file of your own: {', '.join(alone)}"
    return Text(f"{zh}。", f"{en}.")
