"""Reports as bars: every row is there, hostile names are text, intervals lie around their bars."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from songkin.evaluation.charts import drawn
from songkin.evaluation.report import Report, Row, Table

ROWS = (
    Row("a", "first <script>", (0.9, 0.5), (0.4, 0.6)),
    Row("b", "an uncommonly long name of a method that goes on for more than its place has", (0.1, 0.25)),
    Row("c", "nothing", (0.0, 0.0), (0.0, 0.0)),
)


def report(*tables: Table) -> Report:
    return Report(tables, 3, (), {})


def test_each_row_is_a_bar_as_long_as_its_last_number() -> None:
    picture = drawn(report(Table("t", "How & why", "", ("R@1", "MRR"), ROWS, 1234)))
    tree = ElementTree.fromstring(picture)
    texts = [text.text or "" for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "How & why: MRR, 1,234 candidates"
    assert "first <script>" in texts
    assert "<script" not in picture
    assert [text for text in texts if re.fullmatch(r"\d\.\d{3}", text)] == ["0.500", "0.250", "0.000"]
    first, second, none = [float(each.get("width", "0")) for each in tree.iter() if each.get("opacity")]
    assert first == 2 * second > 0 == none
    assert max(map(len, texts[1:])) <= 48


def test_tables_without_intervals_are_left_to_print() -> None:
    plain = Table("t", "Plain", "", ("R",), (Row("a", "A", (1.0,)),), 1)
    assert "Plain" not in drawn(report(plain))
    ElementTree.fromstring(drawn(report(plain)))
