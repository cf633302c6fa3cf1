"""`advisor demo` and `advisor ui`: see it work, in the terminal and in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import guarded, help_text, language, note, progress, say
from advisor.cli.session import ACTOR, Language, Workspace
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.settings import Settings
    from advisor.ui.server import PageOptions

__all__ = ["demo", "ui"]

_SHOP = "demo-skincare"
_QUESTIONS = (
    Text("上个月销售额为什么变了？", "Why did sales change last month?"),
    Text("那接下来最该做什么？", "So what should we do first?"),
    Text("第一步具体怎么做？", "How exactly do we take the first step?"),
)
_MAKING = Text("正在生成演示店铺 {shop}（只需一次）", "Making the demo shop {shop} (once)")


def demo(lang: Language = "auto", workspace: Workspace = None) -> None:
    """Make two simulated shops and ask three questions: why, what, how."""
    spoken = language(lang)
    with guarded(spoken, as_json=False):
        from advisor.app import build_desk, load_settings

        settings = load_settings(workspace=workspace)
        with progress() as tell:
            build_desk(settings).create_demo(lambda shop: tell(_MAKING.get(spoken).format(shop=shop)))
        say(
            "演示店铺是模拟数据：数字来自模拟的顾客行为，不是真实店铺。"
            if spoken == "zh"
            else "The demo shops are simulated: their figures come from simulated shoppers, not from a real business."
        )
        code = _ask_three(settings, spoken)
        say(_next_steps(spoken))
    if code:
        raise typer.Exit(code)


def _ask_three(settings: Settings, lang: Lang) -> int:
    """The three questions as one conversation; a failed turn decides the exit code."""
    import asyncio

    from advisor.app import build_service
    from advisor.cli.stream import say_answer
    from advisor.events import Failed
    from advisor.scope import Scope

    async def run() -> int:
        service = build_service(settings)
        thread: str | None = None
        code = 0
        try:
            for question in _QUESTIONS:
                say(f"\n━━ {question.get(lang)}\n")
                events = service.ask(Scope(_SHOP, ACTOR), question.get(lang), thread_id=thread, lang=lang)
                final = await say_answer(events, lang, simulated=False, folded=True)
                if isinstance(final, Failed):
                    note(final.text)
                    code = code or final.exit_code
                else:
                    thread = final.thread_id
        finally:
            await service.aclose()
        return code

    return asyncio.run(run())


def _next_steps(lang: Lang) -> str:
    if lang == "zh":
        return "\n接下来：\n  advisor import 你的订单导出.csv    导入自己的数据\n  advisor ui                        打开页面"
    return "\nNext:\n  advisor import your-orders.csv    bring in your own data\n  advisor ui                        open the page"


def ui(
    host: Annotated[str | None, typer.Option("--host", help=help_text("只能是本机地址", "a loopback address"))] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help=help_text("端口", "port"))] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help=help_text("打开浏览器", "open the browser"))
    ] = True,
    lang: Language = "auto",
    workspace: Workspace = None,
) -> None:
    """Start the page on this machine."""
    spoken = language(lang)
    with guarded(spoken, as_json=False):
        from advisor.app import load_settings

        settings = load_settings(workspace=workspace)
        with progress("正在启动页面" if spoken == "zh" else "Starting the page"):
            options = _page_options(settings, host, port)
            from advisor.ui.server import prepare

            server = prepare(settings, options)
        say(
            f"外脑：{server.options.address}（Ctrl-C 停止）"
            if spoken == "zh"
            else f"Merchant Advisor: {server.options.address} (Ctrl-C stops it)"
        )
        server.run(open_browser=open_browser)


def _page_options(settings: Settings, host: str | None, port: int | None) -> PageOptions:
    from advisor.ui.server import PageOptions

    return PageOptions.on(host or settings.host, settings.port if port is None else port)
