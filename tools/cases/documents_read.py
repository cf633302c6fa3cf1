"""From a merchant's file to plain Markdown: an allow-list of types, limits before and while converting, nothing fetched."""

from __future__ import annotations

import html
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.errors import ImportRefused
from tools.text import Text

__all__ = ["MAX_BYTES", "MAYBE_EXPORTS", "TYPES", "is_document_type", "read_document"]

MAX_BYTES = 20 * 1024**2
_MAX_PAGES = 200
_MAX_CHARACTERS = 300_000
_MAX_UNPACKED = 200 * 1024**2
_MAX_RATIO, _RATIO_FREE = 200, 16 * 1024**2
_MAX_MEMBERS = 5000
_TIMEOUT_S = 100.0
_WORKER = Path(__file__).with_name("documents_worker.py")

_PLAIN = frozenset({".md", ".markdown", ".txt", ".csv"})
_OFFICE = {".docx": "word/document.xml", ".pptx": "ppt/presentation.xml", ".xlsx": "xl/workbook.xml"}
TYPES = frozenset({*_PLAIN, *_OFFICE, ".html", ".htm", ".pdf"})
MAYBE_EXPORTS = frozenset({".txt", ".csv", ".xlsx"})  # may be a shop export as well: the importer is asked first
_LISTED = "MD、TXT、CSV、HTML、PDF、DOCX、PPTX、XLSX"
_MACROS = frozenset({".docm", ".dotm", ".pptm", ".xlsm", ".xlsb"})
_SHEETS = {".xls", ".xlsm", ".xlsb", ".et"}  # the importer has its own words for these
_OLD = {".doc": "DOCX", ".ppt": "PPTX", ".xls": "XLSX", ".wps": "DOCX", ".et": "XLSX", ".pages": "PDF", ".key": "PDF"}

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\([^)\n]{0,4000}\)")
_LINK = re.compile(r"(?<!!)\[([^\]\n]{1,500})\]\([^)\n]{0,4000}\)")
# a person's number or address is of no use to an answer
_MOBILE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\d.])")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")


def is_document_type(name: str) -> bool:
    """Whether a file of this name is a document, or one that `read_document` says how to save as one."""
    suffix = Path(name).suffix.lower()
    return suffix in TYPES or suffix in _MACROS - _SHEETS or suffix in _OLD.keys() - _SHEETS


def read_document(path: Path, name: str | None = None) -> tuple[bytes, str]:
    """The file's bytes and its text as Markdown. Raises ImportRefused, in words that say what to do instead."""
    name = name or path.name
    suffix = _type_of(name)
    if not path.is_file():
        raise ImportRefused(Text(f"找不到文件“{name}”。", f'There is no file "{name}".'))
    with path.open("rb") as handle:
        data = handle.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _too_long(name)
    if not data.strip():
        raise ImportRefused(Text(f"“{name}”是空文件，没有存入。", f'"{name}" is empty; nothing was kept.'))
    text = _clean(_plain(data, name) if suffix in _PLAIN else _convert(data, suffix, name))
    if len(text) > _MAX_CHARACTERS:
        raise _too_long(name)
    if not re.search(r"\w", re.sub(r"\(cid:\d+\)", "", text)):
        raise ImportRefused(
            Text(
                f"“{name}”里没有可读的文字（可能是扫描件或图片）。请先做文字识别，或另存为带文字的 PDF、DOCX 后再上传。",
                f'"{name}" has no readable text (perhaps a scan or pictures). Run text recognition first, or save it as a '
                "PDF or DOCX with text, then add it again.",
            )
        )
    return data, text


def _type_of(name: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix in TYPES:
        return suffix
    if suffix in _MACROS:
        raise _with_macros(name)
    if suffix in _OLD:
        raise ImportRefused(
            Text(
                f"“{name}”是旧格式，读不了。请另存为 {_OLD[suffix]} 后再上传。",
                f'"{name}" is of an older type that cannot be read. Save it as {_OLD[suffix]} and add it again.',
            )
        )
    raise ImportRefused(
        Text(
            f"“{name[:80]}”不能存为资料：只接受 {_LISTED}。请另存为其中一种再上传。",
            f'"{name[:80]}" cannot be kept as a document: only {_LISTED.replace("、", ", ")}. Save it as one of these first.',
        )
    )


def _plain(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        raise _broken(name)
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefused(
        Text(
            f"看不出“{name}”的文字编码。请用 UTF-8 另存后再上传。",
            f'The text encoding of "{name}" cannot be told. Save it as UTF-8 and add it again.',
        )
    )


def _convert(data: bytes, suffix: str, name: str) -> str:
    if suffix in (".html", ".htm"):
        data, suffix = _plain(data, name).encode("utf-8", "replace"), ".html"
    elif suffix == ".pdf":
        if b"%PDF-" not in data[:1024]:
            raise _broken(name)
    else:
        _check_package(data, suffix, name)
    answer = _ask_worker(data, suffix, name)
    if "text" in answer:
        return answer["text"]
    raise {"locked": _locked, "long": _too_long}.get(answer.get("problem", ""), _broken)(name)


def _check_package(data: bytes, suffix: str, name: str) -> None:
    """An Office file before anything unpacks it: the right kind, no bomb, no macros."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # Office wraps an encrypted file this way
        raise _locked(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _broken(name) from error
    names = {info.filename for info in infos}
    if _OFFICE[suffix] not in names:
        raise _broken(name)
    if any(one.lower().endswith("vbaproject.bin") for one in names):
        raise _with_macros(name)
    total = sum(info.file_size for info in infos)
    bomb = total > _MAX_UNPACKED or (total > _RATIO_FREE and total > _MAX_RATIO * len(data))
    slides = sum(bool(re.fullmatch(r"ppt/slides/slide\d+\.xml", one)) for one in names)
    if bomb or len(infos) > _MAX_MEMBERS or slides > _MAX_PAGES:
        raise _too_long(name)


def _ask_worker(data: bytes, suffix: str, name: str) -> dict[str, str]:
    command = [sys.executable, "-I", str(_WORKER), suffix, str(_MAX_PAGES), str(_MAX_CHARACTERS)]
    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")  # no key and no proxy of ours
    env = {key: os.environ[key] for key in kept if key in os.environ} | {"OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            cwd=tempfile.gettempdir(),
            timeout=_TIMEOUT_S,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise _too_long(name) from error
    except ValueError as error:  # the process was ended by one of its limits
        raise _broken(name) from error
    return {str(key): str(value) for key, value in answer.items()} if isinstance(answer, dict) else {}


def _clean(text: str) -> str:
    """Text only: no comment, picture, address of a link or invisible sign is kept."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", _COMMENT.sub(" ", text)))
    text = _CONTROL.sub("", html.unescape(text))
    return _MAIL.sub("［邮箱］", _MOBILE.sub("［电话］", text)).strip()


def _broken(name: str) -> ImportRefused:
    return ImportRefused(
        Text(
            f"“{name}”打不开：文件损坏，或内容和扩展名不符。请在原来的软件里打开，另存一份再上传；没有存入任何内容。",
            f'"{name}" cannot be opened: it is damaged, or its content does not fit its extension. Open it in its own program, '
            "save a new copy and add that; nothing was kept.",
        )
    )


def _locked(name: str) -> ImportRefused:
    return ImportRefused(
        Text(
            f"“{name}”有密码。请去掉密码后再上传；没有存入任何内容。",
            f'"{name}" is protected by a password. Remove it and add the file again; nothing was kept.',
        )
    )


def _with_macros(name: str) -> ImportRefused:
    return ImportRefused(
        Text(
            f"“{name}”带有宏。请另存为不带宏的 DOCX、PPTX 或 XLSX 后再上传；没有存入任何内容。",
            f'"{name}" contains macros. Save it as DOCX, PPTX or XLSX without macros and add that; nothing was kept.',
        )
    )


def _too_long(name: str) -> ImportRefused:
    size, pages = MAX_BYTES // 1024**2, _MAX_PAGES
    return ImportRefused(
        Text(
            f"“{name}”太大：最多 {size} MB、{pages} 页、{_MAX_CHARACTERS // 10_000} 万字。请拆成几份，或只留有用的部分再上传；没有存入任何内容。",
            f'"{name}" is too large: at most {size} MB, {pages} pages and {_MAX_CHARACTERS:,} characters. Split it, or keep only '
            "the useful part; nothing was kept.",
        )
    )
