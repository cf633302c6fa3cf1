"""The shipped passages in Chroma: built from shipped vectors, rebuilt when the embedder or a text changes, readable by
several processes (writing takes a file lock)."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tools.cases.library import Passage
from tools.cases.vectors import complete, read_vectors
from tools.embeddings import Embedder, Vectors
from tools.errors import BackendDown
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["COLLECTION", "Calibration", "CaseIndex"]

T = TypeVar("T")

COLLECTION = "cases-shipped"
_LOCK_FILE = "cases.lock"
_LOCK_WAIT_S = 30.0
_BATCH = 500
# every passage is scored, so the search list must be able to hold them all
_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_search": 1000}}


@dataclass(frozen=True)
class Calibration:
    """Cosine that an unrelated question reaches at best, per language, and the step that counts as one point."""

    zh: float
    en: float
    scale: float


class CaseIndex:
    """Cosines of one query vector to every passage. Opens lazily; safe to share between threads."""

    def __init__(self, folder: Path, embedder: Embedder, passages: Sequence[Passage]) -> None:
        self._folder = folder
        self._embedder = embedder
        self._passages = {passage.id: passage for passage in passages}
        self._content = hashlib.sha256("".join(sorted(self._passages)).encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        self._collection: Any = None
        self._calibration: Calibration | None = None

    def cosines(self, query: Vectors) -> dict[str, float]:
        """Passage id to cosine. Raises BackendDown when the store cannot be opened or read."""
        return self._guarded(lambda: self._ask(query))

    def calibration(self) -> Calibration:
        """What was shipped for this embedder, or was measured when the index was built."""
        with self._lock:
            if self._calibration is None:
                self._opened()
            assert self._calibration is not None
            return self._calibration

    def _ask(self, query: Vectors) -> dict[str, float]:
        with self._lock:
            collection = self._collection or self._opened()
        found = collection.query(query_embeddings=[query], n_results=len(self._passages), include=["distances"])
        # the id carries the hash of the text, so rows of another build (an upgrade in another process) never count
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {pid: 1.0 - float(distance) for pid, distance in pairs if pid in self._passages}

    def _guarded(self, run: Callable[[], T]) -> T:
        """Run once more with a fresh collection when another process replaced it."""
        from chromadb.errors import ChromaError

        try:
            return run()
        except ChromaError:
            with self._lock:
                self._collection = None
        with _chroma_errors(self._folder):
            return run()

    def _opened(self) -> Any:
        with _chroma_errors(self._folder):
            if (self._folder / "chroma.sqlite3").exists():
                collection = self._current(self._client())
                if collection is not None:
                    return self._remember(collection)
            with _file_lock(self._folder):
                client = self._client()
                return self._remember(self._current(client) or self._build(client))

    def _remember(self, collection: Any) -> Any:
        self._collection = collection
        self._calibration = Calibration(**json.loads(collection.metadata["calibration"]))
        return collection

    def _client(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False, is_persistent=True)
        return chromadb.PersistentClient(path=str(self._folder), settings=settings)

    def _current(self, client: Any) -> Any | None:
        """The collection when it holds exactly our passages in our vector space."""
        collection = self._existing(client)
        meta = (collection.metadata or {}) if collection is not None else {}
        wanted = (self._embedder.name, self._content)
        return collection if (meta.get("embedder"), meta.get("content")) == wanted else None

    def _existing(self, client: Any) -> Any | None:
        if COLLECTION not in {found.name for found in client.list_collections()}:
            return None
        return client.get_collection(COLLECTION, embedding_function=None)

    def _build(self, client: Any) -> Any:
        collection = self._existing(client)
        if collection is not None and (collection.metadata or {}).get("embedder") != self._embedder.name:
            client.delete_collection(COLLECTION)
            collection = None
        if collection is None:
            collection = client.create_collection(
                COLLECTION,
                metadata={"embedder": self._embedder.name, "content": "building"},
                configuration=_CONFIGURATION,
                embedding_function=None,
            )
        self._write(collection)
        calibration = self._calibrate(collection)
        collection.modify(
            metadata={
                "embedder": self._embedder.name,
                "dim": self._embedder.dim,
                "content": self._content,
                "calibration": json.dumps(vars(calibration)),
            }
        )
        return collection

    def _write(self, collection: Any) -> None:
        """Bring the rows up to date; only passages whose text changed are written."""
        stored = set(collection.get(include=[])["ids"])
        gone = sorted(stored - set(self._passages))
        if gone:
            collection.delete(ids=gone)
        changed = [passage for pid, passage in self._passages.items() if pid not in stored]
        vectors = complete(changed, read_vectors(self._embedder.name), self._embedder)
        for start in range(0, len(changed), _BATCH):
            part = changed[start : start + _BATCH]
            collection.upsert(
                ids=[passage.id for passage in part],
                embeddings=np.stack([vectors[passage.key] for passage in part]),
                documents=[passage.text for passage in part],
                metadatas=[{"case": passage.case_id, "kind": passage.kind} for passage in part],
            )

    def _calibrate(self, collection: Any) -> Calibration:
        retrieval = load_yaml("vocabulary.yaml")["retrieval"]
        shipped: Mapping[str, float] | None = retrieval["bases"].get(self._embedder.name)
        if shipped is not None:
            return Calibration(**shipped)
        best = {lang: self._best(collection, retrieval["probes"][lang]) for lang in ("zh", "en")}
        spread = max(float(np.std(best["zh"])), float(np.std(best["en"])), 1e-3)
        bases = {lang: float(np.mean(values) + 1.5 * np.std(values)) for lang, values in best.items()}
        return Calibration(zh=bases["zh"], en=bases["en"], scale=1.6 * spread)

    def _best(self, collection: Any, probes: Sequence[str]) -> Sequence[float]:
        found = collection.query(
            query_embeddings=list(self._embedder.embed_queries(list(probes))), n_results=1, include=["distances"]
        )
        return [1.0 - float(row[0]) for row in found["distances"]]


def _down(folder: Path, why: str) -> BackendDown:
    return BackendDown(
        Text(
            f"案例库索引打不开（{folder}：{why}）。关掉占用它的程序，或把这个文件夹移走后重试，索引会自动重建。",
            f"The case index cannot be opened ({folder}: {why}). Close the program that holds it, or move this folder away "
            "and try again: the index is rebuilt by itself.",
        )
    )


@contextmanager
def _file_lock(folder: Path) -> Any:
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / _LOCK_FILE, timeout=_LOCK_WAIT_S):
            yield
    except Timeout as error:
        raise _down(folder, "another process is building it") from error


@contextmanager
def _chroma_errors(folder: Path) -> Any:
    """Whatever Chroma, SQLite or the file system raises becomes BackendDown with what to do."""
    import sqlite3

    try:
        from chromadb.errors import ChromaError
    except ImportError as error:
        raise _down(folder, f"chromadb: {error}") from error
    try:
        yield
    except (ChromaError, sqlite3.Error, OSError, RuntimeError, ValueError) as error:
        raise _down(folder, f"{type(error).__name__}: {str(error)[:200]}") from error
