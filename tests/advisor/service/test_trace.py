"""The trace of a conversation: every sentence with its facts, what was withheld or reworded, what left the machine, for its owner alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from advisor.agent.runner import ToolRunner
from advisor.brains.base import Brain, Draft, Exchange, Frame, Ledger, Message, ShopCard, ToolCall, TurnView
from advisor.brains.scripted import ScriptedBrain
from advisor.cli import trace as door
from advisor.errors import ModelUnavailable, ThreadUnknown
from advisor.events import Failed
from advisor.logs import JsonLog
from advisor.scope import Scope
from advisor.service.service import AdvisorService
from advisor.service.trace import TracedTurn, thread_trace
from advisor.service.watching import recorder
from advisor.store import Store
from advisor.telemetry import watch
from tools.base import Registry, ToolContext, tool
from tools.errors import BadArguments, DataMissing
from tools.facts import Claim, Fact, Quantity, ToolResult, Window
from tools.text import Lang, Text
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile, write_merchant

TODAY = date(2026, 11, 24)
ANN = Scope("a", "ann")
OCTOBER = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
TRUE = Draft("headline", "2026年10月支付金额 1,284 元[m1]。")
FALSE = Draft("why", "2026年10月支付金额 9,999 元[m1]。")
WRONG = Draft("headline", "2026年10月支付金额 7,777 元[m1]。")


@tool(label=Text("正在看销售额", "Reading sales"))
def sales(ctx: ToolContext) -> ToolResult:
    """The shop's sales."""
    fact = Fact(
        id="f_1",
        kind="metric",
        claim=Claim(zh="2026年10月支付金额 1,284 元。", en="GMV in October 2026 was ¥1,284."),
        quantities=(Quantity(metric="gmv", value=Decimal(1284), unit="CNY", window=OCTOBER),),
        formula="sum of payments",
        source="orders",
    )
    return ToolResult(facts=[fact], notes=[Claim(zh="没有大盘数据。", en="There is no market data.")])


@tool(label=Text("看库存", "Reading stock"))
def stock(ctx: ToolContext) -> ToolResult:
    """The shop's stock."""
    raise DataMissing(Text("没有库存表。", "There is no stock table."))


@tool(label=Text("坏的", "broken"))
def broken(ctx: ToolContext) -> ToolResult:
    """A tool with a bug."""
    raise ZeroDivisionError("张三 13800138000")


class Sending(ScriptedBrain):
    """Says to its ledger what a model brain would have sent."""

    host = "llm.example"

    def __init__(self, ledger: Ledger | None, *, dies: bool, **script: Any) -> None:
        super().__init__(model="m-1", **script)
        self._ledger, self._dies = ledger, dies

    async def decide(self, turn: TurnView) -> list[ToolCall]:
        messages = [{"role": "user", "content": turn.frame.question}]
        code = "status_500" if self._dies else "ok"
        sent = Exchange(
            "decide", self.host, "m-1", messages, ["sales"], "calls sales\x00\ud800", 90, 7, 40, code, "stop"
        )
        assert self._ledger is not None
        if not turn.outcomes:
            self._ledger.note(sent)
        if self._dies:
            raise ModelUnavailable(Text("模型服务出错。", "The endpoint failed."))
        return await super().decide(turn)


class _Ledger:
    def __init__(self, note: Any) -> None:
        self.note = note

    def allow(self) -> None:
        """No limit."""


def _framer(text: str, history: Sequence[Message], shop: ShopCard, today: date) -> Frame:
    return Frame(text, "zh", "figure", kind="figure", slots={"metric": "gmv", "window": "last_month"}, confidence=0.83)


def _service(folder: Path, planner: Brain, *, model: dict[str, Any] | None = None) -> AdvisorService:
    if not (folder / "warehouse").exists():
        with write_merchant(folder / "warehouse", MerchantProfile("a", "A")):
            pass
    store, warehouse = Store.sqlite(folder / "store.sqlite"), Warehouse(folder / "warehouse")
    runner = ToolRunner(
        registry=Registry((sales, stock, broken)),
        warehouse=warehouse,
        audit=store,
        records=lambda scope: None,  # type: ignore[arg-type, return-value]
        resources={},
        today=lambda zone: TODAY,
    )
    return AdvisorService(
        store=store,
        warehouse=warehouse,
        runner=runner,
        framer=lambda lang: _framer,
        planner=lambda: planner,
        model=(lambda ledger: Sending(ledger, **model)) if model is not None else None,
        ledger=lambda scope, day, thread_id, turn_id: _Ledger(
            recorder(store, scope, thread_id=thread_id, turn_id=turn_id)
        ),
        today=lambda zone: TODAY,
    )


def _calls(*names: str) -> list[ToolCall]:
    return [ToolCall(name, name, {}) for name in names]


async def _trace(
    service: AdvisorService, question: str = "上月卖了多少", lang: Lang = "zh", **asked: Any
) -> list[TracedTurn]:
    result = await service.answer(ANN, question, **asked)
    assert not isinstance(result, Failed), result
    return thread_trace(service.store, ANN, result.thread_id, lang)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    yield
    watch.use(None)


async def test_a_sentence_leads_to_its_fact_its_call_and_its_check(tmp_path: Path) -> None:
    planner = ScriptedBrain(rounds=[_calls("sales", "stock")], drafts=[WRONG, FALSE], repairs={WRONG.text: TRUE})
    service = _service(tmp_path, planner)
    [turn] = await _trace(service)
    assert (turn.intent, turn.confidence, turn.brain, turn.status) == ("figure", 0.83, "scripted", "done")
    headline = turn.answer[0]
    assert (headline.text, headline.cites) == (TRUE.text, ["m1"])
    fact = turn.evidence["m1"]
    assert (fact.value, fact.window, fact.formula, fact.source) == (1284, str(OCTOBER), "sum of payments", "orders")
    good, missing = turn.looked_up
    assert (good.label, good.marks, good.notes) == ("正在看销售额", ["m1"], ["没有大盘数据。"])
    assert (missing.ok, missing.error) == (False, "没有库存表。")
    assert turn.checked is not None
    assert [(one.said, one.instead) for one in turn.checked] == [(WRONG.text, TRUE.text), (FALSE.text, None)]
    assert all(one.problems for one in turn.checked)
    assert turn.sent == []
    english = thread_trace(service.store, ANN, (await service.threads(ANN))[0].thread_id, "en")[0]
    assert english.evidence["m1"].claim == "GMV in October 2026 was ¥1,284."
    assert english.looked_up[1].error == "There is no stock table."
    await service.aclose()


@pytest.mark.parametrize("dies", [False, True])
async def test_what_left_the_machine_is_told_also_when_the_model_failed(tmp_path: Path, dies: bool) -> None:
    model = {"dies": dies, "rounds": [_calls("sales")], "drafts": [TRUE]}
    service = _service(tmp_path, ScriptedBrain(rounds=[_calls("sales")], drafts=[TRUE]), model=model)
    [turn] = await _trace(service, "我的问题")
    [sent] = turn.sent
    assert (sent.host, sent.model, sent.purpose, sent.prompt_tokens) == ("llm.example", "m-1", "decide", 90)
    assert sent.messages == [{"role": "user", "content": "我的问题"}]
    assert (sent.code, turn.fell_back) == (("status_500", True) if dies else ("ok", False))
    assert (turn.host, turn.brain) == ("llm.example", "scripted")
    assert [one.exchange_id for one in service.store.exchanges.recent(ANN)] == [sent.exchange_id]
    await service.aclose()


@pytest.mark.parametrize("scope", [Scope("b", "ann"), Scope("a", "bob"), Scope("a", "ann", "staff")], ids=str)
async def test_a_foreign_conversation_looks_unknown_and_nothing_of_it_is_listed(tmp_path: Path, scope: Scope) -> None:
    model = {"dies": False, "rounds": [_calls("sales")], "drafts": [TRUE]}
    service = _service(tmp_path, ScriptedBrain(), model=model)
    await _trace(service)
    [thread] = await service.threads(ANN)
    with pytest.raises(ThreadUnknown) as foreign:
        thread_trace(service.store, scope, thread.thread_id, "zh")
    with pytest.raises(ThreadUnknown) as unknown:
        thread_trace(service.store, scope, "t_none", "zh")
    assert str(foreign.value).replace(thread.thread_id, "X") == str(unknown.value).replace("t_none", "X")
    for book in (service.store.exchanges, service.store.traces):
        with pytest.raises(ThreadUnknown):
            book.of_thread(scope, thread.thread_id)
    assert service.store.exchanges.recent(scope) == []
    await service.aclose()


async def test_after_deleting_nothing_of_it_remains(tmp_path: Path) -> None:
    model = {"dies": False, "rounds": [_calls("sales")], "drafts": [WRONG, TRUE]}
    service = _service(tmp_path, ScriptedBrain(), model=model)
    await _trace(service, "一个很特别的问题")
    [thread] = await service.threads(ANN)
    await service.delete_thread(ANN, thread.thread_id)
    with pytest.raises(ThreadUnknown):
        thread_trace(service.store, ANN, thread.thread_id, "zh")
    assert service.store.exchanges.recent(ANN) == []
    await service.aclose()
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = json.dumps([list(map(str, row)) for t in tables for row in connection.execute(f"SELECT * FROM {t}")])
    assert json.dumps("一个很特别的问题")[1:-1] not in rows
    assert "7,777" not in rows


async def test_a_question_without_an_answer_keeps_that_something_was_sent_and_not_its_words(tmp_path: Path) -> None:
    service = _service(tmp_path, ScriptedBrain(), model={"dies": True})
    result = await service.answer(ANN, "没人答的问题", brain="model")
    assert isinstance(result, Failed)
    assert await service.threads(ANN) == []
    [sent] = service.store.exchanges.recent(ANN)
    assert (sent.host, sent.prompt_tokens, sent.messages, sent.reply) == ("llm.example", 90, [], "")
    await service.aclose()


async def test_turns_keep_their_own_traces_along_a_conversation(tmp_path: Path) -> None:
    rounds = [_calls("sales"), [], _calls("stock")]
    service = _service(tmp_path, ScriptedBrain(rounds=rounds, drafts=[TRUE, FALSE]))
    [first] = await _trace(service, "第一个")
    [thread] = await service.threads(ANN)
    turns = await _trace(service, "第二个", thread_id=thread.thread_id)
    assert [(turn.number, turn.question) for turn in turns] == [(1, "第一个"), (2, "第二个")]
    assert turns[0].turn_id == first.turn_id
    assert [[call.name for call in turn.looked_up] for turn in turns] == [["sales"], ["stock"]]
    [second] = thread_trace(service.store, ANN, thread.thread_id, "zh", turn=2)
    assert second.question == "第二个"
    for number in (0, 3):
        with pytest.raises(BadArguments):
            thread_trace(service.store, ANN, thread.thread_id, "zh", turn=number)
    await service.aclose()


async def test_a_conversation_from_before_traces_is_still_told(tmp_path: Path) -> None:
    service = _service(tmp_path, ScriptedBrain(rounds=[_calls("sales")], drafts=[TRUE]))
    await _trace(service, "旧问题")
    await service.aclose()
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("DELETE FROM turns")
        connection.execute("DELETE FROM traces")
    service = _service(tmp_path, ScriptedBrain(rounds=[_calls("sales")], drafts=[TRUE]))
    [thread] = await service.threads(ANN)
    old, new = await _trace(service, "新问题", thread_id=thread.thread_id)
    assert (old.question, old.turn_id, old.checked, old.answer[0].cites) == ("旧问题", None, None, ["m1"])
    assert (new.question, new.checked) == ("新问题", [])
    await service.aclose()


async def test_every_call_leaves_an_audit_row_also_one_that_breaks_and_the_log_says_where(tmp_path: Path) -> None:
    lines: list[str] = []
    watch.use(watch.Watch(JsonLog(lines.append), None, lambda name: "0123456789ab"))
    service = _service(tmp_path, ScriptedBrain(rounds=[_calls("sales", "no_such_tool")], drafts=[TRUE]))
    await _trace(service)
    with pytest.raises(ZeroDivisionError):
        await service.call(ANN, "broken", {})
    codes = {row["tool"]: row["code"] for row in service.store.audit_rows(ANN)}
    assert codes == {"sales": "ok", "no_such_tool": "bad_arguments", "broken": "bug"}
    told = [json.loads(line) for line in lines]
    assert {line["tool"]: line["code"] for line in told if line["event"] == "tool"} == {
        "sales": "ok", "unknown": "bad_arguments", "broken": "bug",
    }  # fmt: skip
    [turn] = [line for line in told if line["event"] == "turn"]
    assert (turn["code"], turn["intent"], turn["tools"], turn["removed"]) == ("ok", "figure", 2, 0)
    assert not any(word in "".join(lines) for word in ("上月", "\\u4e0a", "1,284", "13800138000", "ann"))
    await service.aclose()


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_it_reads_in_both_languages(tmp_path: Path, lang: Lang, capsys: pytest.CaptureFixture[str]) -> None:
    model = {"dies": False, "rounds": [_calls("sales")], "drafts": [WRONG, TRUE], "repairs": {}}
    service = _service(tmp_path, ScriptedBrain(), model=model)
    [turn] = await _trace(service)
    thread = (await service.threads(ANN))[0].thread_id
    [turn] = thread_trace(service.store, ANN, thread, lang)
    door._say_turn(turn, lang, words=True)
    printed = capsys.readouterr().out
    expected = {
        "zh": (
            "查一个数",
            "把握 83%",
            "支付金额",
            "看销售额",
            "上个月",
            "扣下（结论）",
            "因为：",
            "llm.example",
            "选要查的数据",
            "算法：",
        ),
        "en": (
            "one figure",
            "83% sure",
            "GMV",
            "Reading sales",
            "last month",
            "withheld (Headline)",
            "because:",
            "llm.example",
            "formula:",
        ),
    }[lang]
    assert not [word for word in expected if word not in printed], printed
    await service.aclose()
