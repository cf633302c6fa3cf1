"""Tool plans as data (`data/plans.yaml`) turned into calls that the offered tools accept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from advisor.brains.base import ToolCall
from advisor.brains.frame.lexicon import data_yaml
from tools.base import ToolSpec

__all__ = ["calls_of", "topic_of"]

Resolve = Callable[[str], Any]


def topic_of(name: str) -> Mapping[str, Any]:
    """What a topic is measured by and searched with; empty for an unknown one."""
    found: Mapping[str, Any] = data_yaml("plans.yaml")["topics"].get(name, {})
    return found


def calls_of(
    intent: str, stage: str, *, resolve: Resolve, holds: Callable[[str], bool], tools: Sequence[ToolSpec], prefix: str
) -> list[ToolCall]:
    """Calls of one stage. A step whose conditions fail, whose tool is not offered or whose required value is missing is left out."""
    offered = {spec.name: spec for spec in tools}
    calls: list[ToolCall] = []
    for step in data_yaml("plans.yaml").get(intent, {}).get(stage, []):
        spec = offered.get(step["tool"])
        if spec is None or not all(holds(name) for name in step.get("when", ())):
            continue
        arguments = _arguments(step["args"], spec, resolve)
        if arguments is None or any(c.name == spec.name and c.arguments == arguments for c in calls):
            continue
        calls.append(ToolCall(id=f"{prefix}{len(calls) + 1}", name=spec.name, arguments=arguments))
    return calls


def _arguments(wanted: Mapping[str, Any], spec: ToolSpec, resolve: Resolve) -> dict[str, Any] | None:
    """Values the tool knows; None when one it requires is unknown."""
    arguments: dict[str, Any] = {}
    for name, template in wanted.items():
        value = _value(template, resolve)
        if name == "compare" and value == "none":
            if name in spec.args.model_fields and type(None) in get_args(spec.args.model_fields[name].annotation):
                arguments[name] = None  # asked for without a comparison, which is more than not saying which
            continue
        if value is not None and name in spec.args.model_fields:
            arguments[name] = value
    required = {name for name, info in spec.args.model_fields.items() if info.is_required()}
    return arguments if required <= set(arguments) else None


def _value(template: Any, resolve: Resolve) -> Any:
    if not isinstance(template, str) or not template.startswith("$"):
        return template
    name, _, default = template[1:].partition("|")
    value = resolve(name)
    if value not in (None, ""):
        return value
    return int(default) if default.isdigit() else default or None
