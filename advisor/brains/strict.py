"""A tool's schema in the strict form: every property required, the optional ones nullable, nothing else allowed.

What a model then fills with null was left out; `without_nulls` takes it back, so that the tool's own defaults hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["strict_schema", "without_nulls"]

# What the strict form does not take, or what only costs tokens; the tool checks its arguments itself.
_DROPPED = frozenset({"default", "title", "minLength", "maxLength", "uniqueItems", "examples", "discriminator"})
_REFUSED = frozenset({"allOf", "not", "if", "then", "else", "patternProperties", "prefixItems", "dependentRequired"})


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """None when the schema cannot be said strictly, such as an open mapping."""
    try:
        return _object(schema) if schema.get("type") == "object" else None
    except _Loose:
        return None


def without_nulls(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without the nulls that stand for a left-out one: those of properties the schema does not require."""
    required = schema.get("required", ())
    return {name: value for name, value in arguments.items() if value is not None or name in required}


class _Loose(Exception):
    """This part of a schema has no strict form."""


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("additionalProperties") not in (None, False):
        raise _Loose
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    made = {key: value for key, value in schema.items() if key not in _DROPPED | {"properties", "required", "$defs"}}
    made["properties"] = {
        name: _any(part) if name in required else _nullable(_any(part)) for name, part in properties.items()
    }
    made["required"] = list(properties)
    made["additionalProperties"] = False
    if "$defs" in schema:
        made["$defs"] = {name: _any(part) for name, part in schema["$defs"].items()}
    return made


def _any(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or _REFUSED & set(schema):
        raise _Loose
    if schema.get("type") == "object" or "properties" in schema:
        return _object(schema)
    made = {key: value for key, value in schema.items() if key not in _DROPPED}
    if not made.keys() & {"type", "enum", "const", "anyOf", "oneOf", "$ref"}:
        raise _Loose  # "anything" is not strict
    if "oneOf" in made:
        made["anyOf"] = made.pop("oneOf")
    if "anyOf" in made:
        made["anyOf"] = [_any(part) for part in made["anyOf"]]
    if "items" in made:
        made["items"] = _any(made["items"])
    elif made.get("type") == "array":
        raise _Loose
    return made


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    options = schema.get("anyOf")
    if options is not None:
        return schema if {"type": "null"} in options else schema | {"anyOf": [*options, {"type": "null"}]}
    if isinstance(schema.get("type"), str) and "enum" not in schema and "const" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    told = {key: schema[key] for key in ("description",) if key in schema}
    bare = {key: value for key, value in schema.items() if key not in told}
    return told | {"anyOf": [bare, {"type": "null"}]}
