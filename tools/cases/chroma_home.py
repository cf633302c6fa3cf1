"""Where Chroma keeps passages: a folder of this workspace, or a server that several processes share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.errors import BackendDown
from tools.text import Text

__all__ = ["ChromaHome", "close"]

_LOCK_FILE = "cases.lock"
_LOCK_WAIT_S = 30.0
# Chroma shares one engine per folder among the clients of a process and registers it without a lock: a thread that opens
# or closes meanwhile would get an engine that is not started, or stopped.
_REGISTERING = threading.RLock()


@dataclass(frozen=True)
class ChromaHome:
    """`url`: a Chroma server such as http://127.0.0.1:8000; without one, Chroma runs inside this process on `folder`."""

    folder: Path
    url: str | None = None

    @property
    def exists(self) -> bool:
        """Whether there is something to open: a server always, a folder once it was built."""
        return self.url is not None or (self.folder / "chroma.sqlite3").exists()

    def client(self) -> Any:
        """To be closed with `close`."""
        import chromadb
        from chromadb.config import Settings

        if self.url is None:
            settings = Settings(anonymized_telemetry=False, is_persistent=True)
            with _REGISTERING:
                return chromadb.PersistentClient(path=str(self.folder), settings=settings)
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        return chromadb.HttpClient(
            host=parts.hostname or "",
            port=parts.port or (443 if secure else 8000),
            ssl=secure,
            settings=Settings(anonymized_telemetry=False),
        )

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """A client for as long as it is used."""
        client = self.client()
        try:
            yield client
        finally:
            close(client)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time among the processes of this workspace. Raises BackendDown when it takes too long."""
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / _LOCK_FILE, timeout=_LOCK_WAIT_S):
                yield
        except Timeout as error:
            raise self.down("another process is building it") from error

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Whatever Chroma, SQLite, the network or the file system raises becomes BackendDown with what to do."""
        import sqlite3

        try:
            import httpx
            from chromadb.errors import ChromaError
        except ImportError as error:
            raise self.down(f"chromadb: {error}") from error
        try:
            yield
        except (ChromaError, httpx.HTTPError, sqlite3.Error, OSError, RuntimeError, ValueError) as error:
            raise self.down(f"{type(error).__name__}: {str(error)[:200]}") from error

    def down(self, why: str) -> BackendDown:
        if self.url is not None:
            shown = urlsplit(self.url).hostname or "?"  # never the user or password a URL may carry
            return BackendDown(
                Text(
                    f"Chroma 服务连不上或没有正常应答（{shown}：{why}）。检查 ADVISOR_CHROMA_URL，或去掉它改用本机索引。",
                    f"The Chroma server does not answer properly ({shown}: {why}). Check ADVISOR_CHROMA_URL, or unset it to "
                    "use the index on this machine.",
                )
            )
        return BackendDown(
            Text(
                f"案例库索引打不开（{self.folder}：{why}）。关掉占用它的程序，或把这个文件夹移走后重试，索引会自动重建。",
                f"The case index cannot be opened ({self.folder}: {why}). Close the program that holds it, or move this folder "
                "away and try again: the index is rebuilt by itself.",
            )
        )


def close(client: Any) -> None:
    """Close a client; the engine of its folder stops with the last one."""
    with _REGISTERING:
        client.close()
