// The walk of <mle-optimizer>: its points for a choice of settings, and the same walk in Python.
(() => {
  const { maths } = Explorables;
  const ENOUGH = 1e-8; // nats in all that are still to go: it has arrived
  const LIMITS = { mu: [-11, 5.5], sigma: [0.1, 10.5] }; // of its start
  const LOST = 1e6; // no walk that arrives was ever as far

  const rateOf = (exponent) => Number((10 ** exponent).toPrecision(2));

  class Walk {
    /** `settings` are `mu`, `sigma`, `optimizer`, `exponent`, `coordinate` and `reduce`. */
    constructor(stats, settings) {
      const { mu, sigma, optimizer, exponent } = settings;
      this.stats = stats;
      this.surface = maths.surface(stats, settings);
      this.step = (state) => maths.optimizers[optimizer](state, this.surface, rateOf(exponent));
      this.states = [];
      this.points = [];
      this.gaps = []; // nats a row to go
      this.add(maths.start(this.surface.fromPlane([mu, sigma])));
    }

    get state() {
      return this.states.at(-1);
    }

    get following() {
      return this.step(this.state);
    }

    get steps() {
      return this.states.length - 1;
    }

    get loss() {
      return this.surface.loss(this.state.position);
    }

    /** How the walk has ended, if it has. */
    get end() {
      const [mu, sigma] = this.points.at(-1);
      if (!(sigma > 0) || !(sigma < LOST) || !(Math.abs(mu) < LOST)) return "lost";
      return this.gaps.at(-1) * this.stats.n < ENOUGH ? "arrived" : "";
    }

    add(state) {
      const point = this.surface.toPlane(state.position);
      this.states.push(state);
      this.points.push(point);
      this.gaps.push(maths.shortfall(this.stats, ...point) / this.stats.n);
    }

    /** Walk on, or back, until so many steps are taken, or to the end. */
    to(steps) {
      while (this.states.length <= steps && !this.end) this.add(this.following);
      const length = Math.min(this.states.length, steps + 1);
      for (const each of [this.states, this.points, this.gaps]) each.length = length;
      return this.steps;
    }
  }

  // ---------------------------------------------------------------- in Python

  const CHARTS = {
    sigma: ["u[0], u[1]", (mu, sigma) => `[${mu}, ${sigma}]`],
    log: ["u[0], u[1].exp()", (mu, sigma) => `[${mu}, math.log(${sigma})]`],
    softplus: [
      "u[0], torch.nn.functional.softplus(u[1])",
      (mu, sigma) => `[${mu}, math.log(math.expm1(${sigma}))]`,
    ],
    inverse: ["u[0], 1 / u[1]", (mu, sigma) => `[${mu}, 1 / ${sigma}]`],
    convex: ["u[0] / u[1], 1 / u[1]", (mu, sigma) => `[${mu} / ${sigma}, 1 / ${sigma}]`],
  };

  const TORCH = {
    descent: (rate) => `torch.optim.SGD([u], lr=${rate})`,
    momentum: (rate) => `torch.optim.SGD([u], lr=${rate}, momentum=0.9)`,
    adam: (rate) => `torch.optim.Adam([u], lr=${rate})`,
  };

  const byTorch = (optimizer, exponent, steps) => [
    "u.requires_grad_()",
    `optimizer = ${TORCH[optimizer](rateOf(exponent))}`,
    `for _ in range(${steps}):`,
    "    optimizer.zero_grad()",
    "    loss(u).backward()",
    "    optimizer.step()",
  ];

  const byNewton = (steps) => [
    `for _ in range(${steps}):`,
    "    slope = torch.autograd.functional.jacobian(loss, u)",
    "    curvature = torch.autograd.functional.hessian(loss, u)",
    "    u = u - torch.linalg.solve(curvature, slope)",
  ];

  /** Return Python that takes as many steps with torch and prints the loss. */
  function python({ n, mean, variance }, settings, digits) {
    const { mu, sigma, optimizer, exponent, coordinate, reduce, steps } = settings;
    const [chart, start] = CHARTS[coordinate];
    const walk = optimizer === "newton" ? byNewton(steps) : byTorch(optimizer, exponent, steps);
    return [
      "import math",
      "",
      "import torch",
      "",
      `n, mean, variance = ${n}, ${mean}, ${variance}  # all that the loss sees of the rows`,
      "",
      "",
      "def loss(u):",
      `    loc, scale = ${chart}`,
      "    squared = (variance + (mean - loc) ** 2) / scale**2",
      "    each = math.log(2 * math.pi) / 2 + scale.log() + squared / 2",
      `    return ${reduce === "sum" ? "n * each  # the sum over the rows" : "each  # the mean"}`,
      "",
      "",
      `u = torch.tensor(${start(mu, sigma)}, dtype=torch.float64)`,
      ...walk,
      "",
      `print(f"{loss(u):.${digits}f}")`,
    ].join("\n");
  }

  Explorables.walks = { LIMITS, Walk, python, rateOf };
})();
