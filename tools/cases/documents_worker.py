"""Run as a process of its own: one hostile file in on stdin, its text out on stdout. No network, bounded memory and time.

Started by path with `-I`, so it imports nothing of ours; the parent checked the extension and the size.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

_MEMORY = 3 * 1024**3
_SECONDS = 90


def _refuse(event: str, _args: tuple[Any, ...]) -> None:
    """An audit hook cannot be taken off again: whatever a document refers to stays where it is."""
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.")):
        raise OSError(f"a converter may not do this: {event}")


def _confine() -> None:
    """A file made to exhaust the machine only ends this process."""
    with contextlib.suppress(
        ImportError, ValueError, OSError
    ):  # Windows has no such limits; the parent's timeout holds
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_refuse)


def _converter(suffix: str) -> Any:
    """The one converter of the extension. Guessing by content would open doors (feeds, archives) nobody asked for."""
    from markitdown import converters

    return {
        ".html": converters.HtmlConverter,
        ".docx": converters.DocxConverter,
        ".pptx": converters.PptxConverter,
        ".xlsx": converters.XlsxConverter,
        ".pdf": converters.PdfConverter,
    }[suffix]()


def _problem(data: bytes, suffix: str, pages: int) -> str:
    """Why a PDF is not read at all."""
    if suffix != ".pdf":
        return ""
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.pdfpage import PDFPage

    try:
        count = sum(1 for _ in PDFPage.get_pages(io.BytesIO(data), maxpages=pages + 1))
    except (PDFEncryptionError, PDFPasswordIncorrect):
        return "locked"
    return "long" if count > pages else ""


def _converted(data: bytes, suffix: str, pages: int, characters: int) -> dict[str, str]:
    from markitdown import StreamInfo

    problem = _problem(data, suffix, pages)
    if problem:
        return {"problem": problem}
    info = StreamInfo(extension=suffix, charset="utf-8" if suffix == ".html" else None)
    text = _converter(suffix).convert(io.BytesIO(data), info).markdown
    return {"problem": "long"} if len(text) > characters else {"text": text}


def main() -> None:
    suffix, pages, characters = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    out = sys.stdout
    sys.stdout = sys.stderr  # what a converter prints is not an answer
    _confine()
    data = sys.stdin.buffer.read()
    try:
        answer = _converted(data, suffix, pages, characters)
    except MemoryError:
        answer = {"problem": "long"}
    except Exception:  # noqa: BLE001 - any of five libraries, on a file made by anybody
        answer = {"problem": "broken"}
    json.dump(answer, out)
    out.flush()


if __name__ == "__main__":
    main()
