"""The shipped cases read into memory, and the passages they are searched by (parent: the case, children: its passages)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from tools.cases import vocabulary
from tools.cases.schema import Case
from tools.seeds import load_yaml, seed_path

__all__ = ["CaseFileError", "Passage", "case_files", "load_cases", "passages_of", "probes", "read_case"]

_PROBE = "probe"


class CaseFileError(ValueError):
    """A case file that does not fit the schema; the message names the file and the field."""


@dataclass(frozen=True)
class Passage:
    """One searchable piece of a case. `key` is the hash of its text: same text, same vector."""

    case_id: str
    kind: str
    text: str
    key: str
    id: str  # changes with the text

    @property
    def asks(self) -> bool:
        """Worded as a question, hence embedded as one: question to question is the closer comparison."""
        return self.kind in ("asked", _PROBE)

    @classmethod
    def of(cls, case_id: str, kind: str, text: str) -> Passage:
        key = hashlib.sha256(text.encode()).hexdigest()[:20]
        return cls(case_id, kind, text, key, f"{case_id}#{kind}#{key}")


def case_files() -> list[Path]:
    return sorted(seed_path("cases").glob("*.yaml"))


def read_case(path: Path) -> Case:
    """Parse and validate one file. Raises CaseFileError."""
    try:
        case = Case.model_validate(load_yaml("cases", path.name))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise CaseFileError(f"{path.name}: {where}: {first['msg']}") from error
    except yaml.YAMLError as error:
        raise CaseFileError(f"{path.name}: not readable as YAML: {error}") from error
    if case.id != path.stem:
        raise CaseFileError(f"{path.name}: id {case.id!r} differs from the file name")
    return case


@cache
def load_cases() -> tuple[Case, ...]:
    """Every shipped case, by id. Raises CaseFileError for the first file that does not fit."""
    return tuple(read_case(path) for path in case_files())


def _labels(kind: str, keys: Iterable[str], lang: str) -> str:
    table = vocabulary.terms(kind)
    return "、".join(table[key].zh for key in keys) if lang == "zh" else ", ".join(table[key].en for key in keys)


def passages_of(case: Case) -> tuple[Passage, ...]:
    """What was done (zh), what it teaches (zh), the whole in English, and the questions of a shop in that situation."""
    category_zh = vocabulary.category_label(case.category, case.subcategory, "zh")
    category_en = vocabulary.category_label(case.category, case.subcategory, "en")
    outcome = vocabulary.terms("outcomes")[case.outcome]
    done = (
        f"{case.name}（{category_zh}）。问题：{case.problem}做法：{'；'.join(a.rstrip('。；') for a in case.actions)}。"
    )
    lessons = "；".join(lesson.zh.rstrip("。；") for lesson in case.lessons)
    taught = f"{case.name}（{outcome.zh}，{_labels('levers', case.levers, 'zh')}）。{case.summary_zh}启示：{lessons}。适用：{case.limits}"
    english = (
        f"{case.name_en} ({category_en}; {outcome.en.lower()}; {_labels('levers', case.levers, 'en')}). "
        f"Problem: {case.problem_en} {case.summary_en} Lesson: {case.lessons[0].en}"
    )
    return (
        Passage.of(case.id, "done", done),
        Passage.of(case.id, "taught", taught),
        Passage.of(case.id, "english", english),
        *(Passage.of(case.id, "asked", text) for text in _questions(case.id)),
    )


def _questions(case_id: str) -> list[str]:
    written = load_yaml("case_questions.yaml").get(case_id, {})
    return [str(text) for lang in ("zh", "en") for text in written.get(lang, ())]


def probes() -> tuple[Passage, ...]:
    """Questions that no case answers: a question nearer to these than to any case has no close case."""
    table = load_yaml("vocabulary.yaml")["retrieval"]["probes"]
    return tuple(Passage.of("", _PROBE, str(text)) for lang in ("zh", "en") for text in table[lang])
