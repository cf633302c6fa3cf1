"""One turn under pressure: its deadline, a host that keeps failing, too much asked, a thread that is busy, a person who has left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from advisor.brains.base import ToolCall, TurnView
from advisor.brains.model import ModelBrain
from advisor.brains.scripted import ScriptedBrain
from advisor.errors import ModelSpent, ModelUnavailable
from advisor.events import Failed, Progress
from advisor.service.question import Limits
from tests.advisor.service.scripted_shop import TRUE, A, Make, answered, asked, call, sales
from tools.base import ToolContext, tool
from tools.facts import ToolResult
from tools.text import Text

DEAD = ModelUnavailable(Text("模型服务没有应答。", "The endpoint does not answer."))
ENDED: list[float] = []


@tool(label=Text("很慢", "very slow"), timeout_s=60)
def endless(ctx: ToolContext) -> ToolResult:
    """A query that takes far longer than anybody waits."""
    started = time.perf_counter()
    days = ctx.shop.table("shop_daily")
    parts = [days.select(**{name: days.visitors}) for name in "abcd"]
    many = parts[0].cross_join(parts[1].view()).cross_join(parts[2].view()).cross_join(parts[3].view())
    try:
        many.aggregate(n=(many.a * many.b + many.c * many.d).max()).execute()
    finally:
        ENDED.append(time.perf_counter() - started)
    return ToolResult()


async def test_past_its_time_a_turn_answers_from_what_it_has(make: Make) -> None:
    await asked(make(ScriptedBrain()))  # what is loaded on first use is no part of the time
    brain = ScriptedBrain(rounds=[[call("sales"), call("endless")], [call("sales", of="again")]], drafts=[TRUE])
    started = time.perf_counter()
    result = answered(await asked(make(brain, limits=Limits(turn_s=40, write_s=38.5), specs=(sales, endless))))
    assert time.perf_counter() - started < 30
    assert result.answer.headline.text == TRUE.text
    assert [(c.name, c.ok) for c in result.tool_calls] == [("sales", True), ("endless", False)]
    assert "时限到了" in result.notice


async def test_a_brain_that_never_decides_again_does_not_cost_what_was_found(make: Make) -> None:
    class Stuck(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            if turn.outcomes:
                await asyncio.sleep(30)
            return [call("sales")]

    result = answered(await asked(make(Stuck(drafts=[TRUE]), limits=Limits(turn_s=40, write_s=39))))
    assert result.answer.headline.text == TRUE.text and "时限到了" in result.notice


async def test_a_host_that_fails_three_turns_in_a_row_is_left_alone_and_the_answer_says_why(make: Make) -> None:
    made: list[ScriptedBrain] = []

    def model() -> ScriptedBrain:
        made.append(ScriptedBrain(rounds=[DEAD], model="m"))
        return made[-1]

    service = make(ScriptedBrain(rounds=[[call("sales")]] * 5, drafts=[TRUE]), new_model=model)
    notices = [answered(await asked(service)).notice for _ in range(4)]
    assert notices[:3] == ["模型服务没有应答；这次由内置规划器作答。"] * 3
    assert notices[3].startswith("模型服务 m 连续几次没有答上来，") and notices[3].endswith(
        "秒后再试；这次由内置规划器作答。"
    )
    assert [len(brain.seen) for brain in made] == [1, 1, 1, 0]
    forced = (await asked(service, brain="model"))[-1]
    assert isinstance(forced, Failed) and forced.code == "model_unavailable"


@pytest.mark.parametrize("error", [ModelSpent(Text("今天的用量到了上限。", "Spent.")), None])
async def test_neither_a_spent_limit_nor_a_sentence_that_failed_the_check_is_the_host_s_fault(
    make: Make, error: ModelSpent | None
) -> None:
    made: list[ScriptedBrain] = []

    def model() -> ScriptedBrain:
        made.append(ScriptedBrain(rounds=[error or [call("sales")]], drafts=[], model="m"))
        return made[-1]

    service = make(ScriptedBrain(rounds=[[call("sales")]] * 5, drafts=[TRUE]), new_model=model)
    for _ in range(5):
        answered(await asked(service))
    assert all(brain.seen for brain in made)


async def test_a_brain_that_asks_for_everything_gets_the_first_calls_and_the_reader_is_told(make: Make) -> None:
    rounds = [[call("sales", of=f"{number}-{n}") for n in range(8)] for number in range(4)]
    result = answered(await asked(make(ScriptedBrain(rounds=rounds, drafts=[TRUE]))))
    assert len(result.tool_calls) == 24
    assert "只查了最前面的一部分" in result.notice


async def test_a_second_question_in_a_thread_waits_and_knows_the_first(make: Make) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    class Waits(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            self.seen.append(turn)
            if turn.frame.question == "慢的":
                started.set()
                await go.wait()
            return []

    brain = Waits(drafts=[TRUE])
    service = make(brain)
    thread = answered(await asked(service, "第一个")).thread_id
    slow = asyncio.ensure_future(asked(service, "慢的", thread_id=thread))
    await started.wait()
    events = []
    async for event in service.ask(A, "快的", thread_id=thread):
        events.append(event)
        go.set()
    assert isinstance(events[0], Progress) and (events[0].stage, "上一个问题" in events[0].text) == ("wait", True)
    answered(events)
    answered(await slow)
    assert next(turn.frame.slots["seen"] for turn in brain.seen if turn.frame.question == "快的") == 4
    assert [m.text for m in await service.thread(A, thread) if m.role == "user"] == ["第一个", "慢的", "快的"]


async def test_a_question_in_another_process_s_thread_waits_as_well(make: Make) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    class Waits(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            started.set()
            await go.wait()
            return []

    one, other = make(Waits(drafts=[TRUE])), make(ScriptedBrain(drafts=[TRUE]))
    thread = answered(await asked(other, "第一个")).thread_id
    slow = asyncio.ensure_future(asked(one, "慢的", thread_id=thread))
    await started.wait()
    events = []
    async for event in other.ask(A, "快的", thread_id=thread):
        events.append(event)
        go.set()
    assert isinstance(events[0], Progress) and "另一个窗口" in events[0].text
    answered(events)
    answered(await slow)
    assert [m.text for m in await other.thread(A, thread) if m.role == "user"] == ["第一个", "慢的", "快的"]


async def test_leaving_stops_the_query_that_runs(make: Make) -> None:
    ENDED.clear()
    service = make(ScriptedBrain(rounds=[[call("endless")]]), specs=(endless,))
    stream = service.ask(A, "太久")
    async for event in stream:
        if isinstance(event, Progress) and event.stage == "tool":
            break
    await asyncio.sleep(0.5)  # the query runs
    await stream.aclose()
    for _ in range(100):
        await asyncio.sleep(0.05)
        if ENDED:
            break
    assert ENDED and ENDED[0] < 5
    assert [row["code"] for row in service.store.audit_rows(A)] == ["cancelled"]


@asynccontextmanager
async def _talker() -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """An OpenAI-compatible host that never stops talking: its address, whether it talks, and whether its caller has hung up."""
    talks, hung_up = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        piece = b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"\xe5\x97\xaf"},"finish_reason":null}]}\n\n'
        try:
            while not reader.at_eof():
                writer.write(piece)
                await writer.drain()
                talks.set()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        finally:
            hung_up.set()
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", talks, hung_up


async def test_leaving_hangs_up_on_the_model(make: Make) -> None:
    async with _talker() as (url, talks, hung_up):
        model = ModelBrain(base_url=url, api_key=SecretStr("sk-test-not-a-key"), model="m", deadline_s=30)
        service = make(ScriptedBrain(drafts=[TRUE]), model)
        stream = service.ask(A, "一直说", brain="model")
        await anext(stream)
        await talks.wait()
        assert not hung_up.is_set()
        await stream.aclose()
        await asyncio.wait_for(hung_up.wait(), 2)
        assert await service.unfinished(A) == []
