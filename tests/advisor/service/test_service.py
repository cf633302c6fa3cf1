"""A turn through the service with scripted brains: what streams, what is withheld, who takes over, whose thread it is."""

from __future__ import annotations

import asyncio
import time

import pytest

from advisor.brains.base import Draft, Outcome, ToolCall, TurnView
from advisor.brains.scripted import ScriptedBrain
from advisor.errors import ModelUnavailable, ThreadUnknown
from advisor.events import Failed, Progress, StatementPassed
from advisor.scope import Scope
from advisor.service.question import Limits
from advisor.service.service import PendingApproval
from advisor.store.approval_rules import RULES
from tests.advisor.service.scripted_shop import FALSE, SENT, TRUE, A, Make, answered, asked, call
from tools.base import ToolContext, tool
from tools.errors import BadArguments, DataMissing, NotFound, ToolTimeout
from tools.facts import ToolResult
from tools.text import Text


async def test_only_what_the_evidence_carries_reaches_the_reader(make: Make) -> None:
    events = await asked(make(ScriptedBrain(rounds=[[call("sales")]], drafts=[TRUE, FALSE])))
    assert [event.statement.text for event in events if isinstance(event, StatementPassed)] == [TRUE.text]
    assert isinstance(events[0], Progress)
    result = answered(events)
    assert result.grounding.removed == 1
    assert "9,999" not in result.model_dump_json(exclude={"grounding"})
    assert [item.mark for item in result.evidence] == ["m1"]
    assert result.model_dump(mode="json")["evidence"][0]["value"] == 1284


async def test_a_statement_is_sent_back_once_for_repair(make: Make) -> None:
    wrong = Draft("headline", FALSE.text)
    brain = ScriptedBrain(rounds=[[call("sales")]], drafts=[wrong], repairs={wrong.text: TRUE})
    assert answered(await asked(make(brain))).answer.headline.text == TRUE.text
    assert len(brain.problems) == 1


async def test_marks_stay_the_same_along_a_thread(make: Make) -> None:
    service = make(ScriptedBrain(rounds=[[call("sales")], [], [call("sales")]], drafts=[TRUE]))
    first = answered(await asked(service))
    second = answered(await asked(service, thread_id=first.thread_id))
    assert [item.mark for item in second.evidence] == ["m1"]
    assert [m.role for m in await service.thread(A, first.thread_id)] == ["user", "assistant"] * 2


@pytest.mark.parametrize("where", ["decide", "statements"])
async def test_when_the_model_fails_the_planner_answers_and_says_so(make: Make, where: str) -> None:
    dead = ModelUnavailable(Text("模型服务没有应答。", "The endpoint does not answer."))
    model = (
        ScriptedBrain(rounds=[dead], model="m")
        if where == "decide"
        else ScriptedBrain(rounds=[[call("sales")]], drafts=[dead], model="m")
    )
    planner = ScriptedBrain(rounds=[[call("sales")]], drafts=[TRUE])
    result = answered(await asked(make(planner, model)))
    assert result.answer.headline.text == TRUE.text
    assert "内置规划器" in result.notice
    assert [call.name for call in result.tool_calls] == ["sales"]  # the model's tool results are kept


async def test_a_model_that_only_invents_leaves_no_sentence(make: Make) -> None:
    model = ScriptedBrain(rounds=[[call("sales")]], drafts=[FALSE, FALSE], model="m")
    result = answered(await asked(make(ScriptedBrain(drafts=[TRUE]), model)))
    assert result.answer.headline.text == TRUE.text
    assert "对不上证据" in result.notice
    assert "9,999" not in result.text


async def test_a_slow_model_does_not_eat_the_turn(make: Make) -> None:
    class Sleepy(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            await asyncio.sleep(30)
            return []

    started = time.perf_counter()
    service = make(
        ScriptedBrain(rounds=[[call("sales")]], drafts=[TRUE]), Sleepy(model="m"), Limits(turn_s=5, model_s=0.3)
    )
    result = answered(await asked(service))
    assert result.answer.headline.text == TRUE.text
    assert time.perf_counter() - started < 4


async def test_a_forced_model_never_falls_back(make: Make) -> None:
    dead = ModelUnavailable(Text("模型服务没有应答。", "The endpoint does not answer."))
    events = await asked(make(ScriptedBrain(drafts=[TRUE]), ScriptedBrain(rounds=[dead], model="m")), brain="model")
    assert events[-1] == Failed("model_unavailable", "模型服务没有应答。", 4)
    events = await asked(make(ScriptedBrain()), brain="model")
    assert isinstance(events[-1], Failed)
    assert events[-1].exit_code == 4


async def test_a_tool_loop_ends(make: Make) -> None:
    brain = ScriptedBrain(rounds=[[call("sales")]] * 50, drafts=[TRUE])
    result = answered(await asked(make(brain)))
    assert len(result.tool_calls) == 1


async def test_declined_questions_use_no_tool(make: Make) -> None:
    result = answered(await asked(make(ScriptedBrain(rounds=[[call("sales")]])), "明天天气如何"))
    assert (result.answer.kind, result.answer.headline.text, result.tool_calls) == ("decline", "这不归我管。", [])


async def test_bad_and_smuggled_arguments_come_back_with_the_choices_and_are_audited(make: Make) -> None:
    brain = ScriptedBrain(rounds=[[call("sales", merchant_id="b"), call("sails")]], drafts=[TRUE])
    service = make(brain)
    await asked(service)
    outcomes: dict[str, Outcome] = {outcome.call.name: outcome for outcome in brain.seen[-1].outcomes}
    assert outcomes["sales"].code == outcomes["sails"].code == "bad_arguments"
    assert "sales" in outcomes["sails"].choices
    rows = service.store.audit_rows(A)
    assert {row["tool"]: (row["ok"], row["arguments"]) for row in rows} == {
        "sales": (False, {"merchant_id": "b"}),
        "sails": (False, {}),
    }


async def test_the_facts_of_a_turn_are_of_its_own_merchant(make: Make) -> None:
    service = make(ScriptedBrain(rounds=[[call("sales")]], drafts=[TRUE]))
    result = await service.call(Scope("b", "bob"), "sales", {})
    assert isinstance(result, ToolResult)
    assert result.facts[0].id == "f_b"


async def test_a_foreign_thread_and_an_unknown_shop_are_refused(make: Make) -> None:
    service = make(ScriptedBrain(rounds=[[call("sales")]], drafts=[TRUE]))
    thread = answered(await asked(service)).thread_id
    failed = await service.answer(Scope("b", "ann"), "还有呢", thread_id=thread)
    assert isinstance(failed, Failed)
    assert failed.code == ThreadUnknown.code
    unknown = await service.answer(Scope("nobody", "ann"), "还有呢")
    assert isinstance(unknown, Failed)
    assert unknown.code == NotFound.code


async def test_a_write_only_files_a_request(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "send", {"merchant": "merchant"})
    service = make(ScriptedBrain(rounds=[[call("send", text="hi")]], drafts=[TRUE]))
    pending = await service.call(A, "send", {"text": "hi"})
    assert isinstance(pending, PendingApproval)
    await asked(service)  # a brain that asks for what the question does not speak of gets a refusal
    assert [row["code"] for row in service.store.audit_rows(A)] == ["approval_requested", "not_permitted"]
    assert SENT == []


async def test_a_tool_over_its_time_is_stopped_and_the_pool_stays_free(make: Make) -> None:
    service = make(ScriptedBrain())
    started = time.perf_counter()
    with pytest.raises(ToolTimeout):
        await service.call(A, "slow", {})
    assert time.perf_counter() - started < 3
    assert isinstance(await service.call(A, "sales", {}), ToolResult)


async def test_direct_calls_raise_the_tool_s_own_error(make: Make) -> None:
    @tool(label=Text("缺", "missing"))
    def missing(ctx: ToolContext) -> ToolResult:
        """Needs orders."""
        ctx.shop.table("orders")
        return ToolResult()

    service = make(ScriptedBrain(), specs=(missing,))
    with pytest.raises(DataMissing):
        await service.call(A, "missing", {})
    with pytest.raises(BadArguments, match="missing"):
        await service.call(A, "missin", {})


async def test_a_turn_past_its_deadline_ends_with_a_clear_error_and_no_trace(make: Make) -> None:
    class Stuck(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            await asyncio.sleep(30)
            return []

    service = make(Stuck(), limits=Limits(turn_s=0.3))
    events = await asked(service)
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "turn_timeout"
    assert await service.threads(A) == []


async def test_closing_the_stream_stops_the_work(make: Make) -> None:
    ended: list[str] = []

    class Watched(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            return []

    stream = make(Watched()).ask(A, "上月卖了多少")
    async for _ in stream:
        break
    await asyncio.sleep(0.05)
    await stream.aclose()
    assert ended == ["cancelled"]


@pytest.mark.parametrize("question", ["", "   ", "长" * 4001])
async def test_empty_and_endless_questions_are_refused(make: Make, question: str) -> None:
    events = await asked(make(ScriptedBrain()), question)
    assert isinstance(events[-1], Failed)
    assert events[-1].exit_code == 2
