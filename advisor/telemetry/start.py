"""Turns the settings into a watch: log lines to stderr or to the workspace, spans to a collector. Called by `advisor.app` alone."""

from __future__ import annotations

import atexit
import importlib.util
import logging
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from advisor.errors import SettingsInvalid
from advisor.logs import JsonLog, LibraryLog, day_files, to_stderr
from advisor.settings import Settings
from advisor.telemetry.redaction import Pseudonyms, Redactor
from advisor.telemetry.watch import Watch, current, use
from tools.text import Text

__all__ = ["redactor", "shows_words", "spans_endpoint", "start", "stop"]

_SHOWN = ("true", "1", "span_only", "span_and_event")  # values of the standard variable that put words on spans
_library: LibraryLog | None = None
_in_force: Settings | None = None


def start(settings: Settings) -> None:
    """Watch this process as the settings say; the same settings again change nothing.

    Raises SettingsInvalid when spans are asked for and the extra is not installed.
    """
    global _library, _in_force
    if settings == _in_force:
        return
    stop()
    log = _log(settings)
    spans = None
    if spans_endpoint(settings) is not None:
        if importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None:
            from advisor.telemetry.spans import Spans, exporting

            spans = Spans(exporting(spans_endpoint(settings)), content=shows_words(settings))
        elif settings.otel == "on":
            raise SettingsInvalid(
                Text(
                    "ADVISOR_OTEL=on 需要安装附加组件：pip install 'merchant-advisor[otel]'。",
                    "ADVISOR_OTEL=on needs an extra: pip install 'merchant-advisor[otel]'.",
                )
            )
    if log is None and spans is None:
        return
    _in_force = settings
    use(Watch(log, spans, Pseudonyms.of(settings.root / "keys" / "telemetry.key")))
    if log is not None:
        _library = LibraryLog(log)
        logging.getLogger().addHandler(_library)


def stop() -> None:
    """Send what is waiting; from now on nothing is told."""
    global _library, _in_force
    watch, handler = current(), _library
    use(None)
    _library = _in_force = None
    if handler is not None:
        logging.getLogger().removeHandler(handler)
    if watch is not None and watch.spans is not None:
        watch.spans.close()


atexit.register(stop)


def spans_endpoint(settings: Settings) -> str | None:
    """The address spans are posted to, None when they are off."""
    if settings.otel == "off":
        return None
    if settings.otlp_traces_endpoint:
        return settings.otlp_traces_endpoint
    if settings.otlp_endpoint:
        return settings.otlp_endpoint.rstrip("/") + "/v1/traces"
    return "http://localhost:4318/v1/traces" if settings.otel == "on" else None


def shows_words(settings: Settings) -> bool:
    """Whether spans may carry questions, messages and answers: off unless the standard variable says so."""
    return settings.otel_content.strip().lower() in _SHOWN


def redactor(settings: Settings) -> Redactor:
    """Knows the secrets in force: keys, and passwords inside addresses."""
    known = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
            known.append(value)
        if isinstance(value, str) and "://" in value:
            known.append(urlsplit(value).password or "")
    return Redactor(known)


def _log(settings: Settings) -> JsonLog | None:
    if settings.log == "off":
        return None
    folder: Path = settings.root / "logs"
    return JsonLog(to_stderr if settings.log == "stderr" else day_files(folder), redactor(settings))
