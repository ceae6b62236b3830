// The likelihood's surface from above, for <mle-optimizer>: level lines, the walk, its start, and
// the level line of Newton's parabola. What the other views of the walk need too is here.
(() => {
  const { svg, number, mark, place, handle, maths } = Explorables;
  const LEVELS = { 0.1: 1, 1: 3.4, 3: 2, 10: 0.95 }; // nats a row: the scale at its label
  const APART = 7; // pixels between two points that have a dot each
  const FAR = 1e4; // pixels: what is farther off is drawn there

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const isFinite = (point) => point.every(Number.isFinite);

  /** Write a number for a narrow place, whatever its size. */
  function brief(value) {
    const size = Math.abs(value);
    if (Number.isNaN(value)) return "not a number";
    if (size === Infinity) return value < 0 ? "−∞" : "∞";
    if (size === 0 || (size >= 0.01 && size < 1e4)) return number(value, 2);
    const [digits, power] = value.toExponential(1).replaceAll("-", "−").split("e");
    return `${digits} × ${tenTo(power)}`;
  }

  function tenTo(power) {
    const digit = (c) => (c === "−" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);
    return `10${[...power.replace("+", "")].map(digit).join("")}`;
  }

  /** Keep marks inside the axes; call what it returns when the plot has a new width. */
  function clipped(plot) {
    const id = `clip-${clipped.count++}`;
    const rect = svg("rect");
    plot.svg.prepend(svg("clipPath", { id }, rect));
    mark(plot.marks, { "clip-path": `url(#${id})` });
    return () => {
      const { left, top, right, bottom } = plot.inner;
      mark(rect, { x: left, y: top, width: right - left, height: bottom - top });
    };
  }
  clipped.count = 0;

  /** Return the `d` of a line through pixels, less those within two pixels of the one before. */
  function line(pixels) {
    let last = [NaN, NaN];
    const apart = pixels.filter((p, k) => {
      const isNear = Math.hypot(p[0] - last[0], p[1] - last[1]) < 2;
      if (isNear && k < pixels.length - 1) return false;
      last = p;
      return true;
    });
    return apart.length ? `M${apart.map((p) => p.map((v) => v.toFixed(1))).join("L")}` : "";
  }

  /** Return the `d` of a dot, by a round cap, at each pixel well apart from the one before. */
  function dots(pixels) {
    const isApart = ([x, y], [fromX, fromY]) => Math.hypot(x - fromX, y - fromY) > APART;
    const apart = pixels.filter((p, k) => k > 0 && isApart(p, pixels[k - 1]));
    return apart.map(([x, y]) => `M${x.toFixed(1)},${y.toFixed(1)}h0`).join("");
  }

  class PlaneView {
    constructor(host, stats) {
      const label = "The loss over the mean and the scale, with the walk on it";
      const x = { domain: [-11.5, 6], label: "mean μ" };
      const y = { domain: [0, 11], label: "scale σ" };
      this.plot = host.plot({ label, x, y, height: 370, interactive: true });
      this.clip = clipped(this.plot);
      this.stats = stats;

      this.levels = Object.entries(LEVELS).map(([nats, height]) => this.level(nats, height));
      this.valley = this.plot.add("path", "truth line dashed");
      this.conic = this.plot.add("path", "model line dashed");
      this.ahead = this.plot.add("path", "trail thin dashed");
      this.trail = this.plot.add("path", "trail line");
      this.dots = this.plot.add("path", "trail line", { style: "stroke-width: 5px" });
      this.cross = this.plot.add("path", "truth line", { d: "M-6,0H6M0,-6V6" });
      this.point = this.plot.add("circle", "model dot", { r: 5.5 });
      const words = (colour) => svg("text", { class: `${colour} haloed`, "aria-hidden": "true" });
      this.words = { valley: words("truth"), here: words("model"), start: words("trail") };
      this.start = handle("Start", "trail");
      this.plot.svg.append(...Object.values(this.words), this.start);
    }

    /** Make the line on which a normal is so many nats a row behind the best. */
    level(nats, height) {
      const { n, mean, variance } = this.stats;
      const best = Math.sqrt(variance);
      const behind = (t) => maths.shortfall(this.stats, mean, best * Math.exp(t)) / n;
      const [low, high] = [-0.1, 0.1].map((step) => maths.edge((t) => behind(t) > nats, step));
      const half = Array.from({ length: 201 }, (_, k) => {
        const t = low + ((high - low) * (1 - Math.cos((Math.PI * k) / 200))) / 2;
        const sigma = best * Math.exp(t);
        return [sigma * Math.sqrt(2 * Math.max(0, nats - behind(t))), sigma];
      });
      const right = half.map(([aside, sigma]) => [mean + aside, sigma]);
      const left = half.map(([aside, sigma]) => [mean - aside, sigma]).reverse();

      const area = this.plot.add("path", "muted area", { style: "fill-opacity: 0.06" });
      const edge = this.plot.add("path", "muted thin");
      const words = this.plot.add("text", "muted haloed");
      words.append(nats);
      const place = right.find(([, sigma]) => sigma > height);
      return { area, edge, words, place, points: [...right, ...left] };
    }

    at([mu, sigma]) {
      return [this.plot.x(mu), this.plot.y(sigma)].map((pixel) => clamp(pixel, -FAR, FAR));
    }

    draw({ points, surface, state, following }, optimizer) {
      const { mean, variance } = this.stats;
      const lineOf = (path) => line(path.map((p) => this.at(p)));
      this.clip();
      for (const { area, edge, words, points: around, place: label } of this.levels) {
        for (const shape of [area, edge]) mark(shape, { d: `${lineOf(around)}Z` });
        place(words, this.at(label)[0] + 4, this.at(label)[1] + 4);
      }
      mark(this.valley, { d: this.plot.curve((mu) => Math.sqrt(variance + (mu - mean) ** 2)) });
      place(this.cross, ...this.at([mean, Math.sqrt(variance)]));

      const parts = optimizer === "newton" ? conic(surface, state.position) : [];
      mark(this.conic, { d: parts.map(lineOf).join("") });
      const shown = points.filter(isFinite);
      mark(this.trail, { d: lineOf(shown) });
      const next = [shown.at(-1), surface.toPlane(following.position)];
      mark(this.ahead, { d: lineOf(next.filter(isFinite)) });
      mark(this.dots, { d: dots(shown.map((p) => this.at(p))) });
      place(this.point, ...this.at(shown.at(-1)));
      place(this.start, ...this.at(points[0]));
      this.drawWords(points, shown.at(-1));
    }

    /** Name what is there; when the walk has left the picture, say at its edge where it is. */
    drawWords(points, last) {
      const { valley, here, start } = this.words;
      const { left, top, right, bottom } = this.plot.inner;
      const [x, y] = this.at(last);
      const isOut = this.isOut(last);

      here.textContent = isOut ? `now at μ ${brief(last[0])}, σ ${brief(last[1])}` : "";
      mark(here, { "text-anchor": x < (left + right) / 2 ? "start" : "end" });
      place(here, clamp(x, left + 6, right - 6), clamp(y, top + 14, bottom - 8));
      valley.textContent = "best σ for each μ";
      place(valley, ...this.at([-4.2, 5.4]));
      const [startX, startY] = this.at(points[0]);
      const isRight = startX > (left + right) / 2;
      start.textContent = points.length > 1 ? "" : "drag the start, or tap";
      mark(start, { "text-anchor": isRight ? "end" : "start" });
      place(start, startX + (isRight ? -15 : 15), startY + 4);
    }

    isOut(point) {
      const [x, y] = this.at(point);
      const { left, top, right, bottom } = this.plot.inner;
      return x < left || x > right || y < top || y > bottom;
    }
  }

  /** Return the level line of the local parabola through the present point: on each line through
   * the point, where the parabola is as high again. An ellipse; or the parts of a hyperbola. */
  function conic(surface, position) {
    const [g, [a, b, c]] = [surface.gradient(position), surface.hessian(position)];
    const parts = [[]];
    let before = 0;
    for (let k = 0; k <= 720; k++) {
      const [u, v] = [Math.cos((Math.PI * k) / 720), Math.sin((Math.PI * k) / 720)];
      const bend = a * u * u + 2 * b * u * v + c * v * v;
      if (bend * before < 0) parts.push([]);
      before = bend;
      const reach = (-2 * (g[0] * u + g[1] * v)) / bend;
      parts.at(-1).push(surface.toPlane([position[0] + reach * u, position[1] + reach * v]));
    }
    return parts.map((part) => part.filter((p) => isFinite(p) && p[1] > 0));
  }

  Object.assign(Explorables.walks, { PlaneView, brief, tenTo, clipped, line, clamp });
})();
