"""From what a merchant dropped to single readable files: ZIPs are unpacked within limits, names inside are never trusted."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from tools.errors import ImportRefused
from tools.text import Text

__all__ = ["MAX_FILE_BYTES", "Kind", "Source", "expand", "file_hash", "too_big", "work_folder"]

Kind = Literal["text", "sheet", "parquet"]
MAX_FILE_BYTES = 4 * 1024**3
_MAX_MEMBERS = 200
_MAX_RATIO = 200  # real exports compress ten to thirty times
_RATIO_FREE_BYTES = 1024**2  # below this size the ratio says nothing
_PREFIX = "advisor-import-"
_TEXT = {".csv", ".tsv", ".txt"}
_SHEETS = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"}
_ACCEPTED = "CSV、TSV、XLSX、XLS、Parquet、ZIP"


@dataclass(frozen=True)
class Source:
    """One file to read. `name` is what the merchant sees; `path` may be a private copy."""

    name: str
    path: Path
    kind: Kind


@contextmanager
def work_folder() -> Iterator[Path]:
    """A private folder (mode 700) for copies that still hold personal data; what a killed import left is removed first."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with FileLock(folder / ".lock"):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        lock = folder / ".lock"
        if folder.is_symlink() or not lock.is_file():
            continue
        try:
            with FileLock(lock, timeout=0):
                pass
        except (Timeout, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)


def file_hash(path: Path) -> str:
    """SHA-256 of the bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def expand(path: Path, folder: Path) -> list[Source]:
    """The readable files of one dropped file. Raises ImportRefused for what cannot be read or is not safe to unpack."""
    if not path.is_file():
        raise ImportRefused(Text(f"找不到文件“{path.name}”。", f'There is no file "{path.name}".'))
    size = path.stat().st_size
    if size == 0:
        raise ImportRefused(
            Text(f"“{path.name}”是空文件，请重新下载。", f'"{path.name}" is empty. Please download it again.')
        )
    if size > MAX_FILE_BYTES:
        raise too_big(path.name)
    with path.open("rb") as handle:
        head = handle.read(8)
    if head.startswith(b"PK\x03\x04") and not _is_workbook(path):
        return _unpack(path, folder)
    return [Source(path.name, path, _kind(path.name, head))]


def _kind(name: str, head: bytes) -> Kind:
    suffix = Path(name).suffix.lower()
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "sheet"
    if suffix in _TEXT or suffix in _SHEETS or suffix == "":
        return "text"  # 生意参谋 and ERP systems write text under the name .xls
    raise ImportRefused(
        Text(
            f"“{name}”的类型读不了。可以导入 {_ACCEPTED}；请另存为 CSV 或 XLSX 后再试。",
            f'"{name}" is of a type that cannot be read. Import {_ACCEPTED.replace("、", ", ")}; save it as CSV or XLSX first.',
        )
    )


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(path.name) from error


def _is_workbook(path: Path) -> bool:
    with _open_zip(path) as archive:
        infos = archive.infolist()
        names = {info.filename for info in infos}
        office = "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)
        if not office and "content.xml" not in names:
            return False
        _check_sizes(path, infos)
        return True


def _check_sizes(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > _MAX_MEMBERS * 10:
        raise _unsafe(path.name)
    total = sum(info.file_size for info in infos)
    if total > MAX_FILE_BYTES:
        raise too_big(path.name)
    if total > 64 * _RATIO_FREE_BYTES and total > _MAX_RATIO * max(1, path.stat().st_size):
        raise _unsafe(path.name)


def _unpack(path: Path, folder: Path) -> list[Source]:
    found: list[Source] = []
    total = 0
    with _open_zip(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(_member_name(info))]
        if len(members) > _MAX_MEMBERS:
            raise _unsafe(path.name)
        for number, info in enumerate(members):
            name = _member_name(info)
            target = folder / f"{path.stem[:40].replace('/', '_')}-{number}"
            total += _copy_member(archive, info, target, path.name, total)
            with target.open("rb") as handle:
                head = handle.read(8)
            if head.startswith(b"PK\x03\x04") and not _is_workbook(target):
                raise ImportRefused(
                    Text(
                        f"“{path.name}”里还套着压缩包“{name}”，请先解开再导入。",
                        f'"{path.name}" holds another archive "{name}". Unpack it first.',
                    )
                )
            found.append(Source(f"{path.name}/{name}", target, _kind(name, head)))
    if not found:
        raise ImportRefused(Text(f"“{path.name}”里没有可导入的文件。", f'There is nothing to import in "{path.name}".'))
    return found


def _member_name(info: zipfile.ZipInfo) -> str:
    name = info.filename
    if not info.flag_bits & 0x800:  # Chinese Windows writes GBK names without saying so
        try:
            name = name.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            name = info.filename
    return name.replace("\\", "/").rsplit("/", 1)[-1][:120]


def _is_litter(name: str) -> bool:
    return name.startswith((".", "__MACOSX")) or name.lower() in {"thumbs.db", "desktop.ini"}


def _copy_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, name: str, before: int) -> int:
    """Copy one member counting real bytes: sizes in the header of an archive are only a claim."""
    written = 0
    try:
        with archive.open(info) as source, target.open("wb") as out:
            while chunk := source.read(1024 * 1024):
                written += len(chunk)
                if before + written > MAX_FILE_BYTES:
                    raise too_big(name)
                if written > _RATIO_FREE_BYTES and written > _MAX_RATIO * max(1, info.compress_size):
                    raise _unsafe(name)
                out.write(chunk)
    except RuntimeError as error:  # what zipfile raises for a password
        raise ImportRefused(
            Text(f"“{name}”有密码，请解密后再导入。", f'"{name}" is protected by a password. Remove it first.')
        ) from error
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise _damaged(name) from error
    return written


def _damaged(name: str) -> ImportRefused:
    return ImportRefused(
        Text(f"压缩包“{name}”已损坏，请重新下载。", f'The archive "{name}" is damaged. Please download it again.')
    )


def _unsafe(name: str) -> ImportRefused:
    return ImportRefused(
        Text(
            f"“{name}”解压后会异常膨胀或文件过多，已拒绝。请解开后只导入需要的报表。",
            f'"{name}" would unpack to far too much. Unpack it yourself and import the reports you need.',
        )
    )


def too_big(name: str) -> ImportRefused:
    """The refusal of a file over the limit."""
    return ImportRefused(
        Text(
            f"“{name}”超过 4 GB，请按月份分开导出。",
            f'"{name}" is larger than 4 GB. Export it in parts, month by month.',
        )
    )
