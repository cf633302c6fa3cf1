"""Kill a turn at every step and at random moments, then go on with it: `python -m evals.benchmarks.turn_kill --times 20`.

A child process asks a question over a demo shop and is sent SIGKILL. Afterwards, in this process: the store opens; the conversation
is as it was before, or holds the whole answer; the cut-off question is found and resumed; the answer is word for word that of a run
nobody interrupted; no call whose result was kept ran again. Exit code 1 when anything of that does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from advisor.answer import AskResult
from advisor.app import build_service, load_settings, quiet_third_parties
from advisor.events import Done, Event, Failed
from advisor.scope import Scope
from advisor.service.service import AdvisorService
from advisor.store import Store
from tools.warehouse.demo import create_demo

__all__ = ["Kill", "Trial", "interrupted", "main", "steps", "uninterrupted"]

SHOP = "demo-snacks"
SCOPE = Scope(SHOP, "local")
QUESTION = "最近复购怎么掉这么多，怎么办"
BEFORE = "上月GMV多少"  # asked in half of the runs, so that a conversation with a past is killed as well
_SILENT_S = 0.5


@dataclass(frozen=True)
class Kill:
    """At the n-th step of the turn (its nodes and writes, before and after each), or after so many seconds."""

    step: int | None = None
    after_s: float = 0.0
    with_past: bool = False


@dataclass(frozen=True)
class Trial:
    kill: Kill
    where: str  # what had been written when the child died
    problems: tuple[str, ...]


def _patient(workspace: Path) -> AdvisorService:
    """The service, with tools that may take long: a busy machine is no part of what is tried."""
    service = build_service(load_settings(workspace=workspace))
    specs = service._runner.registry._specs
    specs.update({name: replace(spec, timeout_s=600.0) for name, spec in specs.items()})
    return service


# -- the child --------------------------------------------------------------------------------------------------------
def steps(at: int | None) -> list[str]:
    """Wrap nodes and writes of this process so that the step numbered `at` kills it; the list fills with the steps passed."""
    from advisor.agent import graph
    from advisor.store import Store, TurnLog

    passed: list[str] = []

    def step(name: str) -> None:
        passed.append(name)
        if len(passed) - 1 == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str) -> None:
        plain = getattr(owner, name)

        @functools.wraps(plain)
        def write(*given: Any, **named: Any) -> Any:
            step(f"before {name}")
            result = plain(*given, **named)
            step(f"after {name}")
            return result

        @functools.wraps(plain)
        async def node(*given: Any, **named: Any) -> Any:
            step(f"before {name}")
            result = await plain(*given, **named)
            step(f"after {name}")
            return result

        setattr(owner, name, node if asyncio.iscoroutinefunction(plain) else write)

    for name in ("frame_node", "decide_node", "tools_node", "compose_node", "finish_node"):
        around(graph, name)
    for name in ("begin", "decided", "returned"):
        around(TurnLog, name)
    for name in ("audit", "finish_turn"):
        around(Store, name)
    return passed


async def _child(workspace: Path, at: int | None, thread: str | None) -> None:
    """Ask; print each step as it is passed, so that the parent knows how many there are and when the turn began."""
    passed = steps(at)
    service = _patient(workspace)
    try:
        print("ready", flush=True)
        async for event in service.ask(SCOPE, QUESTION, thread_id=thread, brain="planner"):
            if isinstance(event, Failed):
                print(event.text, file=sys.stderr)
    finally:
        await service.aclose()
    print(len(passed), flush=True)


def _spawn(workspace: Path, kill: Kill, thread: str | None) -> tuple[int | None, float]:
    """Steps passed (None when it died) and seconds from the question on."""
    command = [sys.executable, "-m", "evals.benchmarks.turn_kill", "--child", str(workspace)]
    command += ["--step", str(kill.step)] if kill.step is not None else []
    command += ["--thread", thread] if thread else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        if child.stdout is None:
            raise RuntimeError("no pipe")
        child.stdout.readline()
        started = time.perf_counter()
        if kill.after_s:
            time.sleep(kill.after_s)
            child.kill()
        rest = child.stdout.read().strip()
        child.wait()
    return int(rest) if rest else None, time.perf_counter() - started


# -- the check --------------------------------------------------------------------------------------------------------
def _words(result: AskResult) -> dict[str, Any]:
    """An answer without what differs between any two runs: ids, milliseconds."""
    data = result.model_dump(mode="json", by_alias=True, exclude={"thread_id", "usage"})
    for call in data["tool_calls"]:
        call.pop("ms")
    return data


def _differs(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Names of the parts that differ, and the first line of the text that does."""
    parts = ", ".join(name for name in one if one[name] != other[name])
    lines = zip_longest(one["text"].splitlines(), other["text"].splitlines(), fillvalue="")
    return f"{parts}: {next(((a, b) for a, b in lines if a != b), '')}"


async def _final(events: Any) -> AskResult | Failed:
    last: Event | None = None
    async for event in events:
        last = event
    if isinstance(last, Done):
        return last.result
    if isinstance(last, Failed):
        return last
    raise RuntimeError("the turn ended without an event")


async def _ask(service: AdvisorService, thread: str | None, text: str = QUESTION) -> AskResult:
    result = await _final(service.ask(SCOPE, text, thread_id=thread, brain="planner"))
    if isinstance(result, Failed):
        raise RuntimeError(result.text)
    return result


async def uninterrupted(workspace: Path) -> dict[bool, AskResult]:
    """The answers to compare with: in a new conversation, and in one with a past."""
    service = _patient(workspace)
    try:
        fresh = await _ask(service, None)
    finally:
        await service.aclose()
    _new_store(workspace)
    service = _patient(workspace)
    try:
        past = await _ask(service, None, BEFORE)
        return {False: fresh, True: await _ask(service, past.thread_id)}
    finally:
        await service.aclose()


async def interrupted(workspace: Path, kill: Kill, expected: AskResult) -> Trial:
    """One kill and what came after it. Reads the database beside the service, as an outsider would."""
    thread = None
    _new_store(workspace)
    if kill.with_past:
        service = _patient(workspace)
        try:
            thread = (await _ask(service, None, BEFORE)).thread_id
        finally:
            await service.aclose()
    known = _turn_ids(workspace) if thread else set()
    await asyncio.to_thread(_spawn, workspace, kill, thread)
    problems: list[str] = []
    left = _left(workspace, known)
    service = _patient(workspace)
    service.store.turns.silent_s = _SILENT_S
    try:
        where = await _after(service, left, thread, expected, problems)
    finally:
        await service.aclose()
    problems += _doubled(workspace, left)
    return Trial(kill, where, tuple(problems))


@dataclass(frozen=True)
class _Left:
    """What the dead child left: its turn, the calls whose results were kept, and how much had been said."""

    turn: tuple[str, str, str] | None  # turn id, thread id, status
    kept: tuple[tuple[str, str], ...]
    audit: int  # rows
    messages: dict[str, int]


def _new_store(workspace: Path) -> None:
    """What was asked and answered before shows in an answer (a margin is asked for once), so every trial begins with nothing."""
    for path in workspace.glob("store.sqlite*"):
        path.unlink()


def _turn_ids(workspace: Path) -> set[str]:
    with closing(sqlite3.connect(workspace / "store.sqlite")) as store:
        return {turn_id for (turn_id,) in store.execute("SELECT turn_id FROM turns")}


def _left(workspace: Path, known: set[str]) -> _Left:
    Store.sqlite(workspace / "store.sqlite").close()  # it opens, whatever the child was doing
    with closing(sqlite3.connect(workspace / "store.sqlite")) as store:
        turns = store.execute("SELECT turn_id, thread_id, status FROM turns").fetchall()
        turn = next((row for row in turns if row[0] not in known), None)
        kept = store.execute(
            "SELECT name, arguments FROM turn_calls WHERE turn_id = ? AND ms >= 0", (turn[0] if turn else "",)
        ).fetchall()
        counted = dict(store.execute("SELECT thread_id, count(*) FROM messages GROUP BY thread_id").fetchall())
        return _Left(turn, tuple(kept), store.execute("SELECT count(*) FROM audit").fetchone()[0], counted)


async def _after(
    service: AdvisorService, left: _Left, thread: str | None, expected: AskResult, problems: list[str]
) -> str:
    past = 2 if thread else 0
    if left.turn is None:
        if left.messages.get(thread or "", 0) != past:
            problems.append("no turn was begun and yet the conversation changed")
        return "nothing"
    _, held, status = left.turn
    said = left.messages.get(held, 0)
    if status == "done":
        stored = (await service.thread(SCOPE, held))[-1].result
        if said != past + 2 or stored is None or _words(AskResult.model_validate(stored)) != _words(expected):
            problems.append("done, but the stored answer is not the whole one")
        return "done"
    if said != past:
        problems.append(f"{said} messages in a conversation that had {past}")
    if held not in {info.thread_id for info in await service.threads(SCOPE)}:
        problems.append("the conversation is not listed")
    if [turn.thread_id for turn in await service.unfinished(SCOPE)] != [held]:
        problems.append("the cut-off question is not found")
    if await service.unfinished(Scope(SHOP, "somebody else")):
        problems.append("a stranger sees the cut-off question")
    final = await _final(service.resume(SCOPE, held))
    if isinstance(final, Failed):
        problems.append(f"resume failed: {final.text}")
    elif _words(final) != _words(expected):
        problems.append(f"the resumed answer differs in {_differs(_words(final), _words(expected))}")
    if len(await service.thread(SCOPE, held)) != past + 2 or await service.unfinished(SCOPE):
        problems.append("the resumed turn is not whole in the store")
    return f"{len(left.kept)} results kept"


def _doubled(workspace: Path, left: _Left) -> list[str]:
    """Calls whose result was kept when the child died and that ran once more afterwards."""
    with closing(sqlite3.connect(workspace / "store.sqlite")) as store:
        later = store.execute("SELECT tool, arguments FROM audit ORDER BY audit_id LIMIT -1 OFFSET ?", (left.audit,))
        ran = Counter(later.fetchall())
        open_turns = store.execute("SELECT count(*) FROM turns WHERE status = 'running'").fetchone()[0]
    problems = [f"{name} ran again" for name, arguments in left.kept if ran[name, arguments]]
    return problems + (["a turn is still open"] if open_turns else [])


# -- the run ----------------------------------------------------------------------------------------------------------
def prepare(workspace: Path) -> None:
    if not (workspace / "warehouse" / f"{SHOP}.duckdb").exists():
        create_demo(workspace / "warehouse", only=SHOP)


def kills(times: int, count: int, seconds: float, random_: random.Random) -> Sequence[Kill]:
    """Every step once, then `times` random moments."""
    at_steps = [Kill(step=step, with_past=step % 2 == 1) for step in range(count)]
    moments = [Kill(after_s=random_.uniform(0.02, seconds), with_past=bool(n % 2)) for n in range(times)]
    return [*at_steps, *moments]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20, help="kills at random moments, beside one at every step")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--thread", help=argparse.SUPPRESS)
    given = parser.parse_args()
    quiet_third_parties()
    os.environ["ADVISOR_TURN_DEADLINE_S"] = "600"  # a busy machine is no part of what is tried; the child inherits it
    if given.child is not None:
        asyncio.run(_child(given.child, given.step, given.thread))
        return
    workspace = Path(tempfile.mkdtemp(prefix="turn-kill-"))
    try:
        prepare(workspace)
        expected = asyncio.run(uninterrupted(workspace))
        _new_store(workspace)
        count, seconds = _spawn(workspace, Kill(), None)
        if count is None:
            raise RuntimeError("the child that nobody killed did not finish")
        trials = []
        for kill in kills(given.times, count, seconds, random.Random(given.seed)):
            trial = asyncio.run(interrupted(workspace, kill, expected[kill.with_past]))
            trials.append(trial)
            at = f"step {kill.step}" if kill.step is not None else f"after {kill.after_s:.2f} s"
            print(f"{at:16} {trial.where:16} {'; '.join(trial.problems) or 'ok'}", flush=True)
        bad = sum(bool(trial.problems) for trial in trials)
        print(f"{len(trials)} kills ({count} steps, {given.times} random moments): {bad} with a problem")
        print(dict(Counter(trial.where for trial in trials)))
        raise SystemExit(1 if bad else 0)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


if __name__ == "__main__":
    main()
