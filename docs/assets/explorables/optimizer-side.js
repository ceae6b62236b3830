// Two more views of the walk of <mle-optimizer>: the loss that is left, step by step, and the next
// step seen from its side, with the parabola that Newton takes for the loss.
(() => {
  const { svg, mark, place, number, walks } = Explorables;
  const { clipped, line, clamp, tenTo, words } = walks;
  const HEIGHT = 200;
  const LOWEST = -13; // powers of ten

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
    constructor(host) {
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

    draw({ state, following, surface }) {
      const { plot } = this;
      const isThere = Number.isFinite(surface.loss(state.position));
      this.show(isThere);
      if (!isThere) return;

      const step = [0, 1].map((k) => following.position[k] - state.position[k]);
      const loss = (t) => surface.loss([0, 1].map((k) => state.position[k] + t * step[k]));
      const parabola = touching(surface, state.position, step);
      this.scale([-0.1, 0, 0.25, 0.5, 0.75, 1, 1.1].flatMap((t) => [parabola(t), loss(t)]));

      mark(this.parabola, { d: this.curve(parabola) });
      mark(this.loss, { d: this.curve(loss) });
      const end = Number.isFinite(loss(1)) ? loss(1) : parabola(1);
      for (const [name, t, value] of [["now", 0, loss(0)], ["next", 1, end]]) {
        const isSeen = Number.isFinite(value);
        const [x, y] = isSeen ? [plot.x(t), this.pixel(value)] : [-100, -100];
        place(this[name], x, y);
        place(this.words[name], x + 9, clamp(y - 7, plot.inner.top + 12, plot.inner.bottom - 6));
      }
    }

    /** Show it all; or, where there is no loss, these words alone. */
    show(isThere) {
      const { left, top, right, bottom } = this.plot.inner;
      const { now, next, none } = this.words;
      for (const part of [this.plot.marks, this.titles, now, next]) {
        part.style.display = isThere ? "" : "none";
      }
      none.textContent = isThere ? "" : "no loss here, and no parabola";
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

    scale(values) {
      const seen = values.filter(Number.isFinite);
      const [low, high] = [Math.min(...seen), Math.max(...seen)];
      const room = 0.2 * (high - low || 1);
      this.plot.yAxis.domain = [low - room, high + room];
      this.clip();
    }
  }

  /** Return the parabola with the loss, the slope and the curvature of a point, along a step. */
  function touching(surface, position, [x, y]) {
    const [g, [a, b, c]] = [surface.gradient(position), surface.hessian(position)];
    const slope = g[0] * x + g[1] * y;
    const bend = a * x * x + 2 * b * x * y + c * y * y;
    const loss = surface.loss(position);
    return (t) => loss + t * slope + (t * t * bend) / 2;
  }

  Object.assign(walks, { GapView, StepView });
})();
