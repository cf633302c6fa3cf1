"""Endpoints as six kinds of servers really behave, strict about what each is strict about. Sources beside each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from evals.faults.pieces import DONE, chunk, from_evidence, stream, tool_calls, usage, words
from evals.faults.server import Behaviour, Endpoint, Reply

__all__ = ["DIALECTS"]

Body = dict[str, Any]


def _writes(endpoint: Endpoint, body: Body) -> str:
    if body.get("tools"):
        return "ready"
    return from_evidence(body) if endpoint.text is None else endpoint.text


def _chooses(body: Body) -> bool:
    return bool(body.get("tools")) and not any(message["role"] == "tool" for message in body["messages"])


def _call(index: Any, call_id: Any, name: Any, arguments: Any) -> bytes:
    part: Body = {"type": "function", "function": {"name": name, "arguments": arguments}}
    part |= {} if index is None else {"index": index}
    part |= {} if call_id is None else {"id": call_id}
    return chunk({"content": None, "tool_calls": [part]})


async def _refuse(reply: Reply, status: int, message: str, **more: Any) -> None:
    await reply.whole(status, json.dumps({"error": {"message": message, **more}}).encode())


async def openai(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """A newer OpenAI model: `max_completion_tokens`, no temperature but 1, strict schemas checked (structured outputs guide)."""
    if "max_tokens" in body:
        await _refuse(
            reply, 400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            type="invalid_request_error", param="max_tokens", code="unsupported_parameter",
        )  # fmt: skip
        return
    if body.get("temperature", 1) != 1:
        await _refuse(
            reply, 400, "Unsupported value: 'temperature' does not support 0.2 with this model.", param="temperature"
        )
        return
    for tool in body.get("tools", []):
        function = tool["function"]
        wrong = _not_strict(function["parameters"]) if function.get("strict") else None
        if wrong:
            await _refuse(
                reply,
                400,
                f"Invalid schema for function '{function['name']}': {wrong}",
                code="invalid_function_parameters",
            )
            return
    if _chooses(body):
        calls = endpoint.calls if body.get("parallel_tool_calls", True) else endpoint.calls[:1]
        await stream(
            reply, [*list(tool_calls([(name, _nulls(name, raw, body)) for name, raw in calls]))[:-1], usage(), DONE]
        )
    else:
        await stream(reply, words(_writes(endpoint, body)))


def _not_strict(schema: Body) -> str | None:
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", [])) != set(schema.get("properties", {})):
            return "'required' is required to be supplied and to be an array including every key in properties."
    if "default" in schema:
        return "'default' is not permitted."
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("$defs", {}).values()]
    parts += [schema["items"]] if "items" in schema else []
    return next((found for part in parts if (found := _not_strict(part))), None)


def _nulls(name: str, raw: str, body: Body) -> str:
    """A strict model gives every property, the left-out ones as null."""
    function = next(tool["function"] for tool in body["tools"] if tool["function"]["name"] == name)
    given = json.loads(raw)
    return json.dumps(dict.fromkeys(function["parameters"]["properties"]) | given if function.get("strict") else given)


async def dashscope(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """Qwen on Model Studio (help/en/model-studio/qwen-function-calling): one call unless parallel is asked, ids restated as ''."""
    if not body.get("stream") and body.get("enable_thinking") is not False:
        await _refuse(
            reply,
            400,
            "parameter.enable_thinking must be set to false for non-streaming calls",
            code="invalid_parameter_error",
        )
        return
    if _chooses(body):
        calls = endpoint.calls if body.get("parallel_tool_calls") else endpoint.calls[:1]
        await stream(reply, _qwen(calls))
    else:
        text = _writes(endpoint, body)
        await stream(reply, [chunk({"content": None, "reasoning_content": "GMV is 999?"}), *words(text)])


def _qwen(calls: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    yield chunk({"content": None, "reasoning_content": "which tools? 42"})
    for index, (name, raw) in enumerate(calls):
        yield _call(index, f"call_{index}{'f' * 20}", name, "")
        yield _call(index, "", None, raw[:6])
        yield _call(index, "", None, raw[6:])
        yield _call(index, "", None, None)
    yield chunk({"content": ""}, "tool_calls")
    yield from (usage(), DONE)


async def dashscope_only_whole(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """The same behind a gateway that does not stream: thinking must then be off."""
    if body.get("stream"):
        await _refuse(reply, 400, "stream is not supported by this gateway")
    elif body.get("enable_thinking") is not False:
        await dashscope(endpoint, body, reply)
    else:
        functions = [{"name": name, "arguments": raw} for name, raw in endpoint.calls]
        message: Body = {"role": "assistant", "content": None if _chooses(body) else _writes(endpoint, body)}
        if _chooses(body):
            message["tool_calls"] = [
                {"id": f"c{i}", "type": "function", "function": f} for i, f in enumerate(functions)
            ]
        told = {
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 9},
        }
        await reply.whole(200, json.dumps(told).encode())


def deepseek(*, back: bool) -> Behaviour:
    """Thoughts beside the content. Older models refuse a request that repeats them (400), newer ones one that does not,
    in rounds with tools (api-docs.deepseek.com/guides/thinking_mode; deepseek-reasoner before V3.2 the other way round)."""

    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        asked = [message for message in body["messages"] if message.get("tool_calls")]
        if back and any(not message.get("reasoning_content") for message in asked):
            await _refuse(
                reply,
                400,
                "The `reasoning_content` in the thinking mode must be passed back to the API.",
                code="invalid_request_error",
            )
        elif not back and any("reasoning_content" in message for message in body["messages"]):
            await _refuse(
                reply, 400, "reasoning_content is not allowed in the input messages", code="invalid_request_error"
            )
        elif _chooses(body):
            await stream(
                reply,
                [
                    chunk({"content": None, "reasoning_content": "Let me think: GMV is 999."}),
                    *list(tool_calls(endpoint.calls))[:-1],
                    usage(),
                    DONE,
                ],
            )
        else:
            await stream(
                reply, [chunk({"content": None, "reasoning_content": "maybe 999"}), *words(_writes(endpoint, body))]
            )

    return behave


async def vllm_no_parser(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """vLLM without a parser (vllm-project/vllm#9986)."""
    if body.get("tools"):
        told = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        await reply.whole(
            400,
            json.dumps(
                {"object": "error", "message": told, "type": "BadRequestError", "param": None, "code": 400}
            ).encode(),
        )
    else:
        await stream(reply, words(_writes(endpoint, body)))


async def vllm_text_calls(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """vLLM with the wrong parser: Hermes calls come through as text."""
    if _chooses(body):
        calls = [f'<tool_call>\n{{"name": "{name}", "arguments": {raw}}}\n</tool_call>' for name, raw in endpoint.calls]
        await stream(reply, words("<think>\nI need two calls\n</think>\n" + "\n".join(calls)))
    else:
        await stream(reply, words(_writes(endpoint, body)))


async def ollama(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """Whole calls in one piece, all numbered 0, the thought under another name (ollama/ollama#7881, #15457)."""
    if _chooses(body):
        calls = [_call(0, f"call_{name[:4]}{i}", name, raw) for i, (name, raw) in enumerate(endpoint.calls)]
        await stream(
            reply,
            [chunk({"content": "", "reasoning": "999"}), *calls, chunk({"content": ""}, "tool_calls"), usage(), DONE],
        )
    else:
        await stream(reply, words(_writes(endpoint, body)))


async def ollama_unnumbered(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """Before 0.4.7: neither numbers nor ids."""
    if _chooses(body):
        await stream(reply, [*(_call(None, None, name, raw) for name, raw in endpoint.calls), chunk({}, "stop"), DONE])
    else:
        await stream(reply, words(_writes(endpoint, body)))


async def llamacpp(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """No usage in the stream; an overlong prompt is told with its sizes (ggml-org/llama.cpp#15780)."""
    size = sum(len(str(message.get("content") or "")) for message in body["messages"]) // 3
    if size > 2_000:
        await _refuse(
            reply, 400, "the request exceeds the available context size, try increasing it",
            type="exceed_context_size_error", n_prompt_tokens=size, n_ctx=2_000,
        )  # fmt: skip
    elif _chooses(body):
        await stream(reply, tool_calls(endpoint.calls))
    else:
        await stream(reply, words(_writes(endpoint, body), end=[DONE]))


async def llamacpp_no_jinja(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """An older server without --jinja: status 500, which is no fault that passes."""
    if body.get("tools"):
        await _refuse(reply, 500, "tools param requires --jinja flag", type="server_error", code=500)
    else:
        await stream(reply, words(_writes(endpoint, body)))


async def _strict_refused(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    if any(tool["function"].get("strict") for tool in body.get("tools", [])):
        await _refuse(reply, 400, "Unknown parameter: 'tools[0].function.strict'.")
    elif _chooses(body):
        await stream(reply, tool_calls(endpoint.calls))
    else:
        await stream(reply, words(_writes(endpoint, body)))


async def _models(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    listed = [{"id": "fake", "object": "model"}, {"id": "small", "object": "model", "max_model_len": 4096}]
    await reply.whole(200, json.dumps({"object": "list", "data": listed}).encode())


DIALECTS: dict[str, Behaviour] = {
    "openai": openai,
    "dashscope": dashscope,
    "dashscope_only_whole": dashscope_only_whole,
    "deepseek_r1": deepseek(back=False),
    "deepseek_v4": deepseek(back=True),
    "vllm_no_parser": vllm_no_parser,
    "vllm_text_calls": vllm_text_calls,
    "ollama": ollama,
    "ollama_unnumbered": ollama_unnumbered,
    "llamacpp": llamacpp,
    "llamacpp_no_jinja": llamacpp_no_jinja,
    "strict_refused": _strict_refused,
    "models": _models,
}
