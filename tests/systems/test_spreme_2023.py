"""The algorithm of 2023: losses against a plain twin, gradients against differences, pruning, recovery, limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import systems
from spreme.data import Trajectories
from spreme.library import CustomLibrary, Library, PolynomialLibrary
from systems.methods import Task, spreme_2023
from systems.methods.original.lanes import HOLD_OUT, PIECE
from systems.methods.original.losses import rollout_gradient, rollout_loss, single_step_gradient
from systems.methods.original.material import Material, prepare
from systems.methods.original.starting_point import starting_coefficients, threshold_least_squares
from systems.methods.original.tape import record
from systems.methods.original.training import Options, State, initial_logits, train

Array = NDArray[np.float64]

LIBRARIES: dict[str, Library] = {
    "polynomial": PolynomialLibrary(degree=3),
    "coded": CustomLibrary(["x", "x*sin(x + y)", "exp(-x)", "y**2/(1 + x**2)", "1/x", "sqrt(x)*y", "1", "abs(y)*x**2"]),
}


def smooth_runs(lengths: list[int], labels: list[int], n_inputs: int = 0) -> Trajectories:
    """Random smooth curves around 1, of unequal lengths and on an irregular grid; not solutions of anything."""
    rng = np.random.default_rng(3)
    times = [np.cumsum(rng.uniform(0.02, 0.06, n)) for n in lengths]
    x = [1.0 + 0.3 * np.sin(t[:, None] * rng.uniform(1, 2, 2) + rng.uniform(0, 6, 2)) for t in times]
    u = [np.cos(t)[:, None] for t in times] if n_inputs else None
    names = ["force"] if n_inputs else None
    return Trajectories(x, times, env=labels, u=u, state_names=["x", "y"], input_names=names)


def material_of(library: Library, n_inputs: int = 0) -> Material:
    """Two environments, trajectories that need several pieces and blocks of unequal lanes."""
    return prepare(smooth_runs([3 * PIECE + 5, 30, 12, 9], [0, 0, 1, 1], n_inputs), library)


def random_coefficients(material: Material, active: NDArray[np.bool_]) -> Array:
    """Coefficients (E, Q) that move a state by a tenth or so over a trajectory."""
    shape = material.n_environments, int(active.sum())
    return np.random.default_rng(5).normal(0.0, 0.1, shape)


def slow_step(material: Material, coef: Array, x: Array, u: Array, u_next: Array, h: float) -> Array:
    """One step of RK4, evaluated by the term table."""

    def slope(state: Array, inputs: Array) -> Array:
        theta = material.table.evaluate(np.concatenate([state, inputs])[None])[0]
        return np.asarray(coef @ theta)

    middle = (u + u_next) / 2
    k1 = slope(x, u)
    k2 = slope(x + h / 2 * k1, middle)
    k3 = slope(x + h / 2 * k2, middle)
    return np.asarray(x + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(x + h * k3, u_next)))


def slow_losses(material: Material, coef: Array, single_steps: bool) -> Array:
    """Twin of both losses: recording by recording, residual by residual."""
    sums, counts = np.zeros(material.n_environments), np.zeros(material.n_environments)
    for one in material.recordings:
        x = one.x[0]
        for i, h in enumerate(np.diff(one.t)):
            start = one.x[i] if single_steps else x
            x = slow_step(material, coef[one.position], start, one.u[i], one.u[i + 1], h)
            size = np.abs(x - one.x[i + 1])
            smooth = np.where(size < 1, size**2 / 2, size - 0.5)
            sums[one.position] += smooth.sum() if single_steps else (size**2).sum()
        counts[one.position] += one.x.size
    return np.asarray(sums / counts)


@pytest.mark.parametrize("n_inputs", [0, 1])
@pytest.mark.parametrize("name", LIBRARIES)
def test_losses_are_those_of_a_plain_twin(name: str, n_inputs: int) -> None:
    material = material_of(LIBRARIES[name], n_inputs)
    active = np.ones((2, material.table.n_terms), dtype=bool)
    tape, coef = record(material.table, active), random_coefficients(material, active)
    full = coef.reshape(material.n_environments, 2, -1)
    # The same operations in another order: rounding, which a few dozen steps hardly amplify.
    shooting = single_step_gradient(tape, material.steps, coef)[0]
    np.testing.assert_allclose(shooting, slow_losses(material, full, True), rtol=1e-11)
    np.testing.assert_allclose(
        rollout_loss(tape, material.rollouts, coef), slow_losses(material, full, False), rtol=1e-11
    )


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("kind", ["rollout", "single steps"])
def test_gradients_are_those_of_differences(kind: str, name: str, is_sparse: bool) -> None:
    material = material_of(LIBRARIES[name], n_inputs=1)
    shape = 2, material.table.n_terms
    active = np.random.default_rng(1).random(shape) < 0.5 if is_sparse else np.ones(shape, dtype=bool)
    tape, coef = record(material.table, active), random_coefficients(material, active)
    function: Callable[..., tuple[Array, Array]] = rollout_gradient if kind == "rollout" else single_step_gradient
    lanes = material.rollouts if kind == "rollout" else material.steps
    gradient = function(tape, lanes, coef)[1]
    # Central differences with h = 1e-5: truncation h^2 = 1e-10 and rounding 1e-16 loss / h = 1e-11 loss, both relative
    # to derivatives of order 1; one factor of 100 for large third derivatives.
    h, change = 1e-5, np.eye(coef.shape[1])
    for q in range(coef.shape[1]):
        up, down = (function(tape, lanes, coef + sign * h * change[q])[0] for sign in (1, -1))
        np.testing.assert_allclose(
            gradient[:, q], (up - down) / (2 * h), rtol=0, atol=1e-8 * max(1, abs(gradient).max())
        )


def test_linear_part_of_the_smooth_loss_has_the_right_gradient() -> None:
    material = material_of(PolynomialLibrary(degree=1))
    active = np.ones((2, 3), dtype=bool)
    tape, coef = (
        record(material.table, active),
        np.full((2, 6), 12.0),
    )  # slopes of 36 or so: residuals beyond 1, none beyond the bound
    loss, gradient = single_step_gradient(tape, material.steps, coef)
    np.testing.assert_allclose(loss, slow_losses(material, coef.reshape(2, 2, 3), True), rtol=1e-11)
    up = single_step_gradient(tape, material.steps, coef + 1e-4)[0]
    down = single_step_gradient(tape, material.steps, coef - 1e-4)[0]
    np.testing.assert_allclose(gradient.sum(axis=1), (up - down) / 2e-4, rtol=1e-5)


def test_a_diverging_rollout_has_a_finite_loss_and_gradient() -> None:
    # x' = 40 x^3 from about 1 blows up within a step or two; y' = sqrt(x) - 90 leaves the domain of the root as well.
    material = material_of(CustomLibrary(["x**3", "sqrt(y)", "1"]))
    tape = record(material.table, np.array([[True, False, False], [False, True, True]]))
    coef = np.tile([40.0, 1.0, -90.0], (2, 1))
    for function, lanes in ((rollout_gradient, material.rollouts), (single_step_gradient, material.steps)):
        loss, gradient = function(tape, lanes, coef)
        assert np.isfinite(loss).all() and (loss > 1).all()
        assert np.isfinite(gradient).all()


def test_pruning_drops_what_no_environment_uses() -> None:
    material = material_of(PolynomialLibrary(degree=1))
    coef = np.full((2, 2, 3), 0.1)
    coef[:, 0, 0] = 5e-4  # small in both environments: leaves
    coef[0, 1, 2] = 5e-4  # small in one: zero there, stays
    state = State(material, coef, initial_logits(coef), Options())
    state.prune()
    assert not state.active[0, 0] and state.active.sum() == 5
    assert state.plain()[0, 1, 2] == 0 and state.plain()[1, 1, 2] == pytest.approx(0.1)
    assert (0, 0) not in set(zip(state.tape.state_index, state.tape.term_index, strict=True))


def test_pruning_looks_at_coefficients_of_unscaled_terms() -> None:
    data = Trajectories([1e4 * (2 + np.sin(np.linspace(0, 3, 40)))[:, None]], 0.1, state_names=["x"])
    material = prepare(data, PolynomialLibrary(degree=1))
    coef = np.array([[[1.0, 9e-4]]])  # times 3e4 when scaled
    state = State(material, coef, initial_logits(coef), Options())
    state.prune()
    np.testing.assert_array_equal(state.active, [[True, False]])


def test_logits_begin_at_the_share_of_environments() -> None:
    coef = np.zeros((4, 1, 3))
    coef[:, 0, 0] = coef[0, 0, 1] = 1.0
    share = 1 / (1 + np.exp(-initial_logits(coef)))
    np.testing.assert_allclose(share, [[0.7, 0.175, 0.0]], rtol=1e-14)


def test_thresholding_removes_terms_one_by_one_and_refits_without_ridge() -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((200, 4))
    target = theta[:, [1]] * 2.0 + theta[:, [3]] * 0.03
    found = threshold_least_squares(theta, target, threshold=0.05, alpha=1.0)
    expected = np.linalg.lstsq(theta[:, [1]], target, rcond=None)[0]
    np.testing.assert_allclose(found, [[0.0, expected[0, 0], 0.0, 0.0]], rtol=1e-12)


@pytest.fixture(scope="module")
def oscillators() -> Trajectories:
    """x' = y, y' = -k x - c y in two environments, exact solutions from the matrix exponential."""
    from scipy.linalg import expm

    t, starts = np.arange(0, 3, 0.05), np.random.default_rng(2).standard_normal((6, 2))
    laws = [np.array([[0.0, 1.0], [-k, -c]]) for k, c in ((2.0, 0.3), (3.0, 0.5))]
    x = [np.array([expm(law * time) @ start for time in t]) for law in laws for start in starts]
    return Trajectories(x, t, env=np.repeat(["soft", "stiff"], 6), state_names=["x", "y"])


TRUE_MASK = np.zeros((2, 6), dtype=bool)
TRUE_MASK[0, 2] = TRUE_MASK[1, 1] = TRUE_MASK[1, 2] = True
TRUE = np.zeros((2, 2, 6))
TRUE[:, 0, 2], TRUE[:, 1, 1], TRUE[:, 1, 2] = 1.0, [-2.0, -3.0], [-0.3, -0.5]
FAST = Options(rate=0.05, epochs=400, adaptation_epochs=1500, penalty=1e-2, seconds=600.0)


def task_of(data: Trajectories, library: Library) -> Task:
    """What the method is given; it looks at neither system nor truth."""
    return Task(data, library, np.random.default_rng(8), systems.get("lotka"))


def test_training_removes_terms_that_are_not_there(oscillators: Trajectories) -> None:
    material = prepare(oscillators, PolynomialLibrary(degree=2))
    start = TRUE + np.where(TRUE_MASK, 0.0, 0.02)  # every term there is
    trained = train(material, start, FAST)
    np.testing.assert_array_equal(trained.mask, TRUE_MASK)
    # RK4 with h = 0.05 and |lambda| < 1.8: (h lambda)^5 / 120 / h = 1e-6 of a slope; Adam of rate 0.05 leaves some 1e-3
    np.testing.assert_allclose(trained.coef, TRUE, atol=2e-2)
    assert 0 <= trained.best_epoch < trained.n_epochs <= FAST.epochs


def test_recovery_and_adaptation(oscillators: Trajectories) -> None:
    found = spreme_2023.fit(task_of(oscillators, PolynomialLibrary(degree=2)), FAST)
    np.testing.assert_array_equal(found.mask, TRUE_MASK)
    np.testing.assert_allclose(found.coef, TRUE, atol=1e-2)
    assert found.adapt is not None
    stiff_first = oscillators[[6, 0]]
    np.testing.assert_allclose(found.adapt(stiff_first), TRUE[::-1], atol=2e-2)


def test_results_depend_on_the_data_alone(oscillators: Trajectories) -> None:
    options = replace(FAST, epochs=20, adaptation_epochs=20)
    first, second = (spreme_2023.fit(task_of(oscillators, PolynomialLibrary(degree=2)), options) for _ in range(2))
    np.testing.assert_array_equal(first.mask, second.mask)
    np.testing.assert_array_equal(first.coef, second.coef)
    assert first.adapt is not None and second.adapt is not None
    np.testing.assert_array_equal(first.adapt(oscillators[:1]), second.adapt(oscillators[:1]))


def test_time_limit_is_reported(oscillators: Trajectories) -> None:
    task = task_of(oscillators, PolynomialLibrary(degree=2))
    found = spreme_2023.fit(task, Options(seconds=0.0))
    assert found.status == "stopped after 0 of 30000 epochs: limit of 0 s"
    assert found.details["is_out_of_time"] and found.details["epochs"] == 0
    json.dumps(dict(found.details))
    start = starting_coefficients(prepare(task.data, task.library))
    np.testing.assert_allclose(found.coef, start, rtol=1e-14)  # scaled and back


def test_nothing_to_find_is_a_status() -> None:
    data = Trajectories([np.full((30, 1), 0.5) + 1e-6 * np.sin(np.arange(30.0))[:, None]], 0.1, state_names=["x"])
    found = spreme_2023.fit(task_of(data, PolynomialLibrary(degree=1)))
    assert found.status == "no term left" and not found.mask.any() and found.adapt is not None
    assert not found.adapt(data).any()


def test_gaps_are_stepped_over(oscillators: Trajectories) -> None:
    x = [run.x.copy() for run in oscillators]
    for one in x:
        one[7::9, 0] = np.nan
    data = Trajectories(x, oscillators.t, env=oscillators.env, state_names=["x", "y"])
    material = prepare(data, PolynomialLibrary(degree=1))
    kept = 60 - len(range(7, 60, 9))
    assert {len(one.t) for one in material.recordings} == {kept - kept // HOLD_OUT}
    tape, coef = record(material.table, TRUE_MASK[:, :3]), TRUE[:, TRUE_MASK]
    # A step of 2 h across a gap: RK4 then errs by (0.1 * 1.8)^5 / 120 = 2e-6 at most, a loss of 2e-12.
    assert (single_step_gradient(tape, material.steps, coef)[0] < 2e-12).all()


def test_what_cannot_be_used_is_named(oscillators: Trajectories) -> None:
    x = np.full((6, 2), np.nan)
    x[::2, 0], x[1::2, 1] = 1.0, 2.0
    with pytest.raises(ValueError, match=r"trajectory 0 of environment 'cold' has 0 samples of all states together"):
        prepare(Trajectories([x], 0.1, env=["cold"]), PolynomialLibrary(degree=1))
    with pytest.raises(ValueError, match=r"the term 'log\(x\)' is not finite on the data of environment 'soft'"):
        prepare(oscillators, CustomLibrary(["x", "log(x)"]))


def test_method_is_offered() -> None:
    (method,) = spreme_2023.METHODS
    assert method.name == "spreme-2023" and method.fit is spreme_2023.fit and not method.uses_truth
