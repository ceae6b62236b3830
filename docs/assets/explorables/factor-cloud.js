// The families of <mle-factor>, with the ellipse of a normal and the tips of its root.
(() => {
  const { handle, mark, number, place, tell, maths } = Explorables;
  const { height, words, follow } = Explorables.factorViews;
  const { ellipse } = maths.bivariate;
  const { LIMITS } = Explorables.factorState;
  const MIDDLE = [69.1, 69.6];
  const REACH = [9.2, 10]; // inches from the middle that are seen at least: no tip goes farther
  const NEAR = 26; // pixels, less than two names take
  const HINTS = {
    factor: "drag the rings, Le₂ up or down",
    root: "drag a tip: A turns",
    covariance: "drag the centre",
  };

  const signed = (value) => (value > 0 ? "+" : "") + number(value, 2);

  class CloudView {
    /**
     * `now()` is what `draw` takes; `centre(place)` moves it, `tip(k, away, held, keys)` its tips,
     * from the centre; `hold()` is what they are moved from.
     */
    constructor(host, best, { now, centre, hold, tip }) {
      const label = "Heights of fathers and sons, and an ellipse of the normal";
      const x = { domain: [0, 1], label: "father, inches" };
      const y = { domain: [0, 1], label: "son, inches" };
      this.plot = host.plot({ label, x, y, interactive: true });
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
      const tips = [0, 1].map(() => words("trail"));
      this.words = { hint: words("muted"), goal: words("truth", "best"), tips };
      mark(this.words.hint, { "text-anchor": "end" });

      const middle = { where: () => now().centre, move: centre, step: 0.1 };
      this.centre = follow(this.plot, handle("Centre"), middle);
      this.tips = [0, 1].map((k) => {
        const where = () => this.tip(k, now());
        const move = ([x, y], ...held) => {
          const [x0, y0] = now().centre;
          tip(k, [x - x0, y - y0], ...held);
        };
        const upright = () => k === 1 && now().mode === "factor";
        return follow(this.plot, handle("", "trail"), { where, move, step: 0.05, hold, upright });
      });
      const { hint, goal } = this.words;
      this.plot.svg.append(hint, goal, this.centre, ...this.tips, ...tips);
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
      const halves = [(right - left) / 2, (bottom - top) / 2];
      const inch = Math.min(...halves.map((half, k) => half / REACH[k]));
      const [x, y] = halves.map((half, k) => [MIDDLE[k] - half / inch, MIDDLE[k] + half / inch]);
      this.plot.yAxis.domain = y;
      this.plot.zoom(x);
      const dots = this.families.map((p) => this.at(p).map((v) => v.toFixed(1)));
      mark(this.dots, { d: dots.map((p) => `M${p}h0`).join("") });
    }

    /** `state` is `centre`, `root` (null if there is no normal), its `name` and the `mode`. */
    draw(state) {
      this.plot.stretch(height(390, 320));
      const size = `${this.plot.width} ${this.plot.height}`;
      if (this.drawn !== size) this.fit();
      this.drawn = size;

      const outline = (centre, root) =>
        root ? `${this.plot.path(ellipse(centre, root))}Z` : "";
      mark(this.goal, { d: outline(this.best.centre, this.best.factor) });
      place(this.words.goal, ...this.at([this.best.centre[0] + 1.2, this.best.centre[1] - 3.1]));
      mark(this.ring, { d: outline(state.centre, state.root) });

      this.words.hint.textContent = HINTS[state.mode];
      place(this.words.hint, this.plot.inner.right, 12);

      const [father, son] = state.centre.map((value) => number(value, 2));
      const said = `father ${father}, son ${son} inches`;
      const range = { value: state.centre[0], limits: LIMITS.mu1, words: said };
      tell(this.centre, this.at(state.centre), range);
      for (const k of [0, 1]) this.drawTip(k, state);
    }

    drawTip(k, state) {
      const { centre, root, name, mode } = state;
      const tip = root && mode !== "covariance" ? this.tip(k, state) : null;
      this.tips[k].style.display = tip ? "" : "none";
      mark(this.shafts[k], { d: tip ? this.plot.path([centre, tip]) : "" });
      this.words.tips[k].textContent = tip ? `${name}e${"₁₂"[k]}` : "";
      if (!tip) return;

      const [x, y] = this.at(tip);
      const [father, son] = [root[0][k], root[1][k]];
      const said = `father ${signed(father)}, son ${signed(son)} inches`;
      const most = LIMITS.s1[1];
      tell(this.tips[k], [x, y], { value: root[k][k], limits: [-most, most], words: said });
      mark(this.tips[k], { "aria-label": `Tip of ${name}e${k + 1}` });
      this.tips[k].style.cursor = mode === "factor" && k === 1 ? "ns-resize" : "";

      const isLeft = tip[0] < centre[0];
      const isBelow = this.isCrowded(k, state);
      mark(this.words.tips[k], { "text-anchor": isLeft ? "end" : "start" });
      place(this.words.tips[k], x + (isLeft ? -13 : 13), y + (isBelow ? 17 : -7));
    }

    /** Say whether the other tip is so near, and not lower, that its name is where this one's is. */
    isCrowded(k, state) {
      const [one, other] = [k, 1 - k].map((column) => this.at(this.tip(column, state)));
      const [x, y] = [0, 1].map((j) => one[j] - other[j]);
      return Math.abs(x) < NEAR && Math.abs(y) < NEAR && (y > 0 || (y === 0 && k === 0));
    }
  }

  Explorables.factorViews.CloudView = CloudView;
})();
