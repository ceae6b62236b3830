// <mle-optimizer data='{"n": ..., "mean": ..., "variance": ...}'>: walk down the likelihood's
// surface with an optimizer, in a choice of coordinates.
(() => {
  const { html, number, drag, arrows, walks } = Explorables;
  const { LIMITS, CHOICES, Walk, PlaneView, GapView, StepView, python, rateOf, clamp } = walks;
  const { brief, digitsOf, lossOf, account } = walks;

  const BEGIN = {
    ...{ optimizer: "descent", coordinate: "softplus", reduce: "mean", exponent: 0 },
    ...{ mu: -10, sigma: 2.13, steps: 40 }, // steps that are asked for: the walk may end before
  };
  const LONGEST = 5000; // steps of one run
  const STILL = 6; // pixels that a tap may wander

  const hundredths = (value) => Math.round(100 * value) / 100;
  const noMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  class Optimizer extends Explorables.Explorable {
    label = "An optimizer on the likelihood's surface";

    build() {
      this.state = { ...BEGIN };
      this.views = [
        new PlaneView(this, this.data),
        new GapView(this, this.data),
        new StepView(this, this.data),
      ];
      const [plane, gap, side] = this.views.map((view) => view.plot.element);
      this.start = this.views[0].start;
      this.letDrag(this.views[0].plot);

      this.score = html("div", { class: "score" });
      this.rate = this.range({
        ...{ key: "exponent", label: "learning rate", min: -4, max: 1, step: 0.1 },
        write: (exponent) => (this.isNewton ? "not used" : String(rateOf(exponent))),
      });
      const controls = (...parts) => html("div", { class: "controls" }, ...parts);
      return [
        this.score,
        controls(...this.menus()),
        controls(this.rate, ...this.buttons()),
        plane,
        controls(this.place("mu", "start at μ"), this.place("sigma", "start at σ")),
        html("div", { class: "row" }, gap, side),
      ];
    }

    menus() {
      return [
        this.choice({ key: "optimizer", label: "optimizer", options: CHOICES.optimizer }),
        this.choice({ key: "coordinate", label: "coordinates", options: CHOICES.coordinate }),
        this.choice({ key: "reduce", label: "loss", options: CHOICES.reduce }),
      ];
    }

    buttons() {
      this.runButton = this.button("Run", () => (this.runner ? this.rest() : this.run()));
      this.stepButton = this.button("Step", () => this.goOn());
      return [this.runButton, this.stepButton, this.button("To the start", () => this.go(0))];
    }

    place(key, label) {
      const [min, max] = LIMITS[key];
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
      this.letTap(plot);
    }

    letTap(plot) {
      let press;
      plot.svg.addEventListener("pointerdown", (event) => (press = event));
      plot.svg.addEventListener("click", ({ target, clientX, clientY }) => {
        const moved = Math.hypot(clientX - press?.clientX, clientY - press?.clientY);
        const { left, top } = plot.svg.getBoundingClientRect();
        const [mu, sigma] = [plot.xAt(clientX - left), plot.yAt(clientY - top)];
        const isBeside = !this.start.contains(target) && !this.views[0].isOut([mu, sigma]);
        if (moved < STILL && isBeside) this.from({ mu, sigma });
      });
    }

    /** Start somewhere else: the walk follows, as many steps long. */
    from({ mu = this.state.mu, sigma = this.state.sigma }) {
      const place = { mu: clamp(mu, ...LIMITS.mu), sigma: clamp(sigma, ...LIMITS.sigma) };
      this.set({ mu: hundredths(place.mu), sigma: hundredths(place.sigma) });
    }

    go(steps) {
      this.rest();
      this.set({ steps });
    }

    goOn() {
      this.follow();
      this.go(this.walk.steps + 1);
    }

    /** Walk on, or again if it has ended, ever faster; at once for those who want no motion. */
    run() {
      this.follow();
      const first = this.walk.end ? 0 : this.walk.steps;
      this.goal = first + LONGEST;
      if (noMotion()) return this.go(this.goal);

      this.set({ steps: first });
      let began;
      const tick = (now) => {
        began ??= now;
        const walked = Math.min(LONGEST, Math.floor(10 * Math.expm1((0.9 * (now - began)) / 1000)));
        this.runner = walked < LONGEST ? requestAnimationFrame(tick) : undefined;
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
      this.walk.to(steps);
      if (this.runner && this.walk.end) this.go(this.goal); // another may go on
    }

    get isNewton() {
      return this.state.optimizer === "newton";
    }

    draw() {
      this.follow();
      for (const view of this.views) view.draw(this.walk, this.state.optimizer);

      this.rate.querySelector("input").disabled = this.isNewton;
      this.runButton.textContent = this.runner ? "Pause" : "Run";
      this.enable(this.stepButton, this.walk.end === "");
      const place = this.walk.points.at(-1).map(brief);
      this.score.replaceChildren(
        html("span", { class: "big" }, lossOf(this.walk, this.state)),
        html("span", {}, `μ ${place[0]}, σ ${place[1]}`),
        html("span", { class: "small" }, `step ${this.walk.steps}`),
      );
    }

    words() {
      this.follow();
      const isOut = this.views[0].isOut(this.walk.points.at(-1));
      return account(this.walk, this.state, { isOut, isCut: this.walk.steps === this.goal });
    }

    code() {
      const walked = { ...this.state, steps: this.walk.steps };
      return python(this.data, walked, digitsOf(this.state));
    }
  }

  Explorables.define("optimizer", Optimizer);
})();
