// The two views of <mle-factor>: the families with the ellipse of a normal, and the cone of the
// covariance matrices, cut at the present variance of the fathers. And a matrix as it is written.
(() => {
  const { svg, html, number, mark, place, handle, drag, arrows, maths } = Explorables;
  const { ellipse } = maths.bivariate;
  const REACH = 10; // inches from the middle of the plane to its upper edge
  const MIDDLE = [69.1, 69.6];
  const CONE = { x: [-8, 8], y: [0, 14] };

  /** Drag a handle from where it is: `move` gets its new place in the data's units. */
  function follow(plot, knob, where, move, step) {
    let grip;
    const start = () => {
      const [x, y] = where();
      grip = [plot.x(x), plot.y(y)];
    };
    const to = ({ dx, dy }) => move([plot.xAt(grip[0] + dx), plot.yAt(grip[1] + dy)]);
    drag(plot, { start, move: to }, knob);
    arrows(knob, (dx, dy) => {
      const [x, y] = where();
      move([x + dx * step, y + dy * step], [dx, dy]);
    });
    return knob;
  }

  /** Say where a handle is; `text` null hides it. */
  function tell(knob, [x, y], value, text) {
    place(knob, x, y);
    mark(knob, { "aria-valuenow": value, "aria-valuetext": text ?? "" });
    knob.style.display = text === null ? "none" : "";
  }

  class CloudView {
    /** `now()` is what `draw` takes; `centre(place)` and `tip(k, place, keys)` move it. */
    constructor(host, best, { now, centre, tip }) {
      const label = "Heights of fathers and sons, and an ellipse of the normal";
      const x = { domain: [60, 78], label: "father, inches" };
      const y = { domain: [MIDDLE[1] - REACH, MIDDLE[1] + REACH], label: "son, inches" };
      this.plot = host.plot({ label, x, y, height: 390, interactive: true });
      this.plot.element.style.flex = "1.6 1 17rem";
      this.best = best;

      const jitter = maths.generator(1);
      const nudge = () => 0.4 * (jitter.uniform() - 0.5); // many pairs coincide
      this.families = host.data.map(([father, son]) => [father + nudge(), son + nudge()]);
      const dots = "stroke-width: 4px; stroke-opacity: 0.35";
      this.dots = this.plot.add("path", "data line", { style: dots });
      this.goal = this.plot.add("path", "truth line dashed");
      this.ring = this.plot.add("path", "model line");
      this.shafts = [0, 1].map(() => this.plot.add("path", "trail line"));
      const words = (colour) => svg("text", { class: `${colour} haloed`, "aria-hidden": "true" });
      this.words = { goal: words("truth"), tips: [words("trail"), words("trail")] };
      this.words.goal.append("best");

      this.centre = follow(this.plot, handle("Centre"), () => now().centre, centre, 0.1);
      this.tips = [0, 1].map((k) =>
        follow(this.plot, handle(`Tip ${k + 1}`, "trail"), () => this.tip(k, now()),
          (at, keys) => tip(k, at, keys), 0.05),
      );
      this.plot.svg.append(this.words.goal, this.centre, ...this.tips, ...this.words.tips);
    }

    tip(k, { centre, root }) {
      return [centre[0] + root[0][k], centre[1] + root[1][k]];
    }

    at([x, y]) {
      return [this.plot.x(x), this.plot.y(y)];
    }

    /** Take one inch for as many pixels across as upwards. */
    fit() {
      const { left, top, right, bottom } = this.plot.inner;
      const half = (REACH * (right - left)) / (bottom - top);
      this.plot.zoom([MIDDLE[0] - half, MIDDLE[0] + half]);
      const dots = this.families.map((p) => this.at(p).map((v) => v.toFixed(1)));
      mark(this.dots, { d: dots.map((p) => `M${p}h0`).join("") });
    }

    /** `state` is `centre`, `root` (null if there is no normal), `name` and `isFixed`. */
    draw(state) {
      if (this.drawn !== this.plot.width) this.fit();
      this.drawn = this.plot.width;

      const outline = (centre, root) =>
        root ? `${this.plot.path(ellipse(centre, root))}Z` : "";
      mark(this.goal, { d: outline(this.best.centre, this.best.factor) });
      place(this.words.goal, ...this.at([this.best.centre[0] + 1.2, this.best.centre[1] - 3.1]));
      mark(this.ring, { d: outline(state.centre, state.root) });

      const words = state.centre.map((value) => number(value, 2)).join(", ");
      tell(this.centre, this.at(state.centre), state.centre[0], words);
      for (const k of [0, 1]) this.drawTip(k, state);
    }

    drawTip(k, state) {
      const { centre, root, name, isFixed } = state;
      const tip = root && !isFixed ? this.tip(k, state) : null;
      mark(this.shafts[k], { d: tip ? this.plot.path([centre, tip]) : "" });
      const [x, y] = this.at(tip ?? centre);
      const words = tip && `${number(root[0][k], 2)}, ${number(root[1][k], 2)}`;
      tell(this.tips[k], [x, y], tip?.[0] ?? 0, words);
      this.words.tips[k].textContent = tip ? `${name}e${"₁₂"[k]}` : "";
      const isLeft = tip && tip[0] < centre[0];
      mark(this.words.tips[k], { "text-anchor": isLeft ? "end" : "start" });
      place(this.words.tips[k], x + (isLeft ? -13 : 13), y - 7);
    }
  }

  class ConeView {
    /** `now()` is the covariance, `move([s12, s22])` moves it. */
    constructor(host, best, { now, move }) {
      const label = "The covariance matrices: covariance across, variance of the sons upwards";
      const x = { domain: CONE.x, label: "covariance", gap: 40 };
      const y = { domain: CONE.y, label: "variance of the sons" };
      this.plot = host.plot({ label, x, y, height: 390, interactive: true });
      this.best = best;
      this.inside = this.plot.add("path", "muted area");
      this.border = this.plot.add("path", "muted line");
      this.cross = this.plot.add("path", "truth line", { d: "M-6,0H6M0,-6V6" });
      this.dot = this.plot.add("circle", "model dot", { r: 5.5 });
      const words = (text) => svg("text", { class: "muted haloed", "aria-hidden": "true" }, text);
      this.words = [words("positive definite"), words("no normal")];
      const where = () => now().slice(1);
      this.knob = follow(this.plot, handle("Covariance matrix"), where, move, 0.1);
      this.plot.svg.append(...this.words, this.knob);
    }

    draw(covariance, isFree) {
      const { plot, best } = this;
      const { left, top, bottom } = plot.inner;
      const widest = Math.min(CONE.x[1], Math.sqrt(covariance[0] * CONE.y[1]));
      const edge = plot.curve((s12) => s12 ** 2 / covariance[0], [-widest, widest]);
      const [from, to] = [plot.x(-widest), plot.x(widest)];
      mark(this.border, { d: edge });
      mark(this.inside, { d: `${edge}L${to},${top}H${from}Z` });

      place(this.cross, plot.x(best.covariance[1]), plot.y(best.covariance[2]));
      place(this.words[0], left + 8, top + 20);
      place(this.words[1], left + 8, bottom - 8);
      const [x, y] = [plot.x(covariance[1]), plot.y(covariance[2])];
      place(this.dot, x, y);
      this.dot.style.display = isFree ? "none" : "";
      const words = `covariance ${number(covariance[1], 2)}, variance ${number(covariance[2], 2)}`;
      tell(this.knob, [x, y], covariance[1], isFree ? words : null);
    }
  }

  /** Write a matrix. */
  function matrix(name, rows) {
    const cells = rows.flat().map((value) => html("span", {}, number(value, 2)));
    const style = [
      "display: inline-grid; grid-template-columns: auto auto; gap: 0 0.8em; text-align: right",
      "vertical-align: middle",
      "border: solid; border-width: 0 1px; border-radius: 0.4em; padding: 0 0.5em",
    ].join("; ");
    return html("span", {}, `${name} = `, html("span", { style }, ...cells));
  }

  Explorables.factorViews = { CloudView, ConeView, matrix };
})();
