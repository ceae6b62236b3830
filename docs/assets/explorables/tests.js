// <mle-tests data="[850, 740, ...]">: drag a hypothesis along the log-likelihood; three tests of it.
(() => {
  const { html, number, mark, place, handle, tell, drag, arrows, maths } = Explorables;
  const START = { n: 20, mu0: 860 };
  const REACH = 4; // standard errors to each side

  const within = ([low, high], value) => Math.min(high, Math.max(low, value));
  const tenths = (value) => Math.round(10 * value) / 10;

  class Tests extends Explorables.Explorable {
    label = "Three tests on one curve";

    build() {
      this.state = { ...START };
      this.stats = maths.summary(this.data.slice(0, START.n));
      this.curve = this.buildCurve();
      this.bars = new Explorables.TestBars(this, { most: REACH ** 2 + 0.5 });
      const plots = [this.curve, this.bars.plot].map((plot) => plot.element);
      return [this.head, ...plots, this.buildControls()];
    }

    buildControls() {
      const options = [5, 20, 100].map((n) => [n, `the first ${n}`]);
      const n = this.choice({ key: "n", label: "readings", options, change: (n) => this.take(n) });
      const write = (value) => `${number(value, 1)} km/s`;
      const change = (value) => this.suppose(value);
      const [min, max] = this.ends();
      const slider = { key: "mu0", label: "hypothesis μ₀", min, max, step: 0.5, write, change };
      const hypothesis = this.range(slider);
      this.slider = hypothesis.querySelector("input");
      return html("div", { class: "controls" }, n, hypothesis);
    }

    buildCurve() {
      const curve = this.plot({
        label: "The log-likelihood of the mean; the arrow keys move the hypothesis",
        x: { domain: this.ends(0.4), label: "mean μ, km/s above 299 000" },
        y: { domain: [-8.8, 0.7], label: "nats below the maximum" },
        height: 300,
        interactive: true,
      });
      this.marks = {
        parabola: curve.add("path", "muted thin dashed"),
        profile: curve.add("path", "muted line"),
        distance: curve.add("path", "data line"),
        height: curve.add("path", "model line"),
        slope: curve.add("path", "trail line"),
        best: curve.add("circle", "data dot", { r: 4 }),
        parabolaName: curve.add("text", "muted haloed"),
        profileName: curve.add("text", "muted haloed"),
        distanceName: curve.add("text", "data haloed"),
        heightName: curve.add("text", "model haloed"),
        slopeName: curve.add("text", "trail haloed"),
      };
      this.handle = handle("The hypothesis", "model", { sideways: true });
      curve.svg.append(this.handle);

      let from;
      const start = () => (from = curve.x(this.state.mu0));
      drag(curve, { start, move: ({ dx }) => this.suppose(curve.xAt(from + dx)) });
      arrows(this.handle, (dx, dy) => this.suppose(this.state.mu0 + (dx + dy) / 2));
      return curve;
    }

    /** Return the range of hypotheses, wider by some standard errors. */
    ends(more = 0) {
      const reach = (REACH + more) * maths.standardErrors(this.stats).mu;
      return [-1, 1].map((side) => tenths(this.stats.mean + side * reach));
    }

    suppose(mu0) {
      this.set({ mu0: tenths(within(this.ends(), mu0)) });
    }

    /** Take more readings or fewer; the hypothesis stays as many standard errors away. */
    take(n) {
      const z = this.distance();
      this.stats = maths.summary(this.data.slice(0, n));
      const mu0 = tenths(this.stats.mean + z * maths.standardErrors(this.stats).mu);
      const [min, max] = this.ends();
      mark(this.slider, { min, max });
      this.curve.zoom(this.ends(0.4));
      this.set({ n, mu0 });
    }

    /** Return by how many standard errors the hypothesis is above the estimate. */
    distance() {
      return (this.state.mu0 - this.stats.mean) / maths.standardErrors(this.stats).mu;
    }

    draw() {
      const { mu0, n } = this.state;
      const z = this.distance();
      this.drawCurve(z);
      this.bars.draw(this.stats, mu0);

      const side = z < 0 ? "below" : "above";
      this.away = `${number(Math.abs(z), 2)} standard errors ${side} the mean`;
      this.headline(`μ₀ = ${number(mu0, 1)}`, `${this.away}, n\u00a0=\u00a0${n}`);
    }

    drawCurve(z) {
      const { curve, marks, stats } = this;
      const error = maths.standardErrors(stats).mu;
      const top = maths.mle(stats).logLikelihood;
      const below = (mu) => maths.profileMu(stats, mu).logLikelihood - top;
      const parabola = (mu) => -(((mu - stats.mean) / error) ** 2) / 2;
      const slope = maths.profileSlope(stats, this.state.mu0);
      const [x, y] = [curve.x(this.state.mu0), curve.y(below(this.state.mu0))];
      const [middle, roof] = [curve.x(stats.mean), curve.y(0)];

      mark(marks.profile, { d: curve.curve(below) });
      const side = 4.15 * error;
      mark(marks.parabola, { d: curve.curve(parabola, [stats.mean - side, stats.mean + side]) });
      mark(marks.distance, { d: `M${middle},${roof}H${x}` });
      mark(marks.height, { d: `M${x},${roof}V${y}` });
      const ends = [-1, 1].map((t) => this.state.mu0 + t * error);
      const tangent = ends.map((mu) => within(curve.xAxis.domain, mu));
      const line = tangent.map((mu) => [mu, below(this.state.mu0) + slope * (mu - this.state.mu0)]);
      mark(marks.slope, { d: curve.path(line) });
      place(marks.best, middle, roof);
      const words = `${number(this.state.mu0, 1)} km/s`;
      tell(this.handle, [x, y], { value: this.state.mu0, limits: this.ends(), words });
      this.drawNames(z, { x, y, middle, roof, below, parabola, error });
    }

    /** Write the names beside what they name, where there is room. */
    drawNames(z, { x, y, middle, roof, below, parabola, error }) {
      const { curve, marks, stats } = this;
      const { left } = curve.inner;
      const name = (text, words, at, top, anchor) => {
        const wide = 5.5 * words.length; // pixels, about
        const start = { start: at, middle: at - wide / 2, end: at - wide }[anchor];
        const shift = within([left + 4, curve.width - wide], start) - start;
        text.textContent = words;
        mark(text, { "text-anchor": anchor });
        place(text, at + shift, top);
      };
      const far = Math.abs(z) > 1;
      const out = z < 0 ? -1 : 1;
      const [after, before] = out < 0 ? ["start", "end"] : ["end", "start"];
      const isTight = out < 0 ? x - left < 46 : curve.width - x < 46;
      const height = isTight ? [x - 8 * out, roof + 18, after] : [x + 8 * out, (roof + y) / 2, before];
      name(marks.heightName, far ? "height" : "", ...height);
      name(marks.distanceName, far ? "distance" : "", (x + middle) / 2, roof - 7, "middle");
      name(marks.slopeName, far ? "slope" : "", x - 24 * out, y + 26, after);

      const [high, low] = [stats.mean - out * 1.5 * error, stats.mean - out * 3.6 * error];
      name(marks.profileName, "log-likelihood", curve.x(high) - 8 * out, curve.y(below(high)) - 6, after);
      name(marks.parabolaName, "parabola", curve.x(low) + 22 * out, curve.y(parabola(low)) + 4, before);
    }

    words() {
      if (!this.away) return ""; // not drawn yet
      const { mu0, n } = this.state;
      const found = this.bars.words(this.stats, mu0);
      return `μ₀ = ${number(mu0, 1)} km/s is ${this.away} of ${n} readings: ${found}.`;
    }

    code() {
      const mu0 = this.state.mu0.toFixed(1);
      return `import mlefit
import torch
from torch.distributions import Normal

x = mlefit.datasets.michelson()[:${this.state.n}]
free = mlefit.fit(Normal, x)
held = mlefit.fit(Normal, x, fixed={"loc": ${mu0}})

mu0 = torch.tensor(${mu0}, dtype=x.dtype, requires_grad=True)
scale = held.params["scale"]
Normal(mu0, scale).log_prob(x).sum().backward()

statistics = {
    "likelihood ratio": 2 * (free.log_likelihood - held.log_likelihood),
    "Wald": ((free.params["loc"] - ${mu0}) / free.standard_errors()["loc"]) ** 2,
    "score": mu0.grad**2 * scale**2 / len(x),
}
for name, value in statistics.items():
    p = torch.special.erfc((value / 2).sqrt())
    print(f"{name} {value:.2f}, p = {p:.4f}")
`;
    }
  }

  Explorables.define("tests", Tests);
})();
