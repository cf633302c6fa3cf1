"""The form that plans one stream: the shop's own values filled in, the answer below, three files to take away.

Only what a person changed goes into the brief as stated; a value left as it was is read from the shop again, with its source.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import gradio as gr

from advisor.errors import AdvisorError
from advisor.ui.answer_view import error_html
from advisor.ui.card_view import progress_html
from advisor.ui.html import element, esc
from advisor.ui.memory import Memory
from tools.errors import BadArguments, ToolError
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.ui.events import Updates
    from advisor.ui.views import Views
    from tools.facts import ToolResult

__all__ = ["LiveForm", "LiveParts", "brief_of", "live_parts", "pack_html"]

FIELDS: dict[str, Text] = {
    "day": Text("哪一天", "Day"), "start": Text("几点开播", "Start"), "hours": Text("播几小时", "Hours"),
    "viewers": Text("预计观看人数", "Viewers expected"), "hosts": Text("主播（用顿号隔开）", "Hosts (comma between)"),
    "margin": Text("货品毛利率", "Gross margin"), "platform_fee": Text("平台扣点和支付手续费", "Platform and payment fee"),
    "fixed": Text("自播每月固定成本", "Own room: fixed cost a month"), "agency_fee": Text("代播每月固定费", "Agency: fee a month"),
    "agency_commission": Text("代播佣金", "Agency: commission"),
}  # fmt: skip
ITEMS = Text("商品，每行一个：标题，到手价，成本，库存，每千人卖几件（不写就用直播间卖过的）", "Items, one a line: title, price, cost, stock, pieces per 1,000 viewers (empty: what the room sold)")  # fmt: skip
_TITLE = Text("排一场直播（流程、脚本、排班、盈亏，可下载）", "Plan a livestream (rundown, script, hosts, cost; to download)")  # fmt: skip
_HINT = Text("已填的是店里的数据，可以改；空着的会从数据里找，找不到会按名字问你要。", "What is filled in comes from the shop's data and can be changed; what is empty is looked up, else asked for by name.")  # fmt: skip
_BUTTON = Text("排这一场", "Plan it")
_WORKING = Text("正在排品、写脚本、排班、算账", "Working out products, script, hosts and cost")
_FILES = {".xlsx": Text("表格（Excel）", "Workbook (Excel)"), ".md": Text("文字（Markdown）", "Text (Markdown)"), ".ics": Text("日历（ICS）", "Calendar (ICS)")}  # fmt: skip
_TYPES = {".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".md": "text/markdown", ".ics": "text/calendar"}  # fmt: skip
_OTHER_SHOP = Text("换了店铺，已填成这家店的数据；请看一遍再排。", "The shop was changed; the form now holds this shop's values. Look through them and plan again.")  # fmt: skip
_DOWNLOAD = Text("下载", "Download")
_LACKS = Text("还缺和要注意的", "Missing, and what to mind")
_MOST_ITEMS = 60


class LiveParts:
    """The components of the form; `fields` in the order of FIELDS."""

    def __init__(self, panel: Any, fields: dict[str, Any], items: Any, known: Any, go: Any, out: Any) -> None:
        self.panel, self.fields, self.items, self.known, self.go, self.out = panel, fields, items, known, go, out

    def outputs(self) -> list[Any]:
        return [*self.fields.values(), self.known, self.go, self.out]


def live_parts(lang: Lang) -> LiveParts:
    """The panel, closed; built inside the page."""
    with gr.Accordion(_TITLE.get(lang), open=False, elem_id="live-plan") as panel:
        gr.HTML(element("p", esc(_HINT.get(lang)), class_="hint"))
        fields: dict[str, Any] = {}
        names = list(FIELDS)
        for row in (names[:5], names[5:]):
            with gr.Row():
                for name in row:
                    fields[name] = gr.Textbox(label=FIELDS[name].get(lang), max_length=200, min_width=130, elem_id=f"live-{name}")  # fmt: skip
        items = gr.Textbox(label=ITEMS.get(lang), lines=2, max_lines=12, max_length=8000, elem_id="live-items")
        go = gr.Button(_BUTTON.get(lang), variant="primary", elem_id="live-go")
        out = gr.HTML(elem_id="live-out")
        known = gr.State({})
    return LiveParts(panel, fields, items, known, go, out)


def brief_of(values: Mapping[str, str], items: str, known: Mapping[str, str]) -> dict[str, Any]:
    """The brief of what was changed from the values the form began with. Raises BadArguments naming a field that is no number."""
    said = {name: text for name, value in values.items() if (text := str(value or "").strip()) and text != known.get(name, "")}  # fmt: skip
    brief: dict[str, Any] = {}
    if "viewers" in said:
        brief["session"] = {"viewers": said["viewers"].replace(",", "")}
    economics = {"platform_fee": said["platform_fee"]} if "platform_fee" in said else {}
    if "margin" in said:
        economics["cost_share"] = str(1 - _share(said["margin"], FIELDS["margin"]))
    if economics:
        brief["economics"] = economics
    if "fixed" in said:
        brief["self_run"] = {"fixed": said["fixed"]}
    agency = {name.removeprefix("agency_"): said[name] for name in ("agency_fee", "agency_commission") if name in said}
    if agency:
        brief["agencies"] = [agency]
    if "hosts" in said:
        brief["hosts"] = [{"name": one} for one in re.split(r"[、,，;；\n]+\s*", said["hosts"]) if one.strip()]
    rows = [line for line in (items or "").splitlines() if line.strip()]
    if rows:
        brief["items"] = [_item(number, line) for number, line in enumerate(rows[:_MOST_ITEMS], 1)]
    return brief


def _share(text: str, label: Text) -> Decimal:
    """45, 45% and 0.45 are the same margin."""
    try:
        value = Decimal(text.rstrip("%％ ").strip())
    except InvalidOperation as error:
        raise BadArguments(Text(f"“{label.zh}”要写数字，例如 45%。", f"{label.en} must be a number such as 45%.")) from error  # fmt: skip
    share = value / 100 if text.endswith(("%", "％")) or value > 1 else value
    if not 0 <= share <= 1:
        raise BadArguments(Text(f"“{label.zh}”要在 0 到 100% 之间。", f"{label.en} must lie between 0 and 100%."))
    return share


def _item(number: int, line: str) -> dict[str, str]:
    parts = [part.strip() for part in re.split(r"[,，\t]", line)]
    names = ("title", "price", "cost", "stock", "units_per_1000")
    if len(parts) < 2 or len(parts) > len(names):
        raise BadArguments(Text(f"商品第 {number} 行要写“标题，到手价，成本，库存，每千人卖几件”，后三个可以不写。", f'Item line {number}: write "title, price, cost, stock, pieces per 1,000 viewers"; the last three may be left out.'))  # fmt: skip
    return {"sku": f"S{number}", **{name: part for name, part in zip(names, parts, strict=False) if part}}


def pack_html(result: ToolResult, files: Mapping[str, bytes], lang: Lang) -> str:
    """The files first, then the answer, then what is missing. All texts are other people's words."""
    rows = [
        (str(label), str(text)) for label, text in result.tables[0].rows
    ]  # the overview: what it is about, the sentence
    links = "".join(_file(name, content, lang) for name, content in files.items())
    colon = "：" if lang == "zh" else ": "
    lines = element("ul", "".join(element("li", element("b", esc(label + colon)) + esc(text)) for label, text in rows))
    notes = "".join(element("li", esc(claim.get(lang))) for claim in result.notes)
    asked = element("details", element("summary", esc(_LACKS.get(lang))) + element("ul", notes), open="open") if notes else ""  # fmt: skip
    return element("section", element("p", links, class_="files") + lines + asked, class_="pack", role="status")


def _file(name: str, content: bytes, lang: Lang) -> str:
    """A download that needs no file on the server; the address is base64, the name ours."""
    suffix = name[name.rindex(".") :]
    address = f"data:{_TYPES[suffix]};base64,{base64.b64encode(content).decode()}"
    label = f"{_DOWNLOAD.get(lang)} {_FILES[suffix].get(lang)}"
    return element("a", esc(label), href=address, download=name, class_="file-link", style="margin-right:1.2em")


class LiveForm:
    def __init__(self, views: Views, parts: LiveParts) -> None:
        self._views, self._parts, self._lang = views, parts, views.lang

    async def opened(self, memory: object) -> AsyncIterator[Updates]:
        """The shop's own values; a shop that has none gets an empty form."""
        from advisor.service.live import live_defaults

        scope = (await self._views.shops(Memory.of(memory))).scope()
        known: dict[str, str] = {}
        said = ""
        if scope is not None:
            try:
                known = await live_defaults(self._views.page.service, scope, lang=self._lang)
            except (ToolError, AdvisorError) as error:
                said = error_html(error.text(self._lang))
        filled = {part: known.get(name, "") for name, part in self._parts.fields.items()}
        yield {**filled, self._parts.known: {**known, "_shop": scope.merchant_id if scope else ""}, self._parts.out: said}  # fmt: skip

    async def planned(self, memory: object, known: object, items: str, *values: str) -> AsyncIterator[Updates]:
        """Work the stream out and show it; a wrong field is named, the form keeps what was typed."""
        from advisor.service.live import FILES, live_pack, pack_files

        scope = (await self._views.shops(Memory.of(memory))).scope()
        if scope is None:
            return
        begun = known if isinstance(known, dict) else {}
        typed = dict(zip(self._parts.fields, values, strict=True))
        if begun.get("_shop", scope.merchant_id) != scope.merchant_id:  # the values shown are another shop's
            async for update in self.opened(memory):
                yield {**update, self._parts.out: element("p", esc(_OTHER_SHOP.get(self._lang)), class_="notice", role="alert")}  # fmt: skip
            return
        yield {self._parts.out: progress_html(_WORKING.get(self._lang), 0.3), self._parts.go: gr.update(interactive=False)}  # fmt: skip
        try:
            brief = brief_of(typed, items, begun)
            service = self._views.page.service
            when = {name: typed[name].strip() for name in ("day", "start", "hours")}
            result = await live_pack(service, scope, brief, lang=self._lang, **when)  # type: ignore[arg-type]
            stem = f"live-{typed['day'].strip() or 'plan'}"
            names = [f"{re.sub(r'[^0-9A-Za-z-]', '', stem)}{suffix}" for suffix in FILES]
            said = pack_html(result, await pack_files(service, scope, result, names, lang=self._lang), self._lang)
        except (ToolError, AdvisorError) as error:
            said = error_html(error.text(self._lang))
        yield {self._parts.out: said, self._parts.go: gr.update(interactive=True)}
