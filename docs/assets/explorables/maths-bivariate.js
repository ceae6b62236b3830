// The bivariate normal and the square roots of its covariance. A part of `Explorables.maths`.
"use strict";

(() => {
  const { isPositiveDefinite } = Explorables.maths;
  const LOG_2PI = Math.log(2 * Math.PI);
  const each = (f) => [f(0), f(1)];

  // All that the likelihood sees of the points: n, mean, scatter (divisor n).
  function summary(points) {
    const n = points.length;
    const mean = each((k) => points.reduce((sum, x) => sum + x[k] / n, 0));
    const product = (j, k) =>
      points.reduce((sum, x) => sum + (x[j] - mean[j]) * (x[k] - mean[k]), 0) / n;
    return { n, mean, scatter: [product(0, 0), product(0, 1), product(1, 1)] };
  }

  // Factors are rows [[a, b], [c, d]]; any square root A of the covariance A A^T will do.
  function logLikelihood({ n, mean, scatter }, centre, [[a, b], [c, d]]) {
    const det = a * d - b * c;
    const away = each((k) => mean[k] - centre[k]);
    const spread = [
      scatter[0] + away[0] ** 2,
      scatter[1] + away[0] * away[1],
      scatter[2] + away[1] ** 2,
    ];
    const square = (x, y) => x * x * spread[0] + 2 * x * y * spread[1] + y * y * spread[2];
    const distance = (square(d, -b) + square(-c, a)) / det ** 2;
    return det === 0 ? NaN : -n * (LOG_2PI + Math.log(Math.abs(det)) + distance / 2);
  }

  // The lower triangular root with a positive diagonal; null if there is none.
  function cholesky([a, b, c]) {
    if (!isPositiveDefinite([a, b, c])) return null;
    const top = Math.sqrt(a);
    return [[top, 0], [b / top, Math.sqrt(c - (b / top) ** 2)]];
  }

  // The smallest eigenvalue: the least variance in any direction.
  const smallest = ([a, b, c]) => (a + c) / 2 - Math.hypot((a - c) / 2, b);

  const gram = ([[a, b], [c, d]]) => [a * a + b * b, a * c + b * d, c * c + d * d];

  // A R with the rotation R by an angle: another root of the same covariance.
  function rotated(A, angle) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return A.map(([x, y]) => [x * cos + y * sin, y * cos - x * sin]);
  }

  // The angle by which the Cholesky factor becomes the symmetric root.
  const symmetricAngle = ([[a], [b, c]]) => -Math.atan2(b, a + c);

  function mle(stats) {
    const factor = cholesky(stats.scatter);
    const top = logLikelihood(stats, stats.mean, factor);
    return { centre: stats.mean, covariance: stats.scatter, factor, logLikelihood: top };
  }

  function fromCorrelation(sd1, sd2, correlation) {
    return [[sd1, 0], [sd2 * correlation, sd2 * Math.sqrt(1 - correlation ** 2)]];
  }

  // Points at the Mahalanobis distance 1.
  function ellipse(centre, A, count = 120) {
    return Array.from({ length: count }, (_, k) => {
      const turn = (2 * Math.PI * k) / count;
      return each((j) => centre[j] + A[j][0] * Math.cos(turn) + A[j][1] * Math.sin(turn));
    });
  }

  Explorables.maths.bivariate = {
    ...{ summary, mle, logLikelihood },
    ...{ cholesky, smallest, gram, rotated, symmetricAngle, fromCorrelation, ellipse },
  };
})();
