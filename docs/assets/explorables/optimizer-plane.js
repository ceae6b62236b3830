// The likelihood's surface from above, for <mle-optimizer>: level lines, the walk, its start, and
// the level line of Newton's parabola.
(() => {
  const { svg, number, mark, place, handle, tell, maths, walks } = Explorables;
  const { LIMITS, brief, clamp, clipped, line, dots, words } = walks;
  const LEVELS = { 0.1: 1, 1: 3.4, 3: 2, 10: 0.95 }; // nats a row: the scale at its label
  const FAR = 1e4; // pixels: what is farther off is drawn there
  const RAYS = 720; // to the level line of Newton's parabola, in half a turn
  const DOT = 9; // pixels around the walk's dot in which no line is to be seen

  const isFinite = (point) => point.every(Number.isFinite);

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
      this.point = svg("circle", { class: "model dot", r: 5.5, "aria-hidden": "true" });
      this.words = {
        ...{ levels: words("muted", "level lines: nats a row to go"), best: words("truth", "best") },
        ...{ valley: words("truth", "best σ for each μ"), conic: words("model") },
        ...{ next: words("trail"), here: words("model"), start: words("trail") },
      };
      for (const name of ["levels", "best"]) mark(this.words[name], { "text-anchor": "end" });
      this.start = handle("Start of the walk", "trail");
      this.plot.svg.append(this.point, ...Object.values(this.words), this.start);
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
      const label = this.plot.add("text", "muted haloed");
      label.append(nats);
      const spot = right.find(([, sigma]) => sigma > height);
      return { area, edge, label, spot, points: [...right, ...left] };
    }

    at([mu, sigma]) {
      return [this.plot.x(mu), this.plot.y(sigma)].map((pixel) => clamp(pixel, -FAR, FAR));
    }

    draw({ points, surface, state, following }, optimizer) {
      const { mean, variance } = this.stats;
      const lineOf = (path) => line(path.map((p) => this.at(p)));
      this.clip();
      for (const { area, edge, label, spot, points: around } of this.levels) {
        for (const shape of [area, edge]) mark(shape, { d: `${lineOf(around)}Z` });
        place(label, this.at(spot)[0] + 4, this.at(spot)[1] + 4);
      }
      mark(this.valley, { d: this.plot.curve((mu) => Math.sqrt(variance + (mu - mean) ** 2)) });
      place(this.cross, ...this.at([mean, Math.sqrt(variance)]));

      const parts = optimizer === "newton" ? this.conicParts(surface, state.position) : [];
      mark(this.conic, { d: parts.map(lineOf).join("") });
      this.words.conic.textContent = parts.length ? "dashed: level line of Newton's parabola" : "";
      const shown = points.filter((point) => !point.some(Number.isNaN));
      mark(this.trail, { d: lineOf(shown) });
      const next = [shown.at(-1), surface.toPlane(following.position)].filter(isFinite);
      mark(this.ahead, { d: lineOf(next) });
      mark(this.dots, { d: dots(shown.map((p) => this.at(p))) });
      place(this.point, ...this.at(shown.at(-1)));
      this.point.style.display = this.isOut(shown.at(-1)) ? "none" : "";
      const [mu, sigma] = points[0];
      const said = `μ ${number(mu, 2)}, σ ${number(sigma, 2)}`;
      tell(this.start, this.at(points[0]), { value: mu, limits: LIMITS.mu, words: said });
      this.drawWords(points, shown.at(-1));
      this.nameNext(next.at(1), this.at(shown.at(-1)));
    }

    /** Return the parts of the level line of Newton's parabola, if any is to be seen. */
    conicParts(surface, position) {
      if (!Number.isFinite(surface.loss(position))) return [];
      const [x, y] = this.at(surface.toPlane(position));
      const isSeen = (point) => {
        const [besideX, besideY] = this.at(point);
        return !this.isOut(point) && Math.hypot(besideX - x, besideY - y) > DOT;
      };
      const parts = conic(surface, position);
      return parts.some((part) => part.some(isSeen)) ? parts : [];
    }

    /** Name what is there; when the walk has left the picture, say at its edge where it is. */
    drawWords(points, last) {
      const { levels, best, valley, conic, here, start } = this.words;
      const { left, top, right, bottom } = this.plot.inner;
      const [x, y] = this.at(last);
      const [first, now] = [points[0], points.at(-1)];
      const isOut = now !== last || this.isOut(last);
      place(levels, right, 12);
      place(conic, left, this.plot.height - 4);
      const [bestX, bestY] = this.at([this.stats.mean, Math.sqrt(this.stats.variance)]);
      place(best, bestX - 9, bestY + 4);
      place(valley, ...this.at([-4.2, 5.4]));

      here.textContent = isOut ? `now at μ ${brief(now[0])}, σ ${brief(now[1])}` : "";
      mark(here, { "text-anchor": x < (left + right) / 2 ? "start" : "end" });
      place(here, clamp(x, left + 6, right - 6), clamp(y, top + 14, bottom - 5));

      this.first ??= `${first}`;
      const [startX, startY] = this.at(first);
      const isRight = startX > (left + right) / 2;
      start.textContent = this.first === `${first}` ? "drag the start, or tap" : "";
      mark(start, { "text-anchor": isRight ? "end" : "start" });
      place(start, startX + (isRight ? -15 : 15), startY + 4);
    }

    /** Name the next point, if it is to be seen and well apart from here. */
    nameNext(next, [x, y]) {
      const [nextX, nextY] = next ? this.at(next) : [x, y];
      const isSeen = Math.hypot(nextX - x, nextY - y) > 40 && !this.isOut(next);
      this.words.next.textContent = isSeen ? "next" : "";
      place(this.words.next, nextX + 6, nextY - 6);
    }

    isOut(point) {
      const [x, y] = this.at(point);
      const { left, top, right, bottom } = this.plot.inner;
      return x < left || x > right || y < top || y > bottom;
    }
  }

  /** Return the level line of the local parabola through the present point: on each ray from the
   * point, where the parabola is as high again. An ellipse, or the parts of a hyperbola; of either
   * what has a scale above 0. */
  function conic(surface, position) {
    const [g, [a, b, c]] = [surface.gradient(position), surface.hessian(position)];
    return partsOf((ray) => {
      const [u, v] = [Math.cos((Math.PI * ray) / RAYS), Math.sin((Math.PI * ray) / RAYS)];
      const bend = a * u * u + 2 * b * u * v + c * v * v;
      const reach = (-2 * (g[0] * u + g[1] * v)) / bend;
      const point = surface.toPlane([position[0] + reach * u, position[1] + reach * v]);
      return { point, side: isFinite(point) && point[1] > 0 ? Math.sign(bend) : 0 };
    });
  }

  /** Cut a line, of which each ray finds `{ point, side }`, where the side changes; leave out what
   * is on side 0. */
  function partsOf(find) {
    const parts = [];
    let before = 0;
    for (let ray = 0; ray <= RAYS; ray++) {
      const { point, side } = find(ray);
      if (side !== before) {
        if (before) parts.at(-1).push(lastPoint(find, ray - 1, ray));
        if (side) parts.push(ray ? [lastPoint(find, ray, ray - 1)] : []);
      }
      if (side) parts.at(-1).push(point);
      before = side;
    }
    return parts;
  }

  /** Return the last point on the side of a ray, on the way to another: bisection. */
  function lastPoint(find, inside, outside) {
    const { side } = find(inside);
    for (let k = 0; k < 50; k++) {
      const middle = (inside + outside) / 2;
      if (find(middle).side === side) inside = middle;
      else outside = middle;
    }
    return find(inside).point;
  }

  walks.PlaneView = PlaneView;
})();
