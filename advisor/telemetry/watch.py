"""What is told while the program works: one call per turn, step, tool call, model request, import and decision, to spans and log.

Nothing is on by default: then every function here returns at once and no library is loaded. One watch a process, as with logging.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from advisor.logs import JsonLog

if TYPE_CHECKING:
    from advisor.telemetry.spans import Spans

__all__ = [
    "AGENT",
    "Request",
    "Seen",
    "Told",
    "Watch",
    "current",
    "decided",
    "imported",
    "requested",
    "step",
    "tool_called",
    "turn",
    "use",
]


AGENT = "merchant_advisor"
# well-known values of gen_ai.provider.name by the end of a host; every other endpoint speaks the dialect of the first
_PROVIDERS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "deepseek.com": "deepseek",
    "moonshot.cn": "moonshot_ai",
    "moonshot.ai": "moonshot_ai",
    "groq.com": "groq",
    "mistral.ai": "mistral_ai",
    "x.ai": "x_ai",
    "perplexity.ai": "perplexity",
}
Told = str | int | bool | Sequence[str] | None  # a value of a span; None is left out


class _Asker(Protocol):
    """Whose work it is; a Scope."""

    @property
    def merchant_id(self) -> str: ...
    @property
    def role(self) -> str: ...


class Request(Protocol):
    """One request to a model host; an Exchange."""

    @property
    def purpose(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def messages(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def reply(self) -> str: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...
    @property
    def ms(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def finish(self) -> str: ...


class Report(Protocol):
    """What an import made of one file; an ImportReport."""

    format: str
    rows: int
    accepted: int
    updated: int
    duplicate: int
    rejected: int
    error: Any


@dataclass(frozen=True)
class Watch:
    """Where things are told. `name` stands in for a shop's id."""

    log: JsonLog | None
    spans: Spans | None
    name: Callable[[str], str]


@dataclass
class Seen:
    """What is known only later. `code`: "ok", or that of the error. `fields` go to log and span, `told` to the span alone."""

    code: str = "ok"
    fields: dict[str, str | int | None] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    bug: dict[str, str] = field(default_factory=dict)
    said: tuple[str, str] | None = None

    def note(self, **fields: str | int | None) -> None:
        self.fields.update(fields)

    def say(self, question: str, answer: str) -> None:
        """Words, for spans that may carry them; the log never does."""
        self.said = (question, answer)

    def failed(self, error: BaseException) -> None:
        """The stable code of our own errors; of anything else that it was cancelled, or a bug of what kind and where."""
        own = getattr(error, "code", None)
        if isinstance(own, str) and own:
            self.code = own
        elif isinstance(error, Exception):
            self.code, self.bug = "bug", {"error": type(error).__name__, "place": _place(error)}
        else:
            self.code = "cancelled"


_watch: Watch | None = None


def current() -> Watch | None:
    return _watch


def use(watch: Watch | None) -> None:
    """From now on everything is told to this one; None tells nobody."""
    global _watch
    _watch = watch


@contextmanager
def _watched(
    watch: Watch, event: str | None, name: str, told: Mapping[str, Told], about: Mapping[str, str | int | None]
) -> Iterator[Seen]:
    seen, started = Seen(), time.perf_counter()
    with watch.spans.open(name, told, about) if watch.spans is not None else nullcontext() as end:
        try:
            yield seen
        except BaseException as error:
            seen.failed(error)
            raise
        finally:
            if end is not None and watch.spans is not None:
                end(seen.code, {**seen.told, **watch.spans.words(seen.said)}, seen.fields)
            if watch.log is not None and event is not None:
                ms = round((time.perf_counter() - started) * 1000)
                watch.log.write(event, **{**about, **seen.fields, **seen.bug}, code=seen.code, ms=ms)


def turn(asker: _Asker) -> AbstractContextManager[Seen]:
    """The whole turn, from the question to its end; steps, calls and requests inside become its children."""
    watch = _watch
    if watch is None:
        return nullcontext(Seen())
    told: dict[str, Told] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": AGENT}
    about = {"shop": watch.name(asker.merchant_id), "role": asker.role}
    return _watched(watch, "turn", f"invoke_agent {AGENT}", told, about)


def step(name: str) -> AbstractContextManager[Seen]:
    """A part of a turn. Spans only."""
    watch = _watch
    if watch is None or watch.spans is None:
        return nullcontext(Seen())
    return _watched(watch, None, name, {}, {})


def tool_called(
    asker: _Asker,
    tool: str,
    *,
    code: str,
    ms: int,
    thread_id: str | None,
    call_id: str = "",
    arguments: Mapping[str, Any] | None = None,
    facts: int | None = None,
) -> None:
    """A tool call that has ended. `tool` is a name of the registry, "unknown" for one that a model made up."""
    watch = _watch
    if watch is None:
        return
    shop = watch.name(asker.merchant_id)
    if watch.log is not None:
        watch.log.write(
            "tool", shop=shop, role=asker.role, thread=thread_id or "direct", tool=tool, code=code, ms=ms, facts=facts
        )
    if watch.spans is not None:
        watch.spans.tool(
            tool, call_id, arguments, {"shop": shop, "facts": facts}, thread_id=thread_id, ms=ms, code=code
        )


def requested(asker: _Asker, request: Request, *, thread_id: str, turn_id: str) -> None:
    """A request to a model host that has ended, in an answer or in an error."""
    watch = _watch
    if watch is None:
        return
    shop = watch.name(asker.merchant_id)
    if watch.log is not None:
        watch.log.write(
            "model",
            shop=shop,
            thread=thread_id,
            turn=turn_id,
            purpose=request.purpose,
            host=request.host,
            model=request.model,
            tokens_in=request.prompt_tokens,
            tokens_out=request.completion_tokens,
            finish=request.finish or None,
            code=request.code,
            ms=request.ms,
        )
    if watch.spans is not None:
        watch.spans.chat(request, {"shop": shop, "turn": turn_id, "purpose": request.purpose}, thread_id=thread_id)


def imported(merchant_id: str, reports: Sequence[Report], *, ms: int) -> None:
    """Files that were brought in: one line each, without the name of the file; `ms` is of all of them together."""
    watch = _watch
    if watch is None or watch.log is None:
        return
    for report in reports:
        watch.log.write(
            "import",
            shop=watch.name(merchant_id),
            format=report.format or None,
            rows=report.rows,
            accepted=report.accepted,
            updated=report.updated,
            duplicate=report.duplicate,
            rejected=report.rejected,
            files=len(reports),
            code="ok" if report.error is None else "refused",
            ms=ms,
        )


def decided(asker: _Asker, approval_id: str, *, tool: str, code: str) -> None:
    """A person decided a request for approval, or the effect that follows ended; `code` says which."""
    watch = _watch
    if watch is not None and watch.log is not None:
        watch.log.write(
            "decision",
            shop=watch.name(asker.merchant_id),
            role=asker.role,
            approval=approval_id,
            tool=tool,
            code=code,
        )


def provider_of(host: str) -> str:
    """gen_ai.provider.name of a host: the API it speaks, which for an unknown one is OpenAI's."""
    name = urlsplit(f"//{host}").hostname or ""
    return next((known for end, known in _PROVIDERS.items() if name == end or name.endswith("." + end)), "openai")


def _place(error: BaseException) -> str:
    """Module and line that raised; never what the error says."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}" if trace is not None else ""
