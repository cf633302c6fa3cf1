"""The exports this installation can read: `seeds/formats/*.yaml`, plus the generic template of every canonical table."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tools.errors import BadArguments, ImportRefused
from tools.facts import Claim
from tools.seeds import load_yaml, seed_path
from tools.text import Lang, Text
from tools.warehouse.ingest.spec import Format
from tools.warehouse.ingest.template import TEMPLATE_PREFIX, template_formats
from tools.warehouse.schema import table_spec, tables

__all__ = ["FormatInfo", "all_formats", "get_format", "list_formats", "load_mapping", "template_csv"]

_NOT_FORMATS = {"words"}


class FormatInfo(BaseModel):
    """One line of `advisor formats`: what it is, where to download it, which tables it fills, how it is recognised."""

    model_config = ConfigDict(frozen=True)

    id: str
    label: Claim
    platform: str
    download: Claim
    tables: tuple[str, ...]
    key_headers: tuple[str, ...]
    template: bool


@cache
def all_formats() -> dict[str, Format]:
    """Shipped formats first, then the templates."""
    found: dict[str, Format] = {}
    for path in sorted(seed_path("formats").glob("*.yaml")):
        if path.stem not in _NOT_FORMATS:
            spec = Format.model_validate(load_yaml("formats", path.name))
            if spec.id != path.stem:
                raise ValueError(f"seeds/formats/{path.name} declares the id {spec.id}")
            found[spec.id] = spec
    return found | {spec.id: spec for spec in template_formats()}


def get_format(name: str) -> Format:
    """By id; a table's name means its template. Raises BadArguments with the nearest id."""
    formats = all_formats()
    for candidate in (name, TEMPLATE_PREFIX + name):
        if candidate in formats:
            return formats[candidate]
    raise BadArguments.unknown(Text("导入格式", "import format"), name[:64], list(formats))


def list_formats() -> list[FormatInfo]:
    """Every format with where a merchant downloads it, shipped ones first."""
    return [
        FormatInfo(
            id=spec.id,
            label=spec.label,
            platform=spec.platform,
            download=spec.download,
            tables=tuple(spec.targets),
            key_headers=tuple(spec.fields[name].names[0] for name in spec.detect[0]),
            template=spec.id.startswith(TEMPLATE_PREFIX),
        )
        for spec in all_formats().values()
        if spec.refuse is None
    ]


def template_csv(table: str, lang: Lang = "zh") -> str:
    """An empty template of a canonical table: its header line. Raises BadArguments for an unknown table."""
    table = table.removeprefix(TEMPLATE_PREFIX)
    if table not in tables():
        raise BadArguments.unknown(Text("数据表", "table"), table[:64], list(tables()))
    out = io.StringIO()
    csv.writer(out).writerow([column.zh if lang == "zh" else column.name for column in table_spec(table).columns])
    return out.getvalue()


class _PlainWords(yaml.SafeLoader):
    """YAML in which only true and false are booleans: a field may be called `no`."""


_PlainWords.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:bool"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainWords.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|false|False)$"), list("tTfF"))


def load_mapping(path: Path) -> Format:
    """A merchant's own format file. Raises ImportRefused naming the line that is wrong."""
    try:
        raw: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainWords)
        return Format.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise _bad_mapping(path, f"{where}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, RecursionError) as error:
        raise _bad_mapping(path, str(error).splitlines()[0][:200] if str(error) else type(error).__name__) from error


def _bad_mapping(path: Path, why: str) -> ImportRefused:
    return ImportRefused(
        Text(
            f"映射文件“{path.name}”不可用：{why}。可以照着 seeds/formats 里的格式文件修改。",
            f'The mapping file "{path.name}" cannot be used: {why}. Model it on a file in seeds/formats.',
        )
    )
