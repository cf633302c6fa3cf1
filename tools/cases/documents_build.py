"""Run as a process of its own: write one generation of a merchant's passages and end.

Chroma writes the unused part of its vector file as the memory happens to be. In a process that has handled a document the
merchant removed, that memory may still hold its words; a new process has seen nothing but what is to be kept.
Started by path with `-I`, so it imports nothing of ours. In on stdin, as JSON: folder, collection, metadata, configuration,
batch, rows (id, text, metadata) and vectors (base64 of float32, row by row).
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any


def main() -> int:
    import chromadb
    import numpy as np
    from chromadb.config import Settings

    given = json.load(sys.stdin)
    rows = given["rows"]
    vectors = np.frombuffer(base64.b64decode(given["vectors"]), dtype=np.float32).reshape(len(rows), -1)
    client: Any = chromadb.PersistentClient(
        path=given["folder"], settings=Settings(anonymized_telemetry=False, is_persistent=True)
    )
    collection = client.create_collection(
        given["collection"],
        metadata=given["metadata"],
        configuration=given["configuration"],
        embedding_function=None,
    )
    for start in range(0, len(rows), given["batch"]):
        part = rows[start : start + given["batch"]]
        collection.add(
            ids=[row["id"] for row in part],
            embeddings=vectors[start : start + len(part)],
            documents=[row["text"] for row in part],
            metadatas=[row["metadata"] for row in part],
        )
    client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
