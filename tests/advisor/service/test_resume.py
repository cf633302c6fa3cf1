"""A turn whose process died: found by its owner, gone on with once, with the tools that had returned left alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from advisor.brains.base import Draft, ToolCall, TurnView
from advisor.brains.scripted import ScriptedBrain
from advisor.errors import TurnTaken
from advisor.events import Failed, Progress
from advisor.scope import Scope
from advisor.service.journal import outcome_from_json, outcome_to_json
from advisor.service.question import Limits
from advisor.service.service import AdvisorService
from advisor.store.schema import turns
from tests.advisor.service import scripted_shop
from tests.advisor.service.scripted_shop import TRUE, A, Make, answered, asked, call, sales
from tools.base import ToolContext, tool
from tools.facts import Claim, ToolResult
from tools.text import Text

QUICK = Limits(silent_s=0.5)
RAN: list[str] = []


@tool(label=Text("看访客", "Reading visitors"))
def counted(ctx: ToolContext, *, of: str) -> ToolResult:
    """Something that must not run twice."""
    RAN.append(of)
    return ToolResult(
        facts=[scripted_shop.fact(f"{ctx.shop.merchant_id}_{of}", "55")], notes=[Claim(zh="注", en="note")]
    )


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


def _brain(**last: Any) -> ScriptedBrain:
    rounds = [[call("counted", of="x"), call("sales")], [call("counted", of="y")]]
    return ScriptedBrain(rounds=rounds, drafts=[Draft("headline", TRUE.text.replace("m1", "m2"))], **last)


class Hangs(ScriptedBrain):
    """Gets as far as writing, and no further."""

    reached: asyncio.Event

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        self.reached.set()
        await asyncio.sleep(30)
        yield TRUE


async def _die(make: Make, thread: str | None = None) -> AdvisorService:
    """A turn whose process ends when all calls have returned: from then on it writes nothing any more."""
    brain = Hangs(rounds=_brain()._rounds)
    brain.reached = asyncio.Event()
    service = make(brain, limits=QUICK, specs=(sales, counted))
    task = asyncio.ensure_future(asked(service, thread_id=thread))
    await brain.reached.wait()
    service.store.turns.end = lambda *_a: None  # type: ignore[method-assign]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await asyncio.sleep(QUICK.silent_s + 0.05)
    return service


def _statuses(service: AdvisorService) -> list[tuple[str, str, str]]:
    with service.store._engine.connect() as connection:
        rows = connection.execute(select(turns).order_by(turns.c.started_at)).mappings()
        return [(row["status"], row["code"], row["question"]) for row in rows]


async def test_a_cut_off_turn_goes_on_with_what_its_tools_gave(make: Make) -> None:
    plain = answered(await asked(make(_brain(), specs=(sales, counted))))
    RAN.clear()
    await _die(make)
    assert sorted(RAN) == ["x", "y"]
    later = make(_brain(), limits=QUICK, specs=(sales, counted))
    (left,) = await later.unfinished(A)
    assert (left.question, left.alive, left.calls) == ("上月卖了多少", False, 3)
    assert left.thread_id in [info.thread_id for info in await later.threads(A)]
    assert await later.thread(A, left.thread_id) == []
    resumed = answered([event async for event in later.resume(A, left.thread_id)])
    assert sorted(RAN) == ["x", "y"]
    assert resumed.text == plain.text
    assert [(c.name, c.ok) for c in resumed.tool_calls] == [(c.name, c.ok) for c in plain.tool_calls]
    assert [item.mark for item in resumed.evidence] == ["m2"]
    assert [message.role for message in await later.thread(A, left.thread_id)] == ["user", "assistant"]
    assert await later.unfinished(A) == []
    assert [status[:2] for status in _statuses(later)] == [("done", ""), ("failed", "resumed"), ("done", "")]


async def test_a_call_that_had_not_returned_runs_and_keeps_its_place(make: Make) -> None:
    service = await _die(make)
    (left,) = await service.unfinished(A)
    with service.store._engine.begin() as connection:  # as if the first call of the first round had still been running
        connection.exec_driver_sql("UPDATE turn_calls SET ms = -1, outcome = '{}' WHERE position = 0")
    later = make(_brain(), limits=QUICK, specs=(sales, counted))
    resumed = answered([event async for event in later.resume(A, left.thread_id)])
    assert RAN == ["x", "y", "x"]
    assert [c.arguments for c in resumed.tool_calls] == [{"of": "x"}, {}, {"of": "y"}]


async def test_on_another_day_nothing_old_is_used(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    service = await _die(make)
    (left,) = await service.unfinished(A)
    monkeypatch.setattr(scripted_shop, "TODAY", date(2026, 11, 25))
    later = make(_brain(), limits=QUICK, specs=(sales, counted))
    answered([event async for event in later.resume(A, left.thread_id)])
    assert sorted(RAN) == ["x", "x", "y", "y"]


@pytest.mark.parametrize("scope", [Scope("b", "ann"), Scope("a", "bob"), Scope("a", "ann", "staff")])
async def test_others_see_nothing_of_it(make: Make, scope: Scope) -> None:
    service = await _die(make)
    (left,) = await service.unfinished(A)
    assert await service.unfinished(scope) == []
    assert service.store.turns.claim(scope, left.turn_id) is None
    events = [event async for event in service.resume(scope, left.thread_id)]
    assert isinstance(events[-1], Failed) and events[-1].code == "thread_unknown"
    await service.dismiss(scope, left.thread_id)
    assert await service.unfinished(A) == [left]


async def test_of_many_who_claim_it_one_gets_it(make: Make) -> None:
    service = await _die(make)
    (left,) = await service.unfinished(A)
    ready = threading.Barrier(8)

    def claim(_n: int) -> str | None:
        ready.wait()
        return service.store.turns.claim(A, left.turn_id)

    with ThreadPoolExecutor(8) as pool:
        won = [got for got in pool.map(claim, range(8)) if got is not None]
    assert len(won) == 1
    assert len(service.store.turns.calls(won[0])) == 3


async def test_a_live_turn_is_not_taken_and_resuming_waits_until_it_is_known_to_be_dead(make: Make) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    class Slow(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            started.set()
            await go.wait()
            return []

    service, other = make(Slow(drafts=[TRUE]), limits=QUICK), make(_brain(), limits=QUICK)
    running = asyncio.ensure_future(asked(service))
    await started.wait()
    await asyncio.sleep(2 * QUICK.silent_s)  # longer than the silence that means death: only the signs of life tell
    (left,) = await other.unfinished(A)
    assert left.alive and other.store.turns.claim(A, left.turn_id) is None
    events = []
    async for event in other.resume(A, left.thread_id):
        events.append(event)
        go.set()
    assert isinstance(events[0], Progress) and events[0].stage == "wait"
    assert isinstance(events[-1], Failed) and events[-1].code == "turn_taken"
    answered(await running)


async def test_a_process_that_comes_back_from_the_dead_writes_nothing(make: Make) -> None:
    service = await _die(make)
    (left,) = await service.unfinished(A)
    later = make(_brain(), limits=QUICK, specs=(sales, counted))
    answered([event async for event in later.resume(A, left.thread_id)])
    late = {"question": "q", "text": "t", "frame": {}, "result": {}, "marks": {}}
    with pytest.raises(TurnTaken):
        service.store.finish_turn(A, left.thread_id, **late, turn_id=left.turn_id)
    with pytest.raises(TurnTaken):
        service.store.turns.returned(left.turn_id, 0, {}, 1)
    assert len(await later.thread(A, left.thread_id)) == 2


async def test_another_question_in_the_thread_or_a_word_of_the_person_leaves_it(make: Make) -> None:
    first = answered(await asked(make(ScriptedBrain(rounds=[[call("sales")]], drafts=[TRUE]))))
    service = await _die(make, first.thread_id)
    later = make(ScriptedBrain(drafts=[TRUE]), limits=QUICK, specs=(sales, counted))
    answered(await asked(later, "换个问题", thread_id=first.thread_id))
    assert await later.unfinished(A) == []
    assert len(await later.thread(A, first.thread_id)) == 4
    await _die(make)
    (left,) = await service.unfinished(A)
    await later.dismiss(A, left.thread_id)
    assert await later.unfinished(A) == []
    assert [info.thread_id for info in await later.threads(A)] == [first.thread_id]


@pytest.mark.parametrize("past", [True, False])
async def test_a_stopped_turn_is_marked_and_leaves_the_conversation_as_it_was(make: Make, past: bool) -> None:
    class Stuck(ScriptedBrain):
        async def decide(self, turn: TurnView) -> list[ToolCall]:
            await asyncio.sleep(30)
            return []

    thread = answered(await asked(make(ScriptedBrain(drafts=[TRUE])))).thread_id if past else None
    service = make(Stuck())
    stream = service.ask(A, "别停", thread_id=thread)
    await anext(stream)
    await asyncio.sleep(0.02)
    await stream.aclose()
    assert _statuses(service)[-1] == ("cancelled", "", "别停" if past else "")
    assert [info.thread_id for info in await service.threads(A)] == ([thread] if thread else [])
    assert not thread or len(await service.thread(A, thread)) == 2


async def test_outcomes_come_back_from_json_as_they_were(make: Make) -> None:
    brain = _brain()
    brain._rounds.append([call("counted"), call("none"), call("send", text="hi")])
    await asked(make(brain, specs=(sales, counted, scripted_shop.send)))
    seen = brain.seen[-1].outcomes
    assert {outcome.code for outcome in seen} == {"", "bad_arguments", "not_permitted"}
    for outcome in seen:
        assert outcome_from_json(outcome.call, outcome_to_json(outcome), outcome.ms) == outcome


@pytest.mark.slow
def test_killed_for_real_in_the_middle_of_a_round(tmp_path: Path) -> None:
    from evals.benchmarks.turn_kill import Kill, interrupted, prepare, uninterrupted

    prepare(tmp_path)
    expected = asyncio.run(uninterrupted(tmp_path))
    kill = Kill(step=14, with_past=True)  # the benchmark kills at every step
    trial = asyncio.run(interrupted(tmp_path, kill, expected[kill.with_past]))
    assert not trial.problems, (kill, trial.where)
