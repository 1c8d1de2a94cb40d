"""What comes back is what was saved, bit for bit, or an error; the file that was there outlives every interruption."""

import errno
import io
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_lite as ag
from autograd_lite.saving.structure import _digest

ROOT = Path(__file__).parents[1]
Layer = namedtuple("Layer", ["weights", "bias"])
needs_safetensors = pytest.mark.skipif(find_spec("safetensors") is None, reason="safetensors is not installed")
each_ending = pytest.mark.parametrize("ending", [".npz", pytest.param(".safetensors", marks=needs_safetensors)])


@dataclass(frozen=True)
class Model:
    layers: list[Any]
    steps: int = 0
    name: str = "network"
    activation: Callable[..., Any] = np.tanh
    axes: tuple[int, ...] = field(default=(0,), metadata={"static": True})


def same(a, b):
    """Whether two trees are equal bit for bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, dict):
        keys = [(type(key), key) for key in a]
        return keys == [(type(key), key) for key in b] and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (float, complex)):
        return struct.pack(">dd", a.real, a.imag) == struct.pack(">dd", b.real, b.imag)
    return bool(a == b)


dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(),
    hnp.complex_number_dtypes(),
    hnp.unicode_string_dtypes(),
    hnp.byte_string_dtypes(),
    hnp.datetime64_dtypes(),
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=3))
layouts = st.sampled_from([np.asarray, np.transpose, np.asfortranarray, lambda a: a[..., ::2] if a.ndim else a])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters()),
    st.builds(lambda layout, a: layout(a), layouts, arrays),
    hnp.arrays(dtypes, ()).map(lambda a: a[()]),
)
keys = (
    st.text(st.characters()) | st.sampled_from(["0", "a/b", "a_b", "file", "tree.json", "a.npy", "a"]) | st.integers()
)
random_trees = st.recursive(
    leaves,
    lambda parts: st.lists(parts) | st.lists(parts).map(tuple) | st.dictionaries(keys, parts),
    max_leaves=10,
)


@each_ending
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example overwrites the one before
@given(tree=random_trees)
def test_any_tree_comes_back_bit_for_bit(ending, tmp_path, tree):
    path = tmp_path / f"tree{ending}"
    ag.save(path, tree)
    assert same(ag.load(path), tree)
    assert same(ag.load(path, like=tree), tree)


SMALL: dict[str, Any] = {
    "layers": [{"W": np.arange(6.0).reshape(2, 3)}, (np.float32(0.5), 7)],
    "rate": 0.1,
    "name": "é",
    "none": None,
}


def digits(bits):
    return (1 << bits) - 1


VALUES = {
    "a bare array": np.arange(3),
    "a bare number": 2.5,
    "an empty dict": {},
    "nodes that are empty": [(), [], {}],
    "0 and -0": [0.0, -0.0, complex(0.0, -0.0), np.array(-0.0)],
    "a NaN with a payload": struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0],
    "more digits than int takes": [digits(20_000), -digits(20_000), {digits(200): 1}],
    "keys of one name": {
        "a/b": np.array(1),
        "a": {"b": np.array(2)},
        "a_b": np.array(3),
        1: np.array(4),
        "1": np.array(5),
    },
    "names that readers reserve": {
        name: np.arange(3) for name in ["file", "tree.json", "__metadata__", "a", "a.npy", ""]
    },
    "a key that no file can be named by": {
        "\0": np.array(1),
        "\ud800": np.array(2),
        "..": np.array(3),
        "x" * 70_000: np.array(4),
    },
    "long double": np.array([1.0, np.nan], np.longdouble),
    "an array of no elements": np.zeros((0, 3), np.complex64),
    "a hundred levels": None,
}
for _ in range(100):
    VALUES["a hundred levels"] = [VALUES["a hundred levels"]]
RANDOM = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]
VALUES |= {f"the state of {kind.__name__}": kind(7).state for kind in RANDOM}


@each_ending
@pytest.mark.parametrize("tree", VALUES.values(), ids=VALUES)
def test_delicate_values_come_back(ending, tmp_path, tree):
    path = tmp_path / f"tree{ending}"
    ag.save(path, tree)
    assert same(ag.load(path, like=tree), tree)


@each_ending
@pytest.mark.parametrize("kind", RANDOM)
def test_a_generator_goes_on_where_it_was(ending, tmp_path, kind):
    rng, other = np.random.Generator(kind(1)), np.random.Generator(kind(2))
    rng.normal(size=5)
    ag.save(tmp_path / f"rng{ending}", rng.bit_generator.state)
    other.bit_generator.state = ag.load(tmp_path / f"rng{ending}")
    assert np.array_equal(other.normal(size=9), rng.normal(size=9))


@each_ending
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_arrays_keep_their_layout_in_memory_and_can_be_written_to(ending, tmp_path, axes):
    array = np.random.default_rng(0).normal(size=(2, 3, 4)).transpose(axes)
    ag.save(tmp_path / f"tree{ending}", array)
    found = ag.load(tmp_path / f"tree{ending}")
    assert found.strides == array.strides
    found += 1


def test_numpy_reads_the_arrays_by_the_names_of_their_places(tmp_path):
    ag.save(tmp_path / "tree.npz", SMALL)
    with np.load(tmp_path / "tree.npz", allow_pickle=False) as found:
        assert set(found) == {"layers/0/W", "layers/1/0", "tree.json"}
        assert same(found["layers/0/W"], SMALL["layers"][0]["W"])
        assert json.loads(found["tree.json"])["tree"]["dict"][1] == ["rate", 0.1]


@needs_safetensors
def test_safetensors_reads_the_arrays_by_the_names_of_their_places(tmp_path):
    from safetensors.numpy import load_file

    ag.save(tmp_path / "tree.safetensors", SMALL)
    found = load_file(tmp_path / "tree.safetensors")
    assert found.keys() == {"layers/0/W", "layers/1/0"}
    assert same(found["layers/0/W"], SMALL["layers"][0]["W"])


def test_no_two_arrays_have_one_name(tmp_path):
    tree = {key: np.array(n) for n, key in enumerate(["a", "a.npy", "a_npy", "tree.json", "file", "", 1, "1"])}
    ag.save(tmp_path / "tree.npz", tree)
    with np.load(tmp_path / "tree.npz", allow_pickle=False) as found:
        assert sorted(int(found[name]) for name in found if name != "tree.json") == list(range(len(tree)))


@pytest.mark.parametrize("number", [2**53, -(2**53), np.inf, -np.inf, np.nan, 1 + 2j], ids=repr)
def test_numbers_that_a_reader_of_json_would_round_or_refuse_are_hex(number, tmp_path):
    ag.save(tmp_path / "tree.npz", number)
    with zipfile.ZipFile(tmp_path / "tree.npz") as archive:
        assert list(json.loads(archive.read("tree.json"))["tree"]) == [type(number).__name__]


@each_ending
def test_one_tree_makes_one_file(ending, tmp_path):
    for name in "ab":
        ag.save(tmp_path / f"{name}{ending}", SMALL)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_what_is_saved_is_left_as_it_is_and_shares_nothing_with_what_is_loaded(tmp_path):
    array = np.arange(3.0)
    array.flags.writeable = False
    ag.save(tmp_path / "a.npz", [array, array])
    first, second = ag.load(tmp_path / "a.npz")
    first += 1
    assert same([array, second], [np.arange(3.0)] * 2)


# Types of nodes.

LIKE = {
    "named tuple": (Layer(np.ones(2), 3), {"weights": np.ones(2), "bias": 3}),
    "defaultdict": (defaultdict(list, a=[1]), {"a": [1]}),
    "OrderedDict": (OrderedDict(b=1, a=np.ones(2)), {"b": 1, "a": np.ones(2)}),
    "a named tuple of dataclasses": (Layer(Layer(1, [2]), ()), {"weights": {"weights": 1, "bias": [2]}, "bias": ()}),
}


@each_ending
@pytest.mark.parametrize(("tree", "plain"), LIKE.values(), ids=LIKE)
def test_nodes_get_their_types_from_like_and_are_dicts_lists_and_tuples_without(ending, tmp_path, tree, plain):
    ag.save(tmp_path / f"tree{ending}", tree)
    assert same(ag.load(tmp_path / f"tree{ending}"), plain)
    found = ag.load(tmp_path / f"tree{ending}", like=tree)
    assert (type(found), repr(found)) == (type(tree), repr(tree))


@each_ending
def test_a_dataclass_comes_back_with_the_fields_that_a_file_can_hold(ending, tmp_path):
    ag.save(tmp_path / f"m{ending}", Model([np.ones(2)], steps=3, name="saved", activation=np.sin, axes=(1,)))
    found = ag.load(tmp_path / f"m{ending}", like=Model([np.zeros(2)], activation=np.cos))
    assert (found.steps, found.name, found.activation, found.axes) == (3, "saved", np.cos, (1,))
    assert same(found.layers, [np.ones(2)])
    plain = ag.load(tmp_path / f"m{ending}")
    assert same(plain, {"layers": [np.ones(2)], "steps": 3, "name": "saved", "axes": (1,)})


def test_a_mapping_comes_back_in_the_order_of_like(tmp_path):
    ag.save(tmp_path / "a.npz", {"a": 1, "b": 2})
    assert list(ag.load(tmp_path / "a.npz", like={"b": 0, "a": 0})) == ["b", "a"]


@each_ending
@pytest.mark.parametrize(
    ("tree", "like"), [(np.float64(1), np.zeros(())), (np.zeros(()), np.float64(1))], ids=["a", "b"]
)
def test_a_number_of_numpy_and_an_array_without_axes_are_alike(ending, tree, like, tmp_path):
    ag.save(tmp_path / f"tree{ending}", [tree])
    assert same(ag.load(tmp_path / f"tree{ending}", like=[like]), [tree])


@each_ending
def test_a_file_keeps_its_rights(ending, tmp_path):
    path = tmp_path / f"tree{ending}"
    ag.save(path, SMALL)
    path.chmod(0o600)
    ag.save(path, SMALL)
    assert path.stat().st_mode & 0o777 == 0o600


UNLIKE = {
    "another shape": ([np.ones(2)], [np.ones(3)], "expected an array of float64 and shape (3,) at like[0], and"),
    "another dtype": ([np.ones(2)], [np.ones(2, "f4")], "expected an array of float32 and shape (2,) at like[0], and"),
    "another byte order": (np.ones(2), np.ones(2, ">f8"), "expected an array of >f8 and shape (2,) at like, and"),
    "an array of a number": ({"a": np.ones(())}, {"a": 1.0}, "expected a value of type float at like['a'], and"),
    "a NumPy number": ([1.0], [np.float64(1)], "expected a value of type float64 at like[0], and"),
    "an integer": ([1.0], [1], "expected a value of type int at like[0], and"),
    "None": ([None], [1], "expected a value of type int at like[0], and"),
    "another node": ([(1,)], [[1]], "expected a list at like[0], and"),
    "a leaf for a node": ({"a": [1]}, {"a": 1}, "expected a value of type int at like['a'], and"),
    "a key too few": ({"a": 1}, {"a": 1, "b": 2}, "like['b'] is not in"),
    "a key too many": ({"a": 1, "b": 2}, {"a": 1}, "expected no like['b'], and"),
    "a part too few": ([[1]], [[1, 2]], "like[0][1] is not in"),
    "a part too many": ([[1, 2]], [[1]], "expected no like[0][1], and"),
    "a field": (Layer(1, 2), Layer(1, 2.0), "expected a value of type float at like.bias, and"),
    "a key of another type": ({1: 1}, {"1": 1}, "like['1'] is not in"),
}


@each_ending
@pytest.mark.parametrize(("tree", "like", "message"), UNLIKE.values(), ids=UNLIKE)
def test_the_first_place_that_differs_from_like_is_named(ending, tmp_path, tree, like, message):
    path = tmp_path / f"tree{ending}"
    ag.save(path, tree)
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        ag.load(path, like=like)
    assert str(path) in str(error.value)


# What cannot be saved.

ITSELF: list[Any] = []
ITSELF.append(ITSELF)
REFUSED = {
    "an object array": (
        {"a": [np.array([None])]},
        "tree['a'][0]: expected an array of numbers, booleans or strings, got",
    ),
    "a structured array": (
        np.zeros(2, "i4,f4"),
        "tree: expected an array of numbers, booleans or strings, got dtype [(",
    ),
    "a masked array": ([np.ma.ones(2)], "tree[0]: expected a plain array, got MaskedArray"),
    "a Tensor": (Layer(ag.Tensor([1.0]), 0), "tree.weights: it is a Tensor"),
    "a function": ({"f": np.tanh}, "tree['f']: expected an array, int, float, complex, bool, str or None, got ufunc"),
    "a set": ({"a": {1}}, "tree['a']: expected an array, int, float, complex, bool, str or None, got set"),
    "bytes": ([b"a"], "tree[0]: expected an array, int, float, complex, bool, str or None, got bytes"),
    "a number of one's own": ([type("Mine", (int,), {})(1)], "tree[0]: expected an array, int"),
    "a string that ends in zeros": ([np.str_("a\0")], "tree[0]: NumPy drops"),
    "a key that is a bool": ({"a": {True: 1}}, "tree['a']: expected keys that are str or int, got True (bool)"),
    "a key that is a tuple": ({(1, 2): 1}, "tree: expected keys that are str or int, got (1, 2) (tuple)"),
    "a tree that holds itself": (ITSELF, "a tree cannot hold itself: tree[0] is tree"),
}


@each_ending
@pytest.mark.parametrize(("tree", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_saved_is_named_and_nothing_is_written(ending, tmp_path, tree, message):
    with pytest.raises(TypeError) as error:
        ag.save(tmp_path / f"tree{ending}", tree)
    assert message in str(error.value)
    assert os.listdir(tmp_path) == []


def test_a_tree_of_more_than_a_hundred_levels_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at most 100 levels"):
        ag.save(tmp_path / "a.npz", [VALUES["a hundred levels"]])


@pytest.mark.parametrize("name", ["weights", "weights.pkl", "weights.npy", ".npz", "weights.NPZ"])
@pytest.mark.parametrize("call", [lambda path: ag.save(path, 1), ag.load], ids=["save", "load"])
def test_another_ending_is_refused(name, call, tmp_path):
    with pytest.raises(ValueError, match=r"expected a path that ends in \.npz or \.safetensors, got .*" + name):
        call(tmp_path / name)


@pytest.mark.parametrize("call", [lambda path: ag.save(path, 1), ag.load], ids=["save", "load"])
def test_the_package_that_is_missing_is_named(call, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "autograd_lite\[safetensors\]"'):
        call(tmp_path / "a.safetensors")


def test_the_package_imports_without_safetensors():
    code = "import sys, autograd_lite; assert 'safetensors' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# Damaged files.


def damaged(path):
    """Load a file that is damaged; return whether there was an error, which names the file."""
    message = ""
    try:
        found = ag.load(path)
    except ValueError as error:
        message = str(error)
    if not message:  # what does not matter to the tree may be anything, as the date in a zip file
        assert same(found, SMALL)
    return message.startswith(f"{path} is damaged, or was not written by ag.save (")


@each_ending
def test_a_truncated_file_is_an_error(ending, tmp_path):
    path = tmp_path / f"tree{ending}"
    ag.save(path, SMALL)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert damaged(path), length


@each_ending
@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_a_changed_byte_is_an_error_or_changes_nothing(ending, mask, tmp_path):
    path = tmp_path / f"tree{ending}"
    ag.save(path, SMALL)
    whole = path.read_bytes()
    found = []
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        found.append(damaged(path))
    assert sum(found) > 0.8 * len(found)


class Trap:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("trapped"),)


def npz(**entries):
    file = io.BytesIO()
    np.savez(file, **entries)
    return file.getvalue()


def npz_of(text, array=None):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tree.json", text)
        if array is not None:
            with archive.open("a.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=True)
    return file.getvalue()


FOREIGN = {
    "empty": (b"", "File is not a zip file"),
    "text": (b"weights: 1, 2, 3\n", "File is not a zip file"),
    "a pickle": (pickle.dumps(Trap()), "File is not a zip file"),
    "another's npz": (npz(a=np.ones(2)), "it has no entry tree.json"),
    "a pickled npz": (npz(a=np.array([Trap()], object)), ""),
    "a pickled npz that looks like ours": (npz_of("{}", np.array([Trap()], object)), "Object arrays cannot be loaded"),
    "a later version": (npz_of('{"autograd_lite": 2}'), "expected version 1 of the format, got 2"),
    "other JSON": (npz_of("[1]"), ""),
    "no JSON": (npz_of("weights"), ""),
    "JSON without end": (npz_of('{"tree": ' * 100_000), ""),
}


@pytest.mark.parametrize(("content", "reason"), FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_another_kind_is_an_error_and_never_run(content, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npz is damaged, or was not written by ag\.save") as error:
        ag.load("a.npz")
    assert reason in str(error.value)
    assert os.listdir() == ["a.npz"]


def rezipped(path, compression):
    """Write an archive anew with its entries compressed."""
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", compression) as new:
        for name, content in entries.items():
            new.writestr(name, content)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_what_a_file_unpacks_to_is_no_larger_than_the_file(compression, tmp_path):
    ag.save(tmp_path / "a.npz", np.zeros(10_000))
    rezipped(tmp_path / "a.npz", compression)
    if compression == zipfile.ZIP_STORED:
        assert same(ag.load(tmp_path / "a.npz"), np.zeros(10_000))
        return
    with pytest.raises(ValueError, match="its entries are larger than the file"):
        ag.load(tmp_path / "a.npz")


def test_an_array_stands_in_one_place(tmp_path):
    ag.save(tmp_path / "a.npz", [np.ones((2, 3), order="F"), np.zeros((2, 3), order="F")])
    assert len(ag.load(tmp_path / "a.npz")) == 2
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        head, (one, _) = json.loads(archive.read("tree.json")), archive.namelist()[1:]
        entry = archive.read(one)
    (first, _) = head["tree"]["list"]
    head["tree"] = {"list": [first] * 1000}  # of which each would be a copy, for its layout
    head["digest"] = _digest(head["tree"], {"0": np.ones((2, 3))})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("tree.json", json.dumps(head))
        archive.writestr(one, entry)
    with pytest.raises(ValueError, match=r"a\.npz is damaged.*\('0'\)"):
        ag.load(tmp_path / "a.npz")


def test_no_entry_lies_outside_of_the_file(tmp_path):
    tree = {"": {"..": np.ones(1)}, "..": {".": {"...": np.ones(2)}}, "C:": np.ones(3), "/etc": [np.ones(4)]}
    ag.save(tmp_path / "a.npz", tree)
    names = zipfile.ZipFile(tmp_path / "a.npz").namelist()
    assert {"_/.._.npy", ".._/._/..._.npy"} <= set(names)
    assert [name for name in names if name.startswith("/") or ".." in name.split("/") or ":" in name] == []
    assert same(ag.load(tmp_path / "a.npz"), tree)


def test_an_entry_that_lies_outside_is_not_unpacked(tmp_path):
    ag.save(tmp_path / "a.npz", {"up": np.ones(2)})
    (folder := tmp_path / "inner").mkdir()
    with zipfile.ZipFile(tmp_path / "a.npz") as old, zipfile.ZipFile(folder / "b.npz", "w") as new:
        new.writestr("../up.npy", old.read("up.npy"))
        new.writestr("tree.json", old.read("tree.json"))
    with pytest.raises(ValueError, match=r"b\.npz is damaged"):
        ag.load(folder / "b.npz")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.npz", "b.npz", "inner"]


@needs_safetensors
@each_ending
def test_a_file_of_the_other_format_is_an_error(ending, tmp_path):
    other = {".npz": ".safetensors", ".safetensors": ".npz"}[ending]
    ag.save(tmp_path / f"a{other}", SMALL)
    os.rename(tmp_path / f"a{other}", tmp_path / f"a{ending}")
    assert damaged(tmp_path / f"a{ending}")


@each_ending
def test_a_file_that_is_not_there_and_a_folder_are_errors_of_the_system(ending, tmp_path):
    path = tmp_path / f"tree{ending}"
    with pytest.raises(FileNotFoundError, match=f"tree{ending}"):
        ag.load(path)
    with pytest.raises(FileNotFoundError, match=f"there is no folder '.*nowhere'; make it first: '.*tree{ending}'$"):
        ag.save(tmp_path / "nowhere" / f"tree{ending}", SMALL)
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=f"tree{ending}"):
        ag.load(path)
    with pytest.raises(IsADirectoryError, match=f"tree{ending}"):
        ag.save(path, SMALL)
    assert os.listdir(tmp_path) == [path.name]


# Saves that fail or are killed.

FAILURES = {
    "opening": ("os.open", 1, "old"),
    "writing an array": ("numpy.lib.format.write_array", 1, "old"),
    "writing the second array": ("numpy.lib.format.write_array", 2, "old"),
    "flushing the file to the disk": ("os.fsync", 1, "old"),
    "putting it in its place": ("os.replace", 1, "old"),
    "opening the folder": ("os.open", 2, "new"),
    "flushing the folder to the disk": ("os.fsync", 2, "new"),
}


@pytest.mark.parametrize(("function", "call", "remains"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_save_that_fails_leaves_the_old_file_and_no_other(function, call, remains, failure, tmp_path, monkeypatch):
    trees = {"old": SMALL, "new": [np.ones(3), np.zeros(3)]}
    ag.save(tmp_path / "tree.npz", trees["old"])
    module, _, name = function.rpartition(".")
    original = getattr(sys.modules[module], name)
    calls = []

    def fails(*args, **kwargs):
        calls.append(args)
        if len(calls) == call:
            raise failure
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(function, fails)
        with pytest.raises(type(failure)):
            ag.save(tmp_path / "tree.npz", trees["new"])
    assert same(ag.load(tmp_path / "tree.npz"), trees[remains])
    assert os.listdir(tmp_path) == ["tree.npz"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@each_ending
@pytest.mark.parametrize("how", ["killed at a line", "killed at a byte", "a full disk", "several at once"])
def test_a_save_that_is_interrupted_leaves_the_old_tree_or_the_new_one(how, ending, tmp_path):
    """Each save runs in a process of its own, which is killed with SIGKILL, or while it writes a byte."""
    command = [sys.executable, "-m", "tests.support.interrupted", how, str(tmp_path / f"tree{ending}")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 1
    assert all(found.values())


@each_ending
def test_what_a_killed_save_has_left_is_overwritten(ending, tmp_path):
    (tmp_path / f"tree{ending}.saving").write_bytes(b"a" * 100_000)
    ag.save(tmp_path / f"tree{ending}", SMALL)
    ag.save(tmp_path / f"other{ending}", SMALL)
    assert sorted(os.listdir(tmp_path)) == [f"other{ending}", f"tree{ending}"]
    assert (tmp_path / f"tree{ending}").read_bytes() == (tmp_path / f"other{ending}").read_bytes()


def loss(params, x, y):
    return ag.mean(ag.square(ag.tanh(x @ params["W1"] + params["b"]) @ params["W2"] - y))


def begin():
    rng = np.random.default_rng(3)
    params = {"W1": rng.normal(size=(4, 3)).T, "b": np.zeros(4, "f4"), "W2": rng.normal(size=4)}
    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    return {"params": params, "velocity": velocity, "steps": 0, "random": rng.bit_generator.state}


def train(state, until):
    """Go on with the training of a network until some step: momentum, on a batch that is drawn anew each time."""
    rng = np.random.default_rng()
    rng.bit_generator.state = state["random"]
    params, velocity = state["params"], state["velocity"]
    for _ in range(state["steps"], until):
        x, y = rng.normal(size=(16, 3)), rng.normal(size=16)
        gradients = ag.grad(loss)(params, x, y)
        velocity = {name: 0.9 * velocity[name] + g for name, g in gradients.items()}
        params = {name: p - 0.1 * velocity[name] for name, p in params.items()}
    return {"params": params, "velocity": velocity, "steps": until, "random": rng.bit_generator.state}


@each_ending
@pytest.mark.parametrize("steps", [0, 1, 5, 9])
def test_training_goes_on_from_a_file_to_exactly_the_same_result(ending, steps, tmp_path):
    ag.save(tmp_path / f"run{ending}", train(begin(), steps))
    assert same(train(ag.load(tmp_path / f"run{ending}", like=begin()), 10), train(begin(), 10))


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system does not tell links")
def test_a_link_beside_is_not_followed(tmp_path):
    (tmp_path / "another's").write_bytes(b"kept")
    (tmp_path / "a.npz.saving").symlink_to(tmp_path / "another's")
    with pytest.raises(OSError, match="symbolic link"):
        ag.save(tmp_path / "a.npz", 1.0)
    assert (tmp_path / "another's").read_bytes() == b"kept"


def test_a_link_stays_a_link(tmp_path):
    ag.save(tmp_path / "first.npz", 1)
    (tmp_path / "latest.npz").symlink_to("first.npz")
    ag.save(tmp_path / "latest.npz", 2)
    assert (tmp_path / "latest.npz").is_symlink()
    assert ag.load(tmp_path / "first.npz") == 2


def test_a_file_is_made_with_the_rights_that_any_new_file_has(tmp_path):
    (tmp_path / "other").touch()
    ag.save(tmp_path / "a.npz", 1)
    assert (tmp_path / "a.npz").stat().st_mode == (tmp_path / "other").stat().st_mode
