"""The edits of a repair: the lines they change, and a patch that git and patch apply."""

import ast
import linecache
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from autograd_lite.verification.page import wrap_code
from autograd_lite.verification.repair.patch import Edit, edited, read, split_lines
from tests.support.repairs import AXIS, NET, SLIP, SOURCES, TOOLS, apply, edit, place, repair, written

needs_tools = pytest.mark.parametrize("tool", TOOLS)


@needs_tools
@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("file", ["net.py", "my models/n\u00e9t.py"])
def test_the_patch_gives_the_edited_file(tmp_path, monkeypatch, tool, name, file):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / file, SOURCES[name])
    source = read(str(path))
    texts = {SLIP[0]: SLIP[1], "x**2": "3 * x**2", "return x.T": "return 2 * x.T"}
    found = repair(*(edit(path, source, *text) for text in texts.items()))
    expected, encoding = SOURCES[name], "latin-1" if name == "Latin-1" else "utf-8"
    for old, new in texts.items():
        expected = expected.replace(old.encode(encoding), new.encode(encoding))
    assert apply(tool, found.patch, tmp_path) == ""
    assert path.read_bytes() == expected


LETTERS = "ab =*#'\"\\\t\n\x0c\u00e9\u2028\U0001d465"
pieces = st.lists(st.tuples(*[st.text(LETTERS, max_size=12)] * 3), min_size=1, max_size=4)


@needs_tools
@given(pieces=pieces, end=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=40, deadline=None)
def test_any_edits_of_any_file(tool, pieces, end):
    source, expected, edits = "x", "x", []
    for kept, old, new in pieces:
        (line, column), (end_line, end_column) = place(source + kept), place(source + kept + old)
        source, expected = source + kept + old, expected + kept + new
        edits.append(Edit("net.py", line, column, end_line, end_column, new, "", "f"))
    ends = end if "\n" in source else "\n"
    source, expected = source.replace("\n", ends), expected.replace("\n", ends)
    assert edited(source, edits) == expected
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        path = written(Path("net.py"), source.encode())
        found = repair(*edits)
        assert not found.patch or apply(tool, found.patch, Path(folder)) == ""
        assert path.read_bytes() == expected.encode()
    lines = [row.rstrip("\r\n") for row in split_lines(source)]
    for change in reversed(found.changes):
        assert lines[change.line - 1 : change.line - 1 + len(change.old)] == change.old
        lines[change.line - 1 : change.line - 1 + len(change.old)] = change.new
    assert lines == [row.rstrip("\r\n") for row in split_lines(expected)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["newline at the end", "none"])
def test_statements_are_inserted_before_a_line_and_after_the_last(end, last):
    source = f"def f(x):{end}    y = x{end}    return y{end * last}"
    inside = Edit("f.py", 2, 0, 2, 0, "    x = 1\n    x += 1\n", "", "f")
    behind = Edit("f.py", 4, 0, 4, 0, "f(1)\n", "", "f")
    lines = ["def f(x):", "    x = 1", "    x += 1", "    y = x", "    return y", "f(1)"]
    assert edited(source, [inside, behind]) == end.join(lines) + end * last


def test_two_edits_of_a_place_keep_their_order_and_insertions_come_first(tmp_path):
    path = written(tmp_path / "f.py", b"y = x\n")
    found = repair(Edit(str(path), 1, 4, 1, 5, "z", "", ""), *(Edit(str(path), 1, 4, 1, 4, t, "", "") for t in "ab"))
    assert [change.new for change in found.changes] == [["y = abz"]]


def test_changes_are_the_lines_that_differ(tmp_path):
    source = "def f(x):\n    y = (x\n         + 1\n         + 2)\n    del y\n    return y\n"
    path = str(written(tmp_path / "f.py", source.encode()))
    whole = Edit(path, 2, 8, 4, 13, "(x\n         + 1\n         + 3)", "3 for 2", "f")
    gone = Edit(path, 5, 0, 6, 0, "", "", "f")
    found = repair(whole, gone, edit(path, source, "return y", "return 2 * y", "a 2"))
    changes = [(c.line, c.old, c.new, c.words) for c in found.changes]
    assert changes == [
        (4, ["         + 2)"], ["         + 3)"], ["3 for 2"]),
        (5, ["    del y", "    return y"], ["    return 2 * y"], ["a 2"]),
    ]


def test_files_below_the_working_directory_are_named_from_there_and_others_from_the_root(tmp_path, monkeypatch):
    inside, outside = (written(tmp_path / name, NET.encode()) for name in ("work/sub/net.py", "other.py"))
    monkeypatch.chdir(tmp_path / "work")
    patch = repair(*(edit(file, NET, *SLIP) for file in (inside, outside))).patch
    heads = [line for line in patch.splitlines() if line.startswith(("---", "+++"))]
    there = outside.as_posix().lstrip("/")
    assert heads == ["--- a/sub/net.py", "+++ b/sub/net.py", f"--- a/{there}", f"+++ b/{there}"]


def test_a_link_to_the_working_directory_leads_there(tmp_path, monkeypatch):
    written(tmp_path / "real/net.py", NET.encode())
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "real")
    assert repair(edit(tmp_path / "link/net.py", NET, *SLIP)).patch.startswith("--- a/net.py\n")


@pytest.mark.parametrize("cell", ["<ipython-input-3-1f2e3d>", "<stdin>"])
def test_a_cell_has_its_own_name(monkeypatch, cell):
    monkeypatch.setitem(linecache.cache, cell, (len(NET), None, NET.splitlines(keepends=True), cell))
    assert repair(edit(cell, NET, *SLIP)).patch.startswith(f"--- a/{cell}\n+++ b/{cell}\n@@ -5,7 +5,7 @@\n")


def test_a_repair_keeps_the_source_that_ran(tmp_path):
    path = written(tmp_path / "net.py", NET.encode())
    linecache.getlines(str(path))
    path.write_text("# new\n" + NET)
    found = repair(edit(path, NET, *SLIP))
    before = found.patch
    path.write_text("")
    assert found.patch == before
    assert "@@ -5,7 +5,7 @@" in before


CODE = {
    "brackets": "dlayer_1 = np.concatenate([first_half_of_the_gradient, second_half_of_the_gradient], axis=0)",
    "none": "dlayer_1 = derror_dprediction * one_minus_prediction_squared + derror_dregularisation * strength",
    "indented": "        dlayer_1 += derror_dprediction * one_minus_prediction_squared + derror_dlayer_2 * strength_2",
    "a string": "raise ValueError('expected a matrix of examples, one a row,  got' + ' something else', x)",
}


@pytest.mark.parametrize("name", CODE)
def test_code_is_wrapped_to_code(name):
    lines = wrap_code(CODE[name], "why  + ")
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    text = "\n".join(line[7:] for line in lines)
    assert ast.dump(ast.parse(text.strip())) == ast.dump(ast.parse(CODE[name].strip()))


@pytest.mark.parametrize("code", ["x = '" + "a b " * 30 + "'", "x = 1  # " + "many words " * 10, "y = " + "x" * 90])
def test_code_that_cannot_be_wrapped_stays_long(code):
    assert [line.strip() for line in wrap_code(code, "")][-1].endswith(code[-60:].strip())


def test_the_words_of_several_edits(tmp_path):
    path = written(tmp_path / "net.py", NET.encode())
    twice = edit(path, NET, "2 * h", "h", "an extra factor 2", "gradient"), edit(path, NET, *SLIP)
    (change,) = repair(*twice).changes
    assert (change.line, change.words) == (8, ["an extra factor 2", SLIP[2]])
    _, second = repair(*twice, edit(path, NET, *AXIS)).changes
    assert (second.line, second.words) == (9, [AXIS[2]])
