"""Where a merchant's passages are kept: one Chroma folder per merchant, and a new generation of it with every write.

A generation is built beside the current one and becomes current by one rename of a pointer file, so a crash leaves the old
or the new one, never half. What was removed is gone with the old folder: no free page of a shared database keeps the text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.cases.chroma_home import ChromaHome, close
from tools.embeddings import Embedder, Vectors
from tools.errors import BackendDown
from tools.text import Text

__all__ = ["DocumentIndex", "Row"]

_COLLECTION = "documents"
_POINTER = "current"
_LOCK_WAIT_S = 30.0
_BATCH = 16  # passages between two words of progress
_CHROMA_BATCH = 1000
_BUILDER = Path(__file__).with_name("documents_build.py")
_BUILD_S = 600
_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_search": 200}}


@dataclass(frozen=True)
class Row:
    """One passage with what its document is."""

    document: str
    name: str
    heading: str
    text: str
    position: int
    added: str
    shared: bool = False

    @property
    def id(self) -> str:
        return f"{self.document}#{self.position:05d}"

    @property
    def embedded(self) -> str:
        """What is embedded: a passage is found by the words of its headings too."""
        return f"{Path(self.name).stem} {self.heading}\n{self.text}"

    def metadata(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "text"}


@dataclass
class _Open:
    generation: str
    client: Any
    collection: Any
    rows: tuple[Row, ...]


class DocumentIndex:
    """Rows and vectors of many merchants, each behind its own door. Safe to share between threads and processes."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._folder = folder
        self._embedder = embedder
        self._lock = threading.RLock()
        self._open: dict[str, _Open] = {}

    def rows(self, merchant_id: str) -> tuple[Row, ...]:
        """Every passage of the merchant, in the order of the documents. Raises BackendDown."""
        with self._lock, _errors(self._folder):
            held = self._current(merchant_id)
            return held.rows if held is not None else ()

    def nearest(
        self, merchant_id: str, query: Vectors, k: int, allowed: Sequence[str] | None
    ) -> list[tuple[Row, float]]:
        """The `k` passages nearest to the vector with their cosines; `allowed` narrows to some documents."""
        with self._lock, _errors(self._folder):
            held = self._current(merchant_id)
            if held is None or allowed == []:
                return []
            narrow: dict[str, Any] = {} if allowed is None else {"where": {"document": {"$in": list(allowed)}}}
            found = held.collection.query(
                query_embeddings=[query], n_results=min(k, len(held.rows)), include=["distances"], **narrow
            )
            by_id = {row.id: row for row in held.rows}
            pairs = zip(found["ids"][0], found["distances"][0], strict=True)
            return [(by_id[row_id], 1.0 - float(distance)) for row_id, distance in pairs if row_id in by_id]

    def write(
        self,
        merchant_id: str,
        change: Callable[[tuple[Row, ...]], Sequence[Row]],
        on_progress: Callable[[float], None] | None = None,
    ) -> None:
        """Keep exactly the rows that `change` makes of those that are there. All of it or nothing. Raises BackendDown."""
        home = self._home(merchant_id)
        with self._lock, self._writing(merchant_id), _errors(self._folder):
            held = self._current(merchant_id)
            before = held.rows if held is not None else ()
            wanted = list(change(before))
            if not wanted:
                self._forget(merchant_id)
                shutil.rmtree(home, ignore_errors=True)
                return
            vectors = self._vectors(held, wanted, on_progress)
            self._forget(merchant_id)
            home.mkdir(parents=True, exist_ok=True)
            generation = secrets.token_hex(8)
            try:
                self._build(home / generation, wanted, vectors)
                pointer = home / f"{_POINTER}.new"
                pointer.write_text(generation, encoding="utf-8")
                os.replace(pointer, home / _POINTER)
            finally:
                self._sweep(home)

    def purge(self, merchant_id: str) -> bool:
        """Remove everything of the merchant. True when there was something."""
        with self._lock:
            self._forget(merchant_id)
            home = self._home(merchant_id)
            if not home.exists():
                return False
            with self._writing(merchant_id):
                shutil.rmtree(home)
            (self._folder / f"{home.name}.lock").unlink(missing_ok=True)
            return True

    def _home(self, merchant_id: str) -> Path:
        """A folder name that no merchant id can steer elsewhere."""
        return self._folder / hashlib.sha256(merchant_id.encode()).hexdigest()[:24]

    def _current(self, merchant_id: str) -> _Open | None:
        home = self._home(merchant_id)
        generation = _read_pointer(home)
        held = self._open.get(merchant_id)
        if held is not None and held.generation == generation:
            return held
        self._forget(merchant_id)
        if generation is None:
            return None
        client = ChromaHome(home / generation).client()
        collection = client.get_collection(_COLLECTION, embedding_function=None)
        held = self._open[merchant_id] = _Open(generation, client, collection, _rows_of(collection))
        if (collection.metadata or {}).get("embedder") != self._embedder.name:
            self.write(merchant_id, lambda rows: rows)  # another embedder: its vectors are never mixed with ours
            return self._open.get(merchant_id) or self._current(merchant_id)
        return held

    def _vectors(
        self, held: _Open | None, wanted: Sequence[Row], on_progress: Callable[[float], None] | None
    ) -> dict[str, Vectors]:
        known: dict[str, Vectors] = {}
        if held is not None and (held.collection.metadata or {}).get("embedder") == self._embedder.name:
            stored = held.collection.get(include=["embeddings"])
            known = dict(zip(stored["ids"], np.asarray(stored["embeddings"], dtype=np.float32), strict=True))
        missing = [row for row in wanted if row.id not in known]
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            known.update(
                zip(
                    (row.id for row in part), self._embedder.embed_passages([row.embedded for row in part]), strict=True
                )
            )
            if on_progress is not None:
                on_progress(min(1.0, (start + len(part)) / len(missing)))
        return known

    def _build(self, folder: Path, rows: Sequence[Row], vectors: dict[str, Vectors]) -> None:
        """In a process of its own: ours may remember words of a document that was removed (see `documents_build`)."""
        stacked = np.stack([vectors[row.id] for row in rows]).astype(np.float32)
        payload = {
            "folder": str(folder),
            "collection": _COLLECTION,
            "metadata": {"embedder": self._embedder.name, "dim": self._embedder.dim},
            "configuration": _CONFIGURATION,
            "batch": _CHROMA_BATCH,
            "rows": [{"id": row.id, "text": row.text, "metadata": row.metadata()} for row in rows],
            "vectors": base64.b64encode(stacked.tobytes()).decode(),
        }
        done = subprocess.run(
            [sys.executable, "-I", str(_BUILDER)],
            input=json.dumps(payload),
            text=True,
            encoding="utf-8",
            capture_output=True,
            timeout=_BUILD_S,
            check=False,
        )
        if done.returncode:
            raise OSError((done.stderr.strip().splitlines() or ["the index was not written"])[-1][:200])

    def _forget(self, merchant_id: str) -> None:
        held = self._open.pop(merchant_id, None)
        if held is not None:
            with suppress(Exception):
                close(held.client)

    def _sweep(self, home: Path) -> None:
        """Generations that are not current: the one before, and what a killed write left."""
        current = _read_pointer(home)
        for path in home.iterdir() if home.is_dir() else ():
            if path.is_dir() and path.name != current:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _writing(self, merchant_id: str) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(
                self._folder / f"{self._home(merchant_id).name}.lock", timeout=_LOCK_WAIT_S, is_singleton=True
            ):
                yield
        except Timeout as error:
            raise _down(self._folder, "another process is writing") from error


def _rows_of(collection: Any) -> tuple[Row, ...]:
    stored = collection.get(include=["documents", "metadatas"])
    rows = [Row(text=text, **meta) for text, meta in zip(stored["documents"], stored["metadatas"], strict=True)]
    return tuple(sorted(rows, key=lambda row: (row.added, row.document, row.position)))


def _read_pointer(home: Path) -> str | None:
    try:
        return (home / _POINTER).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _down(folder: Path, why: str) -> BackendDown:
    return BackendDown(
        Text(
            f"自有资料打不开（{folder}：{why}）。关掉占用它的程序后重试；仍打不开就删除资料再重新上传。",
            f"Your own documents cannot be opened ({folder}: {why}). Close the program that holds them and try again; if that "
            "does not help, remove the documents and add them again.",
        )
    )


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    try:
        from chromadb.errors import ChromaError
    except ImportError as error:
        raise _down(folder, f"chromadb: {error}") from error
    try:
        yield
    except (ChromaError, sqlite3.Error, OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise _down(folder, f"{type(error).__name__}: {str(error)[:200]}") from error
