// <mle-coverage data='{"mu": 850, "sigma": 80}'>: draw samples, watch their intervals hit and miss.
(() => {
  const { html, number, mark, Lab, coverageViews } = Explorables;
  const START = { parameter: "sigma", method: "wald", asked: "wald", level: 0.95, n: 10, seed: 1 };
  const FIRST = 40;
  const MOST = 5000; // samples
  const FRAMES = 50; // that a large number of draws is spread over
  const PARAMETERS = [["mu", "the mean μ"], ["sigma", "the width σ"]];
  const METHODS = [["wald", "Wald"], ["logWald", "Wald on log σ"], ["profile", "profile"]];
  const LEVELS = [0.8, 0.9, 0.95, 0.99].map((level) => [level, `${100 * level} %`]);
  const SIZES = [5, 10, 20, 50, 100].map((n) => [n, `${n} readings`]);

  class Coverage extends Explorables.Explorable {
    label = "A laboratory of intervals";

    build() {
      this.state = { ...START };
      this.lab = new Lab(this.data);
      const [Intervals, Share, Sample] = coverageViews;
      const pick = (index) => this.choose(index + 1);
      this.views = [
        new Intervals(this, this.lab, pick),
        new Share(this, this.lab),
        new Sample(this, this.lab),
      ];
      const [intervals, ...others] = this.views.map(({ plot }) => plot.element);
      const [menus, buttons, slider] = this.buildControls();
      const row = html("div", { class: "row" }, ...others);
      this.restart();
      return [this.head, menus, buttons, intervals, slider, row];
    }

    buildControls() {
      const method = (value) => this.set({ method: value, asked: value });
      const parameter = (value) => {
        const { asked } = this.state; // the mean has no log, the width shall have it again
        const isLost = value === "mu" && asked === "logWald";
        this.set({ parameter: value, method: isLost ? "wald" : asked });
      };
      const menus = [
        this.choice({ key: "method", label: "interval", options: METHODS, change: method }),
        this.choice({ key: "parameter", label: "for", options: PARAMETERS, change: parameter }),
        this.choice({ key: "level", label: "level", options: LEVELS }),
        this.choice({ key: "n", label: "from", options: SIZES, change: (n) => this.restart({ n }) }),
      ];
      this.onLog = menus[0].querySelectorAll("option")[1];
      this.buttons = [1, 100, 1000].map((k) => this.button(`Draw ${k}`, () => this.drawMore(k)));
      const again = () => this.restart({ seed: this.state.seed + 1 });
      const write = (value) => `${value} of ${this.lab.count}`;
      const change = (value) => this.choose(value);
      const slider = { key: "shown", label: "sample shown", min: 1, max: FIRST, write, change };
      const shown = this.range(slider);
      this.slider = shown.querySelector("input");
      this.head.style.justifyContent = "start"; // it is one sentence
      const rows = [menus, [...this.buttons, this.button("Start again", again)], [shown]];
      return rows.map((row) => html("div", { class: "controls" }, ...row));
    }

    /** Begin anew: with samples of another size, or with other samples. */
    restart(change = {}) {
      Object.assign(this.state, change);
      this.waiting = 0;
      this.lab.restart(this.state);
      this.lab.draw(FIRST);
      this.set({ shown: FIRST });
    }

    /** Draw samples, many of them a few in each frame. */
    drawMore(count) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.waiting = Math.min(this.waiting + count, MOST - this.lab.count);
      this.chosen = undefined;
      this.pace = calm ? this.waiting : Math.ceil(this.waiting / FRAMES);
      this.redraw();
    }

    /** Show a sample, also while others come. */
    choose(shown) {
      this.chosen = Math.min(this.lab.count, Math.max(1, shown));
      this.set({ shown: this.chosen });
    }

    draw() {
      const { state, lab } = this;
      if (this.waiting > 0) {
        const now = Math.min(this.pace, this.waiting);
        this.waiting -= now;
        lab.draw(now);
        this.set({ shown: this.chosen ?? lab.count }); // and draw again at the next frame
      }
      lab.judge({ parameter: state.parameter, method: state.method, level: state.level });
      for (const view of this.views) view.draw(state);

      const [share, low, high] = this.percents();
      const promise = `of ${lab.count} intervals hold the truth; promised ${100 * state.level} %`;
      this.headline(`${share} %`, `${promise}; long run ${low} to ${high} %`);
      this.onLog.disabled = state.parameter === "mu";
      mark(this.slider, { max: lab.count });
      for (const button of this.buttons) this.enable(button, lab.count < MOST);
    }

    /** Return the share that holds the truth, and between what it is in the long run. */
    percents() {
      const { lab } = this;
      return [lab.share(), ...lab.longRun()].map((value) => number(100 * value, 1));
    }

    words() {
      const { lab, state } = this;
      if (!lab.hits.length) return ""; // not judged yet
      const [share, least, most] = this.percents();
      const interval = lab.intervals[state.shown - 1];
      const [low, high] = interval.map((end) => number(end, 1));
      const symbol = { mu: "μ", sigma: "σ" }[state.parameter];
      const verb = lab.holds(interval) ? "holds" : "misses";
      return `${share} % of ${lab.count} intervals hold the truth; in the long run, with 95 %
        confidence, between ${least} and ${most} %. That of sample ${state.shown}, ${symbol} from
        ${low} to ${high}, ${verb} it.`;
    }

    code() {
      const { parameter, method, level, shown } = this.state;
      const rows = this.lab.samples[shown - 1].map((x) => x.toFixed(1));
      const lines = rows.map((x, i) => (i % 8 ? ` ${x},` : `\n    ${x},`)).join("");
      const name = { mu: "loc", sigma: "scale" }[parameter];
      const symmetric = `z = Normal(0.0, 1.0).icdf(torch.tensor(${((1 + level) / 2).toFixed(3)}, dtype=x.dtype))
estimate, error = fit.params["${name}"], fit.standard_errors()["${name}"]
low, high = estimate - z * error, estimate + z * error`;
      const interval = {
        wald: symmetric,
        logWald: `low, high = fit.confidence_interval(level=${level})["${name}"]`,
        profile: `low, high = fit.profile_interval("${name}", level=${level})`,
      }[method];
      return `import mlefit
import torch
from torch.distributions import Normal

x = torch.tensor([${lines}
], dtype=torch.float64)
fit = mlefit.fit(Normal, x)
${interval}
print(f"{low:.1f} to {high:.1f}")
`;
    }
  }

  Explorables.define("coverage", Coverage);
})();
