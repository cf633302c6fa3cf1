"""The terminal as a contract: exit codes, JSON, one sentence instead of a traceback, and whose data is shown."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from advisor.answer import AskResult
from advisor.cli.entry import main
from tests.advisor.door_files import Totals, tmall_orders
from tests.advisor.terminal import Run

ROOT = Path(__file__).resolve().parents[3]


class Shops(NamedTuple):
    workspace: Path
    totals: Totals


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """Two real shops, a and b; b sells seven times as much under the same dates."""
    folder = tmp_path_factory.mktemp("doors")
    file = folder / "orders.csv"
    with pytest.raises(SystemExit):
        main(["merchants", "add", "a", "--name", "甲店", "--workspace", str(folder / "ws")])
    totals = tmall_orders(file)
    for shop, scale in (("a", 1), ("b", 7)):
        tmall_orders(file, scale=scale)
        with pytest.raises(SystemExit) as ended:
            main(["import", str(file), "--merchant", shop, "--workspace", str(folder / "ws")])
        assert not ended.value.code
    yield Shops(folder / "ws", totals)


def test_help_is_at_once_and_loads_nothing_of_the_product() -> None:
    heavy = {
        "ibis",
        "duckdb",
        "sqlalchemy",
        "gradio",
        "chromadb",
        "langgraph",
        "openai",
        "pydantic",
        "numpy",
        "advisor.app",
    }
    script = (
        "import sys\nfrom advisor.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: code = end.code\n"
        f"print(code, sorted({heavy!r} & set(sys.modules)))"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert "import" in done.stdout and "doctor" in done.stdout
    assert time.perf_counter() - started < 3  # 0.2 s when nothing else runs


def test_ask_prints_exactly_the_contract(run: Run, shops: Shops) -> None:
    question = "2024年3月1日到4月29日支付金额是多少"
    said = run("ask", question, "--merchant", "a", "--json", "--workspace", shops.workspace)
    assert said.code == 0 and said.err == ""
    assert set(said.json) == set(AskResult.model_fields)
    assert set(said.json["answer"]) == {
        "kind",
        "headline",
        "decision",
        "why",
        "what",
        "how",
        "plan",
        "limits",
        "follow_ups",
    }
    figures = [figure for item in said.json["evidence"] for figure in item["figures"]]
    gross = [figure["value"] for figure in figures if figure["metric"] == "gmv" and figure["role"] == "value"]
    assert Decimal(str(gross[0])) == shops.totals.gross
    net = [figure["value"] for figure in figures if figure["metric"] == "net_gmv" and figure["role"] == "value"]
    assert Decimal(str(net[0])) == shops.totals.gross - shops.totals.refunds
    assert said.json["tool_calls"] and all(
        set(call) >= {"name", "arguments", "ms", "ok"} for call in said.json["tool_calls"]
    )


def test_ask_prints_each_statement_once_with_its_evidence(run: Run, shops: Shops) -> None:
    said = run("ask", "为什么销售额变化？接下来做什么，怎么做？", "--merchant", "a", "--workspace", shops.workspace)
    assert said.code == 0
    lines = [line for line in said.out.splitlines() if line.startswith(("- ", "**"))]
    assert len(lines) == len(set(lines))
    assert "### 依据" in said.out and "[m1]" in said.out


def test_a_question_naming_the_other_shop_shows_nothing_of_it(run: Run, shops: Shops) -> None:
    asked = ("ask", "b 店的支付金额是多少？", "--json", "--workspace", shops.workspace, "--merchant")
    theirs = run("ask", "2024年3月支付金额是多少", "--json", "--workspace", shops.workspace, "--merchant", "b").json
    values = {figure["value"] for item in theirs["evidence"] for figure in item["figures"] if figure["unit"] == "CNY"}
    mine = run(*asked, "a").json
    shown = {figure["value"] for item in mine["evidence"] for figure in item["figures"] if figure["unit"] == "CNY"}
    assert values and not values & shown


def test_the_default_shop(run: Run, shops: Shops, tmp_path: Path) -> None:
    several = run("ask", "上月GMV多少", "--json", "--workspace", shops.workspace)
    assert several.code == 2
    assert several.json["error"]["choices"] == ["a", "b"]
    nobody = run("threads", "--workspace", tmp_path / "empty", "--lang", "zh")
    assert nobody.code == 3 and "advisor import" in nobody.err and "Traceback" not in nobody.err
    unknown = run("metrics", "list", "--merchant", "nope", "--workspace", shops.workspace, "--lang", "en")
    assert unknown.code == 3 and 'No shop "nope"' in unknown.err


def test_a_foreign_thread_looks_like_an_unknown_one(run: Run, shops: Shops) -> None:
    mine = run("ask", "2024年4月支付金额是多少", "--merchant", "a", "--json", "--workspace", shops.workspace)
    thread = mine.json["thread_id"]
    errors = []
    for shop, given in (("b", thread), ("a", "t_0000000000000000")):
        for command in (["trace", given], ["ask", "为什么", "--thread", given]):
            refused = run(*command, "--merchant", shop, "--json", "--lang", "en", "--workspace", shops.workspace)
            assert refused.code == 3
            errors.append((refused.json["error"]["code"], refused.json["error"]["message"].replace(given, "T")))
    assert len(set(errors)) == 1 and errors[0][0] == "thread_unknown"
    own = run("trace", thread, "--merchant", "a", "--json", "--workspace", shops.workspace)
    assert own.code == 0 and own.json[0]["question"] == "2024年4月支付金额是多少"
    assert own.json[0]["looked_up"][0]["name"] == "query_metric" and own.json[0]["sent"] == []
    told = run("trace", thread, "--merchant", "a", "--lang", "en", "--workspace", shops.workspace)
    assert (
        "[m1]" in told.out and "window: 2024-04-01..2024-04-30" in told.out and "Nothing left this machine" in told.out
    )
    sent = run("trace", "--sent", "--merchant", "a", "--json", "--workspace", shops.workspace)
    assert sent.code == 0 and sent.json == []
    assert run("trace", "--merchant", "a", "--workspace", shops.workspace).code == 2


def test_import_reports_the_ledger_and_a_first_look(run: Run, tmp_path: Path) -> None:
    file, ws = tmp_path / "订单.csv", tmp_path / "ws"
    totals = tmall_orders(file)
    first = run("import", file, "--workspace", ws, "--lang", "zh", "--name", "云朵家居")
    assert first.code == 0, first.err
    assert f"新增 {totals.orders:,}" in first.out
    for title in ("三个事实", "值得注意", "想问你一个问题", "再给我一份文件"):
        assert title in first.out
    again = run("import", file, "--workspace", ws, "--json")
    assert again.code == 0
    report = again.json[0]
    assert set(report) >= {"file", "format", "rows", "accepted", "updated", "duplicate", "rejected", "unmapped"}
    assert (report["rows"], report["accepted"], report["duplicate"]) == (totals.orders, 0, totals.orders)
    listed = run("merchants", "list", "--json", "--workspace", ws)
    assert [(one["merchant_id"], one["name"]) for one in listed.json] == [("my-shop", "云朵家居")]


def test_rejected_rows_and_damaged_files_exit_3(run: Run, tmp_path: Path) -> None:
    file, ws = tmp_path / "orders.csv", tmp_path / "ws"
    tmall_orders(file, days=10, broken=2)
    partly = run("import", file, "--json", "--workspace", ws)
    assert partly.code == 3
    assert partly.json[0]["rejected"] == 2 and Path(partly.json[0]["quarantine_file"]).is_file()
    before = (ws / "warehouse" / "my-shop.duckdb").read_bytes()
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"\x00\x01not a workbook")
    refused = run("import", bad, "--json", "--workspace", ws)
    assert refused.code == 3 and refused.json["error"]["code"] == "import_refused"
    assert (ws / "warehouse" / "my-shop.duckdb").read_bytes() == before
    tried = run("import", file, "--dry-run", "--merchant", "other", "--workspace", ws)
    assert tried.code == 3 and not (ws / "warehouse" / "other.duckdb").exists()


def test_deleting_a_shop_takes_everything_kept_of_it(run: Run, tmp_path: Path) -> None:
    import sqlite3

    file, ws = tmp_path / "orders.csv", tmp_path / "ws"
    tmall_orders(file, days=10, broken=1)
    run("import", file, "--workspace", ws)
    run("ask", "2024年3月支付金额是多少", "--workspace", ws)
    refused = run("merchants", "delete", "nobody", "--yes", "--workspace", ws)
    assert refused.code == 3
    assert list((ws / "quarantine" / "my-shop").iterdir())
    gone = run("merchants", "delete", "my-shop", "--yes", "--json", "--workspace", ws)
    assert gone.code == 0 and gone.json["quarantine_files"] == 1
    assert not (ws / "warehouse" / "my-shop.duckdb").exists() and not (ws / "quarantine" / "my-shop").exists()
    with sqlite3.connect(ws / "store.sqlite") as connection:
        for table in ("threads", "messages", "evidence", "audit"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    connection.close()


def test_delete_asks_first(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("merchants", "add", "shop-1", "--workspace", tmp_path)
    monkeypatch.setattr("typer.confirm", lambda *_a, **_k: False)
    kept = run("merchants", "delete", "shop-1", "--workspace", tmp_path)
    assert kept.code == 2 and (tmp_path / "warehouse" / "shop-1.duckdb").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["nonsense", "--json"], 2, "usage"),
        (["ask", "--json"], 2, "bad_arguments"),
        (["metrics", "query", "gmvv", "--merchant", "a", "--json"], 2, "bad_arguments"),
        (["metrics", "query", "gmv", "--window", "soonish", "--merchant", "a", "--json"], 2, "bad_arguments"),
        (["metrics", "query", "visitors", "--merchant", "a", "--json"], 3, "data_missing"),
        (["merchants", "add", "Bad Id", "--json"], 2, "bad_arguments"),
        (["merchants", "add", "ok", "--currency", "yuan", "--json"], 2, "bad_arguments"),
        (["merchants", "add", "ok", "--timezone", "Mars/Base", "--json"], 2, "bad_arguments"),
        (["playbooks", "plan", "nope", "--merchant", "a", "--json"], 2, "bad_arguments"),
        (["ask", "GMV?", "--brain", "model", "--merchant", "a", "--json"], 4, "model_unavailable"),
        (["eval", "run", "--suite", "nope", "--json"], 2, "bad_arguments"),
    ],
)
def test_errors_are_an_object_and_an_exit_code(
    run: Run, shops: Shops, arguments: list[str], code: int, kind: str
) -> None:
    place = [] if kind == "usage" else ["--workspace", shops.workspace]
    said = run(*arguments, *place)
    assert (said.code, said.json["error"]["code"]) == (code, kind)
    assert said.json["error"]["message"] and "Traceback" not in said.out + said.err


@pytest.mark.parametrize(("language", "word"), [("zh_CN.UTF-8", "没有找到店铺"), ("en_GB.UTF-8", "No shop")])
def test_errors_follow_the_language_of_the_machine(
    run: Run, shops: Shops, monkeypatch: pytest.MonkeyPatch, language: str, word: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", language)
    assert word in run("threads", "--merchant", "nope", "--workspace", shops.workspace).err


def test_a_dead_endpoint_is_no_reason_to_fail(run: Run, shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    said = run("ask", "2024年3月支付金额是多少", "--merchant", "a", "--json", "--workspace", shops.workspace)
    assert said.code == 0 and said.json["notice"] and said.json["brain"] == "planner"
    alone = run(
        "ask",
        "2024年3月支付金额是多少",
        "--brain",
        "model",
        "--merchant",
        "a",
        "--json",
        "--workspace",
        shops.workspace,
    )
    assert alone.code == 4


def test_doctor_names_the_host_masks_secrets_and_finds_a_broken_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:hunter2@127.0.0.1:9/v1?token=hunter2")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    sound = run("doctor", "--json", "--workspace", tmp_path)
    assert sound.code == 0 and sound.json["ok"]
    assert "sk-secret-value" not in sound.out and "hunter2" not in sound.out
    model = [check for check in sound.json["checks"] if check["name"] == "model"]
    assert [check["verdict"] for check in model] == [
        "ok",
        "note",
    ]  # what would be sent where; and that nobody answers there
    assert all("127.0.0.1:9" in check["text"] for check in model)
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "shop.duckdb").write_bytes(b"damaged")
    broken = run("doctor", "--workspace", tmp_path, "--lang", "zh")
    assert broken.code == 3 and "shop.duckdb" in broken.out


def test_a_title_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    from tests.advisor.door_files import shopify_orders

    file = tmp_path / "orders_export.csv"
    shopify_orders(file, title="\x1b[2J\x1b]0;owned\x07[bold]cup[/bold]\u202e")
    seen = run("import", file, "--workspace", tmp_path / "ws", "--lang", "en")
    assert seen.code == 0 and "cup" in seen.out
    for command in (
        ["metrics", "query", "gmv", "--by", "product", "--window", "all"],
        ["metrics", "snapshot", "--window", "all"],
    ):
        seen = run(*command, "--workspace", tmp_path / "ws", "--lang", "en")
        assert seen.code == 0 and not any(sign in seen.out for sign in ("\x1b", "\x07", "\u202e"))


def test_chat_reads_a_pipe_and_keeps_the_thread(shops: Shops) -> None:
    lines = "2024年3月支付金额是多少\n/threads\n/new\n/what\n/quit\n"
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", "from advisor.cli import main; main()", "chat", "--merchant", "a", "--lang", "zh", "--workspace", str(shops.workspace)],
        cwd=ROOT, input=lines, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "支付金额" in done.stdout and "新对话。" in done.stdout and "t_" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["merchants", "list"], ["merchants", "show", "a"], ["metrics", "list"], ["metrics", "query", "gmv"],
        ["metrics", "explain", "gmv", "--window", "30d"], ["metrics", "snapshot"], ["metrics", "status"], ["cases", "list"],
        ["playbooks", "list"], ["playbooks", "match"], ["formats"], ["threads"],
    ],
)  # fmt: skip
def test_what_prints_data_prints_json_and_text(run: Run, shops: Shops, command: list[str]) -> None:
    place = ["--workspace", shops.workspace] if command[0] not in ("cases", "playbooks") or "match" in command else []
    if command[0] in ("metrics", "threads") or "match" in command:
        place += ["--merchant", "a"]
    data = run(*command, "--json", *place)
    assert data.code == 0 and data.json
    text = run(*command, "--lang", "zh", *place)
    assert text.code == 0 and text.out.strip() and text.err == ""


def test_a_bug_is_logged_and_said_in_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("advisor.app.build_desk", broken)
    done = run("merchants", "list", "--workspace", tmp_path, "--json")
    assert done.code == 1
    assert done.json["error"]["code"] == "internal_error"
    assert "a bug of ours" in (tmp_path / "logs" / "errors.log").read_text(encoding="utf-8")
