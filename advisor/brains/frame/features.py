"""What the reader sees of a question: hashed character n-grams, named signals and a few flags. The same at training and at use."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["BUCKETS", "FLAGS", "Seen", "flags_of", "ngrams"]

Array = npt.NDArray[np.float32]
BUCKETS = 4096
_HAN = re.compile(r"[\u3400-\u9fff]")
_TOKEN = re.compile(r"[a-z][a-z']*|\d+(?:\.\d+)?|[\u3400-\u9fff]+|[?？!！%]")
_LONGEST = 160  # characters; what follows a pasted paragraph's first sentences says little about the wish
_ASKED = re.compile(
    r"[?？]|吗|呢|么$|多少|几|什么|为什么|怎么|如何|哪|谁|要不要|能不能|是不是|有没有|会不会|该不该|看看|看下|给我|帮我"
    r"|\b(?:why|how|what|which|who|where|when|should|can|could|do|does|did|is|are|was|were|will|show|give|list|tell|please)\b"
)
_TOPICS = (
    "repurchase",
    "members",
    "products",
    "traffic",
    "ads",
    "livestream",
    "price",
    "content",
    "private_domain",
    "promotion",
)
FLAGS = (
    "metric", "several", "window", "compared", "against", "split", "subject", "brand", "bare", "wording", "offers", "outcome",
    "which", "told", "ranked", "mark", "asked", "plain", "number", "percent", "han", "tiny", "short", "long", "first_person", "you",
    *(f"topic_{name}" for name in _TOPICS),
)  # fmt: skip


class Seen(NamedTuple):
    """A question before it is read: normalised text, signals, slots said."""

    plain: str
    found: frozenset[str]
    slots: Mapping[str, Any]


def flags_of(seen: Seen) -> Array:
    """(len(FLAGS),) of 0 and 1."""
    text, slots = seen.plain, seen.slots
    han = len(_HAN.findall(text))
    size = han + len(re.findall(r"[a-z]+|\d+", text)) * 2
    asked = bool(_ASKED.search(text))
    values = {
        "metric": "metric" in slots, "several": "also" in slots, "window": "window" in slots, "compared": "compare" in slots,
        "against": "against" in slots, "split": "by" in slots, "subject": "subject" in slots, "brand": "brand" in slots,
        "bare": bool(slots.get("bare")), "wording": bool(slots.get("wording")), "offers": "list_price" in slots,
        "outcome": "outcome" in slots, "which": "which" in slots, "told": "told" in slots, "ranked": "ranked" in slots,
        "mark": bool(re.search(r"[?？]", text)), "asked": asked, "plain": not asked, "number": bool(re.search(r"\d", text)),
        "percent": bool(re.search(r"\d\s?(?:%|个点|点)|percent", text)), "han": han > 0, "tiny": size <= 4, "short": 4 < size <= 9,
        "long": size > 26, "first_person": bool(re.search(r"我们?|咱|\b(?:we|our|us|my|i)\b", text)),
        "you": bool(re.search(r"你|\b(?:you|your)\b", text)),
        **{f"topic_{name}": slots.get("topic") == name for name in _TOPICS},
    }  # fmt: skip
    return np.array([values[name] for name in FLAGS], dtype=np.float32)


def ngrams(text: str) -> dict[int, float]:
    """Bucket → count of character 1–4-grams of Chinese runs, words, word pairs and word stems of Latin ones."""
    counts: dict[int, float] = {}

    def add(gram: str) -> None:
        bucket = zlib.crc32(gram.encode()) % BUCKETS
        counts[bucket] = counts.get(bucket, 0.0) + 1.0

    before = "^"
    for token in _TOKEN.findall(text[:_LONGEST]):
        if _HAN.match(token):
            run = f"{'^' if before == '^' else ''}{token}"
            for size in (1, 2, 3):
                for start in range(len(run) - size + 1):
                    add(run[start : start + size])
        else:
            word = "<n>" if token[0].isdigit() else token
            add(f"w:{word}")
            add(f"p:{before} {word}")
            if len(word) > 4:
                add(f"s:{word[:4]}")
        before = "中" if _HAN.match(token) else token
    add(f"e:{text[-2:]}")
    return counts
