"""How an endpoint fails and what it refuses, in words for a reader: errors, retry pauses, and options learned from refusals."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Protocol

from advisor.errors import ModelUnavailable
from tools.text import Text

__all__ = ["Dialect", "pause_before_retry", "refuses_tools", "unavailable"]

Failure = Literal["dead", "slow", "status", "nonsense"]
_RETRIED = frozenset({408, 409, 429})
_FIRST_PAUSE_S = 0.4


class _StatusError(Protocol):
    status_code: int
    message: str
    response: Any


def unavailable(failure: Failure, host: str, *, status: int = 0, seconds: float = 0) -> ModelUnavailable:
    """One clear sentence with the host and what to check. Never carries the endpoint's own text: it may hold anything."""
    match failure:
        case "dead":
            text = Text(
                f"连不上模型服务 {host}，请检查 OPENAI_BASE_URL 和网络。",
                f"The model endpoint {host} cannot be reached; check OPENAI_BASE_URL and the network.",
            )
        case "slow":
            text = Text(
                f"模型服务 {host} 在 {seconds:g} 秒内没有答完。",
                f"The model endpoint {host} did not finish within {seconds:g} seconds.",
            )
        case "nonsense":
            text = Text(f"模型服务 {host} 的回答无法使用。", f"The model endpoint {host} gave no usable answer.")
        case _:
            text = _status_text(host, status)
    return ModelUnavailable(text)


def _status_text(host: str, status: int) -> Text:
    if status in (401, 403):
        return Text(
            f"模型服务 {host} 拒绝了密钥（{status}），请检查 OPENAI_API_KEY。",
            f"The model endpoint {host} refused the key ({status}); check OPENAI_API_KEY.",
        )
    if status == 404:
        return Text(
            f"模型服务 {host} 没有这个地址或模型（404），请检查 OPENAI_BASE_URL 和 OPENAI_MODEL。",
            f"The model endpoint {host} knows no such address or model (404); check OPENAI_BASE_URL and OPENAI_MODEL.",
        )
    if status == 429:
        return Text(
            f"模型服务 {host} 限流或额度已用完（429）。",
            f"The model endpoint {host} is limiting requests or out of quota (429).",
        )
    if status >= 500:
        return Text(f"模型服务 {host} 出错（{status}）。", f"The model endpoint {host} failed ({status}).")
    return Text(
        f"模型服务 {host} 不接受请求（{status}）。", f"The model endpoint {host} did not accept the request ({status})."
    )


def pause_before_retry(error: Any, failures: int, jitter: float) -> float | None:
    """Seconds to wait, or None when trying again cannot help. `Retry-After` is obeyed; else it doubles, with jitter in 0..1."""
    status = getattr(error, "status_code", None)
    if status is not None and status not in _RETRIED and status < 500:
        return None
    told = _retry_after(error) if status is not None else None
    grown: float = _FIRST_PAUSE_S * 2.0 ** (failures - 1) * (0.5 + jitter)
    return grown if told is None else told + 0.1 * jitter


def _retry_after(error: _StatusError) -> float | None:
    headers = error.response.headers
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        raw = headers.get("retry-after")
        if raw is None:
            return None
        if re.fullmatch(r"\s*\d+(?:\.\d+)?\s*", raw):
            return float(raw)
        return max(0.0, (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def refuses_tools(error: _StatusError) -> bool:
    """The endpoint says it knows no tools: Ollama, llama.cpp without --jinja, vLLM without a parser, OpenRouter each in their words."""
    return error.status_code not in (401, 403, 429) and bool(
        re.search(r"\btools?\b|tool[ _-]?(?:use|choice|call)|function[ _-]?call|--jinja", str(error.message), re.I)
    )


class Dialect:
    """Optional request fields. One that the endpoint refuses by name is dropped, or sent under its newer name."""

    def __init__(self, answer_tokens: int) -> None:
        self._options: dict[str, Any] = {
            "max_tokens": answer_tokens,
            "temperature": 0.2,
            "stream_options": {"include_usage": True},
        }

    def options(self) -> dict[str, Any]:
        return dict(self._options)

    def learn(self, error: _StatusError) -> bool:
        """True when a field was changed and the request is worth sending again."""
        if error.status_code not in (400, 422):
            return False
        message = str(error.message)
        for name in ("max_tokens", "temperature", "stream_options"):
            if name in self._options and name in message:
                value = self._options.pop(name)
                if name == "max_tokens" and "max_completion_tokens" in message:
                    self._options["max_completion_tokens"] = value
                return True
        return False
