"""The command line says what the report says, and its exit status says it again."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from autograd_lite import __main__, verify
from autograd_lite.__main__ import main
from tests.support.repairs import TOOLS, apply, edit, repair, written

FILE = """
import numpy as np

def loss(W, b, x):
    z = x @ W + b
    return np.sum(np.square(z))

def gradient(W, b, x):
    z = x @ W + b
    dz = 2 * z
    return x.T @ dz, dz.sum(axis=0)

def slip(W, b, x):
    z = x @ W + b
    dz = z
    return x.T @ dz, dz.sum(axis=0)

def unsteady(W, b, x):
    return loss(W, b, x) * np.random.default_rng().normal()

def nothing(W, b, x):
    pass

def absolute(x):
    return np.sum(np.abs(x))

def subgradient(x):
    return np.where(x >= 0, 1.0, -1.0)

def fails(W, b, x):
    assert False

class Layer:
    def __init__(self):
        self.W, self.b = np.ones((3, 2)), np.zeros(2)
    def forward(self, x):
        self.x = x
        return np.sum(np.tanh(x @ self.W + self.b))
    def backward(self, x):
        d = 1 - np.tanh(self.x @ self.W + self.b) ** 2
        return self.x.T @ d, d.sum(axis=0)
    def slip(self, x):
        return self.backward(x)[0], self.b

class Sized:
    def __init__(self, size):
        pass

layer = Layer()
"""


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.py"
    return written(path, FILE.encode())


SHAPES = ["--shapes", "3x2,2,4x3"]


@pytest.mark.parametrize(
    ("function", "gradient", "status", "said"),
    [
        ("loss", "gradient", 0, "gradient, the gradient of loss: right"),
        ("loss", "slip", 1, "dz = z"),
        ("unsteady", "gradient", 2, "not deterministic"),
    ],
)
def test_the_exit_status_is_the_verdict(net, capsys, function, gradient, status, said):
    assert main(["verify", f"{net}:{function}", f"{net}:{gradient}", *SHAPES]) == status
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("owner", ["Layer", "layer"])
@pytest.mark.parametrize(("gradient", "status"), [("backward", 0), ("slip", 1)])
def test_methods_of_one_object(net, owner, gradient, status):
    targets = [f"{net}:{owner}.{name}" for name in ("forward", gradient)]
    assert main(["verify", *targets, "--shapes", "4x3", "--params", "W, b"]) == status


@pytest.fixture
def repaired(net, monkeypatch):
    """Let the gradient `slip` be repaired."""

    def verify_and_repair(*args, **options):
        report = verify(*args, **options)
        slip = edit(net, FILE, "dz = z", "dz = 2 * z", "missing factor 2", "slip")
        return replace(report, repair=repair(slip) if report.verdict == "wrong" else None)

    monkeypatch.setattr(__main__, "verify", verify_and_repair)
    monkeypatch.chdir(net.parent)
    return net


def asked(net, gradient, path):
    return ["verify", f"{net}:loss", f"{net}:{gradient}", *SHAPES, "--write-patch", str(path)]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_patch_is_written_and_repairs_the_file(repaired, tmp_path, capsys, tool):
    assert main(asked(repaired, "slip", "the patch")) == 1
    shown = capsys.readouterr()
    assert "missing factor 2" in shown.out
    assert shown.err == "verify: wrote the patch; apply it with: git apply 'the patch'\n"
    assert apply(tool, (tmp_path / "the patch").read_text("utf-8"), tmp_path) == ""
    assert main(asked(repaired, "slip", "the patch")) == 0


def test_the_patch_goes_to_the_standard_output_and_the_report_beside_it(repaired, capfd):
    assert main(asked(repaired, "slip", "-")) == 1
    shown = capfd.readouterr()
    assert shown.out.startswith("--- a/net.py\n+++ b/net.py\n")
    assert "slip, the gradient of loss: WRONG" in shown.err


@pytest.mark.parametrize(
    ("gradient", "status", "why"), [("gradient", 0, "there is nothing to repair"), ("slip", 1, "no repair was found")]
)
def test_where_there_is_no_patch_no_file_is_written(net, tmp_path, monkeypatch, capsys, gradient, status, why):
    unrepaired = lambda *args, **options: replace(verify(*args, **options), repair=None)  # noqa: E731
    monkeypatch.setattr(__main__, "verify", unrepaired)
    before = sorted(tmp_path.iterdir())
    assert main(asked(net, gradient, tmp_path / "change.patch")) == status
    assert capsys.readouterr().err == f"verify: no patch was written: {why}\n"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("path", "said"), [("gone/change.patch", "there is no folder"), (".", "is no file to write a patch to")]
)
def test_a_patch_that_cannot_be_written_is_said_after_the_report(repaired, capsys, path, said):
    assert main(asked(repaired, "slip", path)) == 2
    shown = capsys.readouterr()
    assert "WRONG" in shown.out
    assert said in shown.err


def test_nothing_is_written_unless_asked(repaired, tmp_path):
    before = sorted(tmp_path.iterdir())
    assert main(asked(repaired, "slip", "-")[:-2]) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_kink_is_right(net, tmp_path, capsys):
    np.savez(tmp_path / "point.npz", x=np.array([0.0, 1.0, -2.0]))
    assert main(["verify", f"{net}:absolute", f"{net}:subgradient", "--args", str(tmp_path / "point.npz")]) == 0
    assert "kink" in capsys.readouterr().out


def test_arguments_come_from_an_archive_by_name_or_in_order(net, tmp_path):
    rng = np.random.default_rng(0)
    W, b, x = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(4, 3))
    np.savez(tmp_path / "names.npz", x=x, b=b, W=W)
    np.savez(tmp_path / "order.npz", W, b, x)
    for name in ("names.npz", "order.npz"):
        assert main(["verify", f"{net}:loss", f"{net}:gradient", "--args", str(tmp_path / name)]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{net}", "{net}:gradient", *SHAPES], "expected FILE:NAME"),
        (["{net}:lost", "{net}:gradient", *SHAPES], "has no function 'lost'; it has: loss, gradient"),
        (["{net}.gone:loss", "{net}:gradient", *SHAPES], "there is no file"),
        (["{net}:loss", "{net}:gradient", "--shapes", "3xtwo"], "expected shapes such as 64x10,10"),
        (["{net}:loss", "{net}:gradient", "--shapes=-1,2,3"], "shapes such as 64x10,10 (- is a number), got '-1'"),
        (["{net}:loss", "{net}:gradient", "--args", "{net}.npz"], "No such file"),
        (["{net}:loss", "{net}:gradient", "--args", "{net}"], "is no archive of arrays"),
        (["{net}:loss", "{net}:gradient", "--args", "{mixed}"], "has no array 'W'; it has: x, arr_0"),
        (["{net}:loss", "{net}:gradient", "--args", "{broken}"], "broken.npz is no archive of arrays"),
        (["{net}:loss", "{net}:nothing", *SHAPES], "nothing() returned None"),
        (["{net}:loss", "{net}:gradient", "--shapes", "3x2,2,4x4"], "ValueError: matmul: "),
        (["{net}:loss", "{net}:gradient", "--shapes", "3x2,2,4x4"], "in loss(), the function; {net}:5: z = x @ W + b"),
        (["{net}:loss", "{net}:gradient", "--shapes", "3x2,2"], "draws 2, for loss(W, b, x): missing a required"),
        (["{net}:loss", "{net}:gradient", "--shapes", "3x2,2,1,1"], "draws 4, for loss(W, b, x): too many"),
        (["{net}:loss", "{net}:gradient", *SHAPES, "--argnums", "0,x"], "expected --argnums such as 0,1, got '0,x'"),
        (["{net}:loss", "{net}:gradient", *SHAPES, "--argnums", ","], "expected --argnums such as 0,1, got ','"),
        (["{net}:loss", "{net}:gradient", *SHAPES, "--argnums", "5"], "names argument 5, but there are 3"),
        (["{net}:loss", "{net}:gradient", *SHAPES, "--argnums", "0,0"], "names an argument twice"),
        (["{net}:loss", "{net}:gradient", *SHAPES, "--argnums", "2"], "gradient() returned a tuple for x"),
        (["{net}:loss", "{net}:gradient", *SHAPES, "--seed", "-1"], "expected non-negative integer"),
        (["{net}:Layer.lost", "{net}:gradient", *SHAPES], "no function 'Layer.lost'; it has: forward, backward, slip"),
        (["{net}:Sized.forward", "{net}:gradient", *SHAPES], "Sized() needs arguments (missing a required argument"),
        (["{net}:layer.lost.far", "{net}:gradient", *SHAPES], "has no function 'layer.lost.far'; it has: none"),
        (["{net}:Layer.forward", "{net}:Layer.backward", "--shapes", "4x3", "--params", "V"], "params names 'V'"),
        (["{net}:fails", "{net}:gradient", *SHAPES], "AssertionError; in fails(), the function; {net}:31"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(net, tmp_path, capsys, arguments, said):
    files = {name: tmp_path / f"{name}.npz" for name in ("broken", "mixed")}
    files["broken"].write_bytes(b"PK\x03\x04 and no more")
    np.savez(files["mixed"], np.ones(2), x=np.ones(3))
    assert main(["verify", *(a.format(net=net, **files) for a in arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("verify: ")
    assert said.format(net=net) in line


def test_what_the_function_cannot_import_is_said(tmp_path, capsys):
    net = written(tmp_path / "net.py", b"def loss(w):\n    import not_installed\n\ndef gradient(w): ...\n")
    assert main(["verify", f"{net}:loss", f"{net}:gradient", "--shapes", "2"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("verify: ModuleNotFoundError: No module named 'not_installed'; in loss(), the function; ")


def test_a_file_of_a_package_may_import_from_it(tmp_path, capsys):
    (tmp_path / "layers" / "dense").mkdir(parents=True)
    for folder in ("layers", "layers/dense"):
        written(tmp_path / folder / "__init__.py", b"")
    written(tmp_path / "layers" / "scales.py", b"SCALE = 3.0\n")
    text = (
        b"from ..scales import SCALE\n\ndef loss(w):\n    return SCALE * w * w\n\ndef gradient(w):\n    return 6 * w\n"
    )
    net = written(tmp_path / "layers" / "dense" / "net.py", text)
    command = [sys.executable, "-m", "autograd_lite", "verify", f"{net}:loss", f"{net}:gradient", "--shapes", "-"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_output_that_cannot_be_written_in_the_encoding_is_escaped(net):
    unicode = written(net, FILE.replace("def slip", "def pente_raidé").encode())
    command = [sys.executable, "-m", "autograd_lite", "verify", f"{unicode}:loss", f"{unicode}:pente_raidé", *SHAPES]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.startswith("pente_raid\\xe9, the gradient of loss: WRONG\n")


def test_a_reader_that_stops_reading_stops_it_without_a_word(net):
    command = [sys.executable, "-u", "-m", "autograd_lite", "verify", f"{net}:loss", f"{net}:slip", *SHAPES]
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (run.returncode, run.stderr) == (1, "")


@pytest.mark.parametrize(("option", "value"), [("--seed", "x"), ("--args", "both.npz")])
def test_a_wrong_option_is_named(net, capsys, option, value):
    with pytest.raises(SystemExit) as raised:
        main(["verify", f"{net}:loss", f"{net}:gradient", *SHAPES, option, value])
    assert raised.value.code == 2
    assert option in capsys.readouterr().err.splitlines()[-1]


def test_a_file_that_fails_gives_its_own_traceback(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import numpy as np\n1 / 0\n", encoding="utf-8")
    command = [sys.executable, "-m", "autograd_lite", "verify", f"{path}:f", f"{path}:g", "--shapes", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "ZeroDivisionError" in run.stderr
    assert "broken.py" in run.stderr
    assert "__main__.py" not in run.stderr


def script_of(text):
    """Return the script of what an issue needs, and the answer."""
    script, _, answer = text.partition("```python\n")[2].partition("\n```\n\n```text\n")
    return script, answer.removesuffix("\n```\n")


def test_what_an_issue_needs_runs_where_the_file_is_not(net, tmp_path, capsys):
    asked = ["verify", f"{net}:loss", f"{net}:slip", *SHAPES, "--seed", "2"]
    assert main([*asked, "--reproduce"]) == 1
    script, answer = script_of(capsys.readouterr().out)
    (folder := tmp_path / "elsewhere").mkdir()
    (folder / "net.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "-W", "error", "net.py"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    head, _, rest = run.stdout.partition("  where  net.py:")
    assert answer.startswith(head)
    assert answer.endswith(rest.partition(", in slip")[2].rstrip("\n"))
    assert main(asked) == 1
    report = capsys.readouterr().out
    assert report == f"{answer}\n"
    assert np.__version__ not in report


def test_what_an_issue_needs_where_nothing_is_judged(net, capsys):
    assert main(["verify", f"{net}:loss", f"{net}:nothing", *SHAPES, "--reproduce"]) == 2
    shown = capsys.readouterr()
    script, answer = script_of(shown.out)
    assert "def nothing(W, b, x):" in script
    assert shown.err == f"verify: {answer}\n"
    assert answer.startswith("nothing() returned None")


def test_an_issue_and_a_patch_go_apart(repaired, capfd):
    assert main([*asked(repaired, "slip", "-"), "--reproduce"]) == 1
    shown = capfd.readouterr()
    assert shown.out.startswith("--- a/net.py")
    assert shown.err.startswith("- autograd_lite ")
