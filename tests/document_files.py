"""Small real documents and hostile ones, made by the tests."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from tools.cases.lexical import tokens
from tools.embeddings import Vectors

__all__ = ["WordEmbedder", "docx", "docx_with", "huge_cell_xlsx", "locked_pdf", "pdf", "pptx", "word_xml", "xlsx"]

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


class WordEmbedder:
    """Texts with the same words are near each other; enough to tell passages apart, at once and without a model."""

    def __init__(self, name: str = "words", dim: int = 64) -> None:
        self.name = name
        self.dim = dim
        self.passages = 0

    def embed_queries(self, texts: list[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def embed_passages(self, texts: list[str]) -> Vectors:
        self.passages += len(texts)
        return self.embed_queries(texts)

    def _vector(self, text: str) -> Vectors:
        row = np.full(self.dim, 0.01, dtype=np.float32)
        for word in tokens(text):
            row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % (self.dim - 1)] += 1
        row /= np.linalg.norm(row)
        row[-1] = 2.4  # as with a real model, unrelated texts are at 0.85
        return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def docx(path: Path, *paragraphs: tuple[int, str]) -> Path:
    """Paragraphs as (heading level or 0, text)."""
    from docx import Document

    document = Document()
    for level, text in paragraphs:
        if level:
            document.add_heading(text, level)
        else:
            document.add_paragraph(text)
    document.save(str(path))
    return path


def pptx(path: Path, title: str, body: str) -> Path:
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = title  # type: ignore[union-attr]
    slide.placeholders[1].text = body  # type: ignore[attr-defined]
    presentation.save(str(path))
    return path


def xlsx(path: Path, *rows: tuple[object, ...]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "成本"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def pdf(path: Path, text: str, *, pages: int = 1, trailer: str = "") -> Path:
    """A minimal PDF with one line of Latin text on each page."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n in range(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.writelines(f"{place:010d} 00000 n \n".encode() for place in places)
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode())
    path.write_bytes(out.getvalue())
    return path


def locked_pdf(path: Path) -> Path:
    """Encrypted with a password nobody gives."""
    secret = "<" + "41" * 32 + ">"
    entry = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O {secret} /U {secret} /P -4 >> /ID [<41> <41>]"
    return pdf(path, "secret", trailer=entry)


def word_xml(text: str, *, before: str = "", raw: bool = False) -> str:
    body = text if raw else escape(text)
    return f'<?xml version="1.0"?>{before}<w:document {_W}><w:body><w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>'


def docx_with(path: Path, document_xml: str | bytes, **members: bytes) -> Path:
    """A package by hand, with members a word processor would not write (`__` in a name stands for a slash)."""
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", kinds)
        archive.writestr("_rels/.rels", rels)
        archive.writestr("word/document.xml", document_xml)
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return path


def huge_cell_xlsx(path: Path, characters: int) -> Path:
    """One cell far longer than Excel allows; of words that do not compress away to nothing."""
    xlsx(path, ("品名",), ("MARK",))
    rng = np.random.default_rng(1)
    words = " ".join(f"{number:08x}" for number in rng.integers(0, 2**32, characters // 9))
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info.filename).replace(b"MARK", words.encode()))
    return path
