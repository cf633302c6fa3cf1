"""`advisor`: the commands put together, and usage errors as one sentence."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from advisor.cli.approvals import approvals
from advisor.cli.ask import ask, chat
from advisor.cli.cases import cases
from advisor.cli.console import help_text, language, note, print_json
from advisor.cli.data import import_command, merchants
from advisor.cli.demo import demo, ui
from advisor.cli.formats import formats
from advisor.cli.health import doctor, evals
from advisor.cli.insights import insights
from advisor.cli.live import live
from advisor.cli.memory import memory
from advisor.cli.metrics import metrics
from advisor.cli.playbooks import playbooks
from advisor.cli.reconcile import reconcile
from advisor.cli.threads import threads
from advisor.cli.trace import trace
from advisor.quiet import quiet_third_parties

__all__ = ["app", "main"]

app = typer.Typer(
    name="advisor",
    help=help_text(
        "外脑：为什么、做什么、如何做，用你店铺自己的数字和真实案例回答。",
        "Merchant Advisor: why, what and how, answered from your shop's own figures and real cases.",
    ),
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
for name, command, zh, en in (
    (
        "demo",
        demo,
        "生成两个模拟店铺，问三个问题：为什么、做什么、如何做",
        "make two simulated shops and ask why, what and how",
    ),
    (
        "import",
        import_command,
        "导入你自己的导出文件，随后给出店铺速览",
        "bring in your own exports; a first look at the shop follows",
    ),
    (
        "reconcile",
        reconcile,
        "订单文件与平台店铺日报逐日对账",
        "check the order files against the platform's shop report",
    ),
    ("ask", ask, "问一个问题，答案附依据", "ask one question, answered with evidence"),
    ("chat", chat, "连续对话；/new、/threads、/quit", "a conversation; /new, /threads, /quit"),
    (
        "insights",
        insights,
        "主动提醒：问题与机会，值多少钱，该问什么",
        "problems and opportunities brought up, with the money at stake",
    ),
    ("ui", ui, "在本机打开页面", "start the page on this machine"),
    (
        "trace",
        trace,
        "看答案是怎么来的、发给模型服务过什么",
        "show how answers came about and what was sent to a model host",
    ),
    (
        "formats",
        formats,
        "能读哪些导出文件、在哪里下载；通用模板",
        "which exports can be read, where to download them, templates",
    ),
    ("doctor", doctor, "检查这次安装", "check this installation"),
):
    app.command(name, help=help_text(zh, en))(command)
app.add_typer(threads, name="threads")
app.add_typer(memory, name="memory")
app.add_typer(merchants, name="merchants")
app.add_typer(metrics, name="metrics")
app.add_typer(cases, name="cases")
app.add_typer(playbooks, name="playbooks")
app.add_typer(live, name="live")
app.add_typer(approvals, name="approvals")
app.add_typer(evals, name="eval")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code: 0 answered, 2 usage, 3 missing or refused, 4 backend down."""
    quiet_third_parties()
    gc.set_threshold(
        100_000, 20, 20
    )  # a command builds large expression trees and ends: an eighth of its time was collection
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a GBK terminal cannot print every sign
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = app(given, standalone_mode=False, prog_name="advisor")
    except typer.TyperException as error:
        raise SystemExit(_usage(error, as_json="--json" in given)) from error
    except (typer.Abort, KeyboardInterrupt) as error:
        raise SystemExit(130) from error
    except Exception as error:  # the outer edge: a bug is logged, a merchant gets a sentence
        raise SystemExit(_bug(given, error)) from error
    raise SystemExit(code if isinstance(code, int) else 0)


def _bug(given: Sequence[str], error: Exception) -> int:
    """Keep the traceback, without keys and names, in the workspace's log and say where it is. Exit code 1: none of the documented endings."""
    from advisor.telemetry.redaction import Redactor

    named = given[given.index("--workspace") + 1 : given.index("--workspace") + 2] if "--workspace" in given else []
    root = Path(named[0] if named else os.environ.get("ADVISOR_WORKSPACE", "~/.merchant-advisor")).expanduser()
    log = root / "logs" / "errors.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        told = Redactor([os.environ.get("OPENAI_API_KEY", "")]).traceback(error)
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{told}\n")
    zh = f"程序内部出错，没有改动你的数据；细节记在 {log}，请把它发给技术支持后再试一次。"
    en = f"An internal error; your data was not changed. Details are in {log}; send it to support and try again."
    if "--json" in given:
        print_json({"error": {"code": "internal_error", "message": zh if language() == "zh" else en}})
    else:
        note(zh if language() == "zh" else en)
    return 1


def _usage(error: typer.TyperException, *, as_json: bool) -> int:
    message = error.format_message()
    if as_json:
        print_json({"error": {"code": "usage", "message": message}})
    else:
        note(f"用法不对：{message} 见 advisor --help。" if language() == "zh" else f"{message} See `advisor --help`.")
    return error.exit_code
