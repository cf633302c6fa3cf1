"""How an endpoint fails, in words for a reader, and how long to wait before another try."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from advisor.errors import ModelUnavailable
from tools.text import Text

__all__ = ["Failure", "pause_before_retry", "unavailable"]

Failure = Literal["dead", "slow", "status", "nonsense", "filtered", "cut"]
_RETRIED = frozenset({408, 409, 425, 429})
_FIRST_PAUSE_S = 0.4


def unavailable(failure: Failure, host: str, *, status: int = 0, seconds: float = 0) -> ModelUnavailable:
    """One clear sentence with the host and what to check. Never carries the endpoint's own text: it may hold anything."""
    match failure:
        case "dead":
            text = Text(
                f"连不上模型服务 {host}，请检查 OPENAI_BASE_URL 和网络。",
                f"The model endpoint {host} cannot be reached; check OPENAI_BASE_URL and the network.",
            )
        case "cut":
            text = Text(
                f"模型服务 {host} 在回答中途断开了连接。",
                f"The model endpoint {host} broke off in the middle of its answer.",
            )
        case "slow":
            text = Text(
                f"模型服务 {host} 在 {seconds:g} 秒内没有答完。",
                f"The model endpoint {host} did not finish within {seconds:g} seconds.",
            )
        case "filtered":
            text = Text(
                f"模型服务 {host} 的内容审核拦下了回答。",
                f"The content filter of the model endpoint {host} withheld the answer.",
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
    if status in (402, 429):
        return Text(
            f"模型服务 {host} 限流或额度已用完（{status}）。",
            f"The model endpoint {host} is limiting requests or out of quota ({status}).",
        )
    if 300 <= status < 400:
        return Text(
            f"模型服务 {host} 要转到别的地址（{status}）；数据只发给你设置的地址，请把 OPENAI_BASE_URL 改成最终地址。",
            f"The model endpoint {host} points elsewhere ({status}); data goes only to the address you set, "
            "so set OPENAI_BASE_URL to the final one.",
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
    told = _retry_after(error.response.headers) if status is not None else None
    grown: float = _FIRST_PAUSE_S * 2.0 ** (failures - 1) * (0.5 + jitter)
    return grown if told is None else told + 0.1 * jitter


def _retry_after(headers: Any) -> float | None:
    """Seconds, or a date as RFC 9110 allows; what cannot be read is as if nothing was told."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        raw = headers.get("retry-after")
        if raw is None:
            return None
        if re.fullmatch(r"\s*\d+(?:\.\d+)?\s*", raw):
            return float(raw)
        return max(0.0, (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
