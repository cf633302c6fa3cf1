"""What `doctor` says of logs and spans: whether they are on, where they go, and whether they carry words."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from urllib.parse import urlsplit

from advisor.service.doctor_check import Check
from advisor.settings import Settings
from tools.text import Text

__all__ = ["watched"]


def watched(settings: Settings) -> Iterator[Check]:
    """Nothing while both are off."""
    if settings.log != "off":
        place = Text("标准错误", "stderr") if settings.log == "stderr" else Text(*(str(settings.root / "logs"),) * 2)
        yield Check(
            "logs",
            "ok",
            Text(
                f"运行日志写到 {place.zh}：只有编号、耗时和状态，没有问题原文、姓名、电话、密钥和金额。",
                f"Log lines go to {place.en}: ids, durations and codes; no questions, names, phones, keys or amounts.",
            ),
        )
    from advisor.telemetry.start import shows_words, spans_endpoint

    endpoint = spans_endpoint(settings)
    if endpoint is None:
        return
    host = urlsplit(endpoint).netloc.rpartition("@")[2]
    if importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is None:
        missing = Text(
            f"设置了发往 {host} 的运行轨迹，但没有安装附加组件，所以没有发送：pip install 'merchant-advisor[otel]'。",
            f"Spans for {host} are set but not sent: install the extra, pip install 'merchant-advisor[otel]'.",
        )
        yield Check("spans", "note", missing)
    elif shows_words(settings):
        words = Text(
            f"运行轨迹发往 {host}，含问题、发给模型的内容和回答的原文（按你的设置）。",
            f"Spans go to {host}, with the words of questions, model messages and answers (as you set it).",
        )
        yield Check("spans", "note", words)
    else:
        plain = Text(
            f"运行轨迹发往 {host}：只有编号、耗时、用量和状态，店铺编号已加密，没有原文。",
            f"Spans go to {host}: ids, durations, token counts and codes; shop ids as pseudonyms and no words.",
        )
        yield Check("spans", "ok", plain)
