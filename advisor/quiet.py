"""Silence for third parties, set before any of them is imported. Standard library only: `advisor --help` runs it too."""

from __future__ import annotations

import os

__all__ = ["quiet_third_parties"]

_QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "OMP_WAIT_POLICY": "passive",
}


def quiet_third_parties() -> None:
    """No library may leave the machine on its own: telemetry, tracing and downloads are off before anything is imported."""
    os.environ.update(_QUIET)
