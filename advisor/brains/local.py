"""A private model without a server of one's own: llama.cpp in a child process, on loopback, with a random port and key.

A thread of its own starts and watches the child: the kernel ends a child with the thread that started it. It is started once more
after a crash, with a pause; after that it stays down and the planner answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from advisor.brains.endpoint import Address
from advisor.errors import ModelUnavailable
from tools.text import Text

__all__ = ["LocalModel", "LocalSpec", "problem_of"]

_MAGIC = b"GGUF"
_RESTARTS = 1
_POLL_S = 0.05
_ROOM = 1.15  # of the file: weights are mapped, buffers and context come on top
_HOST = "127.0.0.1"

Say = Callable[[Text], None]


@dataclass(frozen=True)
class LocalSpec:
    """What to serve. `start_s` bounds one start; `command` is for tests."""

    path: Path
    context: int = 8192
    start_s: float = 60.0
    pause_s: float = 1.0
    threads: int = 0  # 0: as many as the machine has cores
    command: Sequence[str] = (sys.executable, "-m", "advisor.brains.local_server")

    @property
    def name(self) -> str:
        return self.path.name


def problem_of(spec: LocalSpec, *, available: Callable[[], int | None] | None = None) -> Text | None:
    """Why this file cannot be served here, or None. `available` tells free bytes of memory, None when it cannot be told."""
    path = spec.path.expanduser()
    if importlib.util.find_spec("xllamacpp") is None:
        return Text(
            "本地模型需要附加组件：pip install 'merchant-advisor[local-model]'",
            "A local model needs an extra: pip install 'merchant-advisor[local-model]'",
        )
    if not path.is_file():
        return Text(
            f"没有找到模型文件 {path}，请检查 ADVISOR_LOCAL_MODEL",
            f"There is no model file {path}; check ADVISOR_LOCAL_MODEL",
        )
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
        size = path.stat().st_size
    except OSError as error:
        reason = error.strerror or "?"
        return Text(f"模型文件 {path} 读不出来（{reason}）", f"The model file {path} cannot be read ({reason})")
    if head != _MAGIC:
        return Text(f"{path} 不是 GGUF 模型文件", f"{path} is not a GGUF model file")
    free = (available or _available)()
    if free is not None and size * _ROOM > free:
        return _too_large(path.name, size, free)
    return None


def _too_large(name: str, size: int, free: int) -> Text:
    needed, there = f"{size * _ROOM / 2**30:.1f}", f"{free / 2**30:.1f}"
    return Text(
        f"内存不够：模型 {name} 约需 {needed} GB，现在可用 {there} GB；请换一个更小的模型文件",
        f"Not enough memory: {name} needs about {needed} GB and {there} GB are free; use a smaller model file",
    )


def _available() -> int | None:
    """Free bytes of memory as Linux tells them, and no more than the container may still take."""
    found: list[int] = []
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii").strip()
        found.append(max(0, int(limit) - int(used)))
    except (OSError, ValueError, IndexError):
        pass
    return min(found, default=None)


class LocalModel:
    """`advisor.brains.endpoint.Locator` of the child. Starts at the first question; one per process."""

    def __init__(self, spec: LocalSpec, *, say: Say | None = None) -> None:
        self.spec = self._spec = spec
        self._say = say or (lambda text: None)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._address: Address | None = None
        self._failure: Text | None = None
        self._closing = False

    @property
    def host(self) -> str:
        """For notices and traces: this machine, by the name of the file."""
        return f"{_HOST} ({self._spec.name})"

    async def locate(self, until: float) -> Address:
        """The address once the model is loaded. Raises ModelUnavailable when it cannot be, or is not by then."""
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                if self._failure is not None:
                    raise ModelUnavailable(self._failure)
                if self._address is not None:
                    return self._address
                if self._thread is None:
                    self._thread = threading.Thread(target=self._serve, name="local-model", daemon=True)
                    self._thread.start()
            if loop.time() >= until - 0.1:  # before the endpoint's own deadline, which knows less of why
                raise ModelUnavailable(
                    Text(
                        f"本地模型 {self._spec.name} 还在加载；装好后再问就由它作答",
                        f"The local model {self._spec.name} is still loading; it answers once it is ready",
                    )
                )
            await asyncio.sleep(_POLL_S)

    @property
    def pid(self) -> int | None:
        """Of the child while it runs."""
        with self._lock:
            return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """Stop the child. Safe to call twice."""
        with self._lock:
            self._closing = True
            process, thread = self._process, self._thread
        if process is not None:
            _stop(process)
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=10)

    # -- the thread that owns the child -------------------------------------------------------------------------------
    def _serve(self) -> None:
        problem = problem_of(self._spec)
        for attempt in range(_RESTARTS + 1):
            if problem is not None or self._closing:
                break
            if attempt:
                self._say(
                    Text(
                        f"本地模型 {self._spec.name} 意外退出，正在重新启动……",
                        f"Local model {self._spec.name} ended unexpectedly, starting it again…",
                    )
                )
                time.sleep(self._spec.pause_s)
            problem = self._run_once()
        with self._lock:
            if problem is None:
                problem = Text(
                    f"本地模型 {self._spec.name} 两次意外退出，不再启动",
                    f"The local model {self._spec.name} ended unexpectedly twice and is not started again",
                )
            self._failure = problem

    def _run_once(self) -> Text | None:
        """One life of the child. A text when starting it again cannot help, None when it had been ready and ended."""
        spec, key, started = self._spec, secrets.token_urlsafe(24), time.monotonic()
        self._say(Text(f"正在加载本地模型 {spec.name}……", f"Loading the local model {spec.name}…"))
        process = subprocess.Popen(
            spec.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )  # fmt: skip
        with self._lock:
            self._process = process
        try:
            url = self._ready(process, key)
            if isinstance(url, Text):
                return url
            self._say(
                Text(
                    f"本地模型已就绪（{time.monotonic() - started:.1f} 秒）",
                    f"Local model ready ({time.monotonic() - started:.1f} s)",
                )
            )
            with self._lock:
                self._address = Address(f"{url}/v1", SecretStr(key))
            process.wait()
            return None
        finally:
            with self._lock:
                self._address = self._process = None
            _stop(process)

    def _ready(self, process: subprocess.Popen[str], key: str) -> str | Text:
        """Tell the child what to serve and wait for its line; the text says why there was none."""
        spec = self._spec
        told = {
            "path": str(spec.path.expanduser().resolve()),
            "name": spec.name,
            "context": spec.context,
            "threads": spec.threads or os.cpu_count() or 2,
            "key": key,
        }
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(spec.start_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("the child has no pipes")
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            return str(json.loads(line)["url"])
        except (OSError, ValueError, KeyError):
            code = process.wait()
        finally:
            timer.cancel()
        if late.is_set():
            return Text(
                f"本地模型 {spec.name} 在 {spec.start_s:g} 秒内没有加载完；可用 ADVISOR_LOCAL_MODEL_START_S 调长",
                f"The local model {spec.name} was not ready within {spec.start_s:g} s; allow more with ADVISOR_LOCAL_MODEL_START_S",
            )
        if code == -9:
            return Text(
                f"本地模型 {spec.name} 加载时被系统结束，多半是内存不够；请换一个更小的模型文件",
                f"The system ended the local model {spec.name} while it loaded, most likely for want of memory; use a smaller model file",
            )
        return Text(
            f"本地模型 {spec.name} 加载失败（退出码 {code}）：文件不完整，或这个版本的 llama.cpp 不认识它",
            f"The local model {spec.name} could not be loaded (exit code {code}): the file is incomplete or unknown to this llama.cpp",
        )


def _stop(process: subprocess.Popen[str]) -> None:
    """End of input first, so that it may leave; then by force."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # it was gone already
                pipe.close()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
