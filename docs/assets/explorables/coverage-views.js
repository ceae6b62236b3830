// Three views of a laboratory: its intervals, the share that holds the truth, one sample.
(() => {
  const { number, mark, place, drag, maths } = Explorables;
  const NAMES = { mu: "mean μ", sigma: "standard deviation σ" };
  const ROWS = 40;
  const ARROW = 8; // pixels that a line which goes on reaches beyond the axes
  const TALL = 0.0095; // a density, below which a bell is drawn to the same scale

  const within = ([low, high], value) => Math.min(high, Math.max(low, value));

  /** The last intervals, one above the other; pressing one shows its sample. */
  class IntervalsView {
    constructor(host, lab, pick) {
      this.lab = lab;
      this.plot = host.plot({
        label: "The last intervals: those that miss the truth stand out",
        x: { domain: [0, 1], label: "" },
        y: { domain: [0, ROWS], ticks: false },
        height: 314,
      });
      this.plot.margin.top += 14; // a line of text
      this.marks = {
        range: this.plot.add("text", "muted", { x: this.plot.margin.left, y: 12 }),
        hits: this.plot.add("path", "muted thin"),
        misses: this.plot.add("path", "model line"),
        truth: this.plot.add("path", "truth line dashed"),
        shown: this.plot.add("path", ""),
        name: this.plot.add("text", "truth", { "text-anchor": "middle" }),
      };
      this.first = 0;
      this.plot.svg.style.cursor = "pointer";
      this.letPick(pick);
    }

    /** Pick the row under the pointer; beyond the rows the window moves, and back it comes back. */
    letPick(pick) {
      const { plot } = this;
      const row = ({ y }) => Math.floor(plot.yAt(y));
      let from; // the window at the press, if that was within the axes
      const show = (index) => {
        if (from === undefined) return;
        this.first = from;
        pick(from + index);
      };
      const start = (at) => {
        from = plot.holds(at) ? this.first : undefined;
        show(within([0, ROWS - 1], row(at)));
      };
      drag(plot, { start, move: (at) => show(row(at)) });
    }

    draw({ parameter, n, shown }) {
      const { plot, marks, lab } = this;
      const truth = lab.truth[parameter];
      plot.xAxis.label = `${NAMES[parameter]}, km/s`;
      plot.zoom(this.domain(parameter, n));

      this.first = within([shown - ROWS, Math.min(shown - 1, lab.count - ROWS)], this.first);
      const end = this.first + ROWS;
      const rows = lab.intervals.slice(this.first, end).map((interval, i) => ({
        holds: lab.holds(interval),
        line: this.line(interval, i + 0.5),
      }));
      const lines = (some) => some.map(({ line }) => line).join("");
      mark(marks.hits, { d: lines(rows.filter(({ holds }) => holds)) });
      mark(marks.misses, { d: lines(rows.filter(({ holds }) => !holds)) });
      const { holds, line } = rows[shown - 1 - this.first];
      mark(marks.shown, { d: line, class: `${holds ? "data" : "model"} thick` });

      const { top, bottom } = plot.inner;
      mark(marks.truth, { d: `M${plot.x(truth)},${top}V${bottom}` });
      const range = `samples ${this.first + 1} to ${end} of ${lab.count}`;
      marks.range.textContent = `${range}, the last on top`;
      marks.name.textContent = `the truth, ${truth}`;
      place(marks.name, plot.x(truth), top - 7);
    }

    /** Draw an interval, with an arrow where it goes on beyond the axes. */
    line(interval, row) {
      const { left, right } = this.plot.inner;
      const y = this.plot.y(row);
      const ends = interval.map((end) => this.plot.x(end));
      const [from, to] = ends.map((end) => within([left - ARROW, right + ARROW], end));
      const arrow = (x, back) => `M${x + back},${y - 2}L${x},${y}l${back},2`;
      const isCut = [ends[0] < left - ARROW, ends[1] > right + ARROW];
      const arrows = [isCut[0] ? arrow(from, 4) : "", isCut[1] ? arrow(to, -4) : ""];
      return `M${from},${y}H${to}${arrows.join("")}`;
    }

    /** A domain for samples of n rows, whatever the method and the level. */
    domain(parameter, n) {
      const { mu, sigma } = this.lab.truth;
      const error = sigma / Math.sqrt(n);
      if (parameter === "mu") return [mu - 6 * error, mu + 6 * error];
      return [Math.max(0, sigma - 5 * error), sigma + 6 * error];
    }
  }

  /** The share that holds the truth as samples come in, and where it would be if it kept its word. */
  class ShareView {
    constructor(host, lab) {
      this.lab = lab;
      this.plot = host.plot({
        label: "The share of intervals that hold the truth, as samples come in",
        x: { domain: [0, 100], label: "samples" },
        y: { domain: [50, 100], label: "% hold the truth" },
        height: 190,
      });
      this.marks = {
        funnel: this.plot.add("path", "truth area"),
        level: this.plot.add("path", "truth thin dashed"),
        share: this.plot.add("path", "model line"),
        name: this.plot.add("text", "truth haloed", { "text-anchor": "end" }),
      };
    }

    draw({ level }) {
      const { plot, marks, lab } = this;
      const most = [100, 200, 500, 1000, 2000, 5000].find((size) => size >= lab.count);
      plot.zoom([0, most]);

      const grid = Array.from({ length: 101 }, (_, i) => 1 + ((most - 1) * i) / 100);
      const side = (sign) => (k) => {
        const edge = 100 * (level + sign * 2 * Math.sqrt((level * (1 - level)) / k));
        return [k, within([50, 100], edge)];
      };
      const funnel = [...grid.map(side(1)), ...grid.map(side(-1)).reverse()];
      const counts = new Set(grid.map((k) => Math.min(lab.count, Math.round(k))));
      const share = [...counts].map((k) => [k, Math.max(50, 100 * lab.share(k))]);
      const { left, right } = plot.inner;
      mark(marks.funnel, { d: `${plot.path(funnel)}Z` });
      mark(marks.level, { d: `M${left},${plot.y(100 * level)}H${right}` });
      mark(marks.share, { d: plot.path(share) });
      marks.name.textContent = `green: if the ${100 * level} % were kept`;
      place(marks.name, right, plot.y(100 * level) - 5);
    }
  }

  /** One sample: its rows, the normal that it came from, and the one that fits it best. */
  class SampleView {
    constructor(host, lab) {
      this.lab = lab;
      const { mu, sigma } = lab.truth;
      this.plot = host.plot({
        label: "The sample shown, under the true bell and the fitted one",
        x: { domain: [mu - 3.4 * sigma, mu + 3.4 * sigma], label: "km/s above 299 000" },
        y: { domain: [0, TALL], ticks: false },
        height: 190,
      });
      this.marks = {
        truth: this.plot.add("path", "truth line dashed"),
        fitted: this.plot.add("path", "model line"),
        rows: this.plot.add("path", "data thin"),
        interval: this.plot.add("text", "data result", { y: 12 }),
        truthName: this.plot.add("text", "truth haloed"),
        fittedName: this.plot.add("text", "model haloed", { "text-anchor": "end" }),
      };
      this.marks.truthName.textContent = "dashed: the truth";
      this.marks.fittedName.textContent = "fitted";
    }

    draw({ parameter, shown }) {
      const { plot, marks, lab } = this;
      const rows = lab.samples[shown - 1];
      const density = ({ mu, sigma }) => (x) => Math.exp(maths.logDensity(x, mu, sigma));
      const fitted = maths.mle(maths.summary(rows));
      plot.yAxis.domain = [0, Math.max(TALL, 1.1 * density(fitted)(fitted.mu))];
      const { left, top, right, bottom } = plot.inner;
      place(marks.truthName, left, top + 8);
      place(marks.fittedName, right, top + 8);
      mark(marks.truth, { d: plot.curve(density(lab.truth)) });
      mark(marks.fitted, { d: plot.curve(density(fitted)) });
      mark(marks.rows, { d: rows.map((x) => `M${plot.x(x)},${bottom}v-14`).join("") });

      const [low, high] = lab.intervals[shown - 1].map((end) => number(end, 1));
      const symbol = { mu: "μ", sigma: "σ" }[parameter];
      marks.interval.textContent = `sample ${shown}: ${symbol} from ${low} to ${high}`;
      mark(marks.interval, { x: left });
    }
  }

  Object.assign(Explorables, { coverageViews: [IntervalsView, ShareView, SampleView] });
})();
