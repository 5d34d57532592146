from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from songkin.records import BadRow
from songkin.sources import cells, columns, headings, songs
from songkin.sources.columns import Row
from songkin.sources.given import Given, Options
from songkin.sources.rows import Seams, identify
from tablefiles import SHARED, given, numpy_repr, refusal, told


def read(path: Path, content: str | bytes, encoding: str = "utf-8") -> tuple[list[Row], list[BadRow]]:
    """Rows and bad rows of a table."""
    with columns.opened(given(path, content, encoding), Options()) as table:
        rows = list(table.rows())
    return [row for row in rows if isinstance(row, Row)], [row for row in rows if isinstance(row, BadRow)]


def titles(rows: list[Row]) -> list[str]:
    return [str(row.cells["title"]) for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_told_from_the_headings(tmp_path: Path, delimiter: str) -> None:
    lines = [["title", "artist", "note"], ["A, B; C, D", "X", "1,5"], ["Two", "Y;Z", ""]]
    text = "\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in line) for line in lines)
    good, bad = read(tmp_path / "t.csv", text + "\n")
    assert (titles(good), bad) == (["A, B; C, D", "Two"], [])


@pytest.mark.parametrize("head", ["title", '"title"', "title\r"])
def test_a_table_of_one_column_is_not_torn_at_the_commas_of_its_cells(tmp_path: Path, head: str) -> None:
    good, bad = read(tmp_path / "t.csv", f"{head}\nEarth, Wind & Fire; live\nOne\tTwo\n")
    assert (titles(good), bad) == (["Earth, Wind & Fire; live", "One\tTwo"], [])


def test_a_comma_in_a_heading_does_not_hide_the_semicolons(tmp_path: Path) -> None:
    good, _ = read(tmp_path / "t.csv", "title;genre, all of them;artist\nA;b, c;D\n")
    assert dict(good[0].cells) == {"title": "A", "artists": "D"}


def test_excels_first_line_is_believed(tmp_path: Path) -> None:
    good, _ = read(tmp_path / "t.csv", "sep=;\r\ntitle;artist\r\nA;B\r\n")
    assert dict(good[0].cells) == {"title": "A", "artists": "B"}


def test_columns_without_a_heading_are_dropped_and_rows_of_nothing_are_counted(tmp_path: Path) -> None:
    good, bad = read(tmp_path / "t.csv", ";title;artist;;;;\n0;A;X;;;;\n;;;;;;\n\n2;B;Y;;;;\n")
    assert [(row.number, row.cells["title"]) for row in good] == [(1, "A"), (3, "B")]
    assert bad == []


def test_a_row_that_is_too_long_is_refused_alone(tmp_path: Path) -> None:
    good, bad = read(tmp_path / "t.csv", "title,artist\nA,X\nB,Earth, Wind & Fire\nC,Z\n")
    assert titles(good) == ["A", "C"]
    assert [(one.row, one.reason) for one in bad] == [(2, "has 3 cells under 2 headings")]


def test_a_cell_of_ten_megabytes_is_refused_alone(tmp_path: Path) -> None:
    good, bad = read(tmp_path / "t.csv", f"title,artist\nA,X\nB,{'y' * (10 << 20)}\nC,Z\n")
    assert titles(good) == ["A", "C"]
    assert [(one.row, "131,072 characters" in one.reason) for one in bad] == [(2, True)]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    rest = "".join(f"T{i},Y\n" for i in range(2000))
    for start in ('B,"oh', '"B,oh'):
        good, bad = read(tmp_path / "t.csv", f"title,artist\nA,X\n{start}\n{rest}")
        assert titles(good) == ["A", *(f"T{i}" for i in range(2000))]
        assert [(one.row, "quotation mark" in one.reason + one.remedy) for one in bad] == [(2, True)]


def test_a_quotation_mark_that_a_later_one_closes_costs_no_row_between(tmp_path: Path) -> None:
    good, bad = read(tmp_path / "t.csv", 'title,artist\nA,X\nB,"oh\nC,Y\nD,"Z"\nE,W\n')
    assert titles(good) == ["A", "C", "D", "E"]
    assert [one.row for one in bad] == [2]


def test_cells_may_have_lines(tmp_path: Path) -> None:
    good, bad = read(tmp_path / "t.csv", 'title,artist\n"A\nB",X\nC,5" single\n"D ""x""\r\n",Z')
    assert titles(good) == ["A\nB", "C", 'D "x"\r\n']
    assert bad == []


def test_nul_bytes_stand_in_no_title(tmp_path: Path) -> None:
    [song] = told(songs, given(tmp_path / "t.csv", b"title,artist\nA\0B,X\0\n")).songs
    assert (song.title, song.artists) == ("A B", ("X",))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b",,,\n1,2,3\n"])
def test_a_file_without_headings_is_no_table(tmp_path: Path, content: bytes) -> None:
    what = given(tmp_path / "t.csv", content)
    assert columns.glance(what) is None
    assert "headings" in refusal(songs, what).message


def test_headings_are_the_same_in_any_spelling() -> None:
    for spelling in ("Track Name", "track_name", "trackName", "TRACK-NAME ", "track.name"):
        assert headings.match([spelling]) == {"title": 0}


def test_no_heading_of_any_language_means_two_things() -> None:
    """But ``name``, which is a title's, or a playlist's beside a title."""
    assert [heading for heading, fields in headings._table().items() if len(fields) > 1] == ["name"]
    assert headings.match(["Name", "Track Name"]) == {"title": 1, "playlist": 0}


def test_the_spelling_that_says_most_wins() -> None:
    assert headings.match(["id", "uri", "track_id", "name", "artist"])["id"] == 2


def test_a_mapping_names_a_field_and_a_column_that_are_there(tmp_path: Path) -> None:
    what = given(tmp_path / "t.csv", "Stück,artist\nA,B\n")
    with columns.opened(what, Options(columns={"title": "stuck"})) as table:
        assert table.columns().mapping == {"artists": "artist", "title": "Stück"}
    unknown = refusal(songs, what, Options(columns={"titel": "Stück"}))
    assert "titel" in unknown.message
    assert "title" in unknown.remedy
    missing = refusal(songs, what, Options(columns={"title": "Lied"}))
    assert "Lied" in missing.message
    assert "Stück, artist" in missing.remedy


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_the_real_messy_table_has_fifteen_columns() -> None:
    path = SHARED / "no_licence_stated/songs/data_by_artist.csv.gz"
    with columns.opened(Given(str(path)), Options()) as table:
        assert len(table.headings) == 15
        found = list(table.rows())
    assert sum(isinstance(row, Row) for row in found) > 27_000


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("['blues---country blues' 'reggae']", ("blues---country blues", "reggae")),
        (numpy_repr([f"genre---kind {i}" for i in range(7)]), tuple(f"genre---kind {i}" for i in range(7))),
        ("""['rock', "rock 'n' roll"]""", ("rock", "rock 'n' roll")),
        ('["a", "caf\\u00e9", "\\ud83c\\udfb5"]', ("a", "café", "🎵")),
        ("('a', 'a', 'b')", ("a", "b")),
        ("array(['a', 'b'], dtype='<U1')", ("a", "b")),
        ("[rock, pop]", ("rock", "pop")),
        ("[]", ()),
        ("a;b ; c", ("a", "b", "c")),
        ("a|b", ("a", "b")),
        ("Earth, Wind & Fire", ("Earth, Wind & Fire",)),
        ("(500) Days", ("(500) Days",)),
        ("nan", ()),
        (["x", None, "y"], ("x", "y")),
        (float("nan"), ()),
        (None, ()),
    ],
)
def test_lists_are_read_however_a_program_wrote_them(cell: object, values: tuple[str, ...]) -> None:
    assert cells.many(cell) == values


@pytest.mark.parametrize("name", ["[anonymous]", "(((S)))", "[re:jazz]", "('68)", "[__import__('os').system('true')]"])
def test_names_in_brackets_and_code_are_no_lists(name: str) -> None:
    assert cells.many(name) == (name,)


@drawn(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), max_size=6))
def test_any_list_of_python_gives_its_strings(values: list[str]) -> None:
    wanted = tuple(dict.fromkeys(cells.known(value) for value in values if cells.known(value)))
    assert cells.many(repr(values)) == wanted


@drawn(st.text())
def test_no_cell_raises(cell: str) -> None:
    assert all(cells.many(cell))
    assert isinstance(cells.pairs(cell), dict)
    assert isinstance(identify(cell), dict)


def test_a_hostile_list_takes_no_time() -> None:
    cell = "['" + "\\'" * 1_000_000
    for read_cell in (cells.many, cells.pairs):
        read_cell(cell)
    assert cells.pairs("{'" + "\\'" * 1_000_000) == {}


def test_a_dict_is_read_and_not_run() -> None:
    cell = """{'artist': "O'Brien", 'song': 'x: y, {z}', 'year': 1999, 'n': None, 'k': f()}"""
    assert cells.pairs(cell) == {"artist": "O'Brien", "song": "x: y, {z}", "year": "1999", "n": "", "k": "f()"}


def test_commas_part_names_only_where_the_file_proves_it() -> None:
    column = [
        "Lady Gaga",
        "Bruno Mars",
        "Lady Gaga, Bruno Mars",
        "Tyler, The Creator",
        "Kali Uchis",
        "Adam Port, Stryv",
    ]
    seams = Seams(r",\s*", column)
    assert seams.split("Lady Gaga, Bruno Mars") == ["Lady Gaga", "Bruno Mars"]
    assert seams.split("Tyler, The Creator") == ["Tyler, The Creator"]
    assert seams.split("Adam Port, Stryv") == ["Adam Port, Stryv"]
    assert seams.split("Lady Gaga, Nobody Else") == ["Lady Gaga, Nobody Else"]


def test_a_column_that_clearly_joins_by_commas_needs_one_of_two_names_alone() -> None:
    column = [f"N{i}" for i in range(12)] + [f"N{i}, N{j}" for i, j in itertools.combinations(range(8), 2)]
    seams = Seams(r",\s*", [*column, "Earth, Wind & Fire"])
    assert seams.split("N1, Newcomer") == ["N1", "Newcomer"]
    assert seams.split("N1, Earth, Wind & Fire") == ["N1", "Earth, Wind & Fire"]
    assert seams.split("Earth, Wind & Fire") == ["Earth, Wind & Fire"]


def test_a_packed_table_is_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"title,artist\nA,B\n"))
    assert [song.title for song in told(songs, Given(str(path))).songs] == ["A"]


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@drawn(
    st.lists(
        st.lists(st.sampled_from(['"', ",", ";", "\n", "\r", "\0", "a", "title", "artist", "'", "[", " "]), max_size=12)
    )
)
def test_any_table_gives_rows_or_one_error(tmp_path_factory: pytest.TempPathFactory, parts: list[list[str]]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    body = "".join(map("".join, parts))
    good, bad = read(path, f"title,artist\n{body}")
    assert all(set(row.cells) == {"title", "artists"} for row in good)
    assert len({*(row.number for row in good), *(row.row for row in bad)}) == len(good) + len(bad)


@drawn(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.sampled_from([",", ";", "\t"]))
def test_what_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str]], by: str
) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=by, quoting=csv.QUOTE_ALL)
    writer.writerows([("title", "artist"), *lines])
    good, bad = read(tmp_path_factory.getbasetemp() / "back.csv", out.getvalue())
    assert [(row.cells["title"], row.cells["artists"]) for row in good] == [line for line in lines if any(line)]
    assert bad == []
