// Two more views of the walk of <mle-optimizer>: the loss that is left, step by step, and the next
// step seen from its side, with the parabola that Newton takes for the loss.
(() => {
  const { svg, mark, place, number, maths, walks } = Explorables;
  const { clipped, line, clamp, tenTo, words } = walks;
  const HEIGHT = 200;
  const LOWEST = -13; // powers of ten
  const HUGE = 1e300; // more than this no scale can show

  const isModest = (value) => Math.abs(value) < HUGE;

  class GapView {
    constructor(host, stats) {
      const x = { domain: [0, 20], label: "step" };
      const write = (power) => (power ? tenTo(number(power)) : "1");
      const y = { domain: [LOWEST, 2], label: "nats a row to go", write };
      const label = "How much the loss is above the smallest, step by step";
      this.plot = host.plot({ label, x, y, height: HEIGHT });
      this.clip = clipped(this.plot);
      this.stats = stats;
      this.nat = this.plot.add("path", "truth thin dashed");
      this.line = this.plot.add("path", "trail line");
      this.point = svg("circle", { class: "model dot", r: 4.5 }); // whole, on an axis too
      this.words = words("truth", "one nat in all");
      this.plot.svg.append(this.words, this.point);
    }

    draw({ gaps }) {
      const { plot } = this;
      const heights = gaps.map((gap) => Math.log10(Math.max(gap, 1e-30))).filter(Number.isFinite);
      plot.yAxis.domain = [LOWEST, clamp(Math.ceil(Math.max(...heights)), 2, 20)];
      plot.xAxis.domain = [0, 1.03 * Math.max(20, gaps.length - 1)];
      plot.drawAxes();
      this.clip();

      const { left, top, right, bottom } = plot.inner;
      const nat = plot.y(-Math.log10(this.stats.n));
      mark(this.nat, { d: `M${left},${nat}H${right}` });
      place(this.words, left + 8, nat - 6);
      const places = heights.map((height, k) => [plot.x(k), plot.y(height)]);
      mark(this.line, { d: line(places) });
      const [x, y] = places.at(-1);
      place(this.point, x, clamp(y, top, bottom));
    }
  }

  class StepView {
    constructor(host, stats) {
      this.stats = stats;
      const x = { domain: [-0.3, 1.7], label: "along the next step", ticks: false };
      const y = { domain: [0, 1], ticks: false };
      const label = "The loss along the next step, and the parabola that touches it here";
      this.plot = host.plot({ label, x, y, height: HEIGHT });
      this.clip = clipped(this.plot);
      this.loss = this.plot.add("path", "data line");
      this.parabola = this.plot.add("path", "model line dashed");
      this.next = this.plot.add("circle", "trail dot", { r: 4.5 });
      this.now = this.plot.add("circle", "model dot", { r: 5.5 });
      const none = mark(words("muted"), { "text-anchor": "middle" });
      this.words = { now: words("model", "now"), next: words("trail", "next"), none };
      const title = (x, colour, text) => svg("text", { x, y: 12, class: colour }, text);
      this.titles = svg("g");
      this.titles.append(title(14, "data", "the loss"), title(74, "model", "its parabola here"));
      this.plot.svg.append(...Object.values(this.words), this.titles);
    }

    draw(walk) {
      const { plot } = this;
      const { loss, parabola, level } = this.graphs(walk);
      const nothing = whyNothing(walk, [loss(0), parabola(1)]);
      this.show(nothing);
      if (nothing) return;

      const end = isModest(loss(1)) ? loss(1) : parabola(1);
      this.scale([loss(0), end, ...(level > 0 && level < 1.01 ? [parabola(level)] : [])], loss);

      mark(this.parabola, { d: this.curve(parabola) });
      mark(this.loss, { d: this.curve(loss) });
      for (const [name, t, value] of [["now", 0, loss(0)], ["next", 1, end]]) {
        const [x, y] = [plot.x(t), this.pixel(value)];
        place(this[name], x, y);
        place(this.words[name], x + 9, clamp(y - 7, plot.inner.top + 12, plot.inner.bottom - 6));
      }
    }

    /** Return, along the next step, the loss above the smallest, the parabola that has its height,
     * slope and curvature here, and where that is level. */
    graphs({ state: { position }, following, surface }) {
      const [x, y] = [0, 1].map((k) => following.position[k] - position[k]);
      const [g, [a, b, c]] = [surface.gradient(position), surface.hessian(position)];
      const slope = g[0] * x + g[1] * y;
      const bend = a * x * x + 2 * b * x * y + c * y * y;

      const row = surface.rows / this.stats.n;
      const loss = (t) => {
        const point = surface.toPlane([position[0] + t * x, position[1] + t * y]);
        return row * maths.shortfall(this.stats, ...point); // digits that the loss has lost
      };
      const parabola = (t) => loss(0) + t * slope + (t * t * bend) / 2;
      return { loss, parabola, level: -slope / bend };
    }

    /** Show it all; or these words alone. */
    show(nothing) {
      const { left, top, right, bottom } = this.plot.inner;
      const { now, next, none } = this.words;
      for (const part of [this.plot.marks, this.titles, now, next]) {
        part.style.display = nothing ? "none" : "";
      }
      none.textContent = nothing;
      place(none, (left + right) / 2, (top + bottom) / 2);
    }

    pixel(value) {
      return clamp(this.plot.y(value), -1e4, 1e4);
    }

    curve(f) {
      const [low, high] = this.plot.xAxis.domain;
      const grid = Array.from({ length: 101 }, (_, k) => low + ((high - low) * k) / 100);
      const there = grid.map((t) => [t, f(t)]).filter(([, value]) => Number.isFinite(value));
      return line(there.map(([t, value]) => [this.plot.x(t), this.pixel(value)]));
    }

    /** Show the ends from top to bottom, and how low the loss is between them. */
    scale(ends, loss) {
      const between = [0.25, 0.5, 0.75].map(loss).filter(isModest);
      const [low, high] = [Math.min(...ends, ...between), Math.max(...ends)];
      const room = 0.2 * (high - low || Math.abs(high) || 1);
      this.plot.yAxis.domain = [low - room, high + room];
      this.clip();
    }
  }

  /** Say why there is no next step to draw, or not at such heights. */
  function whyNothing({ end, loss }, heights) {
    if (end === "arrived") return "arrived: no step left to see";
    if (Number.isNaN(loss)) return "no loss here, and no parabola";
    if (loss === Infinity) return "an infinite loss here, and no parabola";
    return heights.every(isModest) ? "" : "too far out to draw a step";
  }

  Object.assign(walks, { GapView, StepView });
})();
