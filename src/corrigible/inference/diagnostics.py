"""Whether chains have mixed: rank-normalised R-hat, bulk and tail effective sample sizes.

With m chains of n draws, each split in half, W the mean variance within chains and B/n the variance
of their means,

    R-hat = sqrt(((n - 1)/n W + B/n) / W),        ESS = m n / (1 + 2 sum_t rho_t),

the autocorrelations rho_t pooled over chains and summed until Geyer's initial monotone sequence
ends. *Bulk* figures are those of normal scores of ranks, so they exist where moments do not; the
*tail* figure is the smaller ESS of the indicators of the 5% and 95% quantiles; R-hat is the larger
one of the draws and of their distances from the median.

Guarantee: the figures are those of Vehtari et al. 2021, which the tests compare with arviz-stats.

Source: Vehtari et al. 2021; Geyer 1992, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.special
import scipy.stats
from jaxtyping import Float

_BYTES = 1 << 27


@dataclass(frozen=True)
class Diagnostics:
    """How draws were made, and how far they can be trusted.

    Args:
        method: "values" or "rewards", what the chains walked in.
        chains: how many.
        ess_bulk_min: the worst bulk effective sample size over parameters.
        ess_tail_min: the worst tail effective sample size.
        r_hat_max: the worst R-hat; 1 where chains agree.
        acceptance: share of trajectories accepted, times the share of blocks.
        divergences: trajectories that lost their energy, warm-up not counted.
        steps: leapfrog steps of each chain, warm-up included.
        seconds: wall-clock time, warm-up included, compilation not.
        compile_seconds: wall-clock time of compiling.

    Source: this package.
    """

    method: str
    chains: int
    ess_bulk_min: float
    ess_tail_min: float
    r_hat_max: float
    acceptance: float
    divergences: int
    steps: int
    seconds: float
    compile_seconds: float


def ess_bulk(draws: Float[np.ndarray, "C N D"]) -> Float[np.ndarray, " D"]:
    """Bulk effective sample sizes.

    Args:
        draws: `[C, N, D]`, N at least 4.

    Returns:
        `[D]`.

    Raises:
        Nothing.

    Source: Vehtari et al. 2021, section 4.1.
    """
    return _effective(_scores(_split(draws)))


def ess_tail(draws: Float[np.ndarray, "C N D"]) -> Float[np.ndarray, " D"]:
    """Tail effective sample sizes.

    Args:
        draws: `[C, N, D]`, N at least 4.

    Returns:
        `[D]`.

    Raises:
        Nothing.

    Source: Vehtari et al. 2021, section 4.3.
    """
    halves = _split(draws)
    ends = np.quantile(draws, (0.05, 0.95), axis=(0, 1))
    return np.minimum(*(_effective((halves <= end).astype(np.float64)) for end in ends))


def r_hat(draws: Float[np.ndarray, "C N D"]) -> Float[np.ndarray, " D"]:
    """R-hat, the larger one of ranks and of ranks of distances from the median.

    Args:
        draws: `[C, N, D]`, N at least 4.

    Returns:
        `[D]`.

    Raises:
        Nothing.

    Source: Vehtari et al. 2021, section 4.2.
    """
    halves = _split(draws)
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.maximum(*(_reduction(_scores(x)) for x in (halves, folded)))


def _split(draws: np.ndarray) -> np.ndarray:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _scores(draws: np.ndarray) -> np.ndarray:
    """Normal scores of ranks over all chains."""
    chains, count, size = draws.shape
    ranks = scipy.stats.rankdata(draws.reshape(-1, size), axis=0)
    return scipy.special.ndtri((ranks - 0.375) / (chains * count + 0.25)).reshape(draws.shape)


def _reduction(draws: np.ndarray) -> np.ndarray:
    count = draws.shape[1]
    within = draws.var(axis=1, ddof=1).mean(axis=0)
    between = draws.mean(axis=1).var(axis=0, ddof=1)
    safe = np.where(within > 0, within, 1.0)
    stuck = np.where(between > 0, np.inf, 1.0)
    return np.where(within > 0, np.sqrt((count - 1) / count + between / safe), stuck)


def _effective(draws: np.ndarray) -> np.ndarray:
    chains, count, size = draws.shape
    width = max(1, _BYTES // (32 * chains * count))
    parts = [_sizes(draws[:, :, low : low + width]) for low in range(0, size, width)]
    return np.concatenate(parts)


def _sizes(draws: np.ndarray) -> np.ndarray:
    chains, count, _ = draws.shape
    centred = draws - draws.mean(axis=1, keepdims=True)
    length = scipy.fft.next_fast_len(2 * count)
    power = np.abs(np.asarray(scipy.fft.rfft(centred, length, axis=1))) ** 2
    covariance = np.asarray(scipy.fft.irfft(power.mean(axis=0), length, axis=0))[:count] / count
    within = covariance[0] * count / (count - 1)
    total = within * (count - 1) / count + draws.mean(axis=1).var(axis=0, ddof=1)
    safe = np.where(total > 0, total, 1.0)
    rho = 1.0 - (within - covariance * count / (count - 1)) / safe
    rho[0] = 1.0
    even = 2 * (count // 2)
    pairs = rho[0:even:2] + rho[1:even:2]
    # Geyer's sequence: pairs are summed while they are positive, and never grow.
    kept = np.minimum.accumulate(pairs, axis=0) * np.logical_and.accumulate(pairs > 0, axis=0)
    time = np.maximum(2.0 * kept.sum(axis=0) - 1.0, 1.0 / np.log10(chains * count))
    # What never moved and is the same everywhere is known exactly.
    return np.where(total > 0, chains * count / time, chains * count)
