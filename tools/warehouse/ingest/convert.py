"""How the text of a cell becomes a typed value, in SQL: one expression per field type, NULL where it cannot be read."""

from __future__ import annotations

from tools.seeds import load_yaml
from tools.warehouse.ingest.expressions import literal
from tools.warehouse.ingest.period import first_day_sql, last_day_sql, period_sql
from tools.warehouse.ingest.spec import FieldSpec, FieldType

__all__ = [
    "ERROR_CODES",
    "LARGEST_AMOUNT",
    "convert_sql",
    "filled_sql",
    "implausible_sql",
    "several_days_sql",
    "strip_sql",
    "zoned_sql",
]

# A single amount of ten billion is a shifted column or a phone number, not a sale.
LARGEST_AMOUNT = 10_000_000_000
ERROR_CODES: dict[FieldType, str] = {
    "id": "damaged_id",
    "money": "bad_money",
    "number": "bad_number",
    "int": "bad_number",
    "time": "bad_time",
    "date": "bad_time",
    "day": "bad_time",
    "period": "bad_time",
    "snapshot": "bad_time",
    "bool": "bad_word",
    "map": "bad_word",
}
_NOTHING = ("", "-", "--", "—", "null", "NULL", "None", "nan", "NaN", "N/A", "#N/A")
_SPACE = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288)"
_SIGN = "(?:HK\\$|US\\$|[¥￥$£€]|CNY|RMB|USD|GBP|EUR|HKD)"
_AMOUNT = (
    f"\\(?[-+]?\\s*{_SIGN}?\\s*[-+]?(?:\\d{{1,3}}(?:[,，]\\d{{3}})+|\\d+)(?:\\.\\d*)?\\s*(?:元|{_SIGN})?\\s*%?\\)?"
)
_PLAIN_TIME = "\\d{4}[-/]\\d{1,2}[-/]\\d{1,2}(?:[ T]\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?)?"
_ZONED_TIME = "\\d{4}-\\d{1,2}-\\d{1,2}[ T]\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)? ?(?:Z|UTC|[+-]\\d{2}:?\\d{2})"
_OTHER_TIMES = (
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
)
# years of two digits first: %Y would read 18 as the year 18
_DAY_FIRST = ("%d/%m/%y %H:%M", "%d/%m/%y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y")
_MONTH_FIRST = ("%m/%d/%y %H:%M", "%m/%d/%y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m-%d-%Y")


def strip_sql(column: str, kind: FieldType) -> str:
    """Strip blanks, the `="…"` and the leading `'` that keep spreadsheets from touching ids.

    Stripping by a set of characters is dear, so most cells pass by a look at their ends.
    """
    if kind in {"text", "map", "bool", "province"}:
        bare = f"CASE WHEN starts_with({column}, '=\"') THEN trim({column}, '=\"') ELSE {column} END"
        stripped = f"trim(ltrim({bare}, ''''), {_SPACE})"
    else:
        stripped = f"trim({column}, {_SPACE} || '=\"''')"
    odd = [f"{column} < '0'", f"({column} >= ':' AND {column} < 'A')"]
    odd += [f"ends_with({column}, {end})" for end in ("' '", "chr(9)", "'\"'", "''''", "chr(12288)", "chr(160)")]
    odd += [f"starts_with({column}, {end})" for end in ("chr(12288)", "chr(160)")]
    return f"CASE WHEN {' OR '.join(odd)} THEN {stripped} ELSE {column} END"


def filled_sql(stripped: str, kind: FieldType = "text") -> str:
    """NULL for the words that mean nothing, with more of them in money columns (`no_amount`: 无退款申请).

    `stripped` is used more than once: give a column where it matters.
    """
    if kind == "money":
        absent = ", ".join(literal(word) for word in ("", "-", "—", *load_yaml("formats", "words.yaml")["no_amount"]))
        return f"CASE WHEN {stripped} <> '' AND ({stripped} BETWEEN '0' AND ':' OR lower({stripped}) NOT IN ({absent})) THEN {stripped} END"
    return f"CASE WHEN {stripped} NOT IN ({', '.join(literal(word) for word in _NOTHING)}) THEN {stripped} END"


def convert_sql(text: str, field: FieldSpec, zone: str) -> str:
    """SQL of the typed value of a column of cleaned text; `zone` is the merchant's IANA zone."""
    kind = field.type
    if kind == "id":
        return f"CASE WHEN regexp_full_match({text}, '[0-9]{{1,40}}') THEN {text} ELSE {_id(text)} END"
    if kind == "text":
        return f"left({text}, 500)"
    if kind == "buyer":
        return f"lower({_whole(text)})"
    if kind in {"money", "number"}:
        return _amount(text, 2 if kind == "money" else 6)
    if kind == "int":
        number = _amount(text, 6)
        slow = f"CASE WHEN {number} = floor({number}) THEN CAST({number} AS BIGINT) END"
        return f"CASE WHEN regexp_full_match({text}, '[0-9]{{1,12}}') THEN try_cast({text} AS BIGINT) ELSE {slow} END"
    if kind == "time":
        return _time(text, field, zone)
    if kind in {"date", "snapshot"}:
        return f"CAST({_time(text, field, zone)} AS DATE)"
    if kind == "period":
        return period_sql(text)
    if kind == "day":
        slow = period_sql(text)
        same = f"CASE WHEN {first_day_sql(slow)} = {last_day_sql(slow)} THEN {first_day_sql(slow)} END"
        return f"CASE WHEN regexp_full_match({text}, '\\d{{4}}-\\d\\d-\\d\\d') THEN try_cast({text} AS DATE) ELSE {same} END"
    if kind == "bool":
        words = load_yaml("formats", "words.yaml")
        yes, no = (", ".join(literal(word) for word in words[key]) for key in ("yes", "no"))
        return f"CASE WHEN lower({text}) IN ({yes}) THEN TRUE WHEN lower({text}) IN ({no}) THEN FALSE END"
    if kind == "province":
        return _province(text)
    if kind == "duration":
        return _minutes(text)
    return _mapped(text, field)


def implausible_sql(value: str, kind: FieldType) -> str | None:
    """A value that reads well and cannot be: an amount of ten billion, a day outside 1990 to 2100."""
    if kind in {"money", "number", "int"}:
        return f"abs({value}) > {LARGEST_AMOUNT}"
    if kind in {"time", "date", "day", "snapshot"}:
        return f"{value} NOT BETWEEN DATE '1990-01-01' AND DATE '2100-01-01'"
    return None


def several_days_sql(text: str) -> str:
    """True where a cell names a span of days."""
    period = period_sql(text)
    return f"{first_day_sql(period)} < {last_day_sql(period)}"


def zoned_sql(text: str) -> str:
    """True where a time carries its own offset from UTC."""
    return f"regexp_full_match({text}, {literal(_ZONED_TIME)})"


def _whole(text: str) -> str:
    # pandas writes 13085.0 where one value of an integer column is missing
    return f"CASE WHEN ends_with({text}, '.0') AND regexp_full_match({text}, '\\d+\\.0') THEN left({text}, -2) ELSE {text} END"


def _id(text: str) -> str:
    damaged = f"regexp_full_match({text}, '\\d(?:\\.\\d+)?[eE]\\+\\d+|\\d\\.\\d+[eE]\\d+')"
    return f"CASE WHEN {damaged} OR length({text}) > 200 THEN NULL ELSE {_whole(text)} END"


def _amount(text: str, places: int) -> str:
    kind = f"DECIMAL(18,{places})"
    bare = f"regexp_replace({text}, '[^0-9.]', '', 'g')"
    sign = f"CASE WHEN starts_with({text}, '(') OR contains({text}, '-') THEN -1 ELSE 1 END"
    share = f"CASE WHEN ends_with({text}, '%') THEN 100 ELSE 1 END"
    slow = f"CASE WHEN regexp_full_match({text}, {literal(_AMOUNT)}) THEN try_cast({bare} AS {kind}) * {sign} / {share} END"
    return f"coalesce(try_cast({text} AS {kind}), try_cast({slow} AS {kind}))"


def _time(text: str, field: FieldSpec, zone: str) -> str:
    formats: tuple[str, ...] = _OTHER_TIMES
    if field.day_first is not None:
        formats += _DAY_FIRST if field.day_first else _MONTH_FIRST
    timed = f"regexp_replace({text}, '([ T]\\d{{1,2}}:\\d\\d) ?(Z|UTC|[+-])', '\\1:00\\2')"
    iso = f"regexp_replace({timed}, '(:\\d\\d(?:\\.\\d+)?) ?([+-]\\d\\d):?(\\d\\d)$', '\\1\\2:\\3')"
    other = ", ".join(literal(item) for item in formats)
    plain = literal(_PLAIN_TIME)
    # a cast to TIMESTAMP would silently drop an offset, so the shape is checked first
    return (
        f"CASE WHEN regexp_full_match({text}, {plain}) THEN try_cast({text} AS TIMESTAMP) "
        f"WHEN {zoned_sql(text)} THEN timezone({literal(zone)}, try_cast({iso} AS TIMESTAMPTZ)) "
        f"WHEN length({text}) BETWEEN 8 AND 24 THEN try_strptime({text}, [{other}]) END"
    )


def _minutes(text: str) -> str:
    """Minutes of a length that names its units (3:25:10, 3小时25分); a bare number could be any of them and stays unread."""
    amount = "(?:(\\d+(?:\\.\\d+)?)\\s*"
    worded = f"(?i){amount}(?:小时|时|h))?\\s*{amount}(?:分钟|分|min|m))?\\s*{amount}(?:秒钟|秒|s))?"

    def part(number: int) -> str:
        found = f"regexp_extract({text}, {literal(worded)}, {number})"
        return f"coalesce(try_cast({found} AS DECIMAL(18,6)), 0)"

    clock = [f"CAST(split_part({text}, ':', {number}) AS DECIMAL(18,6))" for number in (1, 2, 3)]
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d{{1,3}}:\\d{{2}}:\\d{{2}}') THEN {clock[0]} * 60 + {clock[1]} + {clock[2]} / 60 "
        f"WHEN {text} <> '' AND regexp_full_match({text}, {literal(worded)}) THEN {part(1)} * 60 + {part(2)} + {part(3)} / 60 END"
    )


def _province(text: str) -> str:
    names = load_yaml("formats", "words.yaml")["provinces"]
    cases = " ".join(f"WHEN {literal(name[:2])} THEN {literal(name)}" for name in names)
    return f"CASE left({text}, 2) {cases} END"


def _mapped(text: str, field: FieldSpec) -> str:
    def plain(word: str) -> str:
        return word.replace("，", ",").replace(" ", "").lower()

    cases = " ".join(f"WHEN {literal(plain(word))} THEN {literal(value)}" for word, value in field.values.items())
    other = f"ELSE {literal(field.default)}" if field.default is not None else ""
    return f"CASE lower(replace(replace({text}, '，', ','), ' ', '')) {cases} {other} END"
