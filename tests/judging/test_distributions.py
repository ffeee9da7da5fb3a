"""The distributions agree with scipy, from tiny to a million, and in the far tails."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from tasks.judging.distributions import (
    beta_quantile,
    binomial_cdf,
    log_beta_cdf,
    log_beta_sf,
    normal_cdf,
    normal_quantile,
    t_quantile,
)

SHAPES = st.floats(min_value=0.3, max_value=3000)


@given(x=st.floats(min_value=1e-6, max_value=1 - 1e-6), a=SHAPES, b=SHAPES)
def test_beta_tails_agree_with_scipy(x: float, a: float, b: float) -> None:
    assert exp(log_beta_cdf(x, a, b)) == pytest.approx(special.betainc(a, b, x), rel=1e-8, abs=1e-12)
    assert exp(log_beta_sf(x, a, b)) == pytest.approx(special.betaincc(a, b, x), rel=1e-8, abs=1e-12)


@given(p=st.floats(min_value=0.001, max_value=0.999), a=SHAPES, b=SHAPES)
def test_beta_quantile_agrees_with_scipy(p: float, a: float, b: float) -> None:
    assert beta_quantile(p, a, b) == pytest.approx(stats.beta.ppf(p, a, b), rel=1e-8)


def test_beta_stays_exact_with_a_million_calls() -> None:
    assert beta_quantile(0.95, 5001, 995_000) == pytest.approx(stats.beta.ppf(0.95, 5001, 995_000), rel=1e-9)


def test_a_tail_too_small_for_a_float_keeps_its_logarithm() -> None:
    assert log_beta_sf(0.5, 1, 3000) == pytest.approx(3000 * -0.6931471805599453)


@pytest.mark.parametrize(("x", "cdf", "sf"), [(0.0, float("-inf"), 0.0), (1.0, 0.0, float("-inf"))])
def test_beta_at_the_ends(x: float, cdf: float, sf: float) -> None:
    assert (log_beta_cdf(x, 2, 3), log_beta_sf(x, 2, 3)) == (cdf, sf)


@pytest.mark.parametrize(("k", "n", "p"), [(0, 299, 0.01), (1, 473, 0.01), (5, 5, 0.2), (30, 100, 0.5), (90, 100, 0.5)])
def test_binomial_agrees_with_scipy(k: int, n: int, p: float) -> None:
    assert binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-11)


@given(p=st.floats(min_value=0.005, max_value=0.995), degrees=st.integers(min_value=1, max_value=100_000))
def test_t_quantile_agrees_with_scipy(p: float, degrees: int) -> None:
    assert t_quantile(p, degrees) == pytest.approx(stats.t.ppf(p, degrees), rel=1e-8, abs=1e-9)


def test_t_quantile_is_symmetric_around_zero() -> None:
    assert (t_quantile(0.5, 7), t_quantile(0.05, 7)) == (0.0, pytest.approx(-t_quantile(0.95, 7)))


def test_normal_distribution() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.6448536269514722)
    assert normal_cdf(normal_quantile(0.3)) == pytest.approx(0.3)
