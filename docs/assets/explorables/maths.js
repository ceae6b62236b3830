// The normal in one dimension: likelihood, tests, intervals, and draws. Float64, exact formulas.
// The mathematics of all explorables is `Explorables.maths`; maths-surface.js and
// maths-bivariate.js add what two of them need beside.
"use strict";

globalThis.Explorables = globalThis.Explorables || {};

(() => {
  const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

  // ---------------------------------------------------------------- special functions

  // erfc(x) = 2/sqrt(pi) * integral of exp(-t^2) from x: a series, and in the tail a fraction.
  function erfc(x) {
    if (x < 0) return 2 - erfc(-x);

    const bell = Math.exp(-x * x) / Math.sqrt(Math.PI);
    if (x < 2) {
      let [term, sum] = [2 * x, 2 * x];
      for (let k = 1; term > sum * 1e-17; k++) sum += term *= (2 * x * x) / (2 * k + 1);
      return 1 - bell * sum;
    }
    let below = x;
    for (let k = 80; k > 0; k--) below = x + k / 2 / below;
    return bell / below;
  }

  const normalCdf = (z) => erfc(-z / Math.SQRT2) / 2;

  // A rational first guess (Abramowitz and Stegun 26.2.23), then Halley's steps.
  function normalQuantile(p) {
    if (p > 0.5) return -normalQuantile(1 - p);

    const t = Math.sqrt(-2 * Math.log(p));
    const above = 2.515517 + t * (0.802853 + t * 0.010328);
    const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let z = above / below - t;
    for (let k = 0; k < 3; k++) {
      const step = (normalCdf(z) - p) * Math.exp(HALF_LOG_2PI + (z * z) / 2);
      z -= step / (1 + (step * z) / 2);
    }
    return z;
  }

  // Chi-squared with one degree of freedom is the square of a standard normal.
  const chi2Quantile = (level) => normalQuantile((1 - level) / 2) ** 2;
  const pValue = (statistic) => erfc(Math.sqrt(statistic / 2));

  // Symmetric matrices of two dimensions are [a11, a12, a22].
  const determinant = ([a, b, c]) => a * c - b * b;
  const isPositiveDefinite = (matrix) => matrix[0] > 0 && determinant(matrix) > 0;

  // ---------------------------------------------------------------- the normal

  // All that the likelihood sees of the rows: n, mean, mean squared deviation (divisor n).
  function summary(rows) {
    const n = rows.length;
    const mean = rows.reduce((sum, x) => sum + x / n, 0);
    const variance = rows.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
    return { n, mean, variance };
  }

  // No normal has a scale of zero or less: nan.
  function logDensity(x, mu, sigma) {
    return sigma > 0 ? -HALF_LOG_2PI - Math.log(sigma) - ((x - mu) / sigma) ** 2 / 2 : NaN;
  }

  function logLikelihood({ n, mean, variance }, mu, sigma) {
    if (!(sigma > 0)) return NaN;
    const spread = variance + (mu - mean) ** 2;
    return -n * (HALF_LOG_2PI + Math.log(sigma) + spread / sigma ** 2 / 2);
  }

  function mle({ n, mean, variance }) {
    const sigma = Math.sqrt(variance);
    return { mu: mean, sigma, logLikelihood: logLikelihood({ n, mean, variance }, mean, sigma) };
  }

  // Nats below the maximum; not by a difference, and so with all digits at the top.
  function shortfall({ n, mean, variance }, mu, sigma) {
    if (!(sigma > 0)) return NaN;
    const h = Math.sqrt(variance) / sigma - 1;
    return n * (h + (h * h + ((mu - mean) / sigma) ** 2) / 2 - Math.log1p(h));
  }

  // The best scale if mu is given, and the best mu if the scale is.
  function profileMu(stats, mu) {
    const sigma = Math.sqrt(stats.variance + (mu - stats.mean) ** 2);
    return { mu, sigma, logLikelihood: logLikelihood(stats, mu, sigma) };
  }

  function profileSigma(stats, sigma) {
    return { mu: stats.mean, sigma, logLikelihood: logLikelihood(stats, stats.mean, sigma) };
  }

  // ---------------------------------------------------------------- tests and intervals

  // Three statistics of mu = hypothesis with the scale unknown, each chi-squared(1) for large n:
  // a squared distance, a height and a squared slope, in the units that their errors set.
  function tests({ n, mean, variance }, hypothesis) {
    const distance = (hypothesis - mean) ** 2;
    return {
      wald: (n * distance) / variance,
      likelihoodRatio: n * Math.log1p(distance / variance),
      score: (n * distance) / (variance + distance),
    };
  }

  // The slope of the profile log-likelihood in mu.
  function profileSlope({ n, mean, variance }, mu) {
    return (n * (mean - mu)) / (variance + (mu - mean) ** 2);
  }

  const standardErrors = ({ n, variance }) => ({
    mu: Math.sqrt(variance / n),
    sigma: Math.sqrt(variance / n / 2),
  });

  // Each takes a summary, "mu" or "sigma", and a level such as 0.95; each gives [low, high].
  const intervals = {
    wald(stats, name, level) {
      const reach = Math.sqrt(chi2Quantile(level)) * standardErrors(stats)[name];
      return [mle(stats)[name] - reach, mle(stats)[name] + reach];
    },

    // Symmetric in log sigma, and so never negative; mlefit's confidence_interval.
    logWald(stats, name, level) {
      if (name === "mu") return intervals.wald(stats, name, level);
      const reach = Math.sqrt(chi2Quantile(level) / stats.n / 2);
      return [-reach, reach].map((t) => mle(stats).sigma * Math.exp(t));
    },

    // All values that lose no more than half a quantile of chi-squared when the other one adapts.
    profile(stats, name, level) {
      const best = mle(stats);
      const lost = {
        mu: (t) => stats.n * Math.log1p(t * t) / 2,
        sigma: (t) => stats.n * (t + Math.expm1(-2 * t) / 2),
      }[name];
      const place = {
        mu: (t) => best.mu + best.sigma * t,
        sigma: (t) => best.sigma * Math.exp(t),
      }[name];
      const isLost = (t) => lost(t) > chi2Quantile(level) / 2;
      return [-1, 1].map((side) => place(edge(isLost, side / Math.sqrt(stats.n))));
    },
  };

  // Return where a condition that fails at 0 begins to hold, on the side of `step`: bisection.
  function edge(holds, step) {
    let [inside, outside] = [0, step];
    while (!holds(outside)) [inside, outside] = [outside, 2 * outside];
    for (let k = 0; k < 60; k++) {
      const middle = (inside + outside) / 2;
      if (holds(middle)) outside = middle;
      else inside = middle;
    }
    return inside;
  }

  // ---------------------------------------------------------------- draws

  // The same seed, the same draws: mulberry32 for uniforms, Box and Muller for normals.
  function generator(seed) {
    let state = seed >>> 0;

    function uniform() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    }

    function normal(mu = 0, sigma = 1) {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return mu + sigma * radius * Math.cos(2 * Math.PI * uniform());
    }

    return { uniform, normal };
  }

  Explorables.maths = {
    ...{ erfc, normalCdf, normalQuantile, chi2Quantile, pValue },
    ...{ determinant, isPositiveDefinite },
    ...{ summary, logDensity, logLikelihood, mle, shortfall },
    ...{ profileMu, profileSigma, profileSlope, tests, standardErrors, intervals, edge },
    generator,
  };
})();
