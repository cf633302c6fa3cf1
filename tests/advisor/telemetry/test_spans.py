"""Spans: the shape and names of the GenAI conventions, children of their turn, no word of anybody unless asked for, and none at all when off."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.trace import SpanKind, StatusCode

from advisor.brains.base import Exchange
from advisor.errors import ModelUnavailable
from advisor.logs import JsonLog
from advisor.scope import Scope
from advisor.service.doctor import settings_in_force
from advisor.service.doctor_telemetry import watched
from advisor.settings import Settings
from advisor.telemetry import watch
from advisor.telemetry.spans import Spans, messages_json
from advisor.telemetry.start import spans_endpoint, start, stop
from tools.text import Text

ANN = Scope("shop-of-ann", "ann")
QUESTION = "上个月GMV为什么掉了"
SENT = Exchange(
    purpose="compose",
    host="api.deepseek.com",
    model="deepseek-chat",
    messages=[{"role": "system", "content": "You advise."}, {"role": "user", "content": QUESTION}],
    tools=[],
    reply="GMV fell[m1].",
    prompt_tokens=812,
    completion_tokens=64,
    ms=90,
    finish="stop",
)


class Told:
    def __init__(self, *, content: bool = False) -> None:
        self.exporter = InMemorySpanExporter()
        self.lines: list[str] = []
        spans = Spans(SimpleSpanProcessor(self.exporter), content=content)
        watch.use(watch.Watch(JsonLog(self.lines.append), spans, lambda name: "0123456789ab"))

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def everything(self) -> str:
        return "".join(span.to_json() for span in self.exporter.get_finished_spans()) + "".join(self.lines)


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    stop()


async def _turn() -> None:
    with watch.turn(ANN) as seen:
        seen.note(thread="t_0123456789abcdef", intent="why_change")

        async def call(name: str) -> None:
            await asyncio.sleep(0)
            arguments = {"metric": "gmv", "note": QUESTION}
            watch.tool_called(ANN, name, code="ok", ms=40, thread_id="t_0123456789abcdef", arguments=arguments, facts=3)

        await asyncio.gather(*(asyncio.create_task(call(name)) for name in ("query_metric", "explain_change")))
        with watch.step("compose") as step:
            watch.requested(ANN, SENT, thread_id="t_0123456789abcdef", turn_id="u_0123456789abcdef")
            step.note(figures=20, removed=1)


async def test_a_turn_is_one_tree_of_calls_requests_and_steps() -> None:
    watched = Told()
    await _turn()
    spans = watched.spans()
    turn = spans["invoke_agent merchant_advisor"]
    for name in ("execute_tool query_metric", "execute_tool explain_change", "compose"):
        assert spans[name].parent is not None
        assert spans[name].parent.span_id == turn.context.span_id
    chat = spans["chat deepseek-chat"]
    assert chat.parent is not None
    assert chat.parent.span_id == spans["compose"].context.span_id
    assert {span.context.trace_id for span in spans.values()} == {turn.context.trace_id}
    assert chat.kind is SpanKind.CLIENT
    assert turn.kind is spans["execute_tool query_metric"].kind is SpanKind.INTERNAL
    assert chat.end_time is not None
    assert chat.start_time is not None
    assert chat.end_time - chat.start_time == 90_000_000


async def test_attributes_are_those_of_the_conventions() -> None:
    watched = Told(content=True)
    await _turn()
    spans = watched.spans()
    names = {value for key, value in vars(gen_ai_attributes).items() if key.startswith("GEN_AI_")}
    replaced = {gen_ai_attributes.GEN_AI_SYSTEM, gen_ai_attributes.GEN_AI_PROMPT, gen_ai_attributes.GEN_AI_COMPLETION}
    used = {key for span in spans.values() for key in span.attributes or {} if key.startswith("gen_ai.")}
    assert used <= names - replaced
    chat = dict(spans["chat deepseek-chat"].attributes or {})
    assert {key: chat[key] for key in chat if key.startswith(("gen_ai.", "server.")) and "messages" not in key} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "deepseek",
        "gen_ai.request.model": "deepseek-chat",
        "gen_ai.conversation.id": "t_0123456789abcdef",
        "gen_ai.usage.input_tokens": 812,
        "gen_ai.usage.output_tokens": 64,
        "gen_ai.response.finish_reasons": ("stop",),
        "server.address": "api.deepseek.com",
        "server.port": 443,
    }
    assert json.loads(str(chat["gen_ai.input.messages"]))[1] == {
        "role": "user",
        "parts": [{"type": "text", "content": QUESTION}],
    }


async def test_no_words_and_no_shop_unless_asked_for() -> None:
    watched = Told()
    await _turn()
    told = watched.everything()
    assert "0123456789ab" in told
    assert not any(
        word in told for word in (QUESTION, json.dumps(QUESTION), "You advise", "GMV fell", "shop-of-ann", '"ann"')
    )


async def test_each_of_them_is_one_log_line() -> None:
    watched = Told()
    await _turn()
    lines = [json.loads(line) for line in watched.lines]
    assert [line["event"] for line in lines] == ["tool", "tool", "model", "turn"]
    assert (lines[2]["tokens_in"], lines[2]["host"], lines[2]["finish"]) == (812, "api.deepseek.com", "stop")
    assert (lines[3]["intent"], lines[3]["code"]) == ("why_change", "ok")
    assert "?" not in {value for line in lines for value in line.values()}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelUnavailable(Text("没有应答", "no answer")), "model_unavailable"),
        (asyncio.CancelledError(), "cancelled"),
        (KeyError("张三 13800138000"), "bug"),
    ],
)
def test_how_it_failed_is_a_code_and_the_place_of_a_bug_never_its_words(error: BaseException, code: str) -> None:
    watched = Told()
    with pytest.raises(type(error)), watch.turn(ANN):
        raise error
    turn = watched.spans()["invoke_agent merchant_advisor"]
    assert turn.status.status_code is StatusCode.ERROR
    assert (turn.attributes or {})["error.type"] == code
    [line] = map(json.loads, watched.lines)
    assert line["code"] == code
    assert ("place" in line) is (code == "bug")
    assert not any(word in watched.everything() for word in ("张三", "\\u5f20", "13800138000"))


def test_the_provider_is_the_api_that_is_spoken() -> None:
    hosts = (
        "api.openai.com",
        "shop.openai.azure.com",
        "api.deepseek.com",
        "127.0.0.1:8000",
        "notdeepseek.com",
        "[::1]:80",
    )
    assert [watch.provider_of(host) for host in hosts] == [
        "openai",
        "azure.ai.openai",
        "deepseek",
        "openai",
        "openai",
        "openai",
    ]


def test_tool_calls_and_their_results_have_their_own_parts() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "query_metric", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "facts"},
    ]
    kinds = [[part["type"] for part in message["parts"]] for message in json.loads(messages_json(messages))]
    assert kinds == [["tool_call"], ["tool_call_response"]]


# -- a collector ------------------------------------------------------------------------------------------------------
class Collector(BaseHTTPRequestHandler):
    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    Collector.received = []
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_spans_reach_a_collector_over_otlp(collector: HTTPServer, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{collector.server_port}"
    start(Settings(workspace=tmp_path, otlp_endpoint=address))
    await _turn()
    stop()
    [(path, body)] = Collector.received
    assert path == "/v1/traces"
    request = ExportTraceServiceRequest.FromString(body)
    [resource] = request.resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "merchant-advisor"
    names = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert names >= {"invoke_agent merchant_advisor", "execute_tool query_metric", "chat deepseek-chat", "compose"}
    assert QUESTION.encode() not in body
    assert b"shop-of-ann" not in body


async def test_a_collector_that_is_away_costs_seconds_at_the_end_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HTTPServer(("127.0.0.1", 0), Collector) as closed:
        port = closed.server_port
    monkeypatch.setattr("advisor.telemetry.spans._EXPORT_TIMEOUT_S", 0.5)
    start(Settings(workspace=tmp_path, otlp_endpoint=f"http://127.0.0.1:{port}"))
    began = time.perf_counter()
    await _turn()
    assert time.perf_counter() - began < 0.5
    stop()
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, None),
        ({"otlp_endpoint": ""}, None),
        ({"otlp_endpoint": "http://c:4318/"}, "http://c:4318/v1/traces"),
        ({"otlp_endpoint": "http://c:4318", "otel": "off"}, None),
        ({"otlp_endpoint": "http://c:4318", "otlp_traces_endpoint": "http://d/t"}, "http://d/t"),
        ({"otel": "on"}, "http://localhost:4318/v1/traces"),
    ],
)
def test_where_spans_go(given: dict[str, Any], address: str | None) -> None:
    assert spans_endpoint(Settings(**given)) == address


def test_off_means_nothing_is_loaded_made_or_told(tmp_path: Path) -> None:
    script = (
        "import sys; from advisor.app import build_desk, load_settings; from advisor.telemetry import watch\n"
        "build_desk(load_settings())\n"
        "assert watch.current() is None\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')], 'opentelemetry'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"ADVISOR_WORKSPACE": str(tmp_path), "PATH": ""},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "logs").exists()
    assert not (tmp_path / "keys").exists()
    began = time.perf_counter()
    for _ in range(10_000):
        with watch.turn(ANN), watch.step("compose"):
            watch.tool_called(ANN, "query_metric", code="ok", ms=1, thread_id=None)
    assert (time.perf_counter() - began) / 10_000 < 100e-6


@pytest.mark.parametrize(
    ("given", "name", "verdict", "word"),
    [
        ({}, None, "", ""),
        ({"log": "file"}, "logs", "ok", "no questions"),
        ({"otlp_endpoint": "http://ann:pa55@otel.example:4318"}, "spans", "ok", "no words"),
        ({"otlp_endpoint": "http://otel.example:4318", "otel_content": "SPAN_ONLY"}, "spans", "note", "with the words"),
    ],
)
def test_doctor_says_where_it_goes(given: dict[str, Any], name: str | None, verdict: str, word: str) -> None:
    found = [(check.name, check.verdict, check.text.en) for check in watched(Settings(**given))]
    assert "pa55" not in str(found)
    if name is None:
        assert found == []
    else:
        [(told, says, text)] = found
        assert (told, says) == (name, verdict)
        assert word in text
    assert "pa55" not in str(settings_in_force(Settings(**given)))
