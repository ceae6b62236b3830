// The best log-likelihood found by hand at each value of one parameter, drawing itself as it is found.
(() => {
  const { mark, place, maths } = Explorables;
  const DEPTH = 25; // nats below the maximum that are shown
  const BEST = { mu: maths.profileMu, sigma: maths.profileSigma };

  class Trail {
    /** `host` is the explorable, `key` is "mu" or "sigma", `stats` sums the data up. */
    constructor(host, { key, name, domain, stats }) {
      const top = maths.mle(stats).logLikelihood;
      Object.assign(this, { key, stats, top, floor: top - DEPTH });
      this.plot = host.plot({
        label: `The best log-likelihood by hand for each ${name}`,
        x: { domain, label: `${name}, km/s` },
        y: { domain: [this.floor, top + 3], label: "nats, the best by hand" },
        height: 170,
      });
      this.marks = {
        maximum: this.plot.add("path", "truth thin dashed"),
        label: this.plot.add("text", "truth", { "text-anchor": "end" }),
        profile: this.plot.add("path", "truth line"),
        trail: this.plot.add("path", "trail line"),
        alone: this.plot.add("path", "trail line thick"), // dots, by round caps
        dot: this.plot.add("circle", "model dot", { r: 5 }),
        below: this.plot.add("path", "model line below", { d: "M0,-14V-3M-4,-7L0,-3L4,-7" }),
      };
      this.marks.label.textContent = "the maximum";
      this.forget();
    }

    forget() {
      this.seen = []; // the best value in nats at each whole km/s
    }

    remember(at, value) {
      const bin = Math.round(at);
      this.seen[bin] = Math.max(value, this.seen[bin] ?? -Infinity);
    }

    /** Return the values above the bottom of the scale, those side by side together. */
    runs() {
      const runs = [[]];
      [...this.seen].forEach((value, bin) => {
        if (value > this.floor) runs.at(-1).push([bin, value]);
        else runs.push([]);
      });
      return runs;
    }

    draw(at, value, revealed) {
      const { plot, marks, floor, top } = this;
      const { left, right, bottom } = plot.inner;
      const profile = (at) => BEST[this.key](this.stats, at).logLikelihood;

      mark(marks.maximum, { d: `M${left},${plot.y(top)}H${right}` });
      place(marks.label, right, plot.y(top) - 5);
      mark(marks.profile, { d: revealed ? plot.curve(profile) : "" });

      const runs = this.runs();
      const alone = runs.filter((run) => run.length === 1);
      mark(marks.trail, { d: runs.map((run) => plot.path(run)).join("") });
      mark(marks.alone, { d: alone.map((run) => `${plot.path(run)}h0`).join("") });

      place(marks.dot, plot.x(at), plot.y(value));
      place(marks.below, plot.x(at), bottom);
      marks.dot.style.display = value < floor ? "none" : "";
      marks.below.style.display = value < floor ? "" : "none";
    }
  }

  Object.assign(Explorables, { Trail });
})();
