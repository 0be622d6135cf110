"""Seconds for an effective draw of a continuous posterior, with peers beside it where asked for.

    ./run bench posterior [NAME ...] [--seeds 3] [--samples 40000] [--peers SECONDS]
        [--identities] [--record]

Rewards N(0, 10^2), discount .9, 50 corrections about uniformly drawn states by a hand of
rationality 1 whose reward is drawn from the prior; every seed is another reward, other corrections
and other chains. The figure is wall-clock time, warm-up included and compiling apart, by the worst
bulk effective sample size over parameters (rank-normalised, split chains); the median over seeds.
Grids are open, with slip .1 and five actions; the dense world draws every transition from a
Dirichlet distribution of concentration .1. With `--peers` each peer samples the same posteriors
for so many seconds, adaptation included, and its R-hat is shown: where that is not near 1, the
figure means nothing, and the ratio has no bar. Posterior means are compared where both mixed. Where
no peer mixes, `--identities` checks the draws against the density of rewards itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.must_show import Figure, record
from corrigible import Belief, Problem, priors
from corrigible.errors import NotMixed
from corrigible.inference import posterior
from corrigible.inference.diagnostics import ess_bulk, r_hat
from corrigible.overseers import HandOfGod
from corrigible.worlds import Tabular
from corrigible.worlds.grid import Cell, Grid
from corrigible.worlds.optimum import optimal_q

HEADING = "## `./run bench posterior`"
DISCOUNT, SCALE, CORRECTIONS, SAMPLES = 0.9, 10.0, 50, 40_000
FIRST_SEED, THINNED = 100, 4000


def grid(side: int) -> Tabular:
    """An open grid; five actions, the last of which stays."""
    cells = Grid(tuple(tuple(Cell() for _ in range(side)) for _ in range(side)), slip=0.1)
    return Tabular(cells.transition, cells.disables, DISCOUNT, np.full(side**2, 1 / side**2))


def dense(states: int, actions: int = 5) -> Tabular:
    """A world that is no grid."""
    rng = np.random.default_rng(3)
    transition = rng.dirichlet(np.full(states, 0.1), (states, actions))
    start = np.full(states, 1.0 / states)
    return Tabular(transition, np.zeros((states, actions)), DISCOUNT, start)


# World, what the prior is over, and the bar in seconds.
CASES: dict[str, tuple[Tabular, str, float | None]] = {
    "grid_9": (grid(3), "state", 1e-4),
    "grid_36": (grid(6), "state", 5e-4),
    "grid_144": (grid(12), "state", 1e-2),
    "actions_36": (grid(6), "state_action", None),
    "dense_36": (dense(36), "state", None),
}


def drawn(world: Tabular, over: str, seed: int) -> tuple[Problem, list[tuple[int, int]]]:
    """A problem, and corrections by its hand under a reward of its prior."""
    problem = Problem(world, HandOfGod(rate=1.0, rationality=1.0), priors.Normal(SCALE, over))
    said = problem.drawn(seed, 1).likelihood[0]
    rng = np.random.default_rng(seed)
    states = rng.integers(world.n_states, size=CORRECTIONS)
    return problem, [(int(s), int(rng.choice(world.n_actions, p=said[s]))) for s in states]


def figures(name: str, runs: list[Belief]) -> Iterator[Figure]:
    """This package on one case, a run for each seed."""
    bar = CASES[name][2]
    found = [run.diagnostics for run in runs]
    cost = [each.seconds / each.ess_bulk_min for each in found]
    value, limit = statistics.median(cost), "" if bar is None else f"<= {bar:g}"
    draws = len(runs[0].log_weights)
    many = f"{draws:,} draws, median of {len(runs)}, {min(cost):.2g} to {max(cost):.2g}"
    said = f"seconds per effective draw ({many})"
    yield Figure(name, said, value, limit, None if bar is None else value <= bar)
    hat = max(each.r_hat_max for each in found)
    yield Figure(name, "worst R-hat", hat, "< 1.01", hat < 1.01)
    yield Figure(name, "compiling, seconds", max(each.compile_seconds for each in found), "", None)


def sampled(name: str, seed: int, samples: int) -> Belief:
    """One run of this package; where it did not mix, what it drew."""
    problem, heard = drawn(*CASES[name][:2], seed)
    try:
        belief = posterior(problem, heard, key=seed, samples=samples)
    except NotMixed as error:
        belief = error.draws
    found = belief.diagnostics
    cost = found.seconds / found.ess_bulk_min
    print(f"{name} {seed} {cost:.3g} {found}", file=sys.stderr, flush=True)
    return belief


def beside(name: str, runs: list[Belief], seconds: float) -> Iterator[Figure]:
    """The peers on one case, where the reward is by state."""
    from benchmarks import posterior_peers as peers

    if CASES[name][1] != "state":
        return
    ours = statistics.median(r.diagnostics.seconds / r.diagnostics.ess_bulk_min for r in runs)
    listed: dict[str, tuple[Any, bool]] = {
        "PolicyWalk": (peers.policy_walk, True),
        "blackjax NUTS": (peers.nuts, True),
        "PolicyWalk, shaped by the covariance": (peers.shaped_walk, False),
    }
    for peer, (sample, barred) in listed.items():
        cost, hats, apart, compiling = [], [], [], 0.0
        for seed, run in enumerate(runs, FIRST_SEED):
            given = peers.setting(CASES[name][0], counts(name, seed), 1.0, SCALE)
            theirs = sample(given, seed, seconds)
            draws = np.asarray(theirs.draws, dtype=np.float64)
            each = ess_bulk(draws)
            cost.append(theirs.seconds / float(each.min()))
            hats.append(float(r_hat(draws).max()))
            error = draws.std(axis=(0, 1)) / np.sqrt(each)
            apart.append(distance(run, draws.mean(axis=(0, 1)), error))
            compiling = max(compiling, theirs.compiling)
        value, mixed = statistics.median(cost), max(hats) < 1.01
        said = f"{peer}: seconds per effective draw ({seconds:g} s each, R-hat {max(hats):.3f})"
        yield Figure(name, said, value, "", None)
        yield Figure(name, f"{peer}: compiling, seconds", compiling, "", None)
        met = value / ours >= 10.0 if barred and mixed else None
        limit = ">= 10" if barred and mixed else ""
        yield Figure(name, f"{peer}: times our seconds", value / ours, limit, met)
        if mixed:
            yield agreement(name, f"{peer}: means apart", apart)


def identities(name: str, runs: list[Belief]) -> Iterator[Figure]:
    """Two identities of any density, by planning and adjoint solves, on thinned draws.

    Where p vanishes far away and has no jumps, E d/dr_s log p = 0 and E r_s d/dr_s log p = -1,
    by parts (Stein 1981). The density of rewards has kinks, but no jumps. Nothing here is shared
    with chains that walk in values: neither the density, nor its gradient, nor the determinant.
    """
    first, second = [], []
    for seed, run in enumerate(runs, FIRST_SEED):
        draws = run.hypotheses.reshape(len(run.log_weights), -1)
        draws = draws[:: max(1, len(draws) // THINNED)]
        slope = slopes(CASES[name][0], counts(name, seed), draws)
        for found, terms in ((first, slope), (second, draws * slope + 1.0)):
            error = terms.std(axis=0) / np.sqrt(ess_bulk(terms[None]))
            found.append(terms.mean(axis=0) / error)
    yield agreement(name, "E d/dr log p, is not 0", first)
    yield agreement(name, "E r d/dr log p, is not -1", second)


def slopes(world: Tabular, heard: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """d/dr of the log density at rewards `[n, S]`, rationality 1."""
    steps, found = world.discount * world.dense(), -rewards / SCALE**2
    states = np.arange(world.n_states)
    for at in range(0, len(rewards), 500):
        part = rewards[at : at + 500]
        q = optimal_q(world, np.repeat(part[:, :, None], world.n_actions, axis=2))
        said = np.exp(q - q.max(axis=2, keepdims=True))
        said /= said.sum(axis=2, keepdims=True)
        surprise = heard - heard.sum(axis=1)[:, None] * said
        pull = np.einsum("nsa,sat->nt", surprise, steps)
        solved = np.eye(world.n_states) - steps[states, q.argmax(axis=2)]
        found[at : at + 500] += np.linalg.solve(solved.swapaxes(1, 2), pull[:, :, None])[:, :, 0]
    return found


def counts(name: str, seed: int) -> np.ndarray:
    """How often each correction was heard, [S, A]."""
    world, over, _ = CASES[name]
    found = np.zeros((world.n_states, world.n_actions))
    np.add.at(found, tuple(np.transpose(drawn(world, over, seed)[1])), 1.0)
    return found


def distance(run: Belief, mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Differences from our posterior means in standard errors, [S]."""
    draws = run.hypotheses.reshape(1, len(run.log_weights), -1)
    own = draws[0].std(axis=0) / np.sqrt(ess_bulk(draws))
    return (draws[0].mean(axis=0) - mean) / np.hypot(own, error)


def agreement(name: str, what: str, apart: list[np.ndarray]) -> Figure:
    """Whether distances in standard errors are those of chance."""
    z = np.concatenate(apart)
    value = float(np.sqrt((z**2).mean()))
    said = f"{what}: root mean square in standard errors (worst {abs(z).max():.1f})"
    return Figure(name, said, value, "<= 1.5", value <= 1.5)


def main(words: list[str]) -> int:
    """Run the cases; 0 where every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=SAMPLES, help="the more, the less warm-up")
    parser.add_argument("--peers", type=float, metavar="SECONDS", help="for each peer and seed")
    parser.add_argument("--identities", action="store_true", help="what rewards' density implies")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in CASES]
    if unknown:
        parser.error(f"no case is called {unknown[0]}; there are {', '.join(CASES)}")
    found: list[Figure] = []
    for name in given.names or CASES:
        seeds = range(FIRST_SEED, FIRST_SEED + given.seeds)
        runs = [sampled(name, seed, given.samples) for seed in seeds]
        found += figures(name, runs)
        if given.peers:
            found += beside(name, runs, given.peers)
        if given.identities:
            found += identities(name, runs)
    for figure in found:
        print(figure.row())
    if given.record:
        record(found, HEADING)
    return 1 if any(figure.passed is False for figure in found) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
