// <mle-optimizer data='{"n": ..., "mean": ..., "variance": ...}'>: walk down the likelihood's
// surface with an optimizer, in a choice of coordinates.
(() => {
  const { html, mark, number, maths, drag, arrows, walks } = Explorables;
  const { Walk, PlaneView, GapView, StepView, python, rateOf, brief, clamp } = walks;

  const BEGIN = {
    ...{ optimizer: "descent", coordinate: "softplus", reduce: "mean", exponent: 0 },
    ...{ mu: -10, sigma: 2.13, steps: 40 },
  };
  const MU = [-11, 5.5];
  const SIGMA = [0.1, 10.5];
  const LIMIT = 5000; // steps of one run
  const OPTIMIZERS = [
    ["descent", "gradient descent"],
    ["momentum", "momentum"],
    ["adam", "Adam"],
    ["newton", "Newton"],
  ];
  const COORDINATES = [
    ["sigma", "μ and σ"],
    ["log", "μ and log σ"],
    ["softplus", "μ and softplus⁻¹ σ"],
    ["inverse", "μ and 1/σ"],
    ["convex", "μ/σ and 1/σ"],
  ];
  const REDUCE = [
    ["mean", "mean"],
    ["sum", "sum"],
  ];

  const hundredths = (value) => Math.round(100 * value) / 100;
  const wordsOf = (options, key) => options.find(([value]) => value === key)[1];
  const noMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  class Optimizer extends Explorables.Explorable {
    label = "An optimizer on the likelihood's surface";

    build() {
      this.state = { ...BEGIN };
      this.views = [
        new PlaneView(this, this.data),
        new GapView(this, this.data),
        new StepView(this),
      ];
      const [plane, gap, side] = this.views.map((view) => view.plot.element);
      this.start = this.views[0].start;
      this.letDrag(this.views[0].plot);

      this.score = html("div", { class: "score" });
      this.rate = this.range({
        ...{ key: "exponent", label: "learning rate", min: -4, max: 1, step: 0.1 },
        write: (exponent) => String(rateOf(exponent)),
      });
      const controls = (...parts) => html("div", { class: "controls" }, ...parts);
      return [
        this.score,
        controls(...this.menus()),
        controls(this.rate, ...this.buttons()),
        plane,
        html("div", { class: "row" }, gap, side),
        controls(this.place("mu", "start at μ", MU), this.place("sigma", "start at σ", SIGMA)),
      ];
    }

    menus() {
      return [
        this.choice({ key: "optimizer", label: "optimizer", options: OPTIMIZERS }),
        this.choice({ key: "coordinate", label: "coordinates", options: COORDINATES }),
        this.choice({ key: "reduce", label: "loss", options: REDUCE }),
      ];
    }

    buttons() {
      this.runButton = this.button("Run", () => (this.runner ? this.rest() : this.run()));
      this.stepButton = this.button("Step", () => this.go(this.state.steps + 1));
      return [this.runButton, this.stepButton, this.button("Back", () => this.go(0))];
    }

    place(key, label, [min, max]) {
      const write = (value) => number(value, 2);
      const change = (value) => this.from({ [key]: value });
      return this.range({ key, label, min, max, step: 0.01, write, change });
    }

    /** Drag the start, move it by the arrow keys, or tap where it shall be. */
    letDrag(plot) {
      let grip;
      drag(
        plot,
        {
          start: () => (grip = { x: plot.x(this.state.mu), y: plot.y(this.state.sigma) }),
          move: ({ dx, dy }) =>
            this.from({ mu: plot.xAt(grip.x + dx), sigma: plot.yAt(grip.y + dy) }),
        },
        this.start,
      );
      arrows(this.start, (dx, dy) =>
        this.from({ mu: this.state.mu + dx / 10, sigma: this.state.sigma + dy / 10 }),
      );
      plot.svg.addEventListener("click", ({ target, clientX, clientY }) => {
        if (this.start.contains(target)) return;
        const { left, top } = plot.svg.getBoundingClientRect();
        this.from({ mu: plot.xAt(clientX - left), sigma: plot.yAt(clientY - top) });
      });
    }

    /** Start somewhere else: the walk follows, as many steps long. */
    from({ mu = this.state.mu, sigma = this.state.sigma }) {
      const place = { mu: clamp(mu, ...MU), sigma: clamp(sigma, ...SIGMA) };
      this.set({ mu: hundredths(place.mu), sigma: hundredths(place.sigma) });
    }

    go(steps) {
      this.rest();
      this.set({ steps });
    }

    /** Walk on, faster and faster; at once for those who want no motion. */
    run() {
      const first = this.state.steps;
      if (noMotion()) return this.go(first + LIMIT);

      let began;
      const tick = (now) => {
        began ??= now;
        const walked = Math.min(LIMIT, Math.floor(10 * Math.expm1((0.9 * (now - began)) / 1000)));
        this.runner = walked < LIMIT ? requestAnimationFrame(tick) : undefined;
        this.set({ steps: first + walked });
      };
      this.runner = requestAnimationFrame(tick);
    }

    rest() {
      cancelAnimationFrame(this.runner);
      this.runner = undefined;
    }

    /** Walk as far as asked; any change but of the steps begins the walk again. */
    follow() {
      const { steps, ...settings } = this.state;
      const key = JSON.stringify(settings);
      if (key !== this.key) this.walk = new Walk(this.data, settings);
      this.key = key;
      this.state.steps = this.walk.to(steps);
      if (this.walk.end) this.rest();
    }

    draw() {
      this.follow();
      const { optimizer, mu, sigma, reduce, steps } = this.state;
      for (const view of this.views) view.draw(this.walk, optimizer);

      mark(this.start, { "aria-valuenow": mu, "aria-valuetext": `μ ${mu}, σ ${sigma}` });
      this.rate.querySelector("input").disabled = optimizer === "newton";
      this.runButton.textContent = this.runner ? "Pause" : "Run";
      this.runButton.disabled = this.stepButton.disabled = this.walk.end !== "";
      const place = this.walk.points.at(-1).map(brief);
      this.score.replaceChildren(
        html("span", { class: "big" }, `${reduce} loss ${this.loss()}`),
        html("span", {}, `μ ${place[0]}, σ ${place[1]}`),
        html("span", { class: "small" }, `step ${steps}`),
      );
    }

    get digits() {
      return this.state.reduce === "sum" ? 2 : 6;
    }

    loss() {
      const { loss } = this.walk;
      return Math.abs(loss) < 1e9 ? number(loss, this.digits) : brief(loss);
    }

    words() {
      this.follow();
      const { optimizer, coordinate, exponent, reduce, steps } = this.state;
      const [mu, sigma] = this.walk.points.at(-1).map(brief);
      const taken = steps === 1 ? "1 step" : `${steps} steps`;
      const name = `${wordsOf(OPTIMIZERS, optimizer)} in ${wordsOf(COORDINATES, coordinate)}`;
      const rate = optimizer === "newton" ? "" : ` at rate ${rateOf(exponent)}`;
      const place = `μ ${mu}, σ ${sigma}, ${reduce} loss ${this.loss()}`;
      return `After ${taken} of ${name}${rate}: ${place}. ${this.verdict()}`;
    }

    verdict() {
      const { end, points, gaps, surface, state } = this.walk;
      if (end === "arrived") return "It has arrived: less than 10⁻⁸ nats to go in all.";
      const isBelow = points.at(-1)[1] <= 0;
      if (end === "lost") return isBelow ? "No normal has such a scale." : "It runs away.";

      const left = `${brief(gaps.at(-1))} nats a row to go`;
      if (this.views[0].isOut(points.at(-1))) return `It has left the picture, ${left}.`;
      const isBowl = maths.isPositiveDefinite(surface.hessian(state.position));
      if (this.state.optimizer !== "newton" || isBowl) return `${left}.`;
      return `${left}. Here the parabola is a saddle, without a bottom, and Newton goes astray.`;
    }

    code() {
      return python(this.data, this.state, this.digits);
    }
  }

  Explorables.define("optimizer", Optimizer);
})();
