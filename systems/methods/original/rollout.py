"""Losses of rollouts and their exact gradients: forward through RK4, backward through the tape, many lanes at a time.

    k_j = f(x_j),  x_1 = x,  x_2 = x + h/2 k_1,  x_3 = x + h/2 k_2,  x_4 = x + h k_3
    x_new = x + h/6 (k_1 + 2 k_2 + 2 k_3 + k_4)

    full rollout:  loss_e = mean (x_hat - x)**2,                x_hat integrated from the first sample on
    single steps:  loss_e = mean smooth_L1(x_hat_{i+1} - x_{i+1}),   x_hat_{i+1} one step from the measured x_i

Backward, with the pull g of the loss on x_new:  lever_4 = h/6 g,  lever_3 = h/3 g + h J_4' lever_4, and so on; the
pull on x is g + sum_j J_j' lever_j, and d loss / d coef_q = sum over stages and steps of lever[s_q] * term_q. Stages
are computed again on the way back. A rollout that leaves its bound, or is not finite, has diverged: what remains of it
counts as residuals of the size of the bound, which no coefficient changes.

Legend: Q active coefficients, S states, U inputs, E environments, g pull, lever pull on a slope.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.library.gradients import slope_of
from spreme.library.kernels import apply_function
from spreme.library.program import ADD, CONSTANT, FIRST_FUNCTION, MULTIPLY, REAL_POWER
from systems.methods.original.lanes import Lanes
from systems.methods.original.tape import Tape

Array = NDArray[np.float64]


class Work(NamedTuple):
    """Buffers: nodes and slopes of the four stages, adjoint of the nodes, pulls and levers, path of a block."""

    nodes: Array
    slopes: Array
    adjoint: Array
    start: Array
    pull: Array
    lever: Array
    total: Array
    path: Array
    pulls: Array
    alive: Array
    step: Array
    losses: Array
    coef: Array
    gradient: Array


@njit(cache=True, nogil=True, error_model="numpy")
def _make_work(tape: Tape, n_steps: int, n_lanes: int) -> Work:
    """Allocate the buffers."""
    n_states, n_nodes, n_active = tape.n_states, tape.operation.shape[0], tape.term_node.shape[0]
    return Work(
        np.zeros((4, n_nodes, n_lanes)),
        np.zeros((4, n_states, n_lanes)),
        np.zeros((n_nodes, n_lanes)),
        np.zeros((n_states, n_lanes)),
        np.zeros((n_states, n_lanes)),
        np.zeros((n_states, n_lanes)),
        np.zeros((n_states, n_lanes)),
        np.zeros((n_steps + 1, n_states, n_lanes)),
        np.zeros((n_steps + 1, n_states, n_lanes)),
        np.zeros((n_steps + 1, n_lanes)),
        np.zeros(n_lanes),
        np.zeros(n_lanes),
        np.zeros((n_active, n_lanes)),
        np.zeros((n_active, n_lanes)),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _evaluate(tape: Tape, coef: Array, nodes: Array, slopes: Array) -> None:
    """Fill all nodes behind the columns, and the slopes."""
    n_lanes = nodes.shape[1]
    for i in range(tape.n_columns, tape.operation.shape[0]):
        operation, left, right, value = tape.operation[i], tape.left[i], tape.right[i], tape.value[i]
        if operation == MULTIPLY:
            for lane in range(n_lanes):
                nodes[i, lane] = nodes[left, lane] * nodes[right, lane]
        elif operation == CONSTANT:
            for lane in range(n_lanes):
                nodes[i, lane] = value
        elif operation == ADD:
            for lane in range(n_lanes):
                nodes[i, lane] = nodes[left, lane] + nodes[right, lane]
        elif operation == REAL_POWER:
            for lane in range(n_lanes):
                nodes[i, lane] = nodes[left, lane] ** value
        else:
            for lane in range(n_lanes):
                nodes[i, lane] = apply_function(operation - FIRST_FUNCTION, nodes[left, lane])
    for s in range(slopes.shape[0]):
        for lane in range(n_lanes):
            slopes[s, lane] = 0.0
    for q in range(coef.shape[0]):
        s, node = tape.state_index[q], tape.term_node[q]
        for lane in range(n_lanes):
            slopes[s, lane] += coef[q, lane] * nodes[node, lane]


@njit(cache=True, nogil=True, error_model="numpy")
def _read_backwards(tape: Tape, nodes: Array, lever: Array, adjoint: Array, coef: Array, gradient: Array) -> None:
    """Pull levers on the slopes back to the coefficients and to the columns (the first rows of `adjoint`)."""
    n_lanes = nodes.shape[1]
    for i in range(adjoint.shape[0]):
        for lane in range(n_lanes):
            adjoint[i, lane] = 0.0
    for q in range(coef.shape[0]):
        s, node = tape.state_index[q], tape.term_node[q]
        for lane in range(n_lanes):
            gradient[q, lane] += lever[s, lane] * nodes[node, lane]
        for lane in range(n_lanes):
            adjoint[node, lane] += lever[s, lane] * coef[q, lane]
    for i in range(adjoint.shape[0] - 1, tape.n_columns - 1, -1):
        operation, left, right, value = tape.operation[i], tape.left[i], tape.right[i], tape.value[i]
        if operation == MULTIPLY:
            for lane in range(n_lanes):
                adjoint[left, lane] += adjoint[i, lane] * nodes[right, lane]
            for lane in range(n_lanes):
                adjoint[right, lane] += adjoint[i, lane] * nodes[left, lane]
        elif operation == ADD:
            for lane in range(n_lanes):
                adjoint[left, lane] += adjoint[i, lane]
            for lane in range(n_lanes):
                adjoint[right, lane] += adjoint[i, lane]
        elif operation == REAL_POWER:
            for lane in range(n_lanes):
                adjoint[left, lane] += adjoint[i, lane] * value * nodes[left, lane] ** (value - 1.0)
        elif operation != CONSTANT:
            for lane in range(n_lanes):
                slope = slope_of(operation - FIRST_FUNCTION, nodes[left, lane], nodes[i, lane])
                adjoint[left, lane] += adjoint[i, lane] * slope


@njit(cache=True, nogil=True, error_model="numpy")
def _advance(tape: Tape, coef: Array, u: Array, i: int, work: Work) -> None:
    """Do step i of all lanes: from work.start, of sizes work.step, into work.total; the inputs are linear between."""
    start, step, nodes, slopes, total = work.start, work.step, work.nodes, work.slopes, work.total
    n_states, n_lanes = start.shape
    for j in range(4):
        part = 0.0 if j == 0 else (1.0 if j == 3 else 0.5)
        for s in range(n_states):
            for lane in range(n_lanes):
                nodes[j, s, lane] = start[s, lane]
            if j > 0:
                for lane in range(n_lanes):
                    nodes[j, s, lane] += part * step[lane] * slopes[j - 1, s, lane]
        for v in range(u.shape[1]):
            for lane in range(n_lanes):
                nodes[j, n_states + v, lane] = u[i, v, lane] + part * (u[i + 1, v, lane] - u[i, v, lane])
        _evaluate(tape, coef, nodes[j], slopes[j])
    for s in range(n_states):
        for lane in range(n_lanes):
            slope = slopes[0, s, lane] + 2.0 * slopes[1, s, lane] + 2.0 * slopes[2, s, lane] + slopes[3, s, lane]
            total[s, lane] = start[s, lane] + step[lane] / 6.0 * slope


@njit(cache=True, nogil=True, error_model="numpy")
def _pull_back(tape: Tape, coef: Array, work: Work) -> None:
    """Pull `work.pull` through the step that `_advance` did last, in place, and add to `work.gradient`."""
    pull, lever, total, step, adjoint = work.pull, work.lever, work.total, work.step, work.adjoint
    n_states, n_lanes = pull.shape
    for s in range(n_states):
        for lane in range(n_lanes):
            total[s, lane] = pull[s, lane]
    for j in range(3, -1, -1):
        weight = 1.0 / 6.0 if j == 0 or j == 3 else 1.0 / 3.0
        part = 0.0 if j == 3 else (1.0 if j == 2 else 0.5)  # how the next stage uses this slope
        for s in range(n_states):
            for lane in range(n_lanes):
                lever[s, lane] = step[lane] * (weight * pull[s, lane] + part * adjoint[s, lane])
        _read_backwards(tape, work.nodes[j], lever, adjoint, coef, work.gradient)
        for s in range(n_states):
            for lane in range(n_lanes):
                total[s, lane] += adjoint[s, lane]
    for s in range(n_states):
        for lane in range(n_lanes):
            pull[s, lane] = total[s, lane]


@njit(cache=True, nogil=True, error_model="numpy")
def _compare(x: Array, weight: Array, bound: Array, smooth: bool, alive: Array, pull: Array, work: Work) -> None:
    """Add the losses of new states and leave their slopes in `pull`; lanes that diverged are no longer alive."""
    new, losses = work.total, work.losses
    n_states, n_lanes = new.shape
    for s in range(n_states):
        for lane in range(n_lanes):
            if not abs(new[s, lane]) <= bound[lane]:  # not a number is not within the bound either
                alive[lane] = 0.0
    for s in range(n_states):
        for lane in range(n_lanes):
            residual = new[s, lane] - x[s, lane] if alive[lane] > 0.0 else bound[lane]
            if not smooth:
                loss, slope = residual * residual, 2.0 * residual
            elif abs(residual) < 1.0:
                loss, slope = 0.5 * residual * residual, residual
            else:
                loss, slope = abs(residual) - 0.5, np.sign(residual)
            losses[lane] += weight[lane] * loss
            pull[s, lane] = weight[lane] * alive[lane] * slope


@njit(cache=True, nogil=True, error_model="numpy")
def _shoot(tape: Tape, x: Array, u: Array, h: Array, weight: Array, bound: Array, work: Work) -> None:
    """Losses and gradients of one block, every step from the measured state."""
    alive, start, step = work.alive[0], work.start, work.step
    n_states, n_lanes = start.shape
    for i in range(h.shape[0]):
        for lane in range(n_lanes):
            alive[lane], step[lane] = 1.0, h[i, lane]
        for s in range(n_states):
            for lane in range(n_lanes):
                start[s, lane] = x[i, s, lane]
        _advance(tape, work.coef, u, i, work)
        _compare(x[i + 1], weight[i + 1], bound, True, alive, work.pull, work)
        n_dead = 0
        for lane in range(n_lanes):
            if alive[lane] == 0.0:
                step[lane] = 0.0
                n_dead += 1
        if n_dead > 0:  # what made them diverge may be infinite, and must not be multiplied by a pull of zero
            _advance(tape, work.coef, u, i, work)
        _pull_back(tape, work.coef, work)


@njit(cache=True, nogil=True, error_model="numpy")
def _roll_out(tape: Tape, x: Array, u: Array, h: Array, weight: Array, bound: Array, work: Work) -> None:
    """Losses of one block, from the first sample on; keeps what `_roll_back` needs."""
    path, alive, start, step = work.path, work.alive, work.start, work.step
    n_states, n_lanes = start.shape
    for lane in range(n_lanes):
        alive[0, lane] = 1.0
    for s in range(n_states):
        for lane in range(n_lanes):
            start[s, lane] = x[0, s, lane]
    for i in range(h.shape[0]):
        for lane in range(n_lanes):
            step[lane] = h[i, lane] * alive[i, lane]
            alive[i + 1, lane] = alive[i, lane]
        for s in range(n_states):
            for lane in range(n_lanes):
                path[i, s, lane] = start[s, lane]
        _advance(tape, work.coef, u, i, work)
        _compare(x[i + 1], weight[i + 1], bound, False, alive[i + 1], work.pulls[i + 1], work)
        for s in range(n_states):
            for lane in range(n_lanes):
                start[s, lane] = work.total[s, lane] if alive[i + 1, lane] > 0.0 else x[0, s, lane]


@njit(cache=True, nogil=True, error_model="numpy")
def _roll_back(tape: Tape, x: Array, u: Array, h: Array, work: Work) -> None:
    """Gradients of the block that was rolled out last."""
    path, alive, start, step, pull = work.path, work.alive, work.start, work.step, work.pull
    n_states, n_lanes = start.shape
    for s in range(n_states):
        for lane in range(n_lanes):
            pull[s, lane] = 0.0
    for i in range(h.shape[0] - 1, -1, -1):
        for lane in range(n_lanes):
            step[lane] = h[i, lane] * alive[i + 1, lane]
        for s in range(n_states):
            for lane in range(n_lanes):
                start[s, lane] = path[i, s, lane] if alive[i + 1, lane] > 0.0 else x[0, s, lane]
                pull[s, lane] += work.pulls[i + 1, s, lane]
        _advance(tape, work.coef, u, i, work)
        _pull_back(tape, work.coef, work)


@njit(cache=True, nogil=True, error_model="numpy")
def run(
    tape: Tape, lanes: Lanes, coef: Array, single_steps: bool, backward: bool, loss: Array, gradient: Array
) -> None:
    """Add the losses (E,) and, of single steps or if wanted `backward`, the gradients (E, Q) of all blocks."""
    n_lanes = lanes.h.shape[2]
    work = _make_work(tape, lanes.h.shape[1], n_lanes)
    for block in range(lanes.h.shape[0]):
        x, u, h, weight, bound = lanes.x[block], lanes.u[block], lanes.h[block], lanes.weight[block], lanes.bound[block]
        position = lanes.position[block]
        for lane in range(n_lanes):
            work.losses[lane] = 0.0
        for q in range(coef.shape[1]):
            for lane in range(n_lanes):
                work.coef[q, lane] = coef[position[lane], q]
                work.gradient[q, lane] = 0.0
        if single_steps:
            _shoot(tape, x, u, h, weight, bound, work)
        else:
            _roll_out(tape, x, u, h, weight, bound, work)
            if backward:
                _roll_back(tape, x, u, h, work)
        for lane in range(n_lanes):
            loss[position[lane]] += work.losses[lane]
        for q in range(coef.shape[1]):
            for lane in range(n_lanes):
                gradient[position[lane], q] += work.gradient[q, lane]
