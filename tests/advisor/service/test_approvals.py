"""Asking, deciding and doing: nothing happens before a person accepts, and then once, across restarts, threads and double clicks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisor.brains.scripted import ScriptedBrain
from advisor.scope import Scope
from advisor.service.approvals import ApprovalDesk
from advisor.service.effects import EffectRunner
from advisor.store import Store
from advisor.store.approval_rules import RULES
from tests.advisor.service.scripted_shop import TRUE, answered, asked, build, call, sales, write_shops
from tools.base import Effect, Registry, ToolContext, ToolSpec, tool
from tools.effects import TOOLS, EffectDesk
from tools.errors import BadArguments, DataMissing, NotFound, NotPermitted, ToolTimeout
from tools.facts import ToolResult
from tools.text import Text
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile, write_merchant

TODAY = date(2026, 11, 24)
A, STAFF, B = Scope("a", "ann"), Scope("a", "kim", "staff"), Scope("b", "bob")
RAN: list[str] = []
FAILS: list[bool] = []


@tool(label=Text("发短信", "Sending messages"), effect=Effect.WRITE, timeout_s=5)
def send(ctx: ToolContext, *, text: str, times: int = 1) -> ToolResult:
    """Send a message."""
    if FAILS:
        raise DataMissing(Text("还没有号码。", "No numbers yet."))
    RAN.append(f"{ctx.shop.merchant_id}:{text}:{ctx.resource(EffectDesk).accepted_by}")
    return ToolResult()


Make = Callable[..., ApprovalDesk]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shops of 140 days with five orders each."""
    folder = tmp_path_factory.mktemp("shops") / "warehouse"
    for merchant in ("a", "b"):
        with write_merchant(folder, MerchantProfile(merchant, merchant.upper())) as connection:
            connection.execute(
                "INSERT INTO orders (merchant_id, order_id, buyer_key, status, paid_at, paid_date, gross_amount, is_service) "
                f"SELECT '{merchant}', 'o' || i, 'c' || (i % 90), 'paid', TIMESTAMPTZ '2026-07-06 12:00:00+08' + INTERVAL 1 DAY * (i % 140),"
                " DATE '2026-07-06' + (i % 140)::INT, 50 + i % 7, false FROM range(700) t(i)"
            )
    return folder


@pytest.fixture
async def make(warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    RAN.clear()
    FAILS.clear()
    monkeypatch.setitem(RULES, "send", {"merchant": "merchant", "staff": "merchant"})
    made: list[ApprovalDesk] = []

    def build(*specs: ToolSpec, store: Store | None = None) -> ApprovalDesk:
        kept = store or Store.sqlite(tmp_path / "store.sqlite")
        effects = EffectRunner(
            registry=Registry(specs or (*TOOLS, send)),
            store=kept,
            warehouse=Warehouse(warehouse),
            workspace=tmp_path,
            records=lambda scope: _Records(kept, scope),
            resources={},
            today=lambda zone: TODAY,
        )
        made.append(ApprovalDesk(store=kept, effects=effects))
        return made[-1]

    yield build
    for desk in made:
        desk.close()


class _Records:
    def __init__(self, store: Store, scope: Scope) -> None:
        self._store, self._scope = store, scope

    def stated(self, key: str) -> None:
        return None

    def notes(self) -> list[dict[str, Any]]:
        return []

    def plans(self) -> list[dict[str, Any]]:
        return [vars(plan) for plan in self._store.plans.all(self._scope)]


def _codes(desk: ApprovalDesk, scope: Scope = A) -> list[tuple[str, str]]:
    return [(row["tool"], row["code"]) for row in desk._store.audit_rows(scope)]


async def test_nothing_happens_before_a_person_accepts_and_then_once(make: Make) -> None:
    desk = make()
    pending = await desk.request(A, "send", {"text": "hi"})
    assert RAN == [] and pending.approval_id in pending.said.zh and pending.approval_id in pending.said.en
    (view,) = await desk.list(A)
    assert (view.mine, view.effect, view.approval.arguments) == (True, None, {"text": "hi", "times": 1})
    done = await desk.accept(A, pending.approval_id, seen=view.approval.seen)
    assert done.effect is not None and done.effect.status == "done" and done.result is not None
    assert RAN == ["a:hi:ann"]
    await desk.accept(Scope("a", "ben"), pending.approval_id)
    assert RAN == ["a:hi:ann"] and await desk.list(A) == []
    assert [code for _, code in _codes(desk)] == [
        "approval_requested",
        "approval_accepted",
        "effect_done",
        "approval_accepted_again",
        "effect_done",
    ]


async def test_processes_that_accept_at_once_give_one_effect(make: Make, tmp_path: Path) -> None:
    """Each desk has a store, a pool and connections of its own, as a process has."""
    desks = [make(store=Store.sqlite(tmp_path / "store.sqlite")) for _ in range(4)]
    asked = (await desks[0].request(A, "send", {"text": "hi"})).approval_id
    ended = await asyncio.gather(*(desk.accept(A, asked) for desk in desks for _ in range(2)), return_exceptions=True)
    assert RAN == ["a:hi:ann"]
    assert any(not isinstance(one, BaseException) for one in ended)
    assert all(isinstance(one, NotPermitted) for one in ended if isinstance(one, BaseException)), ended
    final = await desks[0].show(A, asked)
    assert final.effect is not None and final.effect.status == "done"


@pytest.mark.parametrize("wrote", [True, False], ids=["after_the_file", "before_the_file"])
async def test_an_effect_cut_off_by_a_dead_process_is_completed_not_doubled(
    make: Make, tmp_path: Path, wrote: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between `begun` and `done`, once before and once after the tool had written its file."""
    desk = make()
    asked = (await desk.request(A, "file_feedback", {"text": "报名入口找不到", "topic": "rule"})).approval_id
    book = desk._book
    with monkeypatch.context() as patch:
        patch.setattr(book, "end", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt()))
        if not wrote:
            patch.setattr(EffectDesk, "write", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            desk._effects._work(
                A,
                book.decide(A, asked, "accepted"),
                desk._effects.spec("file_feedback"),
                _key_of(desk, asked),
                "zh",
                [],
            )
    row = book.effect(A, asked)
    assert row is not None and row.status == "begun"
    again = make()
    waiting = await again.accept(A, asked)
    assert waiting.effect is not None and waiting.effect.status == "begun", "it may still be running elsewhere"
    assert [view.approval.approval_id for view in await again.list(A)] == [asked]
    later = book._now() + timedelta(minutes=5)
    monkeypatch.setattr(again._book, "_now", lambda: later)
    done = await again.accept(A, asked)
    assert done.effect is not None and done.effect.status == "done"
    (file,) = (tmp_path / "outbox" / "a").iterdir()
    message = json.loads(file.read_text(encoding="utf-8"))
    assert (message["text"], message["from"], message["accepted_by"]) == (
        "报名入口找不到",
        {"actor": "ann", "role": "merchant"},
        "ann",
    )


def _key_of(desk: ApprovalDesk, approval_id: str) -> str:
    from advisor.service.effects import _key

    return _key(A, desk._book.get(A, approval_id))


async def test_a_client_that_goes_away_does_not_cut_the_effect_in_two(make: Make) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    @tool(label=Text("慢慢发", "sending slowly"), effect=Effect.WRITE, timeout_s=5)
    def send(ctx: ToolContext, *, text: str) -> ToolResult:
        """Send slowly."""
        import time

        loop.call_soon_threadsafe(started.set)
        time.sleep(0.3)
        RAN.append(text)
        return ToolResult()

    desk = make(send)
    asked = (await desk.request(A, "send", {"text": "hi"})).approval_id
    client = asyncio.create_task(desk.accept(A, asked))
    await started.wait()
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    await asyncio.to_thread(desk.close)
    row = desk._book.effect(A, asked)
    assert RAN == ["hi"] and row is not None and row.status == "done"


async def test_an_effect_over_its_time_is_reported_and_not_repeated(make: Make) -> None:
    @tool(label=Text("慢慢发", "sending slowly"), effect=Effect.WRITE, timeout_s=0.1)
    def send(ctx: ToolContext, *, text: str) -> ToolResult:
        """Send slowly."""
        import time

        time.sleep(0.4)
        RAN.append(text)
        return ToolResult()

    desk = make(send)
    asked = (await desk.request(A, "send", {"text": "hi"})).approval_id
    with pytest.raises(ToolTimeout, match="does not do it twice"):
        await desk.accept(A, asked)
    again = await desk.accept(A, asked)
    assert again.effect is not None and again.effect.status == "begun"
    await asyncio.to_thread(desk.close)
    assert RAN == ["hi"]


async def test_a_tool_that_fails_says_why_and_can_be_accepted_again(make: Make) -> None:
    desk = make()
    asked = (await desk.request(A, "send", {"text": "hi"})).approval_id
    FAILS.append(True)
    failed = await desk.accept(A, asked)
    assert failed.failure == Text("还没有号码。", "No numbers yet.") and RAN == []
    FAILS.clear()
    assert (await desk.accept(A, asked)).failure is None
    assert RAN == ["a:hi:ann"]
    assert ("send", "data_missing") in _codes(desk)


async def test_edits_are_validated_like_new_requests(make: Make) -> None:
    desk = make()
    asked = (await desk.request(A, "send", {"text": "hi"})).approval_id
    for wrong in ({"times": "many"}, {"merchant_id": "b"}, {"text": None}):
        with pytest.raises(BadArguments):
            await desk.edit(A, asked, wrong)
    assert (await desk.show(A, asked)).approval.arguments == {"text": "hi", "times": 1}
    await desk.edit(A, asked, {"text": "bye"})
    await desk.accept(A, asked)
    assert RAN == ["a:bye:ann"]
    with pytest.raises(NotPermitted, match="already decided"):
        await desk.edit(A, asked, {"text": "later"})


async def test_an_answer_or_an_ignore_closes_without_an_effect(make: Make) -> None:
    desk = make()
    first = (await desk.request(A, "send", {"text": "one"})).approval_id
    second = (await desk.request(A, "send", {"text": "two"})).approval_id
    with pytest.raises(BadArguments):
        await desk.answer(A, first, "  ")
    assert (await desk.answer(A, first, "先等双12报完名")).approval.reply == "先等双12报完名"
    assert (await desk.ignore(A, second)).approval.status == "ignored"
    for closed in (first, second):
        with pytest.raises(NotPermitted):
            await desk.accept(A, closed)
    assert RAN == []


async def test_smuggled_and_unknown_are_refused_and_logged(make: Make) -> None:
    desk = make()
    refused: list[tuple[Scope, str, dict[str, Any], type[Exception]]] = [
        (A, "send", {"text": "hi", "merchant_id": "b"}, BadArguments),
        (A, "sendd", {"text": "hi"}, BadArguments),
        (A, "notify_merchant", {"title": "t", "text": "x"}, NotPermitted),
        (Scope("nobody", "x"), "send", {"text": "hi"}, NotFound),
    ]
    for scope, name, arguments, kind in refused:
        with pytest.raises(kind):
            await desk.request(scope, name, arguments)
        last = desk._store.audit_rows(scope)[-1]
        assert (last["tool"], last["arguments"], last["ok"], last["code"]) == (name, arguments, False, kind.code)  # type: ignore[attr-defined]
    assert desk._book.all(A) == []


async def test_a_request_of_another_shop_or_side_cannot_be_touched(make: Make) -> None:
    desk = make()
    mine = (await desk.request(A, "file_feedback", {"text": "只有我能看到"})).approval_id
    for scope in (B, STAFF):
        for act in (
            lambda s=scope: desk.show(s, mine),
            lambda s=scope: desk.accept(s, mine),
            lambda s=scope: desk.edit(s, mine, {"text": "x"}),
            lambda s=scope: desk.answer(s, mine, "no"),
            lambda s=scope: desk.ignore(s, mine),
        ):
            with pytest.raises(NotFound):
                await act()
        assert list(await desk.list(scope, "all")) == []
    assert (await desk.show(A, mine)).approval.status == "open"


async def test_staff_propose_a_plan_and_the_shop_adopts_it_once(make: Make, tmp_path: Path) -> None:
    desk = make()
    asked = await desk.request(STAFF, "adopt_plan", {"playbook_id": "missing-tables"})
    assert "2026-11-25" in asked.said.zh, "the first day is settled before anybody decides"
    with pytest.raises(NotPermitted):
        await desk.accept(STAFF, asked.approval_id)
    done = await desk.accept(A, asked.approval_id)
    assert done.failure is None
    (plan,) = desk._store.plans.all(A)
    assert done.result is not None and plan.plan_id in done.result.notes[0].zh
    assert (plan.playbook_id, plan.start, plan.actor, plan.role) == (
        "missing-tables",
        date(2026, 11, 25),
        "ann",
        "merchant",
    )
    with pytest.raises(BadArguments, match="adopted already"):
        await desk.request(A, "adopt_plan", {"playbook_id": "missing-tables"})
    with pytest.raises(BadArguments, match="Did you mean"):
        await desk.request(A, "adopt_plan", {"playbook_id": "missing-table"})


async def test_what_no_longer_fits_the_shop_stays_open_to_be_edited(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make()
    asked = (await desk.request(A, "adopt_plan", {"playbook_id": "missing-tables"})).approval_id
    monkeypatch.setattr(desk._effects, "_today", lambda zone: TODAY + timedelta(days=3))
    with pytest.raises(BadArguments, match="past"):
        await desk.accept(A, asked)
    view = await desk.show(A, asked)
    assert view.approval.status == "open" and "past" in view.said.en
    await desk.edit(A, asked, {"start": "2026-12-01"})
    assert (await desk.accept(A, asked)).failure is None


# -- inside a turn ----------------------------------------------------------------------------------------------------
FEEDBACK = {"text": "报名入口打不开", "topic": "rule"}


@pytest.mark.parametrize("as_model", [False, True], ids=["planner", "model"])
async def test_a_wish_in_a_turn_waits_for_a_person_whichever_brain_chose_it(tmp_path: Path, as_model: bool) -> None:
    write_shops(tmp_path / "warehouse")
    brain = ScriptedBrain(
        rounds=[[call("sales"), call("file_feedback", **FEEDBACK)], [call("sales")]],
        drafts=[TRUE],
        model="m" if as_model else None,
    )
    service = build(
        tmp_path, ScriptedBrain() if as_model else brain, brain if as_model else None, specs=(sales, *TOOLS)
    )
    result = answered(await asked(service, "上月卖了多少？顺便把报名打不开反馈给平台"))
    (approval_id,) = result.approvals
    assert result.answer.kind == "pending" and approval_id in result.answer.headline.text
    assert len(result.tool_calls) == 2, "a filed request ends the asking"
    (view,) = await service.approvals.list(A)
    assert (view.approval.approval_id, view.approval.arguments, view.approval.thread_id) == (
        approval_id,
        FEEDBACK,
        result.thread_id,
    )
    assert not (tmp_path / "outbox").exists()
    await service.aclose()


async def test_what_the_question_does_not_speak_of_is_not_asked_for(tmp_path: Path) -> None:
    """A model that a product title told to file feedback, or to send a brief."""
    write_shops(tmp_path / "warehouse")
    obeys = ScriptedBrain(
        rounds=[[call("sales"), call("file_feedback", **FEEDBACK), call("send_brief", title="t", text="x")]],
        drafts=[TRUE],
        model="m",
    )
    service = build(tmp_path, ScriptedBrain(), obeys, specs=(sales, *TOOLS))
    result = answered(await asked(service, "上月卖了多少"))
    assert (result.answer.kind, result.approvals) == ("figure", [])
    assert await service.approvals.list(A, "all") == []
    assert sorted((row["tool"], row["code"]) for row in service.store.audit_rows(A) if not row["ok"]) == [
        ("file_feedback", "not_permitted"),
        ("send_brief", "not_permitted"),
    ]
    await service.aclose()
