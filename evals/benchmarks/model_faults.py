"""A whole turn against an endpoint that misbehaves, one way at a time; then the next question, with the endpoint well again.

    python -m evals.benchmarks.model_faults [--workspace DIR] [--mode NAME …] [--sample N --seed S] [--turn-s 12] [--model-s 4] [--json]

The endpoint is ours, on loopback (`evals.faults`); the shop is the demo one; nothing leaves the machine. Each row must hold:

    answer     by the model, by the planner with a notice, or an error with a text; the planner never silently
    in time    seconds of the turn, at most its deadline and one second
    figures    every digit string of the answer is in the evidence, read by a reader that shares no code with the checker
    thread     the next question of the thread is answered; question and answer of both are kept, in order
    calls      no tool call was made twice with the same arguments, and the audit has each once
    words      the notice names the endpoint or what to do, and carries nothing the endpoint said
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from pydantic import SecretStr

from advisor.answer import AskResult
from advisor.app import build_service
from advisor.events import Failed
from advisor.scope import Scope
from advisor.service.service import AdvisorService
from advisor.settings import Settings
from evals.faults import GOOD_CALLS, MISBEHAVIOURS, Endpoint, dead_url, serve
from evals.reader import unsupported

__all__ = ["REFUSED", "Row", "main", "run"]

REFUSED = "connection_refused"
_SHOP = "demo-skincare"
_TODAY = date(2026, 11, 24)  # inside the demo shop's data
_QUESTION = "上个月销售额为什么变化？该怎么办？"
_NEXT = "上个月支付金额是多少？"
_SECRET = "SECRET"


@dataclass(frozen=True)
class Row:
    """What became of one misbehaviour; `wrong` lists what did not hold."""

    mode: str
    outcome: str
    seconds: float
    requests: int
    wrong: tuple[str, ...]


async def run(
    modes: Sequence[str],
    workspace: Path,
    *,
    turn_s: float,
    model_s: float,
    question: str = _QUESTION,
    calls: Sequence[tuple[str, str]] = GOOD_CALLS,
) -> AsyncIterator[Row]:
    """A row for each mode, each with a service of its own: no breaker, dialect or thread of an earlier one helps.

    `calls` are the tool calls of the endpoint when it is well.
    """
    async with _service(
        dead_url(), workspace, 120.0, model_s
    ) as service:  # loads the encoder, which no row shall pay for
        await service.answer(Scope(_SHOP, "warm-up"), question, brain="planner", lang="zh")
    with serve() as endpoint:
        endpoint.calls = list(calls)
        for mode in modes:
            yield await _row(mode, question, endpoint, workspace, turn_s, model_s)


async def _row(mode: str, question: str, endpoint: Endpoint, workspace: Path, turn_s: float, model_s: float) -> Row:
    endpoint.mode = "good" if mode == REFUSED else mode
    endpoint.requests.clear()
    async with _service(dead_url() if mode == REFUSED else endpoint.url, workspace, turn_s, model_s) as service:
        scope = Scope(_SHOP, f"bench-{mode}-{time.time_ns()}")
        started = time.perf_counter()
        first = await service.answer(scope, question, lang="zh")
        seconds = time.perf_counter() - started
        count = len(endpoint.requests)
        wrong = [] if seconds <= turn_s + 1 else [f"{seconds:.1f} s"]
        wrong += _of_answer(first, mode)
        endpoint.mode = "good"
        thread = first.thread_id if isinstance(first, AskResult) else None
        following = await service.answer(scope, _NEXT, thread_id=thread, lang="zh")
        wrong += await _of_thread(service, scope, first, following)
    return Row(mode, _outcome(first), round(seconds, 2), count, tuple(wrong))


@asynccontextmanager
async def _service(url: str, workspace: Path, turn_s: float, model_s: float) -> AsyncIterator[AdvisorService]:
    settings = Settings(
        _env_file=None,
        openai_base_url=url,
        openai_api_key=SecretStr("sk-not-a-key"),
        openai_model="fake",
        workspace=workspace,
        turn_deadline_s=turn_s,
        model_deadline_s=model_s,
    )
    service = build_service(settings, today=lambda zone: _TODAY)
    try:
        yield service
    finally:
        await service.aclose()


def _outcome(result: AskResult | Failed) -> str:
    if isinstance(result, Failed):
        return f"error: {result.code}"
    by = "planner" if result.model is None else "model"
    return f"{by}, with a notice" if result.notice else by


def _of_answer(result: AskResult | Failed, mode: str) -> list[str]:
    if isinstance(result, Failed):
        return [] if result.text else ["an error without a text"]
    wrong = [f"unsupported {figure}" for figure in unsupported(result)]
    if result.model is None and not result.notice and mode != "good":
        wrong.append("the planner answered and nothing says so")
    if not result.answer.headline.cites:
        wrong.append("a headline without evidence")
    if _SECRET in result.text + result.notice or "sk-not-a-key" in result.text + result.notice:
        wrong.append("a secret was told")
    if "999" in result.answer.headline.text or "<think" in result.text:
        wrong.append("a thought or an invention was told")
    return wrong


async def _of_thread(
    service: AdvisorService, scope: Scope, first: AskResult | Failed, following: AskResult | Failed
) -> list[str]:
    if isinstance(following, Failed):
        return [f"the next question failed: {following.code}"]
    wrong = [f"unsupported {figure} in the next answer" for figure in unsupported(following)]
    kept = [message.role for message in await service.thread(scope, following.thread_id)]
    if kept != ["user", "assistant"] * (2 if isinstance(first, AskResult) else 1):
        wrong.append(f"the thread holds {kept}")
    told = [result.tool_calls for result in (first, following) if isinstance(result, AskResult)]
    for calls in told:
        each = [json.dumps([call.name, call.arguments], sort_keys=True, default=str) for call in calls]
        wrong += [f"called twice: {call}" for call in sorted({call for call in each if each.count(call) > 1})]
    rows = [row for row in service.store.audit_rows(scope) if row["actor"] == scope.actor]
    if isinstance(first, AskResult) and len(rows) != sum(map(len, told)):
        wrong.append(f"{sum(map(len, told))} calls were told, {len(rows)} audited")
    return wrong


@contextmanager
def _workspace(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    from tools.warehouse.demo import create_demo

    with tempfile.TemporaryDirectory(prefix="advisor-faults-") as folder:
        create_demo(Path(folder) / "warehouse", only=_SHOP)
        yield Path(folder)


async def _main(given: argparse.Namespace) -> list[Row]:
    modes = given.mode or [*MISBEHAVIOURS, REFUSED]
    if given.sample:
        modes = random.Random(given.seed).sample(modes, min(given.sample, len(modes)))
    rows = []
    with _workspace(given.workspace) as workspace:
        async for row in run(modes, workspace, turn_s=given.turn_s, model_s=given.model_s):
            rows.append(row)
            if not given.json:
                sign = "✗ " + "; ".join(row.wrong) if row.wrong else "✓"
                print(
                    f"{row.mode:34} {row.outcome:24} {row.seconds:6.2f} s  {row.requests:2} requests  {sign}",
                    flush=True,
                )
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--workspace", type=Path, help="with the demo shop; its threads are added to (default: a new one)"
    )
    parser.add_argument("--mode", action="append", choices=[*MISBEHAVIOURS, REFUSED], help="only this one, may repeat")
    parser.add_argument("--sample", type=int, help="so many of them, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--turn-s", type=float, default=12.0)
    parser.add_argument("--model-s", type=float, default=4.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    rows = asyncio.run(_main(given))
    failed = [row.mode for row in rows if row.wrong]
    if given.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "failed": failed}, ensure_ascii=False))
    else:
        slowest = max(rows, key=lambda row: row.seconds)
        print(f"{len(rows)} misbehaviours, {len(failed)} wrong; slowest {slowest.mode} {slowest.seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
