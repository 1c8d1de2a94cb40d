"""Explanations: golden texts, numbers held to the gradient and to the Jacobian, formulas that render, clear errors."""

import re
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

import autograd_lite as ag
from autograd_lite.program.numbers import elements, figure, label, number, summary
from autograd_lite.readings.explanation.formulas import parts
from tests.support.explained import PROGRAMS, branch, explained, grid, neuron, path, recurrent, residual, two_layer

each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)


@each_program
def test_the_text_is_the_golden_one(program):
    """Where it should change, write it anew: `python -m tests.support.explained`."""
    assert f"{explained(program)}\n" == path(program).read_text("utf-8")


def test_the_neuron_is_told_as_the_design_tells_it():
    assert (
        f"{explained(neuron)}"
        == """\
forward
  layer_1              = np.dot(input_vector, weights) + bias        1.91
  prediction           = sigmoid(layer_1)                            0.871
  error                = np.square(prediction - target)              0.7587
backward
  derror_dprediction   = 2 * (prediction - target)                   1.742
  dprediction_dlayer_1 = prediction * (1 - prediction)               0.1123
  derror_dlayer_1      = derror_dprediction * dprediction_dlayer_1   0.1957
  dlayer_1_dweights    = input_vector                                [2.  1.5]
  derror_dweights      = derror_dlayer_1 * dlayer_1_dweights         [0.3914 0.2936]
  derror_dbias         = derror_dlayer_1                             0.1957"""
    )


class TestPaths:
    def test_wrt_picks_one(self):
        f, args = neuron()
        names = [row.name for row in ag.explain(f, *args, wrt="bias").rows]
        assert "derror_dbias" in names
        assert not [name for name in names if name.endswith("_dweights")]

    def test_wrt_picks_several(self):
        f, args, _ = two_layer()
        gradients = ag.explain(f, *args, wrt=["W2", "b1"]).program.gradients
        assert set(gradients) == {"W2", "b1"}

    def test_what_the_result_does_not_depend_on_is_said(self):
        explanation = ag.explain(lambda used, idle: np.sin(used), 1.0, 2.0)
        assert "does not depend on idle" in str(explanation)

    def test_a_tensor_already_computed(self):
        w = ag.Tensor(3.0, "w")
        squared = w * w
        assert ag.explain(squared)["dsquared_dw"] == 6.0


class TestJacobian:
    @pytest.mark.parametrize(
        ("of", "by"),
        [("hidden", "W1"), ("loss", "b1"), ("prediction", "W2"), ("hidden", "x"), ("prediction", "hidden")],
    )
    def test_it_is_that_of_the_function_cut_out(self, of, by):
        f, args, _ = two_layer()
        explanation = ag.explain(f, *args)
        params, x, y = args

        def cut(value):
            changed = {**params, "x": x, by: value}
            hidden = changed.get("hidden", np.tanh(changed["x"] @ changed["W1"] + changed["b1"]))
            prediction = hidden @ changed["W2"] + changed["b2"]
            return {"hidden": hidden, "prediction": prediction, "loss": np.mean(np.square(prediction - y))}[of]

        by_hand = ag.jacobian(cut)(explanation[by])
        assert by_hand.shape == np.shape(explanation[of]) + np.shape(explanation[by])
        np.testing.assert_allclose(explanation.jacobian(of, by), by_hand, rtol=1e-12, atol=1e-15)

    def test_of_the_result_is_the_gradient(self):
        f, args = neuron()
        derror_dweights = ag.grad(f)(*args)
        np.testing.assert_allclose(explained(neuron).jacobian("error", "weights"), derror_dweights, rtol=1e-14)

    def test_of_a_gradient_is_the_hessian(self):
        f, args = neuron()
        found = explained(neuron).jacobian("derror_dweights", "weights")
        np.testing.assert_allclose(found, ag.hessian(f)(*args), rtol=1e-12)

    def test_a_name_that_is_none_lists_those_there_are(self):
        with pytest.raises(ValueError, match="'layer_2'; there are: weights, bias, layer_1, prediction, error"):
            explained(neuron).jacobian("layer_2", "weights")


class TestFactors:
    @each_program
    def test_a_factor_is_the_jacobian_of_its_edge(self, program):
        """Where no second path leads from one to the other, so that the whole Jacobian is that of the edge."""
        found = explained(program).program
        compared = 0
        for of, used in found.uses.items():
            for by in used:
                factor = found.factor(of, by)
                alone = not found.between([by]).intersection(used) - {by}
                if factor is not None and alone:
                    size = np.size(found[of].value)
                    jacobian = np.reshape(found.jacobian(of, by), (size, -1))
                    diagonal = np.diag(np.ravel(factor)) if size > 1 else np.reshape(factor, (1, -1))
                    np.testing.assert_allclose(jacobian, diagonal, rtol=1e-12, atol=1e-15)
                    compared += 1
        assert compared > 0

    @pytest.mark.parametrize("program", [neuron, residual, two_layer, recurrent, branch])
    def test_the_cotangents_are_the_derivatives_of_the_result(self, program):
        explanation = explained(program)
        cotangents = explanation.program.cotangents
        assert set(explanation.program.gradients) < set(cotangents)
        for name, cotangent in cotangents.items():
            by_jacobian = explanation.jacobian(explanation.program.result, name)
            np.testing.assert_allclose(cotangent, by_jacobian, rtol=1e-12, atol=1e-15)


class TestLatex:
    @each_program
    def test_it_balances(self, program):
        latex = explained(program).to_latex()
        plain = re.sub(r"\\[{}_]", "", latex)
        depth = np.cumsum([{"{": 1, "}": -1}.get(letter, 0) for letter in plain])
        assert depth.min() == 0 == depth[-1]
        assert latex.count(r"\left") == latex.count(r"\right")
        assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") > 0
        assert not re.search(r"(?<!\\)_", latex)

    @each_program
    def test_every_formula_renders(self, program):
        parser = MathTextParser("path")
        for formula in parts(explained(program).to_latex()):
            assert parser.parse(f"${formula}$").width > 0, formula

    def test_the_chain_rule_of_the_neuron_with_its_numbers(self):
        latex = explained(neuron).to_latex()
        names = ["error", "prediction", r"layer\_1", "weights"]
        fraction = r"\frac{{\partial\, \mathrm{{{}}}}}{{\partial\, \mathrm{{{}}}}}".format
        product = r" \cdot ".join(fraction(of, by) for of, by in pairwise(names))
        assert f"{fraction('error', 'weights')} &= {product}" in latex
        assert r"&= 1.742 \cdot 0.1123 \cdot \left[2,\ 1.5\right]" in latex
        assert r"&= \left[0.3914,\ 0.2936\right]" in latex

    def test_masks_take_no_part_in_the_chain_rule(self):
        def loss(x):
            positive = x > 0
            y = np.where(positive, x * x, -x)
            return np.sum(y)

        latex = ag.explain(loss, np.array([1.0, -2.0])).to_latex()
        assert r"\partial\, \mathrm{y}" in latex
        assert r"\partial\, \mathrm{positive}" not in latex
        assert r"\left[1,\ 1\right] \odot \left[2,\ -1\right]" in latex

    def test_many_paths_are_added_up_step_by_step(self):
        latex = explained(recurrent).to_latex()
        assert latex.count(r"\frac{\partial\, \mathrm{pre\_h\_2}}{\partial\, \mathrm{W}}") >= 1
        assert r"&\quad + \frac{\partial\, \mathrm{loss}}" in latex


def test_markdown_has_one_table_for_each_section():
    markdown = explained(branch).to_markdown()
    assert markdown.count("| :-- | :-- | :-- |") == 3
    rows = [line for line in markdown.splitlines() if line]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert "| `loss` | `= np.sum(z)` | `4.541` |" in rows


def test_markdown_escapes_bars():
    def both(x):
        mask = (x > 0) | (x < -1)
        return np.sum(np.where(mask, x, 0.0))

    markdown = ag.explain(both, grid(3)).to_markdown()
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in markdown.splitlines() if row)


def test_html_escapes_what_the_code_says():
    page = explained(branch)._repr_html_()
    assert "while np.sum(y) &lt; 10" in page
    assert "y) < 10" not in page
    assert page.count("<tr>") == page.count("</tr>") == len(explained(branch).rows) + 3


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (1.91, "1.91"), (0.75867436, "0.7587"), (-0.0, "0"), (123456.0, "1.235e+05"), (np.float32(0.1), "0.1"),
            (3, "3"), (True, "True"), (np.nan, "nan"), (1 + 2j, "1+2j"),
        ],
    )  # fmt: skip
    def test_numbers_have_four_significant_digits(self, value, text):
        assert number(value) == text

    def test_few_elements_are_shown(self):
        assert figure(np.array([[1.0, 2.5], [0.123456, 4.0]])) == "[[1.     2.5   ] [0.1235 4.    ]]"
        assert elements(np.array([1, 2])) == "[1 2]"
        assert label(np.array([-0.00128, 0.00285])) == "[-0.00128 0.00285]"
        assert label(np.zeros((2, 2))) == "(2, 2)"

    def test_many_are_summarised(self):
        x = np.array([0.0, 0.0, -1.0, 3.0, np.nan, np.inf, -np.inf, 2.0])
        assert summary(x) == "(8,)  min -1, mean 0.8, max 3, 25% zeros, 1 NaN, 2 infinite"

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (np.zeros((0, 3)), "(0, 3)  empty"),
            (np.arange(8) > 1, "(8,)  75% True"),
            (np.full(7, 3 + 4j), "(7,)  |min| 5, |mean| 5, |max| 5"),
            (np.full(8, 60000, np.float16), "(8,)  min 6e+04, mean 6e+04, max 6e+04"),
            (np.array([1e-20, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0]), "(7,)  min -3, mean 0, max 3"),
            ((np.zeros(2), np.zeros((2, 2))), "2 arrays: (2,), (2, 2)"),
        ],
    )
    def test_of_every_kind(self, value, text):
        assert figure(value) == text


class TestErrors:
    def test_no_result(self):
        def nothing(x):
            np.sin(x)

        with pytest.raises(TypeError, match=r"expected nothing\(\) to return a result that depends on its arguments"):
            ag.explain(nothing, 1.0)

    def test_several_results(self):
        def both(x):
            return {"loss": x * x, "accuracy": x}

        with pytest.raises(TypeError, match="'loss', 'accuracy'"):
            ag.explain(both, 1.0)

    def test_wrt_that_names_nothing(self):
        f, args = neuron()
        with pytest.raises(ValueError, match="wrt='weight' names no input; there are: weights, bias"):
            ag.explain(f, *args, wrt="weight")

    def test_arguments_beside_a_tensor(self):
        with pytest.raises(TypeError, match="takes no arguments"):
            ag.explain(ag.Tensor(1.0) * 2, 1.0)

    def test_no_function(self):
        with pytest.raises(TypeError, match="explain"):
            ag.explain(3.0, 1.0)  # type: ignore[arg-type]

    def test_an_unknown_step(self):
        with pytest.raises(KeyError, match="layer_1"):
            explained(neuron)["layer_2"]
