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
        (["{net}:loss", "{net}:nothing", *SHAPES], "nothing() returned None"),
        (["{net}:loss", "{net}:gradient", "--shapes", "3x2,2,4x4"], "matmul"),
    ],
)
def test_what_cannot_be_asked_is_said(net, capsys, arguments, said):
    assert main(["verify", *(a.format(net=net) for a in arguments)]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_fails_gives_its_own_traceback(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import numpy as np\n1 / 0\n", encoding="utf-8")
    command = [sys.executable, "-m", "autograd_lite", "verify", f"{path}:f", f"{path}:g", "--shapes", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "ZeroDivisionError" in run.stderr
    assert "broken.py" in run.stderr
    assert "__main__.py" not in run.stderr
