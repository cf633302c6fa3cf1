"""ModelBrain: any OpenAI-compatible endpoint chooses tools and writes lines; it computes nothing, and its lines are checked later."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

from pydantic import SecretStr

from advisor.brains.base import Draft, Ledger, ToolCall, TurnView
from advisor.brains.briefing import compose_messages, decide_messages, repair_messages
from advisor.brains.completion import Completion
from advisor.brains.dialects import ChatMessage, Dialect
from advisor.brains.endpoint import NO_TOOLS, Address, Endpoint, Fixed, Locator, Request
from advisor.brains.failures import unavailable
from advisor.brains.offer import offered, within
from advisor.brains.spoken_calls import spoken_calls
from advisor.brains.strict import without_nulls
from advisor.brains.thoughts import Thoughts, thinks_unannounced
from advisor.brains.writing import DraftLines
from advisor.errors import ModelUnavailable, ToolsUnsupported
from prompts import Prompt
from tools.base import ToolSpec
from tools.errors import BadArguments

__all__ = ["ModelBrain"]

_MAX_REPEATS = 3
_LEAST_BUDGET = 512  # tokens; below this there is no room for a question and its evidence


class ModelBrain:
    """One per turn. Limits are of each call; the agent's own deadline of the turn stands above them."""

    name = "model"

    def __init__(
        self,
        *,
        model: str,
        deadline_s: float,
        base_url: str | None = None,
        api_key: SecretStr | None = None,
        locator: Locator | None = None,
        context_tokens: int = 12_000,
        answer_tokens: int = 1_200,
        max_repairs: int = 4,
        attempts: int = 3,
        dialect: Dialect | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.model: str | None = model
        self._held = thinks_unannounced(model)
        self._most = max(_LEAST_BUDGET, context_tokens - answer_tokens)
        self._repairs_left = max_repairs
        self._prompts: dict[str, str] = {}
        self._reasoning: list[str] = []
        self._without_tools = False
        self._endpoint = Endpoint(
            locator or Fixed(Address(base_url, api_key or SecretStr("none"))),
            model,
            deadline_s=deadline_s,
            dialect=dialect or Dialect.of(base_url, answer_tokens=answer_tokens),
            ledger=ledger,
            attempts=attempts,
        )

    @property
    def host(self) -> str:
        """Where questions and offered facts are sent."""
        return self._endpoint.host

    async def decide(self, turn: TurnView) -> list[ToolCall]:
        """The model's tool calls. Raises ToolsUnsupported when it can or will choose none and nothing is known yet."""
        tools = within(offered(turn.frame.intent, turn.tools), self._budget // 2, self._endpoint.dialect.function)
        if self._without_tools or not self._endpoint.dialect.tools or not tools:
            raise ToolsUnsupported(NO_TOOLS)  # it said so before; asking again only costs time
        completion = Completion(Thoughts())
        request = Request("decide", lambda: self._deciding(turn, tools), tools, bool(self._reasoning))
        async with aclosing(self._endpoint.stream(request, completion, self._endpoint.until())) as pieces:
            async for _ in pieces:
                if completion.rambles:
                    break
        if completion.silent:
            raise unavailable("nonsense", self.host)
        calls = _arranged(completion, tools, turn.round)
        if not calls and not turn.evidence and all(outcome.code == BadArguments.code for outcome in turn.outcomes):
            self._without_tools = True  # nothing was asked, or nothing in a way that a tool takes: the planner asks
            raise ToolsUnsupported(NO_TOOLS)
        if calls:
            self._reasoning.append("".join(completion.reasoning))
        return calls

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        """Drafts as their lines arrive. Raises ModelUnavailable when the endpoint fails or writes nothing usable."""
        completion, lines, count = Completion(Thoughts(held=self._held)), DraftLines(turn.evidence), 0
        request = Request("compose", self._messages(lambda: compose_messages(turn, self._budget)))
        async with aclosing(self._endpoint.stream(request, completion, self._endpoint.until())) as pieces:
            async for text in pieces:
                for draft in lines.feed(text):
                    count += 1
                    yield draft
                if lines.repeats > _MAX_REPEATS:
                    break
        for draft in lines.finish(complete=completion.whole):
            count += 1
            yield draft
        if not count:
            raise unavailable("filtered" if completion.finish == "content_filter" else "nonsense", self.host)

    async def repair(self, turn: TurnView, draft: Draft, problems: Sequence[str]) -> Draft | None:
        """One chance, in a fraction of the time; None when there is none or the endpoint fails."""
        if self._repairs_left <= 0:
            return None
        self._repairs_left -= 1
        completion, lines, said = Completion(Thoughts(held=self._held)), DraftLines(turn.evidence), ""
        request = Request("repair", self._messages(lambda: repair_messages(turn, draft, problems, self._budget)))
        try:
            async with aclosing(self._endpoint.stream(request, completion, self._endpoint.until(0.33))) as pieces:
                async for text in pieces:
                    said += text
        except ModelUnavailable:
            return None
        found = [*lines.feed(said + "\n")]
        if not found or found[0].text.strip(" .。").lower() in ("无", "none"):
            return None
        return Draft(draft.section, found[0].text, draft.why_class)

    def usage(self) -> dict[str, float]:
        """Tokens in and out and calls made so far; counted here when the endpoint reports none."""
        return dict(self._endpoint.usage)

    def prompts(self) -> dict[str, str]:
        """Fingerprints of the prompt files used so far."""
        return dict(self._prompts)

    async def aclose(self) -> None:
        """Close the connections. The brain can be used again; it opens new ones."""
        await self._endpoint.aclose()

    @property
    def _budget(self) -> int:
        """Tokens of a prompt; halved each time the endpoint called one too long."""
        return max(_LEAST_BUDGET, self._most >> self._endpoint.dialect.halvings)

    def _deciding(self, turn: TurnView, tools: Sequence[ToolSpec]) -> list[ChatMessage]:
        """Messages of a choice. Thoughts go back to an endpoint that asks for them, and to no other."""
        functions = [self._endpoint.dialect.function(spec) for spec in tools]
        messages = self._messages(lambda: decide_messages(turn, self._budget, functions))()
        if self._endpoint.dialect.reasoning_back:
            for message in messages:
                if message["role"] == "assistant":
                    message["reasoning_content"] = "\n".join(self._reasoning) if "tool_calls" in message else ""
        return messages

    def _messages(self, build: Callable[[], tuple[list[ChatMessage], list[Prompt]]]) -> Callable[[], list[ChatMessage]]:
        def made() -> list[ChatMessage]:
            messages, used = build()
            self._prompts.update({prompt.name: prompt.fingerprint for prompt in used})
            return messages

        return made


def _arranged(completion: Completion, tools: Sequence[ToolSpec], number: int) -> list[ToolCall]:
    """Native calls, else those written as text; nulls that a strict schema asked for are taken back."""
    schemas = {spec.name: spec.schema() for spec in tools}
    calls = completion.tool_calls(number) or spoken_calls(completion.text, schemas, number)
    return [
        dataclasses.replace(call, arguments=without_nulls(call.arguments, schemas[call.name]))
        if call.name in schemas
        else call
        for call in calls
    ]
