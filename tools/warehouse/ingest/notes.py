"""What a merchant should know about how a file was read: bilingual sentences under the ledger."""

from __future__ import annotations

from datetime import date

import duckdb

from tools.facts import Claim
from tools.text import Text
from tools.warehouse.formats import get_format
from tools.warehouse.ingest.dating import dating_note, snapshot_note
from tools.warehouse.ingest.detecting import Layout
from tools.warehouse.ingest.expressions import condition_sql, literal, quote
from tools.warehouse.ingest.mapping import Mapped, cell_sql
from tools.warehouse.ingest.quarantine import expected, reason_counts, reason_text
from tools.warehouse.ingest.shop import Shop
from tools.warehouse.ingest.spec import READ_GROSS, READ_REFUND, Format
from tools.warehouse.ingest.staging import Staged
from tools.warehouse.schema import table_spec

__all__ = ["file_notes", "told_twice"]

# From this share of rejected rows on, figures from the rest would mislead, and the note comes first.
_MANY_REJECTED = 0.25
_BUYER_COST = Text(
    "买家数、客单价、新老客、复购率和客户分层算不出来",
    "buyers, spend per buyer, new and returning buyers, repurchase and segments cannot be computed",
)


def file_notes(
    connection: duckdb.DuckDBPyConnection, layout: Layout, staged: Staged, mapped: Mapped, shop: Shop, *, clashes: int
) -> list[Claim]:
    """All notes of one file, the ones that change figures first."""
    notes = _mend_first(connection, layout, staged)
    if mapped.reading is not None:
        notes += [mapped.reading.claim, _amounts(connection, layout, shop)]
    notes += _identity(connection, layout, mapped)
    notes += shop.notes
    notes += [*dating_note(layout), *snapshot_note(layout)]
    notes += [*layout.format.notes, *_taxes(connection, layout, shop)]
    notes += _ways(connection, layout)
    notes += _unknown_words(connection, layout)
    notes += _rejected(connection, layout, staged)
    if clashes:
        notes.append(
            Claim(
                zh=f"{clashes:,} 个编号在文件里出现多次且内容不同，取最后一行。",
                en=f"Ids that occur more than once with different content: {clashes:,}; the last row of each counts.",
            )
        )
    if layout.recomputed:
        notes.append(
            Claim(
                zh=f"比率、均值和单位成本不能相加，没有导入，需要的由数量和金额重算：{'、'.join(layout.recomputed)}。",
                en=f"Ratios, means and unit costs do not add and were not imported; those needed are computed from counts and amounts: {', '.join(layout.recomputed)}.",
            )
        )
    if layout.dropped:
        notes.append(
            Claim(
                zh=f"为保护隐私，以下列没有读取：{'、'.join(layout.dropped)}。",
                en=f"For privacy these columns were not read: {', '.join(layout.dropped)}.",
            )
        )
    return notes


def told_twice(
    connection: duckdb.DuckDBPyConnection, spec: Format, first: date | None, last: date | None
) -> list[Claim]:
    """That days of this file are there from a report that tells the same money another way."""
    found: list[str] = []
    for table in spec.targets if spec.overlaps else ():
        words = ", ".join(literal(name) for name in spec.overlaps)
        found += [
            name
            for (name,) in connection.execute(
                f"SELECT DISTINCT i.format FROM main.{table} t JOIN main.imports i USING (import_id) "  # noqa: S608
                f"WHERE t.{table_spec(table).date} BETWEEN ? AND ? AND i.format IN ({words}) ORDER BY 1",
                [first, last],
            ).fetchall()
        ]
    if not found:
        return []
    others = [get_format(name).label for name in dict.fromkeys(found)]
    return [
        Claim(
            zh=f"小心重复：这些天已经有“{'、'.join(x.zh for x in others)}”的数据，它和本文件说的是同一批数；合计会算两遍，请只看其中一种。",
            en=f"Counted twice: days of this file are there from {', '.join(x.en for x in others)}, which tells the same figures another way; totals add both, so look at one of them.",
        )
    ]


def _amounts(connection: duckdb.DuckDBPyConnection, layout: Layout, shop: Shop) -> Claim:
    reading = layout.format.refund_reading
    when = condition_sql(reading.paid_when) if reading is not None else "FALSE"
    found = connection.execute(
        f"SELECT count(*), coalesce(sum({READ_GROSS}), 0), coalesce(sum({READ_REFUND}), 0) "  # noqa: S608
        f"FROM stage.wide WHERE _row IN (SELECT _row FROM stage.states) AND {when}"
    ).fetchone()
    count, gross, refund = found if found is not None else (0, 0, 0)
    net = gross - refund
    return Claim(
        zh=f"文件内已付款 {count:,} 行：支付金额 {gross:,.2f}，退款 {refund:,.2f}，净成交 {net:,.2f}（{shop.currency}）。",
        en=f"Paid rows in the file: {count:,}; gross {gross:,.2f}, refunds {refund:,.2f}, net {net:,.2f} ({shop.currency}).",
    )


def _identity(connection: duckdb.DuckDBPyConnection, layout: Layout, mapped: Mapped) -> list[Claim]:
    spec = layout.format
    buyer = next((name for name, field in spec.fields.items() if field.type == "buyer"), None)
    if buyer is None or "orders" not in spec.targets:
        return []
    headers = spec.fields[buyer].names
    if buyer not in layout.columns:
        return [
            Claim(
                zh=f"文件里没有买家标识：{_BUYER_COST.zh}。导出时带上“{headers[0]}”列（未打码）即可补上。",
                en=f'The file has no buyer identity: {_BUYER_COST.en}. Export it with an unmasked "{headers[0]}" column.',
            )
        ]
    found = connection.execute(
        f"SELECT count(*) FILTER ({quote(buyer)} IS NULL), count(*), count(DISTINCT {quote(buyer)}) "  # noqa: S608
        "FROM stage.wide WHERE _error IS NULL"
    ).fetchone()
    without, rows, buyers = found if found is not None else (0, 0, 0)
    if not without or not rows or spec.carry is not None:
        return []
    share = 100 * without / rows
    why = Text("", "")
    if mapped.masked:
        why = Text(
            f"，其中 {mapped.masked:,} 行的昵称打了码或是每单都变的 OAID，认不出是谁",
            f", {mapped.masked:,} of them masked (*) or an id that changes with every order, which identifies nobody",
        )
    cost = (
        _BUYER_COST
        if not buyers
        else Text(
            "这些行不计入买家数、新老客和复购，买家类指标只代表其余部分",
            "they are left out of buyers, new/returning and repurchase; buyer figures speak for the rest only",
        )
    )
    return [
        Claim(
            zh=f"{without:,} 行（{share:.1f}%）没有可用的买家标识{why.zh}：{cost.zh}。",
            en=f"{without:,} rows ({share:.1f}%) have no usable buyer identity{why.en}: {cost.en}.",
        )
    ]


def _unknown_words(connection: duckdb.DuckDBPyConnection, layout: Layout) -> list[Claim]:
    """Words a map did not know and took for its default."""
    notes: list[Claim] = []
    for name, field in layout.format.fields.items():
        if field.type != "map" or field.default is None or name not in layout.columns:
            continue
        found = connection.execute(
            f"SELECT {cell_sql(layout, name)} AS word, count(*) FROM stage.wide w JOIN stage.raw r USING (_row) "  # noqa: S608
            f"WHERE w._error IS NULL AND w.{quote(name)} = ? AND word IS NOT NULL GROUP BY word ORDER BY 2 DESC LIMIT 5",
            [field.default],
        ).fetchall()
        known = {word.replace("，", ",").replace(" ", "").lower() for word in field.values}
        words = [(w[:20], n) for w, n in found if w.replace("，", ",").replace(" ", "").lower() not in known]
        if words:
            listed = "、".join(f"{word}（{count:,} 行）" for word, count in words)
            notes.append(
                Claim(
                    zh=f"“{field.names[0]}”里有不认识的取值：{listed}；这些行的状态按付款时间判断。",
                    en=f'Unknown words under "{field.names[0]}": {", ".join(f"{w} (rows: {n:,})" for w, n in words)}; '
                    "the state of these rows is taken from their times.",
                )
            )
    return notes


def _ways(connection: duckdb.DuckDBPyConnection, layout: Layout) -> list[Claim]:
    """Which of several ways of telling the same sales was read, where the file held more than one."""
    notes: list[Claim] = []
    for number, rule in enumerate(layout.format.keep_one):
        found = connection.execute(
            f"SELECT count(*) FILTER (_error = 'other|{number}'), min({quote(rule.field)}) FILTER (_error IS NULL) "  # noqa: S608
            "FROM stage.wide"
        ).fetchone()
        if found is not None and found[0]:
            header, word = layout.format.fields[rule.field].names[0], str(found[1])[:20]
            notes.append(
                Claim(
                    zh=f"“{header}”只读了“{word}”的行；另有 {found[0]:,} 行是同一笔成交的其他口径，没有计入。",
                    en=f'Of "{header}" only the rows of "{word}" were read; rows that tell the same sales another way and were left out: {found[0]:,}.',
                )
            )
    return notes


def _rejected(connection: duckdb.DuckDBPyConnection, layout: Layout, staged: Staged) -> list[Claim]:
    notes: list[Claim] = []
    for faults, head in (
        (True, Text("拒收的行", "Rejected rows")),
        (False, Text("按规则不计入的行", "Rows left out by rule")),
    ):
        counts = reason_counts(connection, layout, staged.unreadable, faults=faults)
        if counts:
            zh = "；".join(f"{text.zh} {count:,} 行" for text, count in counts[:5])
            en = "; ".join(f"{text.en}: {count:,}" for text, count in counts[:5])
            notes.append(Claim(zh=f"{head.zh}：{zh}。", en=f"{head.en}: {en}."))
    return notes


def _mend_first(connection: duckdb.DuckDBPyConnection, layout: Layout, staged: Staged) -> list[Claim]:
    """Where a large part of the file is rejected: how much is missing, and the one column to put right first."""
    counts = connection.execute(
        "SELECT _error, count(*) FROM stage.wide WHERE _error IS NOT NULL GROUP BY _error ORDER BY 2 DESC, 1"
    ).fetchall()
    counts = [(error, count) for error, count in counts if not expected(error, layout)]
    unread = sum(not expected(code, layout) for code in staged.unreadable.values())
    rejected = sum(count for _, count in counts) + unread
    if not staged.rows or rejected < _MANY_REJECTED * staged.rows:
        return []
    (reason, count) = reason_counts(connection, layout, staged.unreadable, faults=True)[0]
    named = next((error for error, _ in counts if reason_text(error, layout) == reason), "")
    field = named.partition("|")[2]
    header = layout.headers[layout.columns[field][0]].strip() if field in layout.columns else ""
    where = Text(f"“{header}”列：", f'column "{header}": ') if header else Text("", "")
    share = 100 * rejected / staged.rows
    return [
        Claim(
            zh=f"先修文件：{share:.0f}% 的行被拒收，数字只代表其余部分，先别据此做判断。先处理{where.zh}{reason.zh}（{count:,} 行），改好后重新导入即可。",
            en=f"Mend the file first: {share:.0f}% of its rows are rejected, so figures speak for the rest only. Begin with {where.en}{reason.en} (rows: {count:,}), then import it again.",
        )
    ]


def _taxes(connection: duckdb.DuckDBPyConnection, layout: Layout, shop: Shop) -> list[Claim]:
    """That paid amounts include tax, with how much of it the file holds."""
    name = layout.format.tax_inside
    if name is None or name not in layout.columns:
        return []
    found = connection.execute(
        f"SELECT coalesce(sum({quote(name)}), 0) FROM stage.wide WHERE _error IS NULL AND paid_time IS NOT NULL"  # noqa: S608
    ).fetchone()
    total = found[0] if found is not None else 0
    if not total:
        return []
    header = layout.format.fields[name].names[0]
    return [
        Claim(
            zh=f"支付金额含税：文件里已付款订单的税额（{header} 列）合计 {total:,.2f} {shop.currency}，没有从支付金额和净成交里扣除。",
            en=f'GMV includes taxes: paid orders of the file hold {total:,.2f} {shop.currency} of tax (column "{header}"), which is not taken out of GMV or net sales.',
        )
    ]
