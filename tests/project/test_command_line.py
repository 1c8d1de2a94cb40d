"""The command line says what the report says, and its exit status says it again."""

import subprocess
import sys

import numpy as np
import pytest

from autograd_lite.__main__ import main

FILE = '''
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
'''


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(FILE, encoding="utf-8")
    return path


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
