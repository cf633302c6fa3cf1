"""ToolSpec and Registry: hidden context, refused arguments, no way for a model to name a merchant."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import Field

from tools.base import Registry, ToolContext, tool
from tools.errors import BadArguments
from tools.facts import ToolResult
from tools.text import Text

LABEL = Text("看看", "look")


@tool(label=LABEL)
def look(ctx: ToolContext, *, days: Annotated[int, Field(ge=7, le=365)] = 30) -> ToolResult:
    """Look at the last days. Example: days=30."""
    return ToolResult(guidance=f"{days}")


def _ctx() -> ToolContext:
    shop: Any = object()
    return ToolContext(shop=shop, today=date(2026, 11, 1))


def test_the_context_is_not_in_the_schema_and_extras_are_refused() -> None:
    schema = look.schema()
    assert set(schema["properties"]) == {"days"}
    assert schema["additionalProperties"] is False
    with pytest.raises(BadArguments, match="merchant_id"):
        look.call(_ctx(), {"days": 30, "merchant_id": "b"})


@pytest.mark.parametrize("days", [6, 366, "many", None])
def test_limits_hold(days: object) -> None:
    with pytest.raises(BadArguments, match="days"):
        look.call(_ctx(), {"days": days})


def test_a_call_runs_with_parsed_arguments() -> None:
    assert look.call(_ctx(), {"days": "45"}).guidance == "45"


def test_a_tool_may_not_ask_for_a_merchant_or_hide_its_types() -> None:
    def named(ctx: ToolContext, *, merchant_id: str) -> ToolResult:
        """Bad."""
        return ToolResult()

    def silent(ctx: ToolContext) -> ToolResult:
        return ToolResult()

    def headless(days: int) -> ToolResult:
        """Bad."""
        return ToolResult()

    for fn in (named, silent, headless):
        with pytest.raises(TypeError, match=fn.__name__):
            tool(label=LABEL)(fn)


def test_the_registry_suggests_the_nearest_name_and_refuses_twins() -> None:
    registry = Registry([look])
    with pytest.raises(BadArguments, match='Did you mean "look"'):
        registry.get("lok")
    with pytest.raises(ValueError, match="two tools"):
        Registry([look, look])
