// The likelihood's surface over (mu, scale) in a choice of coordinates, and steps on it as torch
// takes them. A part of `Explorables.maths`.
"use strict";

(() => {
  const { determinant } = Explorables.maths;
  const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

  // ---------------------------------------------------------------- coordinates of the scale

  const softplus = (u) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
  const sigmoid = (u) => (u < 0 ? Math.exp(u) / (1 + Math.exp(u)) : 1 / (1 + Math.exp(-u)));

  // scale(u) is sigma; raw undoes it; slope and bend are its first two derivatives.
  const coordinates = {
    sigma: { scale: (u) => u, raw: (sigma) => sigma, slope: () => 1, bend: () => 0 },
    log: { scale: Math.exp, raw: Math.log, slope: Math.exp, bend: Math.exp },
    softplus: {
      scale: softplus,
      raw: (sigma) => sigma + Math.log(-Math.expm1(-sigma)),
      slope: sigmoid,
      bend: (u) => sigmoid(u) * sigmoid(-u),
    },
    inverse: {
      scale: (u) => 1 / u,
      raw: (sigma) => 1 / sigma,
      slope: (u) => -1 / u ** 2,
      bend: (u) => 2 / u ** 3,
    },
  };

  // The negative log-likelihood as a function of [mu, u], its sum over the rows or their mean;
  // "convex" stands for [mu / sigma, 1 / sigma].
  function surface(stats, { coordinate = "sigma", reduce = "mean" } = {}) {
    const rows = reduce === "sum" ? stats.n : 1;
    if (coordinate === "convex") return convexSurface(stats, rows);
    return surfaceOver(stats, rows, coordinates[coordinate]);
  }

  function surfaceOver({ mean, variance }, rows, { scale, raw, slope, bend }) {
    const spread = (mu) => variance + (mu - mean) ** 2;

    function loss([mu, u]) {
      const sigma = scale(u);
      if (!(sigma > 0)) return NaN;
      return rows * (HALF_LOG_2PI + Math.log(sigma) + spread(mu) / sigma ** 2 / 2);
    }

    // The slope by sigma, where every coordinate begins.
    const bySigma = (mu, sigma) => 1 / sigma - spread(mu) / sigma ** 3;

    function gradient([mu, u]) {
      const sigma = scale(u);
      return [(mu - mean) / sigma ** 2, bySigma(mu, sigma) * slope(u)].map((g) => rows * g);
    }

    // The second derivatives: [by mu twice, by both, by u twice].
    function hessian([mu, u]) {
      const sigma = scale(u);
      const twice = (3 * spread(mu)) / sigma ** 4 - 1 / sigma ** 2;
      const across = (-2 * (mu - mean)) / sigma ** 3;
      return [
        1 / sigma ** 2,
        across * slope(u),
        twice * slope(u) ** 2 + bySigma(mu, sigma) * bend(u),
      ].map((h) => rows * h);
    }

    const toPlane = ([mu, u]) => [mu, scale(u)];
    const fromPlane = ([mu, sigma]) => [mu, raw(sigma)];
    return { rows, loss, gradient, hessian, toPlane, fromPlane };
  }

  // A square less a logarithm, and so convex: (a - p mean)^2 / 2 + p^2 variance / 2 - log p.
  function convexSurface({ mean, variance }, rows) {
    return {
      rows,
      loss: ([a, p]) =>
        p > 0
          ? rows * (HALF_LOG_2PI - Math.log(p) + ((a - p * mean) ** 2 + p * p * variance) / 2)
          : NaN,
      gradient: ([a, p]) =>
        [a - p * mean, p * variance - 1 / p - mean * (a - p * mean)].map((g) => rows * g),
      hessian: ([, p]) => [1, -mean, mean ** 2 + variance + 1 / p ** 2].map((h) => rows * h),
      toPlane: ([a, p]) => [a / p, 1 / p],
      fromPlane: ([mu, sigma]) => [mu / sigma, 1 / sigma],
    };
  }

  // ---------------------------------------------------------------- steps

  const start = (position) => ({ position, steps: 0, first: [0, 0], second: [0, 0] });
  const each = (f) => [f(0), f(1)];

  // (state, surface, rate) -> state, as torch.optim takes its steps.
  const optimizers = {
    descent(state, { gradient }, rate) {
      const g = gradient(state.position);
      return moved(state, (k) => rate * g[k]);
    },

    momentum(state, { gradient }, rate, { momentum = 0.9 } = {}) {
      const g = gradient(state.position);
      const first = each((k) => momentum * state.first[k] + g[k]);
      return { ...moved(state, (k) => rate * first[k]), first };
    },

    adam(state, { gradient }, rate, { betas: [a, b] = [0.9, 0.999], eps = 1e-8 } = {}) {
      const g = gradient(state.position);
      const first = each((k) => state.first[k] + (g[k] - state.first[k]) * (1 - a));
      const second = each((k) => state.second[k] * b + (1 - b) * g[k] ** 2);
      const size = rate / (1 - a ** (state.steps + 1));
      const unbias = Math.sqrt(1 - b ** (state.steps + 1));
      const step = (k) => (size * first[k]) / (Math.sqrt(second[k]) / unbias + eps);
      return { ...moved(state, step), first, second };
    },

    // To where the local parabola is level, be that a bottom, a top or a saddle.
    newton(state, { gradient, hessian }) {
      const step = solved(hessian(state.position), gradient(state.position));
      return moved(state, (k) => step[k]);
    },
  };

  function moved(state, step) {
    return { ...state, position: each((k) => state.position[k] - step(k)), steps: state.steps + 1 };
  }

  function solved([a, b, c], [x, y]) {
    const det = determinant([a, b, c]);
    return [(c * x - b * y) / det, (a * y - b * x) / det];
  }

  Object.assign(Explorables.maths, { softplus, coordinates, surface, optimizers, start });
})();
