"""Which shop a file belongs to: the first export takes currency, platform and zone from the file; later ones must agree.

A currency or zone other than the defaults was chosen by the merchant and is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from tools.errors import ImportRefused
from tools.facts import Claim
from tools.text import Text
from tools.warehouse.formats import all_formats
from tools.warehouse.ingest.convert import zoned_sql
from tools.warehouse.ingest.detecting import Layout
from tools.warehouse.ingest.mapping import cell_sql
from tools.warehouse.ingest.planning import Piece
from tools.warehouse.writer import MerchantProfile

__all__ = ["Shop", "settle_shop"]

_DEFAULT = MerchantProfile("default", "")
# What a merchant states rather than measures may be tried on a demo shop too.
_STATED = {"targets", "fees", "item_costs", "promotions"}


@dataclass(frozen=True)
class Shop:
    currency: str
    timezone: str
    notes: tuple[Claim, ...] = ()


def settle_shop(connection: duckdb.DuckDBPyConnection, piece: Piece) -> Shop:
    """Currency and zone to read this piece in. Raises ImportRefused for another currency, or for a demo shop."""
    silent = [spec.id for spec in all_formats().values() if spec.currency is None and spec.currency_field is None]
    found = connection.execute(
        "SELECT currency, timezone, simulated, (SELECT count(*) FROM imports WHERE NOT list_contains(?, format)) FROM merchants",
        [silent],  # templates, product lists, customer lists: they settle nothing
    ).fetchone()
    if found is None:
        raise AssertionError("write_merchant makes the merchant's row")
    currency, zone, simulated, exports = found
    if simulated and not set(piece.layout.format.targets) <= _STATED:
        raise ImportRefused(
            Text(
                "演示店铺里是模拟数据，不能混入真实报表。请用 --merchant 换一个新的店铺编号导入。",
                "The demo shop holds simulated data; real exports must not be mixed in. Import under a new --merchant.",
            )
        )
    given = _currency(connection, piece.layout)
    if exports == 0 and given is not None and currency == _DEFAULT.currency:
        currency = given
    if given is not None and given != currency:
        raise ImportRefused(
            Text(
                f"“{piece.name}”是 {given} 的数据，而这家店铺记账用 {currency}，不能加在一起。请用 --merchant 导入为另一家店铺。",
                f'"{piece.name}" is in {given} and this shop is kept in {currency}; they cannot be added up. '
                "Import it under another --merchant.",
            )
        )
    shop = Shop(currency, zone) if exports else _adopt(connection, piece, currency, zone)
    return replace(shop, notes=(*shop.notes, *_unnamed_currency(piece.layout, currency)))


def _unnamed_currency(layout: Layout, currency: str) -> list[Claim]:
    """An export that may name its currency and does not: say in which one its amounts were kept."""
    name = layout.format.currency_field
    if name is None or name in layout.columns:
        return []
    header = layout.format.fields[name].names[0]
    return [
        Claim(
            zh=f"文件里没有币种列（{header}），金额按店铺的记账币种 {currency} 记。若不是 {currency}，请用 --merchant 另建店铺并加 --currency 再导入。",
            en=f'The file names no currency (column "{header}"); its amounts were kept in {currency}, the shop\'s own. If that is wrong, import it under a new --merchant with --currency.',
        )
    ]


def _currency(connection: duckdb.DuckDBPyConnection, layout: Layout) -> str | None:
    """The file's currency: stated by the format, or the most frequent of its currency column."""
    name = layout.format.currency_field
    if name is None or name not in layout.columns:
        return layout.format.currency
    found = connection.execute(
        f"SELECT upper({cell_sql(layout, name)}) AS c FROM stage.raw "  # noqa: S608
        "WHERE regexp_full_match(c, '[A-Z]{3}') GROUP BY c ORDER BY count(*) DESC, c LIMIT 1"
    ).fetchone()
    return found[0] if found is not None else None


def _adopt(connection: duckdb.DuckDBPyConnection, piece: Piece, currency: str, zone: str) -> Shop:
    spec = piece.layout.format
    notes: list[Claim] = []
    own = spec.timezone or _explaining_zone(connection, piece.layout, zone)
    if own is not None and own != zone and zone == _DEFAULT.timezone:
        zone = own
        notes.append(
            Claim(
                zh=f"新店铺的时区按这份文件定为 {zone}，日期都按这个时区划分。",
                en=f"The new shop's time zone is taken from this file: {zone}. All days are days of that zone.",
            )
        )
    if spec.platform != "generic":
        connection.execute("UPDATE merchants SET platform = ?", [spec.platform])
    connection.execute("UPDATE merchants SET currency = ?, timezone = ?", [currency, zone])
    return Shop(currency, zone, tuple(notes))


def _explaining_zone(connection: duckdb.DuckDBPyConnection, layout: Layout, given: str) -> str | None:
    """The zone whose offsets are those written in the file, on every one of its days; the given one first."""
    spec = layout.format
    times = [name for name, field in spec.fields.items() if field.type == "time" and name in layout.columns]
    if not spec.timezone_candidates or not times:
        return None
    cell = cell_sql(layout, times[0])
    seen = connection.execute(
        f"SELECT DISTINCT left(t, 13) AS hour, replace(right(t, 5), ':', '') AS offset FROM (SELECT {cell} AS t FROM stage.raw) "  # noqa: S608
        f"WHERE {zoned_sql('t')} AND regexp_matches(t, '[+-][0-9]{{2}}:?[0-9]{{2}}$') LIMIT 20000"
    ).fetchall()
    pairs = [(hour.replace("T", " "), offset) for hour, offset in seen if len(offset) == 5]
    if not pairs:
        return None
    for name in dict.fromkeys((given, *spec.timezone_candidates)):
        if all(_offset(hour, name) == offset for hour, offset in pairs):
            return name
    return None


def _offset(hour: str, zone: str) -> str:
    try:
        return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=ZoneInfo(zone)).strftime("%z")
    except ValueError:
        return ""
