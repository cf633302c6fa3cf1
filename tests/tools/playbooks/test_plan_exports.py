"""A plan as a file: re-opened and read cell by cell, parsed as a calendar, every figure with a row of evidence, hostile names harmless."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from openpyxl import Workbook, load_workbook

from tests.tools.playbooks.shopkit import WINDOW, make_shop, order
from tools.base import ToolContext
from tools.cases.library import load_cases
from tools.errors import BadArguments
from tools.facts import Fact, Role
from tools.playbooks.documents import Column, DayEvent, Document, Sheet, to_ics, to_markdown, to_xlsx, written_as
from tools.playbooks.exports import ShopLabel, plan_document, plan_texts, uid, week_of
from tools.playbooks.schema import NAMES_WITH_DIGITS
from tools.playbooks.tools import plan_playbook

MADE = date(2026, 11, 1)
SHOP = ShopLabel("t1", "测试旗舰店", "Asia/Shanghai", simulated=False)
DEMO = ShopLabel("t1", "测试旗舰店", "Asia/Shanghai", simulated=True)
HOSTILE = ("=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1)", "\tx", "a|b\n# c", "<img src=x>", "[l](http://x)", "\x07bell")  # fmt: skip


@pytest.fixture(scope="module")
def fact(tmp_path_factory: pytest.TempPathFactory) -> Fact:
    """Three years of a steady shop whose buyers come back less of late."""
    rows, number = [], 0
    for n in range(2400):
        first = date(2024, 4, 1) + timedelta(days=n * 940 // 2400)
        for gap in [0] + ([45] if n % (4 if first < date(2026, 5, 1) else 7) == 0 else []):
            day = first + timedelta(days=gap)
            if day <= WINDOW.end:
                number += 1
                rows.append(order(number, day, str(90 + n % 60), f"b{n}"))
    shop = make_shop(tmp_path_factory.mktemp("wh"), {"orders": rows})
    result = plan_playbook.call(
        ToolContext(shop=shop, today=MADE), {"playbook_id": "first-to-second-order", "start": "2026-11-16"}
    )
    return result.facts[0]


def _cells(book: Workbook) -> list[Any]:
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbook_holds_the_plan_cell_by_cell(fact: Fact, lang: Any) -> None:
    book = load_workbook(io.BytesIO(to_xlsx(plan_document(fact, SHOP, lang, MADE))))
    zh = lang == "zh"
    names = ["概览", "按周计划", "数字与依据", "可直接用的文案", "案例"] if zh else ["Overview", "Plan by week", "Figures and evidence", "Texts to paste", "Cases"]  # fmt: skip
    assert book.sheetnames == names
    overview, plan, figures, texts, cases = (book[name] for name in names)
    steps = sorted(fact.data["steps"], key=lambda step: (step["start"], step["due"]))
    assert plan.max_row == 2 + len(steps)
    for row, step in zip(plan.iter_rows(min_row=3, values_only=True), steps, strict=True):
        said = [step[field][lang] or "–" for field in ("owner", "where", "action", "kpi", "target", "guardrail", "stop_rule", "cost")]  # fmt: skip
        assert list(row[1:11]) == [step["start"], step["due"], *said]
        assert row[0].split("–")[0] == str((date.fromisoformat(step["start"]) - date(2026, 11, 16)).days // 7 + 1)
    lead = {row[0]: row[1] for row in overview.iter_rows(min_row=3, values_only=True)}
    money = fact.quantity(Role.RANGE_HIGH)
    assert money is not None
    assert lead["目标（金额）" if zh else "Target (money)"] == fact.data["target_yuan"][lang]
    assert ("百分点" if zh else "pp") in lead["目标（百分点）" if zh else "Target (points)"]
    assert lead["保本" if zh else "Break-even"] and lead["预算" if zh else "Budget"] == fact.data["cost"][lang]
    assert lead["对照组" if zh else "Hold-out"] == fact.data["holdout"][lang]
    assert [row[1] for row in texts.iter_rows(min_row=3, values_only=True)] == [a[f"text_{lang}"] for a in fact.data["artefacts"]]  # fmt: skip
    assert all(row[2] for row in texts.iter_rows(min_row=3, values_only=True))
    known = {case.id: case for case in load_cases()}
    urls = [known[each["case"]].sources[0].url for each in fact.data["evidence"]]
    assert [row[5].split("\n")[1] for row in cases.iter_rows(min_row=3, values_only=True)] == urls
    assert {row[1] for row in cases.iter_rows(min_row=3, values_only=True)} <= {"支持", "反例", "supports", "warns"}
    assert figures.max_row == 2 + len(fact.data["figures"])


def test_it_prints_as_it_reads(fact: Fact) -> None:
    book = load_workbook(io.BytesIO(to_xlsx(plan_document(fact, SHOP, "zh", MADE))))
    for sheet in book:
        assert sheet.freeze_panes == "A3" and sheet.print_title_rows == "$1:$2"
        assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        for row in sheet.iter_rows(min_row=3):
            for cell in row:
                width = sheet.column_dimensions[cell.column_letter].width
                size = sum(2 if ord(char) > 0x2E80 else 1 for char in str(cell.value or ""))
                assert cell.alignment.wrap_text and width >= 6
                height = sheet.row_dimensions[cell.row].height
                assert height >= min(409, 15 * (size // width)), (cell.coordinate, height)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("sheet", [0, 1, 3])
def test_no_figure_stands_without_a_row_of_evidence(fact: Fact, lang: Any, sheet: int) -> None:
    """Every number of the overview, the plan and the texts is the value of a row, a date, or part of a name."""
    document = plan_document(fact, SHOP, lang, MADE)
    for row in fact.data["figures"]:
        assert row["value"][lang] and row["label"][lang] and row["how"][lang] and row["source"][lang]
    values = sorted({row["value"][lang] for row in fact.data["figures"]}, key=len, reverse=True)
    values += [value.replace(" 元", "元") for value in values] + [value.removesuffix("s") for value in values]
    for row in document.sheets[sheet].rows:
        for text in row[1:]:
            bare = re.sub(
                r"\d{4}-\d{2}-\d{2}|\d+月\d+日|\b\d{1,2} [A-Z][a-z]{2}\b|90 天内第二单率|within 90 days", " ", text
            )
            for word in (*NAMES_WITH_DIGITS, SHOP.merchant_id, "seeds/playbooks/first-to-second-order.yaml", *values):
                bare = bare.replace(word, " ")
            assert not re.search(r"\d", bare), (text, bare)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_calendar_has_a_whole_day_event_per_step_with_a_stable_id(fact: Fact, lang: Any) -> None:
    document = plan_document(fact, SHOP, lang, MADE)
    first, second = to_ics(document), to_ics(plan_document(fact, SHOP, lang, MADE))
    assert first == second
    calendar = icalendar.Calendar.from_ical(first)
    assert calendar["X-WR-TIMEZONE"] == "Asia/Shanghai" and calendar["VERSION"] == "2.0"
    events = list(calendar.walk("VEVENT"))
    for event, step in zip(events, fact.data["steps"], strict=True):
        assert event.decoded("dtstart") == date.fromisoformat(step["start"])
        assert event.decoded("dtend") == date.fromisoformat(step["due"]) + timedelta(days=1)
        assert step["action"][lang] in str(event["summary"]) and step["stop_rule"][lang] in str(event["description"])
    ids = [str(event["uid"]) for event in events]
    assert len(set(ids)) == len(ids)
    other = icalendar.Calendar.from_ical(to_ics(plan_document(fact, SHOP, "en" if lang == "zh" else "zh", MADE)))
    assert [str(event["uid"]) for event in other.walk("VEVENT")] == ids  # the language is not part of it
    assert uid("t2", "first-to-second-order", fact.data["start"], 1) not in ids


def test_simulated_data_are_labelled_in_every_file(fact: Fact) -> None:
    for lang, words in (("zh", "模拟数据"), ("en", "simulated data")):
        document = plan_document(fact, DEMO, lang, MADE)  # type: ignore[arg-type]
        book = load_workbook(io.BytesIO(to_xlsx(document)))
        assert all(words in sheet["A1"].value for sheet in book)
        assert words in to_markdown(document).decode()
        calendar = icalendar.Calendar.from_ical(to_ics(document))
        assert all(words in str(event["summary"]) for event in calendar.walk("VEVENT"))
        plain = plan_document(fact, SHOP, lang, MADE)  # type: ignore[arg-type]
        assert words not in to_markdown(plain).decode()


def _hostile() -> Document:
    rows = tuple((text, text, text) for text in HOSTILE)
    heads = tuple(Column(text, 12) for text in HOSTILE[:3])
    events = tuple(DayEvent(uid("x", n), MADE, MADE, text, text) for n, text in enumerate(HOSTILE))
    return Document(HOSTILE[0], (Sheet("x", heads, rows),), events, "Asia/Shanghai", MADE)


def test_a_hostile_name_is_text_in_every_cell_and_never_a_formula() -> None:
    book = load_workbook(io.BytesIO(to_xlsx(_hostile())))
    cells = _cells(book)
    assert len(cells) == 1 + 3 + 3 * len(HOSTILE)
    for cell in cells:
        assert cell.data_type == "s" and cell.number_format == "@" and cell.hyperlink is None
        assert "\x07" not in cell.value
        assert bool(cell.quotePrefix) is (cell.value[0] in "=+-@\t")


def test_a_hostile_name_is_no_markup_and_no_calendar_line() -> None:
    lines = to_markdown(_hostile()).decode().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(HOSTILE)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in table)
    assert not any("<img" in line.replace("\\<", "") or "[l](" in line for line in lines)
    evil = Document(
        "x", (), (DayEvent("u", MADE, MADE, "a\r\nBEGIN:VALARM", "b\nEND:VCALENDAR"),), "Asia/Shanghai", MADE
    )
    calendar = icalendar.Calendar.from_ical(to_ics(evil))
    (event,) = calendar.walk("VEVENT")
    assert not list(calendar.walk("VALARM")) and "BEGIN:VALARM" in str(event["summary"])


def test_the_ending_of_the_name_decides_and_others_are_refused(fact: Fact) -> None:
    document = plan_document(fact, SHOP, "zh", MADE)
    assert written_as(document, Path("p.XLSX"))[:2] == b"PK"
    assert written_as(document, "p.md").startswith(b"# ")
    assert written_as(document, "p.ics").startswith(b"BEGIN:VCALENDAR")
    with pytest.raises(BadArguments, match=re.escape(".xlsx, .md, .ics")):
        written_as(document, "p.pdf")


def test_weeks_are_counted_from_the_first_day() -> None:
    start = date(2026, 11, 16)
    days = [start + timedelta(days=k) for k in (0, 6, 7, 20)]
    assert [week_of(start, day, day) for day in days] == ["1", "1", "2", "3"]
    assert week_of(start, days[0], days[3]) == "1–3"


def test_the_texts_to_paste_come_in_the_language_with_every_finding(fact: Fact) -> None:
    for lang, passed in (("zh", "已按规则检查，未发现问题"), ("en", "checked against the rules, nothing found")):
        rows = plan_texts(fact, lang)  # type: ignore[arg-type]
        assert rows and [row.text for row in rows] == [item[f"text_{lang}"] for item in fact.data["artefacts"]]
        assert [row.verdict == passed for row in rows] == [not item["flags"] for item in fact.data["artefacts"]]
    flags = [
        {"found": "最低价", "zh": "写实际价格", "en": "state the price"},
        {"found": "", "zh": "缺退订", "en": "no opt-out"},
    ]
    item = {"kind": "sms", "text_zh": "最低价", "text_en": "lowest price", "flags": flags}
    (row,) = plan_texts(fact.model_copy(update={"data": {"artefacts": [item]}}), "en")
    assert row == ("SMS", "lowest price", "最低价 → state the price\nno opt-out")
