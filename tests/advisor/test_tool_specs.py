"""One ToolSpec for every front end: its schema is valid JSON Schema, closed at every level that is ours, and names no scope."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from advisor.app import build_registry
from advisor.brains.strict import strict_schema
from tools.base import Effect, ToolSpec
from tools.errors import BadArguments

SPECS = list(build_registry())
SCOPE_NAMES = {"merchant", "merchant_id", "shop_id", "tenant", "scope", "role", "actor"}


def _objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for part in schema for found in _objects(part)]
    if not isinstance(schema, dict):
        return []
    mine = [schema] if "properties" in schema and isinstance(schema["properties"], dict) else []
    return mine + [found for part in schema.values() for found in _objects(part)]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_schema_is_valid_and_closed(spec: ToolSpec) -> None:
    schema = spec.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for found in _objects(schema):
        assert found.get("additionalProperties") is False, found
        assert not SCOPE_NAMES & set(found["properties"])
    strict = strict_schema(schema)
    if strict is not None:  # what endpoints with strict function calling are sent
        jsonschema.Draft202012Validator.check_schema(strict)
    assert spec.label.zh and spec.label.en and spec.timeout_s > 0 and spec.max_facts > 0 and spec.max_bytes > 0


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("name", ["merchant_id", "__class__", "ctx"])
def test_a_smuggled_argument_is_refused_by_name(spec: ToolSpec, name: str) -> None:
    with pytest.raises(BadArguments):
        spec.parse({name: "b"})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({name: "b"}, spec.schema())


def test_every_write_can_be_prepared_and_has_a_rule() -> None:
    from advisor.store.approval_rules import RULES

    writes = {spec.name for spec in SPECS if spec.effect is Effect.WRITE}
    assert writes == set(RULES)
    assert all(spec.prepare is not None for spec in SPECS if spec.effect is Effect.WRITE)
