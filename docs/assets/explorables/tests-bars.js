// Three test statistics as bars on one scale, each with how it is read off the curve.
(() => {
  const { number, mark, place, maths } = Explorables;
  const CRITICAL = maths.chi2Quantile(0.95);
  const ROW = 46; // pixels
  const NUMBERS = 110; // pixels, beside the bars
  const TESTS = [
    { key: "likelihoodRatio", name: "likelihood ratio", colour: "model" },
    { key: "wald", name: "Wald", colour: "data" },
    { key: "score", name: "score", colour: "trail" },
  ];

  class TestBars {
    constructor(host, { most }) {
      this.plot = host.plot({
        label: "The three statistics, and the value beyond which a test at 5 % rejects",
        x: { domain: [0, most], label: "statistic" },
        y: { domain: [0, 1], ticks: false },
        height: 3 * ROW + 66,
      });
      Object.assign(this.plot.margin, { left: 4, right: 14 + NUMBERS });
      this.critical = this.plot.add("path", "muted thin");
      this.criticalName = this.plot.add("text", "muted");
      this.criticalName.textContent = `at 5 %, reject beyond ${number(CRITICAL, 2)}`;
      this.rows = TESTS.map(({ colour }) => ({
        bar: this.plot.add("path", `${colour} bar`),
        how: this.plot.add("text", `${colour} haloed`),
        value: this.plot.add("text", `${colour} result`, { "text-anchor": "end" }),
      }));
    }

    draw(stats, mu0) {
      const found = maths.tests(stats, mu0);
      const z = Math.sqrt(found.wald);
      const slope = Math.abs(maths.profileSlope(stats, mu0));
      const how = [
        `likelihood ratio: height ${number(found.likelihoodRatio / 2, 2)} nats, twice`,
        `Wald: distance ${number(z, 2)} standard errors, squared`,
        `score: slope ${number(slope, 3)}, squared, over its variance`,
      ];
      const { left, right, top, bottom } = this.plot.inner;
      const at = this.plot.x(CRITICAL);
      const bars = this.rows.map((_, i) => top + 37 + ROW * i);
      this.rows.forEach((row, i) => {
        const value = found[TESTS[i].key];
        row.how.textContent = how[i];
        row.value.textContent = `${number(value, 2)}, p = ${number(maths.pValue(value), 4)}`;
        place(row.how, left, bars[i] - 12);
        place(row.value, right + NUMBERS, bars[i] + 4);
        mark(row.bar, { d: `M${left},${bars[i]}H${this.plot.x(value)}` });
      });
      mark(this.critical, { d: `M${at},${top - 4}V${bottom}` });
      place(this.criticalName, at - 4, top - 10);
    }

    /** Say what the bars show. */
    words(stats, mu0) {
      const found = maths.tests(stats, mu0);
      const value = ({ key, name }) =>
        `${name} ${number(found[key], 2)}, p = ${number(maths.pValue(found[key]), 4)}`;
      return TESTS.map(value).join("; ");
    }
  }

  Object.assign(Explorables, { TestBars });
})();
