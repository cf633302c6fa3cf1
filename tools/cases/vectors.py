"""Vectors of the shipped passages, kept beside them and keyed by the hash of each text, so that nobody embeds them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from tools.cases.library import Passage
from tools.embeddings import Embedder, Vectors
from tools.seeds import seed_path

__all__ = ["VECTOR_FILE", "complete", "read_vectors", "write_vectors"]

VECTOR_FILE = "vectors.npz"


def _shipped() -> Path:
    return seed_path("cases") / VECTOR_FILE


def read_vectors(embedder_name: str, path: Path | None = None) -> dict[str, Vectors]:
    """Rows by passage key; empty when the file is absent or was made by another embedder."""
    path = path or _shipped()
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as file:
        if str(file["embedder"]) != embedder_name:
            return {}
        rows = file["vectors"].astype(np.float32)
        keys = [str(key) for key in file["keys"]]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return dict(zip(keys, rows, strict=True))


def write_vectors(embedder_name: str, rows: Mapping[str, Vectors], path: Path | None = None) -> Path:
    """Write float16 rows, sorted by key so that the file changes only when a text does."""
    path = path or _shipped()
    keys = sorted(rows)
    table = np.stack([rows[key] for key in keys]).astype(np.float16)
    np.savez_compressed(path, embedder=np.array(embedder_name), keys=np.array(keys), vectors=table)
    return path


def complete(passages: Iterable[Passage], known: Mapping[str, Vectors], embedder: Embedder) -> dict[str, Vectors]:
    """A row for every passage: those known, and the missing ones embedded now, each as what it is worded as."""
    wanted = {passage.key: passage for passage in passages}
    rows = {key: known[key] for key in wanted if key in known}
    for asks, embed in ((False, embedder.embed_passages), (True, embedder.embed_queries)):
        missing = [key for key, passage in wanted.items() if key not in rows and passage.asks is asks]
        if missing:
            rows.update(zip(missing, embed([wanted[key].text for key in missing]), strict=True))
    return rows
