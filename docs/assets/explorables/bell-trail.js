// The best log-likelihood found at each value of one parameter, drawing itself as it is found.
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
        label: `The best log-likelihood so far for each ${name}`,
        x: { domain, label: `${name}, km/s` },
        y: { domain: [this.floor, top + 3], label: "nats, the best so far" },
        height: 170,
      });
      this.marks = {
        maximum: this.plot.add("path", "truth thin dashed"),
        label: this.plot.add("text", "truth", { "text-anchor": "end" }),
        profile: this.plot.add("path", "truth line"),
        trail: this.plot.add("path", "trail line"),
        dot: this.plot.add("circle", "model dot", { r: 5 }),
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

    draw(at, value, revealed) {
      const { plot, marks, floor, top } = this;
      const { left, right, bottom } = plot.inner;
      const profile = (at) => Math.max(floor, BEST[this.key](this.stats, at).logLikelihood);
      const trail = this.seen.map((value, at) => [at, Math.max(floor, value)]);

      mark(marks.maximum, { d: `M${left},${plot.y(top)}H${right}` });
      place(marks.label, right, plot.y(top) - 5);
      mark(marks.profile, { d: revealed ? plot.curve(profile) : "" });
      mark(marks.trail, { d: plot.path(trail.filter(Boolean)) });
      place(marks.dot, plot.x(at), Math.min(bottom, plot.y(value)));
    }
  }

  Object.assign(Explorables, { Trail });
})();
