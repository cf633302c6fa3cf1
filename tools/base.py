"""Tools as plain typed functions: the context they get, the spec every front end builds on, and the registry.

A tool is `def name(ctx: ToolContext, *, arg: Annotated[int, Field(ge=7)] = 30) -> ToolResult`. Its docstring is what a model
reads. The context is never part of the schema, unknown arguments are refused, and no argument may name a merchant.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from tools.errors import BadArguments
from tools.facts import ToolResult
from tools.text import Lang, Text

__all__ = ["Effect", "Need", "Prepared", "Records", "Registry", "ShopHandle", "ToolContext", "ToolSpec", "tool"]

T = TypeVar("T")
_FORBIDDEN_ARGS = frozenset({"merchant", "merchant_id", "shop_id", "tenant", "scope", "role", "actor"})


class ShopHandle(Protocol):
    """The bound shop as a tool sees it. `tools.warehouse.access.Shop` implements it."""

    @property
    def merchant_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def generation(self) -> str: ...
    @property
    def hidden(self) -> frozenset[str]: ...
    def has(self, table: str) -> bool: ...
    def days(self, table: str) -> tuple[date, date] | None: ...
    def table(self, name: str) -> Any: ...


class Records(Protocol):
    """What tools may read of the store of the bound merchant: stated facts (margin, fees, budget …), notes and adopted plans.

    A stated fact holds value and unit, and in the app its label and when it was said; a note holds kind and text.
    """

    def stated(self, key: str) -> Mapping[str, Any] | None: ...
    def notes(self) -> Sequence[Mapping[str, Any]]: ...
    def plans(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True)
class ToolContext:
    """Everything a tool may touch. Built below the model by `advisor.service`; a model can neither see nor set it."""

    shop: ShopHandle
    today: date
    lang: Lang = "zh"
    records: Records | None = None
    resources: Mapping[type, object] = field(default_factory=dict)

    def resource(self, kind: type[T]) -> T:
        """A shared service by its type, such as `CaseStore`. Raises KeyError when the app did not provide it."""
        found = self.resources[kind]
        if not isinstance(found, kind):
            raise TypeError(f"resource {kind.__name__} has the wrong type")
        return found


class Effect(StrEnum):
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class Need:
    """A table a tool reads and how many days of it make the answer worth giving."""

    table: str
    days: int = 1


class Prepared(NamedTuple):
    """A WRITE as a person decides on it: plain JSON arguments with nothing left open, and what will happen as a clause."""

    arguments: dict[str, Any]
    said: Text


@dataclass(frozen=True)
class ToolSpec:
    """One tool for every front end: LangGraph, OpenAI, MCP, HTTP, CLI."""

    name: str
    description: str
    effect: Effect
    args: type[BaseModel]
    run: Callable[..., ToolResult]
    needs: tuple[Need, ...] = ()
    timeout_s: float = 20.0
    label: Text = field(default_factory=lambda: Text("", ""))  # business words for the progress line
    max_facts: int = 80  # of one result; the largest seen on a demo shop has 24
    max_bytes: int = 512_000  # of one result as JSON; a livestream pack takes 180 kB
    prepare: Callable[..., Prepared] | None = None  # of a WRITE: checked against the shop before anybody is asked

    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments; `additionalProperties` is false."""
        return self.args.model_json_schema()

    def parse(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Validate arguments. Raises BadArguments with the field and the reason; smuggled names are refused here."""
        try:
            model = self.args.model_validate(dict(arguments))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or self.name
            known = sorted(self.args.model_fields)
            message = Text(
                f"工具 {self.name} 的参数 {where} 不对：{first['msg']}。可用参数：{'、'.join(known) or '无'}。",
                f"Argument {where} of {self.name}: {first['msg']}. Known arguments: {', '.join(known) or 'none'}.",
            )
            raise BadArguments(message, choices=known) from error
        return {name: getattr(model, name) for name in self.args.model_fields}

    def call(self, ctx: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
        return self.run(ctx, **self.parse(arguments))

    def prepared(self, ctx: ToolContext, arguments: Mapping[str, Any]) -> Prepared:
        """Validated, checked against the shop and put into words, without doing anything. Raises ToolError."""
        given = self.parse(arguments)
        if self.prepare is not None:
            return self.prepare(ctx, **given)
        plain = self.args(**given).model_dump(mode="json")
        return Prepared(plain, self.label)


def tool(
    *,
    label: Text,
    effect: Effect = Effect.READ,
    needs: Iterable[Need] = (),
    timeout_s: float = 20.0,
    max_facts: int = 80,
    max_bytes: int = 512_000,
    prepare: Callable[..., Prepared] | None = None,
) -> Callable[[Callable[..., ToolResult]], ToolSpec]:
    """Turn a typed function into a ToolSpec. Refuses one without a docstring, annotations or a leading context."""

    def wrap(fn: Callable[..., ToolResult]) -> ToolSpec:
        return ToolSpec(
            name=fn.__name__,
            description=inspect.cleandoc(fn.__doc__ or "") or _refuse(fn, "has no docstring"),
            effect=effect,
            args=_args_model(fn),
            run=fn,
            needs=tuple(needs),
            timeout_s=timeout_s,
            label=label,
            max_facts=max_facts,
            max_bytes=max_bytes,
            prepare=prepare,
        )

    return wrap


def _refuse(fn: Callable[..., Any], why: str) -> str:
    raise TypeError(f"tool {fn.__name__} {why}")


def _args_model(fn: Callable[..., ToolResult]) -> type[BaseModel]:
    hints = get_type_hints(fn, include_extras=True)
    parameters = list(inspect.signature(fn).parameters.values())
    if not parameters or hints.get(parameters[0].name) is not ToolContext:
        _refuse(fn, "must take ctx: ToolContext first")
    fields: dict[str, Any] = {}
    for parameter in parameters[1:]:
        if parameter.name not in hints:
            _refuse(fn, f"leaves {parameter.name} without a type")
        if parameter.name in _FORBIDDEN_ARGS:
            _refuse(fn, f"must not take {parameter.name}: scope is bound below the model")
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(f"{fn.__name__}_args", __config__=ConfigDict(extra="forbid"), **fields)


class Registry:
    """The tools of this installation, by name."""

    def __init__(self, specs: Iterable[ToolSpec]) -> None:
        self._specs: dict[str, ToolSpec] = {}
        for spec in specs:
            if spec.name in self._specs:
                raise ValueError(f"two tools are called {spec.name}")
            self._specs[spec.name] = spec

    def __iter__(self) -> Any:
        return iter(self._specs.values())

    def __len__(self) -> int:
        return len(self._specs)

    def names(self) -> list[str]:
        return sorted(self._specs)

    def get(self, name: str) -> ToolSpec:
        """Raises BadArguments with the nearest name."""
        if name not in self._specs:
            raise BadArguments.unknown(Text("工具", "tool"), name, self.names())
        return self._specs[name]
