// <mle-bell data="[850, 740, ...]">: slide a bell over readings, and watch their log-likelihood.
(() => {
  const { svg, html, number, mark, place, handle, tell, drag, arrows, maths } = Explorables;
  const DOMAIN = { mu: [650, 1150], sigma: [50, 250] };
  const NAME = { mu: "mean μ", sigma: "width σ" };
  const KEYS = ["mu", "sigma"];
  const START = { mu: 800, sigma: 79, revealed: false };
  const NEAR = 0.5; // nats, from where the bell offers to snap

  const within = ([low, high], value) => Math.min(high, Math.max(low, value));
  const tenths = (value) => Math.round(10 * value) / 10;
  const peak = (sigma) => 1 / (Math.sqrt(2 * Math.PI) * sigma); // its own inverse

  class Bell extends Explorables.Explorable {
    label = "Slide the bell over the readings";

    build() {
      this.stats = maths.summary(this.data);
      this.top = maths.mle(this.stats);
      this.state = { ...START };
      this.trails = KEYS.map((key) => {
        const [name, domain, stats] = [NAME[key], DOMAIN[key], this.stats];
        return new Explorables.Trail(this, { key, name, domain, stats });
      });
      this.forget();

      const row = html("div", { class: "row" }, ...this.trails.map(({ plot }) => plot.element));
      return [this.head, this.buildBell(), row, this.buildControls()];
    }

    buildControls() {
      const sliders = KEYS.map((key) => {
        const [[min, max], label] = [DOMAIN[key], NAME[key]];
        const write = (value) => `${number(value, 1)} km/s`;
        return this.range({ key, label, min, max, write, change: (v) => this.move({ [key]: v }) });
      });
      this.reveal = this.button("", () => {
        this.state.revealed = true;
        this.glide({ mu: tenths(this.top.mu), sigma: tenths(this.top.sigma) });
      });
      this.reveal.style.minWidth = "12em"; // for each of its words
      const again = this.button("Start again", () => {
        this.forget();
        this.hold();
        this.set(START);
      });
      return html("div", { class: "controls" }, ...sliders, this.reveal, again);
    }

    buildBell() {
      const bell = this.plot({
        label: "The readings under the bell; the arrow keys move it",
        x: { domain: [560, 1240], label: "speed of light − 299 000 km/s" },
        y: { domain: [0, 0.0082], ticks: false },
        height: 250,
        interactive: true,
      });
      this.marks = {
        area: bell.add("path", "model area"),
        best: bell.add("path", "truth line dashed"),
        stems: bell.add("path", "data thin"),
        line: bell.add("path", "model line"),
        dots: this.data.map(() => bell.add("circle", "data dot", { r: 3.5 })),
        cost: bell.add("text", "data haloed"),
        hint: bell.add("text", "muted", { "text-anchor": "middle" }),
      };
      this.handle = handle("The bell: left and right move it, up makes it narrow");
      bell.svg.append(this.handle);
      this.letDrag(bell);
      return bell.element;
    }

    /** The peak stays under the pointer: sideways it is the mean, upwards the height. */
    letDrag(bell) {
      let from;
      drag(bell, {
        start: () => {
          from = [bell.x(this.state.mu), bell.y(peak(this.state.sigma))];
        },
        move: ({ dx, dy }) => {
          const height = Math.max(peak(DOMAIN.sigma[1]), bell.yAt(from[1] + dy));
          this.move({ mu: bell.xAt(from[0] + dx), sigma: peak(height) });
        },
      });
      arrows(this.handle, (dx, dy) => {
        this.move({ mu: this.state.mu + dx, sigma: this.state.sigma - dy });
      });
      this.bell = bell;
    }

    /** Move the bell by hand. */
    move({ mu = this.state.mu, sigma = this.state.sigma }) {
      this.hold();
      const from = { ...this.state };
      this.set({ mu: tenths(within(DOMAIN.mu, mu)), sigma: tenths(within(DOMAIN.sigma, sigma)) });
      this.remember(from, this.state);
    }

    forget() {
      for (const trail of this.trails) trail.forget();
      this.best = -Infinity;
      this.remember(START, START);
    }

    /** Keep the best value at each mean and each width, on the way from one place to another. */
    remember(from, to) {
      const steps = Math.ceil(Math.max(1, ...KEYS.map((key) => Math.abs(to[key] - from[key]))));
      for (let i = 0; i <= steps; i++) {
        const at = KEYS.map((key) => from[key] + ((to[key] - from[key]) * i) / steps);
        const value = maths.logLikelihood(this.stats, ...at);
        this.best = Math.max(this.best, value);
        this.trails.forEach((trail, k) => trail.remember(at[k], value));
      }
    }

    draw() {
      const { mu, sigma, revealed } = this.state;
      this.value = maths.logLikelihood(this.stats, mu, sigma);
      this.behind = this.top.logLikelihood - this.value;

      this.drawBell();
      for (const trail of this.trails) trail.draw(this.state[trail.key], this.value, revealed);
      const [best, top] = [this.best, this.top.logLikelihood].map((value) => number(value, 2));
      this.headline(`${number(this.value, 2)} nats`, `best by hand ${best}, the maximum ${top}`);
      this.reveal.textContent = this.behind < NEAR ? "Snap to the maximum" : "Reveal the maximum";
    }

    drawBell() {
      const { bell, marks } = this;
      const { left, bottom } = bell.inner;
      const density = (at) => (x) => Math.exp(maths.logDensity(x, at.mu, at.sigma));
      const height = density(this.state);
      const outline = bell.curve(height);
      mark(marks.line, { d: outline });
      mark(marks.area, { d: `${outline}V${bottom}H${left}Z` });
      mark(marks.best, { d: this.state.revealed ? bell.curve(density(this.top)) : "" });

      const seen = {}; // readings that are equal stand side by side
      const places = this.data.map((x) => {
        seen[x] = (seen[x] ?? 0) + 1;
        return [bell.x(x) + 4 * (seen[x] - 1), bell.y(height(x))];
      });
      mark(marks.stems, { d: places.map(([x, y]) => `M${x},${bottom}V${y}`).join("") });
      marks.dots.forEach((dot, i) => place(dot, ...places[i]));
      const { mu, sigma } = this.state;
      const top = [bell.x(mu), bell.y(peak(sigma))];
      const words = `mean ${number(mu, 1)}, width ${number(sigma, 1)} km/s`;
      tell(this.handle, top, { value: mu, limits: DOMAIN.mu, words });
      place(marks.hint, top[0], top[1] - 16);
      const isAtStart = KEYS.every((key) => this.state[key] === START[key]);
      marks.hint.textContent = isAtStart ? "drag the peak" : "";
      this.drawCost(places);
    }

    /** Write beside the reading that costs most what it costs. */
    drawCost(places) {
      const { mu, sigma } = this.state;
      const terms = this.data.map((x) => maths.logDensity(x, mu, sigma));
      const worst = terms.indexOf(Math.min(...terms));
      const side = this.data[worst] > mu ? 1 : -1;
      const [x, y] = places[worst];
      this.worst = { reading: this.data[worst], term: terms[worst] };
      this.marks.cost.textContent = number(terms[worst], 1);
      mark(this.marks.cost, { "text-anchor": side > 0 ? "start" : "end" });
      place(this.marks.cost, x + 9 * side, y - 6);
    }

    words() {
      if (!this.worst) return ""; // not drawn yet
      const { mu, sigma } = this.state;
      const { reading, term } = this.worst;
      const behind = `${number(this.behind, 2)} behind the maximum`;
      const gap = this.behind < 0.005 ? "this is the maximum" : behind;
      return `Mean ${number(mu, 1)}, width ${number(sigma, 1)} km/s: ${number(this.value, 2)} nats, ${gap}.
        The reading ${reading} costs most, ${number(-term, 1)} nats.`;
    }

    code() {
      const { mu, sigma } = this.state;
      return `import mlefit
import torch
from torch.distributions import Normal

x = mlefit.datasets.michelson()[:${this.data.length}]
loc, scale = torch.tensor([${mu.toFixed(1)}, ${sigma.toFixed(1)}], dtype=x.dtype)
bell = Normal(loc, scale)
print(f"{bell.log_prob(x).sum():.2f}")
`;
    }
  }

  Explorables.define("bell", Bell);
})();
