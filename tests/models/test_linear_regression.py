"""The prices of houses beside least squares, closed-form standard errors and scikit-learn; and bad data."""

import re
import sys

import numpy as np
import pytest

import autograd_lite as ag
from models import houses, linear_regression
from models.lesson import Lesson, main
from tests.support.commands import refused

HELPS = {"data": "", "iterations": ""}
HEADER = "area,age,price\n"
ROWS = "50,1,210\n80,20,300\n120,7,400\n95,60,290\n"


def fit(area, age, price, iterations=1000):
    start = dict.fromkeys(houses.TRUE, 0.0)
    scaled = [(column - column.mean()) / column.std() for column in (area, age)]
    found, _ = linear_regression.descend(linear_regression.loss, start, (*scaled, price), ag.optim.SGD(0.4), iterations)
    return list(linear_regression.in_units(found, area, age).values())


def shown(capsys, tmp_path, *options):
    assert main(linear_regression.run, [*options, "--out", str(tmp_path / "out")], **HELPS) == 0
    return capsys.readouterr().out


def test_every_figure_agrees_and_the_pictures_are_there(capsys, tmp_path):
    pytest.importorskip("sklearn")
    text = shown(capsys, tmp_path)
    assert "All 5 figures agree." in text
    assert max(map(len, text.replace(str(tmp_path), "").splitlines())) <= 100
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert sorted(names) == ["regression_descent.png", "regression_fit.png"]
    assert shown(capsys, tmp_path) == text
    assert shown(capsys, tmp_path, "--seed", "2") != text


@pytest.mark.parametrize("seed", range(3))
def test_the_descent_ends_where_scikit_learn_does(seed):
    models = pytest.importorskip("sklearn.linear_model")
    area, age, price = houses.make(np.random.default_rng(seed))
    peer = models.LinearRegression().fit(np.column_stack([area, age]), price)
    np.testing.assert_allclose(fit(area, age, price), [*peer.coef_, peer.intercept_], rtol=1e-10)


def test_without_noise_the_true_weights_are_found(monkeypatch):
    monkeypatch.setattr(houses, "NOISE", 0.0)
    data = houses.make(np.random.default_rng(0), 20)
    np.testing.assert_allclose(fit(*data), list(houses.TRUE.values()), rtol=1e-9)


def test_standard_errors_and_the_distance_are_as_often_exceeded_as_they_should_be(capsys, monkeypatch):
    """Over 300 sets of houses, the printed figures beside the normal and the chi-square distribution."""
    distances, away = [], []
    monkeypatch.setattr(Lesson, "at_most", lambda self, label, computed, most: distances.append(computed))
    for seed in range(300):
        area, age, price = houses.make(np.random.default_rng(seed))
        design = np.column_stack([area, age, np.ones_like(area)])
        found = np.linalg.lstsq(design, price)[0]
        params = dict(zip(houses.TRUE, found, strict=True))
        linear_regression.compare_with_truth(Lesson(), params, design)
        table = capsys.readouterr().out
        away += [float(figure) for figure in re.findall(r"^  (?:weights|bias).* ([\d.]+)$", table, re.MULTILINE)]
    assert len(distances) == 300
    assert len(away) == 900
    assert np.mean(np.array(away) < 2) == pytest.approx(0.9545, abs=0.02)
    assert np.mean(np.array(away) < 1) == pytest.approx(0.6827, abs=0.04)
    assert np.mean(distances) == pytest.approx(3, abs=0.4)  # the mean of that chi-square number, four standard errors
    assert np.median(distances) == pytest.approx(2.366, abs=0.4)


def test_the_bound_is_the_quantile_of_the_chi_square_distribution():
    stats = pytest.importorskip("scipy.stats")
    assert pytest.approx(stats.chi2.ppf(0.999, 3), abs=0.005) == linear_regression.CHI_SQUARE


def test_wrong_weights_differ(capsys):
    area, age, _ = houses.make(np.random.default_rng(0))
    lesson = Lesson()
    wrong = houses.TRUE | {"weights_age": -1.0}
    linear_regression.compare_with_truth(lesson, wrong, np.column_stack([area, age, np.ones_like(area)]))
    assert lesson.different == 1


def test_data_of_your_own_are_fitted(capsys, tmp_path):
    """In any order of columns, with others between, and with a mark of UTF-8."""
    area, age, price = houses.make(np.random.default_rng(7), 30)
    lines = [f"{p},x,{y},{a}\n" for a, y, p in zip(area, age, price, strict=True)]
    (tmp_path / "houses.csv").write_text("price, town, age, area\n" + "".join(lines), "utf-8-sig")
    text = shown(capsys, tmp_path, "--data", str(tmp_path / "houses.csv"))
    assert "30 houses" in text
    found = [float(figure) for figure in re.findall(r"(?:weights_\w+|bias) +(-?[\d.]+) +lstsq", text)]
    expected = np.linalg.lstsq(np.column_stack([area, age, np.ones(30)]), price)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert "true" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "data: expected the columns area,age,price in line 1, got an empty file: no area"),
        ("area,age\n1,2\n", "data: expected the columns area,age,price in line 1, got area,age: no price"),
        (HEADER, "data: expected at least 4 houses, a row each, got 0"),
        (HEADER + "50,1,210\n", "data: expected at least 4 houses, a row each, got 1"),
        (HEADER + ROWS + "70,old,1\n", "data: expected a finite number for age in line 6, got 'old'"),
        (HEADER + "70,,1\n" + ROWS, "data: expected a finite number for age in line 2, got ''"),
        (HEADER + ROWS + "\n70,3\n", "data: expected a finite number for price in line 7, got None"),
        (HEADER + ROWS + "nan,3,1\n", "data: expected a finite number for area in line 6, got 'nan'"),
        (HEADER + ROWS + "70,inf,1\n", "data: expected a finite number for age in line 6, got 'inf'"),
        (
            HEADER + ROWS + "1e300,3,1\n",
            "data: expected area in line 6 to be between 1e-9 and 1e9 in size, got '1e300'",
        ),
        (
            HEADER + "50,1e-300,1\n" + ROWS,
            "data: expected age in line 2 to be between 1e-9 and 1e9 in size, got '1e-300'",
        ),
        (HEADER + "50,1,2\n50,2,3\n50,3,3\n50,9,9\n", "data: expected houses that differ in area, got 50 in every row"),
        (HEADER + "1,7,2\n2,7,3\n3,7,3\n4,7,9\n", "data: expected houses that differ in age, got 7 in every row"),
        (HEADER + "1,2,2\n2,4,3\n3,6,3\n4,8,9\n", "data: expected area and age that tell different things"),
        (b"\xff\xfe\x00", "data: expected text in UTF-8, got other bytes in "),
        (None, "data: expected a file to read, got "),
    ],
)
def test_bad_data_are_one_line_and_leave_nothing(content, message, capsys, tmp_path):
    path = tmp_path / "houses.csv"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in refused(linear_regression, tmp_path / "out", capsys, "--data", str(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--iterations", "0"], "iterations: expected a whole number of at least 1, got 0"),
        (["--seed", "x"], "seed: expected a whole number, got 'x'"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(options, message, capsys, tmp_path):
    assert refused(linear_regression, tmp_path / "out", capsys, *options) == message


def test_too_few_steps_are_noticed(capsys, tmp_path):
    assert main(linear_regression.run, ["--iterations", "2", "--out", str(tmp_path)], **HELPS) == 1
    assert "DIFFERS" in capsys.readouterr().out


def test_without_scikit_learn_a_line_says_so(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    text = shown(capsys, tmp_path)
    assert 'Left out: scikit-learn is needed: pip install "autograd_lite[lesson]"' in text
    assert "All 4 figures agree." in text


@pytest.mark.deep
def test_columns_that_tell_much_of_the_same_take_more_iterations_which_are_named(capsys, tmp_path):
    rng = np.random.default_rng(0)
    area = rng.uniform(40, 200, 50)
    age = area / 3 + rng.normal(size=50)
    rows = np.column_stack([area, age, 3 * area - age + rng.normal(size=50)])
    (tmp_path / "own.csv").write_text(HEADER + "\n".join(",".join(map(repr, row)) for row in rows.tolist()))
    options = ["--data", str(tmp_path / "own.csv"), "--out", str(tmp_path / "out")]
    assert main(linear_regression.run, options, **HELPS) == 1
    enough = re.search(r"it takes about --iterations (\d+)\.", capsys.readouterr().out)
    assert enough
    assert main(linear_regression.run, [*options, "--iterations", enough[1]], **HELPS) == 0
    assert "--iterations" not in capsys.readouterr().out
