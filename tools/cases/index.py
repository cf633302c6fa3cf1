"""Passages in Chroma: built from shipped vectors where there are some, rebuilt when the embedder or a text changes, readable by
several processes (writing takes a file lock)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tools.cases.chroma_home import ChromaHome
from tools.cases.library import Passage
from tools.cases.vectors import complete, read_vectors
from tools.embeddings import Embedder, Vectors

__all__ = ["COLLECTION", "CaseIndex"]

T = TypeVar("T")

COLLECTION = "cases-shipped"
_BATCH = 500
_CONFIGURATION = {"hnsw": {"space": "cosine"}}


class _Rows(NamedTuple):
    ids: tuple[str, ...]
    vectors: Vectors


class CaseIndex:
    """Cosines of one query vector to every passage. Opens lazily; safe to share between threads.

    Every passage is scored for every question, so the vectors are read from Chroma once and multiplied here: exact, and
    quicker than asking an approximate index for all its rows.
    """

    def __init__(
        self, home: ChromaHome, embedder: Embedder, passages: Sequence[Passage], *, collection: str = COLLECTION
    ) -> None:
        self._home = home
        self._embedder = embedder
        self._passages = {passage.id: passage for passage in passages}
        self._name = collection
        self._content = hashlib.sha256("".join(sorted(self._passages)).encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        self._rows: _Rows | None = None

    def cosines(self, query: Vectors) -> dict[str, float]:
        """Passage id to cosine. Raises BackendDown when the store cannot be opened or read."""
        with self._lock:
            rows = self._rows = self._rows or self._guarded(self._opened)
        # not `@`: waking BLAS threads for a product this small costs a busy machine a hundred times the product
        cosines = np.einsum("ij,j->i", rows.vectors, query)
        return dict(zip(rows.ids, cosines.tolist(), strict=True))

    def _guarded(self, run: Callable[[], T]) -> T:
        """Run once more when another process replaced the collection meanwhile."""
        with self._home.errors():
            from chromadb.errors import NotFoundError

            try:
                return run()
            except NotFoundError:
                return run()

    def _opened(self) -> _Rows:
        if self._home.exists:
            with self._home.opened() as client:
                collection = self._current(client)
                if collection is not None:
                    return self._read(collection)
        with self._home.writing(), self._home.opened() as client:
            return self._read(self._current(client) or self._build(client))

    def _read(self, collection: Any) -> _Rows:
        """The rows that are ours: an id carries the hash of its text, so rows of another build never count."""
        stored = collection.get(include=["embeddings"])
        where = [position for position, found in enumerate(stored["ids"]) if found in self._passages]
        vectors = np.asarray(stored["embeddings"], dtype=np.float32)[where]
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return _Rows(tuple(stored["ids"][position] for position in where), vectors)

    def _current(self, client: Any) -> Any | None:
        """The collection when it holds exactly our passages in our vector space."""
        collection = self._existing(client)
        meta = (collection.metadata or {}) if collection is not None else {}
        wanted = (self._embedder.name, self._content)
        return collection if (meta.get("embedder"), meta.get("content")) == wanted else None

    def _existing(self, client: Any) -> Any | None:
        if self._name not in {found.name for found in client.list_collections()}:
            return None
        return client.get_collection(self._name, embedding_function=None)

    def _build(self, client: Any) -> Any:
        collection = self._existing(client)
        if collection is not None and (collection.metadata or {}).get("embedder") != self._embedder.name:
            client.delete_collection(self._name)
            collection = None
        if collection is None:
            collection = client.create_collection(
                self._name,
                metadata={"embedder": self._embedder.name, "content": "building"},
                configuration=_CONFIGURATION,
                embedding_function=None,
            )
        self._write(collection)
        collection.modify(
            metadata={"embedder": self._embedder.name, "dim": self._embedder.dim, "content": self._content}
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
