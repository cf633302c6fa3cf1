"""Shared fixtures. Sockets are closed except loopback; settings of the machine never reach a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _closed_network() -> Iterator[None]:
    """Only this machine may be talked to: anything that tries to leave it fails the test."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "ADVISOR_", "OTEL_")) and name != "ADVISOR_SHARED_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("ADVISOR_WORKSPACE", str(tmp_path / "workspace"))


def shared_data(*parts: str) -> Path:
    """A real public data file beside the repository; skips with a reason where it is absent."""
    folder = Path(os.environ.get("ADVISOR_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"public data set not on this machine: {'/'.join(parts)}")
    return path


@pytest.fixture(scope="session")
def data_file() -> object:
    return shared_data
