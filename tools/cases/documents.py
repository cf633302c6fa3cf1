"""A merchant's own material: files kept as passages that only this merchant's handle reaches, listed, shared and removed.

A document is known by the hash of its bytes: the same file again is no second document. Staff see what was shared.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np

from tools.base import ShopHandle
from tools.cases.documents_chunks import chunks_of
from tools.cases.documents_index import DocumentIndex, Row
from tools.cases.documents_read import read_document
from tools.cases.lexical import LexicalIndex
from tools.embeddings import Embedder
from tools.errors import BadArguments, NotFound, NotPermitted
from tools.seeds import load_yaml
from tools.text import Lang, Text

__all__ = ["OWN_DOCUMENTS", "Added", "Document", "DocumentStore", "OtherVersion", "OwnPassage"]

OWN_DOCUMENTS = "own_documents"  # the word in a handle's `hidden` set
_MAX_DOCUMENTS = 200
_MAX_NAME = 120
_CANDIDATES = 12
# A passage is close when meaning and words together reach the floor. Calibrated as the case base is: the cosine an
# unrelated question reaches at best, and the step that counts as one point.
_BASE = {"zh": 0.85, "en": 0.80}
_SCALE = 0.04
_FLOOR = 1.2
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])|(?<=\.)\s")


class OtherVersion(BadArguments):
    """A document of that name with other content is there; nothing was changed. `update` puts the new one in its place."""


@dataclass(frozen=True)
class Document:
    id: str
    name: str
    added: str
    passages: int
    characters: int
    shared: bool


@dataclass(frozen=True)
class Added:
    """`unchanged`: the very same content is there already, possibly under another name."""

    document: Document
    status: Literal["added", "unchanged", "replaced"]


@dataclass(frozen=True)
class OwnPassage:
    """A passage close to the question, with the sentence of it that is closest."""

    document: str
    name: str
    heading: str
    text: str
    sentence: str
    score: float


class DocumentStore:
    """`folder`: where the merchants' folders are. Nothing is opened or embedded before it is needed."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._index = DocumentIndex(folder, embedder)
        self._embedder = embedder
        self._lexical: dict[str, tuple[tuple[Row, ...], LexicalIndex]] = {}
        self._lock = threading.Lock()

    def add(
        self,
        merchant_id: str,
        path: Path,
        *,
        today: date,
        name: str | None = None,
        update: bool = False,
        on_progress: Callable[[float], None] | None = None,
    ) -> Added:
        """Convert, cut, embed and keep one file. Raises ImportRefused for a file that cannot be kept, OtherVersion when
        another version of it is there and `update` is not set; then nothing changed."""
        name = _plain_name(name or path.name)
        data, text = read_document(path, name)
        document = f"d_{hashlib.sha256(data).hexdigest()[:12]}"
        known = {one.id: one for one in self._documents(merchant_id)}
        if document in known:
            return Added(known[document], "unchanged")
        older = [one for one in known.values() if one.name == name]
        if older and not update:
            raise _another_version(name, older[0])
        if len(known) >= _MAX_DOCUMENTS:
            raise _too_many()
        shared = bool(older) and older[0].shared
        fresh = [
            Row(document, name, chunk.heading, chunk.text, position, str(today), shared)
            for position, chunk in enumerate(chunks_of(text))
        ]
        gone = {one.id for one in older} | {document}
        self._index.write(
            merchant_id, lambda rows: [*(row for row in rows if row.document not in gone), *fresh], on_progress
        )
        return Added(_documents(tuple(fresh))[0], "replaced" if older else "added")

    def documents(self, shop: ShopHandle) -> list[Document]:
        """What this handle may see. Raises NotPermitted for staff with whom nothing was shared."""
        found = self._documents(shop.merchant_id)
        if OWN_DOCUMENTS not in shop.hidden:
            return found
        shared = [one for one in found if one.shared]
        if not shared:
            raise not_shared()
        return shared

    def remove(self, merchant_id: str, wanted: str) -> Document:
        """Remove a document by its id or name: no row and no vector of it is left. Raises NotFound."""
        found = self._one(merchant_id, wanted)
        self._index.write(merchant_id, lambda rows: [row for row in rows if row.document != found.id])
        return found

    def share(self, merchant_id: str, wanted: str, *, shared: bool) -> Document:
        """Let staff see one document, or no longer. Raises NotFound."""
        found = self._one(merchant_id, wanted)
        self._index.write(
            merchant_id,
            lambda rows: [replace(row, shared=shared) if row.document == found.id else row for row in rows],
        )
        return replace(found, shared=shared)

    def purge(self, merchant_id: str) -> bool:
        """Remove everything of a merchant, unread: a broken store goes too. True when there was something."""
        with self._lock:
            self._lexical.pop(merchant_id, None)
        return self._index.purge(merchant_id)

    def search(self, shop: ShopHandle, query: str, *, k: int = 2) -> tuple[list[OwnPassage], bool]:
        """At most `k` close passages of this shop, best first, one per document and heading; and whether documents were
        left out because they are not shared with who asks."""
        rows = self._index.rows(shop.merchant_id)
        if not rows:
            return [], False
        staff = OWN_DOCUMENTS in shop.hidden
        allowed = sorted({row.document for row in rows if row.shared}) if staff else None
        withheld = staff and any(not row.shared for row in rows)
        if allowed == [] or not query.strip():
            return [], withheld
        vector = self._embedder.embed_queries([query])[0]
        near = self._index.nearest(shop.merchant_id, vector, _CANDIDATES, allowed)
        words = self._words(shop.merchant_id, rows)
        coverage = words.score(query).coverage
        place = {row.id: position for position, row in enumerate(rows)}
        base = _base(self._embedder.name, "zh" if _CHINESE.search(query) else "en")
        scored = [
            (row, (cosine - base[0]) / base[1] + 2 * float(coverage[place[row.id]]))
            for row, cosine in near
            if row.id in place
        ]
        best: dict[tuple[str, str], tuple[Row, float]] = {}
        for row, score in sorted(scored, key=lambda pair: -pair[1]):
            if score >= _FLOOR:
                best.setdefault((row.document, row.heading), (row, score))
        return [_passage(row, score, query) for row, score in list(best.values())[:k]], withheld

    def _documents(self, merchant_id: str) -> list[Document]:
        return _documents(self._index.rows(merchant_id))

    def _one(self, merchant_id: str, wanted: str) -> Document:
        found = self._documents(merchant_id)
        for one in found:
            if wanted in (one.id, one.name):
                return one
        raise NotFound(
            Text(
                f"没有资料“{wanted[:80]}”。用 advisor cases documents 查看编号。",
                f'There is no document "{wanted[:80]}". See the ids with `advisor cases documents`.',
            )
        )

    def _words(self, merchant_id: str, rows: tuple[Row, ...]) -> LexicalIndex:
        with self._lock:
            held = self._lexical.get(merchant_id)
            if held is None or held[0] is not rows:
                held = self._lexical[merchant_id] = (rows, LexicalIndex([row.embedded for row in rows]))
            return held[1]


def not_shared() -> NotPermitted:
    return NotPermitted(
        Text(
            "商家没有把自有资料分享给服务人员，所以不能查看；这不代表没有资料。",
            "The merchant has not shared any of their own documents with staff, so they cannot be shown; that does not mean "
            "there are none.",
        )
    )


def _documents(rows: tuple[Row, ...]) -> list[Document]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.document, []).append(row)
    return [
        Document(key, group[0].name, group[0].added, len(group), sum(len(row.text) for row in group), group[0].shared)
        for key, group in groups.items()
    ]


def _plain_name(name: str) -> str:
    """A file name without folders or signs that could steer a terminal; the extension survives the cut."""
    bare = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", Path(name).name)
    stem, suffix = Path(bare).stem, Path(bare).suffix
    return stem[: _MAX_NAME - len(suffix)] + suffix


def _base(embedder: str, lang: Lang) -> tuple[float, float]:
    """Zero point and step of the cosine: what the case base was calibrated with, else a cautious guess."""
    shipped = load_yaml("vocabulary.yaml")["retrieval"].get("bases", {}).get(embedder)
    return (float(shipped[lang]), float(shipped["scale"])) if shipped else (_BASE[lang], _SCALE)


def _passage(row: Row, score: float, query: str) -> OwnPassage:
    return OwnPassage(row.document, row.name, row.heading, row.text, _closest(row.text, query), round(score, 3))


def _closest(text: str, query: str) -> str:
    """The sentence that shares most with the question; the first one when none does."""
    sentences = [one.strip() for one in _SENTENCE_END.split(text) if one and one.strip()]
    if len(sentences) < 2:
        return text
    coverage = LexicalIndex(sentences).score(query).coverage
    return sentences[int(np.argmax(coverage))]


def _another_version(name: str, older: Document) -> OtherVersion:
    return OtherVersion(
        Text(
            f"已有同名资料“{name}”（{older.added}），内容不同。要换成新的，加 --replace；两份都留，先改文件名。没有改动任何内容。",
            f'There is a document "{name}" ({older.added}) with other content. Add --replace to put the new one in its place, '
            "or rename the file to keep both; nothing was changed.",
        )
    )


def _too_many() -> BadArguments:
    return BadArguments(
        Text(
            f"自有资料最多 {_MAX_DOCUMENTS} 份，请先用 advisor cases remove 删掉不用的。",
            f"At most {_MAX_DOCUMENTS} documents are kept; remove some with `advisor cases remove` first.",
        )
    )
