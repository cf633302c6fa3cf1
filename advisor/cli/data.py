"""`advisor import` and `merchants`: the shop's files in, and what is kept of a shop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from advisor.cli.console import guarded, help_text, language, note, print_json, print_table, progress, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, open_desk, with_service
from tools.errors import BadArguments
from tools.text import Text

if TYPE_CHECKING:
    from advisor.scope import Scope
    from advisor.service.card import Card
    from advisor.service.imports import DataDesk
    from advisor.service.service import AdvisorService
    from tools.text import Lang
    from tools.warehouse.importer import ImportReport
    from tools.warehouse.writer import MerchantProfile

__all__ = ["import_command", "merchants"]

merchants = typer.Typer(help=help_text("店铺：添加、列出、查看、分享、删除", "shops: add, list, show, share, delete"))

Name = Annotated[str | None, typer.Option("--name", help=help_text("店铺名称", "shop name"))]
Platform = Annotated[
    str | None, typer.Option("--platform", help=help_text("平台，例如 tmall、shopify", "platform, such as tmall"))
]
Category = Annotated[
    str | None, typer.Option("--category", help=help_text("类目，例如 美妆个护", "category, such as skincare"))
]
Currency = Annotated[str | None, typer.Option("--currency", help=help_text("币种，例如 CNY", "currency, such as CNY"))]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", help=help_text("时区，例如 Asia/Shanghai", "time zone, such as Asia/Shanghai")),
]


def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help=help_text(
                "导出文件（CSV、Excel、ZIP …）；- 表示粘贴的表格", "exports (CSV, Excel, ZIP …); - for a pasted table"
            )
        ),
    ],
    fmt: Annotated[
        str, typer.Option("--format", help=help_text("格式，见 advisor formats", "see `advisor formats`"))
    ] = "auto",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=help_text("只检查，不写入", "check only, write nothing"))
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help=help_text("自己的列映射文件", "a mapping file of your own"))
    ] = None,
    merchant: Merchant = None,
    name: Name = None,
    category: Category = None,
    currency: Currency = None,
    timezone: Timezone = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Bring in a shop's own exports; the first five minutes with the shop follow."""
    from advisor.service.imports import ShopDetails

    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        desk = open_desk(workspace)
        details = ShopDetails(name=name, category=category, currency=currency, timezone=timezone)
        profile, is_new = desk.target(merchant, details)
        reports = _import(desk, files, profile, fmt, mapping, dry_run, spoken)
        if as_json:
            print_json([report.to_json() for report in reports])
        else:
            _say_reports(reports, profile, is_new=is_new, dry_run=dry_run, lang=spoken)
            if not dry_run and any(report.error is None for report in reports):
                _say_card(workspace, profile.merchant_id, spoken)
    if any(report.rejected or report.error is not None for report in reports):
        raise typer.Exit(3)


def _import(
    desk: DataDesk,
    files: list[Path],
    profile: MerchantProfile,
    fmt: str,
    mapping: Path | None,
    dry_run: bool,
    lang: Lang,
) -> list[ImportReport]:
    if Path("-") in files and len(files) > 1:
        raise BadArguments(
            Text(
                "粘贴的表格（-）请单独导入，不要和文件写在一起。",
                "Import a pasted table (-) on its own, without files.",
            )
        )
    pasted = _pasted(lang) if Path("-") in files else None
    with progress() as tell:

        def on_progress(text: Text, fraction: float) -> None:
            tell(f"{text.get(lang)} {fraction:.0%}")

        if pasted is not None:
            return desk.import_text(pasted, profile, fmt=fmt, mapping=mapping, dry_run=dry_run, on_progress=on_progress)
        return desk.import_files(files, profile, fmt=fmt, mapping=mapping, dry_run=dry_run, on_progress=on_progress)


def _pasted(lang: Lang) -> bytes:
    """What is on stdin. One byte over the limit is enough to refuse it."""
    from tools.warehouse.ingest.containers import MAX_FILE_BYTES

    if sys.stdin.isatty():
        note(
            "把表格（连同表头）粘贴到这里，换行后按 Ctrl-D（Windows 按 Ctrl-Z 再回车）。"
            if lang == "zh"
            else "Paste the table with its header here, then a new line and Ctrl-D (Ctrl-Z and Enter on Windows)."
        )
    return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)


def _say_reports(
    reports: list[ImportReport], profile: MerchantProfile, *, is_new: bool, dry_run: bool, lang: Lang
) -> None:
    zh = lang == "zh"
    if dry_run:
        say("试运行：什么都没有写入。" if zh else "Dry run: nothing was written.")
    elif is_new:
        say(f"新建店铺 {profile.merchant_id}。" if zh else f"New shop {profile.merchant_id}.")
    for report in reports:
        say(_counts(report, lang))
        for claim in report.notes:
            say(f"  - {claim.get(lang)}")
        if report.unmapped:
            columns = ("、" if zh else ", ").join(report.unmapped)
            say(f"  - 没有用到的列：{columns}" if zh else f"  - columns not used: {columns}")
        if report.quarantine_file:
            say(
                f"  - 被拒收的行和原因：{report.quarantine_file}"
                if zh
                else f"  - rejected rows with reasons: {report.quarantine_file}"
            )


def _counts(report: ImportReport, lang: Lang) -> str:
    zh = lang == "zh"
    if report.error is not None:
        return f"✗ {report.file}{'：' if zh else ': '}{report.error.get(lang)}"
    head = f"✓ {report.file}（{report.format}）" if zh else f"✓ {report.file} ({report.format})"
    counts = (
        f"读入 {report.rows:,} 行：新增 {report.accepted:,}，更新 {report.updated:,}，重复 {report.duplicate:,}，拒收 {report.rejected:,}"
        if zh
        else f"{report.rows:,} rows read: {report.accepted:,} accepted, {report.updated:,} updated, "
        f"{report.duplicate:,} duplicate, {report.rejected:,} rejected"
    )
    days = f"{report.first_day} – {report.last_day}" if report.first_day else ""
    period = (f"；{days}" if zh else f"; {days}") if days else ""
    return f"{head} {counts}{period}"


def _say_card(workspace: Path | None, merchant_id: str, lang: Lang) -> None:
    """The first look at the shop; an import stands even when there is not enough to look at."""
    from tools.errors import DataMissing, ToolError

    async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> tuple[Card, int]:
        from advisor.service.card import first_card
        from advisor.service.insights import refresh

        first = await first_card(service, scope, lang)
        try:
            return first, len(await refresh(service, scope, lang))
        except ToolError:  # too little to judge: nothing to bring up
            return first, 0

    try:
        card, count = with_service(workspace, merchant_id, work)
    except DataMissing as error:
        note(error.text(lang))
        return
    for title, lines in card.sections(lang):
        say(f"\n{title}")
        for line in lines:
            say(f"- {line}")
    if count:
        say(
            f"\n有 {count} 件事值得看（值多少钱、该问什么）：advisor insights"
            if lang == "zh"
            else f"\n{count} things worth a look, with the money at stake: advisor insights"
        )


@merchants.command("list")
def list_merchants(lang: Language = "auto", workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the shops of this workspace."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        profiles = open_desk(workspace).merchants()
        if as_json:
            print_json([vars(profile) for profile in profiles])
            return
        if not profiles:
            say(
                "还没有店铺：advisor import 文件，或 advisor demo。"
                if spoken == "zh"
                else "No shop yet: `advisor import FILE`, or `advisor demo`."
            )
            return
        zh = spoken == "zh"
        columns = (
            ("编号", "名称", "平台", "类目", "币种", "时区", "")
            if zh
            else ("id", "name", "platform", "category", "currency", "zone", "")
        )
        badge = "模拟数据" if zh else "simulated"
        rows = [
            (p.merchant_id, p.name, p.platform, p.category, p.currency, p.timezone, badge if p.simulated else "")
            for p in profiles
        ]
        print_table(columns, rows)


@merchants.command("add")
def add_merchant(
    merchant_id: Annotated[
        str, typer.Argument(help=help_text("店铺编号：小写字母、数字、- 和 _", "shop id: a-z, 0-9, - and _"))
    ],
    name: Name = None,
    platform: Platform = None,
    category: Category = None,
    currency: Currency = None,
    timezone: Timezone = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add an empty shop."""
    from advisor.service.imports import ShopDetails

    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        details = ShopDetails(name=name, platform=platform, category=category, currency=currency, timezone=timezone)
        profile = open_desk(workspace).add(merchant_id, details)
        if as_json:
            print_json(vars(profile))
        else:
            say(f"已添加店铺 {merchant_id}。" if spoken == "zh" else f"Shop {merchant_id} was added.")


@merchants.command("show")
def show_merchant(
    merchant_id: Annotated[str | None, typer.Argument(help=help_text("店铺编号", "shop id"))] = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show a shop: its profile, what data it has for which days, and its imports."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        desk = open_desk(workspace)
        profile = desk.choose(merchant_id)
        tables, imports = desk.holdings(profile.merchant_id)
        if as_json:
            print_json({**vars(profile), "tables": tables, "imports": imports})
            return
        for key, value in vars(profile).items():
            say(f"{key}: {value}")
        zh = spoken == "zh"
        print_table(
            ("表", "行数", "首日", "末日") if zh else ("table", "rows", "first day", "last day"),
            [(name, f"{body['rows']:,}", body["first_day"], body["last_day"]) for name, body in tables.items()],
        )
        keys = ("imported_at", "file_name", "format", "rows", "accepted", "updated", "duplicate", "rejected")
        print_table(keys, [[str(one[key])[:40] for key in keys] for one in imports])


@merchants.command("share")
def share_merchant(
    merchant_id: Annotated[str, typer.Argument(help=help_text("店铺编号", "shop id"))],
    peers: Annotated[
        Literal["on", "off"] | None,
        typer.Option("--peers", help=help_text("加入或退出匿名同行对比", "join or leave the anonymous comparison")),
    ] = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the shop takes part in the anonymous comparison with peers (off unless switched on), or change it."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        desk = open_desk(workspace)
        if peers is not None:
            desk.share_with_peers(merchant_id, share=peers == "on")
        shared = desk.shares_with_peers(merchant_id)
        if as_json:
            print_json({"merchant_id": merchant_id, "peers": shared})
            return
        say((_SHARED if shared else _NOT_SHARED).get(spoken).format(shop=merchant_id))


_SHARED = Text(
    "店铺 {shop} 参加匿名同行对比：只分享每月的比率（支付转化率、复购率、老客成交占比、退款率、直播占比、费比），"
    "不含店名、金额、人数、成本和顾客。满 5 家其他同类店铺后，用 advisor metrics peers 看自己的位置；别人看不到你的数值，"
    "只看到各自的位置。导入后自动更新；随时可用 --peers off 退出，已分享的比率随即删除。",
    "Shop {shop} takes part in the anonymous comparison with peers. Only monthly ratios are shared (conversion, repurchase, "
    "returning share, refund rate, livestream share, ad spend share): no name, no amount, no head count, no cost, no customer. "
    "With five other similar shops `advisor metrics peers` shows your position; nobody sees your figures, only their own position. "
    "Imports keep it up to date; `--peers off` leaves at any time and removes what was shared.",
)
_NOT_SHARED = Text(
    "店铺 {shop} 没有参加匿名同行对比：没有分享任何比率，也看不到自己在同行里的位置（--peers on 加入）。",
    "Shop {shop} does not take part in the anonymous comparison: nothing is shared, and its position among peers is not shown (`--peers on` joins).",
)


@merchants.command("delete")
def delete_merchant(
    merchant_id: Annotated[str, typer.Argument(help=help_text("店铺编号", "shop id"))],
    yes: Annotated[bool, typer.Option("--yes", help=help_text("不再询问", "do not ask"))] = False,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Delete a shop with everything kept of it: data, conversations, stated facts, rejected rows."""
    spoken = language(lang)
    zh = spoken == "zh"
    with guarded(spoken, as_json=as_json):
        desk = open_desk(workspace)
        profile = desk.choose(merchant_id)
        question = (
            f"删除店铺 {merchant_id}（{profile.name}）的全部数据和对话？无法恢复"
            if zh
            else f"Delete all data and conversations of {merchant_id} ({profile.name})? This cannot be undone"
        )
        if not yes and not typer.confirm(question, err=True):
            note("没有删除。" if zh else "Nothing was deleted.")
            raise typer.Exit(2)
        removed = desk.delete(merchant_id)
        if as_json:
            print_json(vars(removed))
        else:
            say(f"已删除 {merchant_id}。" if zh else f"{merchant_id} was deleted.")
