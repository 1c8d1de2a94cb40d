"""A loss of your own for LightGBM and XGBoost: gradient and Hessian from the framework, or verified by it."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks
from models.checks import Array, InputError
from models.lesson import Lesson, MissingExtra, main, needed

ALPHA, GAMMA = 0.25, 2.0  # the weight of class 1; how much less the examples count that are predicted well
Objective = Callable[[Any, Any], tuple[Array, Array]]


def objective(loss: Callable[[Any, Any], Any]) -> Objective:
    """Return (scores, labels) -> (gradient, diagonal of the Hessian), for a loss that is a number for each score."""

    def derivatives(scores: Any, labels: Any) -> tuple[Array, Array]:
        scores, labels = checked(loss, scores, labels)
        gradient = ag.grad(lambda s: ag.sum(loss(s, labels)))
        return gradient(scores), ag.grad(lambda s: ag.sum(gradient(s)))(scores)  # each score has its own loss

    return derivatives


def checked(loss: Callable[[Any, Any], Any], scores: Any, labels: Any) -> tuple[Array, Array]:
    """Return scores and labels in float64, or raise ValueError, also for a loss that is no number for each of them."""
    scores = checks.finite_array("scores", scores, ("n",))
    labels = checks.finite_array("labels", labels, scores.shape)
    if (shape := np.shape(loss(scores, labels))) != scores.shape:
        raise InputError(
            f"loss: expected a number for each of the {len(scores)} scores, got shape {shape}; take no mean"
        )
    return scores, labels


def for_boosting(derivatives: Objective) -> Objective:
    """Return it as both libraries call it: with their data set, which has the labels."""
    return lambda scores, data: derivatives(scores, data.get_label())


def true_class(scores: Any, labels: Any) -> tuple[Any, Array, Any]:
    """Return 1 and -1 for the labels 1 and 0, the weight of each, and the probability of the true class."""
    labels = checks.class_labels("labels", labels, len(labels), 2)
    signs = 2 * labels - 1
    return signs, np.where(labels, ALPHA, 1 - ALPHA), ag.sigmoid(signs * scores)


def focal_loss(scores: Any, labels: Any) -> Any:
    """Return -weight * (1 - p)**gamma * log(p), where p is the probability of the true class (T. Lin et al., 2017)."""
    _, weight, p = true_class(scores, labels)
    return -weight * (1 - p) ** GAMMA * np.log(p)


def gradient_by_hand(scores: Any, labels: Any) -> Any:
    """Return the gradient of the focal loss with respect to the scores, by the chain rule through p."""
    signs, weight, p = true_class(scores, labels)
    dloss_dp = weight * (GAMMA * (1 - p) ** (GAMMA - 1) * np.log(p) - (1 - p) ** GAMMA / p)
    return dloss_dp * p * (1 - p) * signs


def hessian_by_hand(scores: Any, labels: Any) -> Any:
    """Return the diagonal of its Hessian: the product rule on weight * signs * u * v, which is the gradient again."""
    _, weight, p = true_class(scores, labels)
    u, du_dp = (1 - p) ** GAMMA, -GAMMA * (1 - p) ** (GAMMA - 1)
    v, dv_dp = GAMMA * p * np.log(p) + p - 1, GAMMA * np.log(p) + GAMMA + 1
    return weight * (du_dp * v + u * dv_dp) * p * (1 - p)


def total_focal_loss(scores: Any, labels: Any) -> Any:
    """Return the focal loss of all examples together."""
    return np.sum(focal_loss(scores, labels))


def total_gradient(scores: Any, labels: Any) -> Any:
    """Return the sum of the gradient; its own gradient is the diagonal of the Hessian."""
    return np.sum(gradient_by_hand(scores, labels))


def gradient_as_published(scores: Any, labels: Any) -> Any:
    """Return what LightGBM's issue 2052 has, among others: the derivative with respect to p, not to the scores."""
    signs, weight, p = true_class(scores, labels)
    dloss_dp = weight * (GAMMA * (1 - p) ** (GAMMA - 1) * np.log(p) - (1 - p) ** GAMMA / p)
    return dloss_dp * signs


def lightgbm_scores(lightgbm: Any, own: Objective | None, training: Any, columns: Array, rounds: int) -> Array:
    """Return the scores of new rows, after training by an objective of one's own or the built-in log loss."""
    params = {"boost_from_average": False, "deterministic": True, "num_threads": 1, "verbosity": -1}
    booster = lightgbm.train(params | {"objective": own or "binary"}, lightgbm.Dataset(*training), rounds)
    return np.asarray(booster.predict(columns, raw_score=True))


def xgboost_scores(xgboost: Any, own: Objective | None, training: Any, columns: Array, rounds: int) -> Array:
    """Return the same from XGBoost; both begin with a score of 0, which is a probability of one half."""
    params = {"base_score": 0.0} if own else {"base_score": 0.5, "objective": "binary:logistic"}
    booster = xgboost.train(params | {"nthread": 1}, xgboost.DMatrix(*training), rounds, obj=own)
    return np.asarray(booster.predict(xgboost.DMatrix(columns), output_margin=True), np.float64)


LIBRARIES = {"LightGBM": ("lightgbm", lightgbm_scores), "XGBoost": ("xgboost", xgboost_scores)}


def run(lesson: Lesson, *, seed: int = 1, rounds: int = 50) -> None:
    """Verify the formulas of the focal loss, and train by losses of one's own beside the built-in one."""
    checks.positive_count("rounds", rounds)
    data = needed("sklearn.datasets", "scikit-learn", "lesson").load_breast_cancer()
    rng = np.random.default_rng(seed)
    verify(lesson, rng)
    lesson.section("Trained on the breast cancer data of scikit-learn: 400 rows, the other 169 are new")
    lesson.say("The log loss from the framework should grow the trees of the built-in one. Focal loss has none.")
    old, new = np.split(rng.permutation(len(data.target)), [400])
    examples, columns, labels = (data.data[old], data.target[old]), data.data[new], data.target[new]
    ours = [for_boosting(objective(loss)) for loss in (ag.binary_cross_entropy, focal_loss)]
    for name, (module, scores) in LIBRARIES.items():
        try:
            library = needed(module, name, "boosting")
        except MissingExtra as missing:
            lesson.say(f"Left out: {missing}")
            continue
        built_in, log_loss, focal = (scores(library, own, examples, columns, rounds) for own in (None, *ours))
        away = np.abs(ag.sigmoid(log_loss) - ag.sigmoid(built_in)).max()
        lesson.measured(f"{name}, focal loss: right", float(np.mean((focal > 0) == labels)))
        lesson.at_most(f"{name}: away from built-in", float(away), 1e-6)


def verify(lesson: Lesson, rng: np.random.Generator) -> None:
    """Hold the formulas that are derived by hand to the framework, and show what it says of one that is wrong."""
    lesson.say("A library for boosted trees asks for the gradient of a loss and for the diagonal of its Hessian,")
    lesson.say("with respect to the raw scores. The framework derives both; are those derived by hand right?")
    scores, labels = rng.normal(scale=2, size=12), np.arange(12) % 2
    for f, by_hand in ((total_focal_loss, gradient_by_hand), (total_gradient, hessian_by_hand)):
        report = ag.verify(f, by_hand, scores, labels, argnums=0)
        lesson.report(report)
    lesson.say("And this is one that was published (LightGBM, issue 2052), and what is wrong with it:")
    lesson.report(ag.verify(total_focal_loss, gradient_as_published, scores, labels, argnums=0), right=False)
    gradient, hessian = objective(focal_loss)(scores, labels)
    for name, found, by_hand in (("gradient", gradient, gradient_by_hand), ("Hessian", hessian, hessian_by_hand)):
        away = float(np.abs(found - by_hand(scores, labels)).max())
        lesson.at_most(f"{name}, from that by hand", away, 1e-12)


if __name__ == "__main__":
    sys.exit(main(run, rounds="trees to train"))
