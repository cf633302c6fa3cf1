"""Streams as real endpoints send them, thoughts that must not be told, calls written as text, strict schemas."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from advisor.app import build_registry
from advisor.brains.completion import UNPARSED, Completion
from advisor.brains.spoken_calls import spoken_calls
from advisor.brains.strict import strict_schema, without_nulls
from advisor.brains.thoughts import Thoughts
from tools.base import ToolContext, tool
from tools.facts import ToolResult
from tools.text import Text


def piece(index: Any, call_id: Any, name: Any, arguments: Any) -> SimpleNamespace:
    function = SimpleNamespace(name=name, arguments=arguments)
    return SimpleNamespace(index=index, id=call_id, function=function, type="function")


def chunk(*pieces: SimpleNamespace, finish: str | None = None, **delta: Any) -> SimpleNamespace:
    fields = {"content": None, "tool_calls": list(pieces) or None} | delta
    return SimpleNamespace(choices=[SimpleNamespace(delta=SimpleNamespace(**fields), finish_reason=finish)], usage=None)


def read(*chunks: SimpleNamespace) -> Completion:
    completion = Completion()
    for one in chunks:
        completion.take(one)
    return completion


GMV, WHY = '{"metric": "gmv"}', '{"metric": "orders"}'
STREAMS: dict[str, tuple[SimpleNamespace, ...]] = {
    "openai: pieces interleaved by index": (
        chunk(piece(0, "a", "query_metric", "")), chunk(piece(1, "b", "explain_change", "")),
        chunk(piece(0, None, None, GMV[:9])), chunk(piece(1, None, None, WHY[:9])),
        chunk(piece(0, None, None, GMV[9:]), piece(1, None, None, WHY[9:])),
    ),
    # alibabacloud.com/help/en/model-studio/qwen-function-calling: id '' and name None on later pieces; a last one may be empty
    "dashscope: ids restated as empty strings": (
        chunk(piece(0, "a", "query_metric", "")), chunk(piece(0, "", None, GMV)), chunk(piece(0, "", None, None)),
        chunk(piece(1, "b", "explain_change", None)), chunk(piece(1, "", "", WHY)), chunk(piece(1, "", None, None)),
    ),
    "ollama before 0.4.7: no index, no id": (
        chunk(piece(None, None, "query_metric", GMV), piece(None, None, "explain_change", WHY)),
    ),
    "ollama (issue 15457): every call is number 0": (
        chunk(piece(0, "a", "query_metric", GMV)), chunk(piece(0, "b", "explain_change", WHY)),
    ),
    "all numbered 0 and without ids": (
        chunk(piece(0, "", "query_metric", GMV)), chunk(piece(0, "", "explain_change", WHY)),
    ),
    "the name is repeated with every piece": (
        chunk(piece(0, "a", "query_metric", GMV[:5])), chunk(piece(0, "a", "query_metric", GMV[5:])),
        chunk(piece(1, "b", "explain_change", WHY)),
    ),
    "arguments as an object": (
        chunk(piece(0, "a", "query_metric", {"metric": "gmv"}), piece(1, "b", "explain_change", {"metric": "orders"})),
    ),
    "arguments quoted twice": (
        chunk(piece(0, "a", "query_metric", '"{\\"metric\\": \\"gmv\\"}"'), piece(1, "b", "explain_change", WHY)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_two_calls_are_two_calls_in_every_dialect(name: str) -> None:
    calls = read(*STREAMS[name]).tool_calls(0)
    assert [(call.name, dict(call.arguments)) for call in calls] == [
        ("query_metric", {"metric": "gmv"}),
        ("explain_change", {"metric": "orders"}),
    ]
    assert len({call.id for call in calls}) == 2 and all(call.id for call in calls)


def test_an_answer_that_did_not_stream_and_usage_told_in_words() -> None:
    completion = Completion()
    message = SimpleNamespace(content=None, tool_calls=[piece(None, "a", "query_metric", GMV)])
    usage = SimpleNamespace(prompt_tokens="120", completion_tokens="7")
    whole = SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason="tool_calls")], usage=usage)
    assert completion.take_whole(whole) == ""
    assert [call.arguments for call in completion.tool_calls(0)] == [{"metric": "gmv"}]
    assert completion.usage == (120, 7) and not completion.silent


@pytest.mark.parametrize("told", ["many", {}, -4, True, None, "²", 10**40])
def test_usage_that_is_no_count_is_not_believed(told: Any) -> None:
    completion = Completion()
    completion.take(SimpleNamespace(choices=[], usage=SimpleNamespace(prompt_tokens=told, completion_tokens=told)))
    assert completion.usage is None


def test_of_two_reasons_to_stop_the_first_counts_and_a_filter_leaves_the_line_unfinished() -> None:
    cut = read(chunk(content="GMV rose [m1]."), chunk(finish="length"), chunk(finish="stop"))
    assert cut.finish == "length" and not cut.whole
    assert not read(chunk(content="GMV rose [m1]."), chunk(finish="content_filter")).whole


def test_arguments_that_are_no_object_are_handed_on_as_one_no_tool_takes() -> None:
    calls = read(chunk(piece(0, "a", "q", "[1]"), piece(1, "b", "q", "[" * 100_000))).tool_calls(0)
    assert [list(call.arguments) for call in calls] == [[UNPARSED], [UNPARSED]]


# -- thoughts ---------------------------------------------------------------------------------------------------------
def outside(text: str, size: int, *, held: bool = False) -> str:
    thoughts = Thoughts(held=held)
    return "".join(thoughts.feed(text[i : i + size]) for i in range(0, len(text), size)) + thoughts.finish()


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("text", "held", "said"),
    [
        ("<think>GMV is 9\n</think>GMV rose", False, "GMV rose"),
        ("a<thinking>x</thinking>b<reasoning>y</reasoning>c", False, "abc"),
        ("◁think▷secret◁/think▷said", False, "said"),
        ("GMV < 5 and <b>", False, "GMV < 5 and <b>"),
        ("said<thi", False, "said<thi"),
        ("said<think>never closed", False, "said"),
        ("no tag opened this\n</think>\nsaid", True, "\nsaid"),
        ("nothing thought at all", True, "nothing thought at all"),
        ("<think>x</think>said", True, "said"),
    ],
)
def test_thoughts_are_left_out_however_the_stream_is_cut(text: str, held: bool, said: str, size: int) -> None:
    assert outside(text, size, held=held) == said


@given(st.text(alphabet="ab<>/think\n ", max_size=60), st.integers(1, 9))
def test_the_cut_of_a_stream_changes_nothing(text: str, size: int) -> None:
    assert outside(text, size) == outside(text, 1000)


# -- calls written as text --------------------------------------------------------------------------------------------
OFFERED = ("query_metric", "explain_change")


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "query_metric", "arguments": {"metric": "gmv"}}\n</tool_call>\n<tool_call>{"name": "explain_change", "arguments": {"metric": "orders"}}</tool_call>',
        '<think>which? {"name": "query_metric"}</think><tool_call>{"name": "query_metric", "arguments": {"metric": "gmv"}}\n{"name": "explain_change", "arguments": {"metric": "orders"}}',
        'I will look.\n```json\n[{"name": "query_metric", "parameters": {"metric": "gmv"}}, {"function": {"name": "explain_change", "arguments": "{\\"metric\\": \\"orders\\"}"}}]\n```',
        '{"name": "query_metric", "arguments": {"metric": "gmv"}}; {"name": "explain_change", "arguments": {"metric": "orders"}}',
        '[TOOL_CALLS] [{"name": "query_metric", "arguments": {"metric": "gmv"}}, {"name": "explain_change", "arguments": {"metric": "orders"}}]',
        '<function=query_metric>{"metric": "gmv"}</function><function=explain_change>{"metric": "orders"}</function>',
    ],
)
def test_calls_written_as_text_are_understood(text: str) -> None:
    found = [(call.name, dict(call.arguments)) for call in spoken_calls(text, OFFERED, 0)]
    assert found == [("query_metric", {"metric": "gmv"}), ("explain_change", {"metric": "orders"})]


@pytest.mark.parametrize(
    "text",
    [
        "ready",
        'For example {"name": "query_metric"} would read it.',
        '<tool_call>{"name": "drop_tables", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "query_metric", "arguments": "not json"}</tool_call>',
        '<think><tool_call>{"name": "query_metric", "arguments": {}}</tool_call></think>',
        "```json\n" + "[" * 50_000,
    ],
)
def test_words_examples_and_unknown_tools_are_no_calls(text: str) -> None:
    assert spoken_calls(text, OFFERED, 0) == []


# -- strict schemas ---------------------------------------------------------------------------------------------------
@tool(label=Text("样", "Sample"))
def sample(
    ctx: ToolContext,
    *,
    metric: Annotated[str, Field(min_length=1, description="which")],
    top: Annotated[int, Field(ge=1, le=50)] = 10,
    compare: Literal["previous", "yoy"] | None = None,
    kind: Literal["a", "b"] = "a",
    names: list[str] = [],  # noqa: B006
) -> ToolResult:
    """A tool with every kind of argument. Example: metric="gmv"."""
    return ToolResult()


def nullable(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or "null" in (schema.get("type") or []) or any(
        nullable(option) for option in schema.get("anyOf", [])
    )  # fmt: skip


def test_the_strict_form_requires_everything_and_makes_the_optional_nullable() -> None:
    found = strict_schema(sample.schema())
    assert found is not None
    assert found["required"] == ["metric", "top", "compare", "kind", "names"] and found["additionalProperties"] is False
    assert {name: nullable(part) for name, part in found["properties"].items()} == {
        "metric": False, "top": True, "compare": True, "kind": True, "names": True,
    }  # fmt: skip
    assert "default" not in str(found) and found["properties"]["metric"]["description"] == "which"


def test_an_open_mapping_has_no_strict_form() -> None:
    assert (
        strict_schema({"type": "object", "properties": {"x": {"type": "object", "additionalProperties": {}}}}) is None
    )
    assert strict_schema({"type": "object", "properties": {"x": {}}}) is None


def test_what_a_strict_model_leaves_null_was_left_out() -> None:
    given = {"metric": "gmv", "top": None, "compare": None, "kind": None, "names": None}
    assert sample.parse(without_nulls(given, sample.schema())) == {
        "metric": "gmv", "top": 10, "compare": None, "kind": "a", "names": [],
    }  # fmt: skip


def test_every_tool_is_said_strictly_or_not_at_all() -> None:
    def check(schema: dict[str, Any]) -> None:
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False and set(schema["required"]) == set(schema["properties"])
        for part in [
            *schema.get("properties", {}).values(),
            *schema.get("anyOf", []),
            *schema.get("$defs", {}).values(),
        ]:
            check(part)
        if "items" in schema:
            check(schema["items"])

    strict = {spec.name: found for spec in build_registry() if (found := strict_schema(spec.schema()))}
    for found in strict.values():
        check(found)
    assert {"query_metric", "explain_change", "search_cases", "plan_playbook"} <= strict.keys()
