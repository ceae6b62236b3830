// The state of <mle-factor>: one normal in a choice of coordinates, how far each of them goes, and
// what a drag makes of it. Every choice reaches the same normals.
(() => {
  const { cholesky, gram, rotated, fromCorrelation } = Explorables.maths.bivariate;
  const DEGREE = Math.PI / 180;
  const SD = [0.5, 4]; // inches
  const LEAST = 0.1; // inches that a normal is wide at least, as far as its tips are dragged

  const START = {
    ...{ mode: "factor", mu1: 67.5, mu2: 71, s1: 3, s2: 2, rho: -0.3, angle: 0 },
    ...{ s11: 9, s12: -1.8, s22: 4 },
  };
  const [low, high] = SD.map((sd) => sd ** 2);
  const LIMITS = {
    ...{ mu1: [64, 74], mu2: [64, 75], s1: SD, s2: SD, rho: [-0.99999, 0.99999] },
    ...{ angle: [-180, 180], s11: [low, high], s12: [-high, high], s22: [low, high] },
  };

  const rounded = (value, digits) => Number(value.toFixed(digits));
  const within = ([least, most], value) => Math.min(most, Math.max(least, value));

  /** Keep a value of the state within its limits, and round it so that the code has the same. */
  function settled(key, value) {
    if (!(key in LIMITS)) return value;
    return rounded(within(LIMITS[key], value), key === "rho" ? 6 : 4);
  }

  /** The triangle L of the sliders; the root that is dragged, null if there is none. */
  const triangle = ({ s1, s2, rho }) => fromCorrelation(s1, s2, rho);

  function root(state) {
    const { mode, angle, s11, s12, s22 } = state;
    if (mode === "covariance") return cholesky([s11, s12, s22]);
    return mode === "root" ? rotated(triangle(state), angle * DEGREE) : triangle(state);
  }

  function covariance(state) {
    const { mode, s11, s12, s22 } = state;
    return mode === "covariance" ? [s11, s12, s22] : gram(triangle(state));
  }

  const byCorrelation = ([s11, s12, s22]) => {
    const [s1, s2] = [s11, s22].map(Math.sqrt);
    return { s1, s2, rho: s12 / s1 / s2 };
  };

  /**
   * Change what is dragged. The normal stays, if there is one: neither kept within limits, all of
   * which it is in already, nor rounded to where a narrow one would change.
   */
  function entered(state, mode) {
    const [s11, s12, s22] = covariance(state);
    const same = mode === "covariance" ? { s11, s12, s22 } : byCorrelation([s11, s12, s22]);
    const kept = Object.entries(root(state) ? same : {}).map(([k, v]) => [k, rounded(v, 12)]);
    return { mode, ...Object.fromEntries(kept) };
  }

  /** Move the tip of a column of L from the centre by x, y; the other column stays. */
  function withTip([[a], [b, c]], k, [x, y]) {
    const [least, most] = SD.map((sd) => Math.sqrt(Math.max(0, sd ** 2 - (k === 0 ? c : b) ** 2)));
    const l21 = k === 0 ? within([-most, most], y) : b;
    const l22 = k === 0 ? c : within([Math.max(LEAST, least), most], y);
    const s2 = Math.max(SD[0], Math.hypot(l21, l22));
    return { s1: k === 0 ? x : a, s2, rho: l21 / s2 };
  }

  /** Return the angle at which the tip of a column of A comes nearest to x, y. */
  function angleAt([[a], [b, c]], k, [x, y]) {
    const [u, v] = [x / a, (y - (b * x) / a) / c];
    return turned(Math.atan2(v, u) / DEGREE, -90 * k);
  }

  /** Turn on, round and round; by more than a whole turn, to the limit. */
  function turned(angle, by) {
    return Math.abs(by) > 360 ? angle + by : ((((angle + by + 180) % 360) + 360) % 360) - 180;
  }

  Explorables.factorState = {
    ...{ START, LIMITS, DEGREE, settled, triangle, root, covariance, byCorrelation },
    ...{ entered, withTip, angleAt, turned },
  };
})();
