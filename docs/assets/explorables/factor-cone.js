// The cone of the covariance matrices, for <mle-factor>, cut at the present variance of the fathers.
(() => {
  const { handle, mark, number, place, tell } = Explorables;
  const { height, words, follow } = Explorables.factorViews;
  const { LIMITS } = Explorables.factorState;
  const ROOM = 1.06; // for a ring at a limit
  const ACROSS = LIMITS.s12.map((limit) => ROOM * limit);
  const UPWARDS = [0, ROOM * LIMITS.s22[1]];
  const PARABOLA = Array.from({ length: 81 }, (_, i) => i / 40 - 1).map((x) => [x, x ** 2]);
  const WIDE = 115; // pixels that "positive definite" takes, and some air

  class ConeView {
    /** `now()` is the covariance, `move([s12, s22])` moves it. */
    constructor(host, best, { now, move }) {
      const label = "The covariance matrices: covariance across, variance of the sons upwards";
      const x = { domain: ACROSS, label: "covariance, in²", gap: 40 };
      const y = { domain: UPWARDS, label: "variance of the sons, in²" };
      this.plot = host.plot({ label, x, y, interactive: true });
      this.best = best.covariance;
      this.inside = this.plot.add("path", "muted area");
      this.border = this.plot.add("path", "muted line");
      this.cross = this.plot.add("path", "truth line", { d: "M-6,0H6M0,-6V6" });
      this.dot = this.plot.add("circle", "model dot", { r: 5.5 });
      this.words = {
        ...{ inside: words("muted", "positive definite"), outside: words("muted", "no normal") },
        ...{ best: words("truth", "best"), cut: words("muted"), hint: words("muted") },
      };
      mark(this.words.hint, { "text-anchor": "end" });
      const knob = handle("Covariance matrix");
      this.knob = follow(this.plot, knob, { where: () => now().slice(1), move, step: 0.1 });
      this.plot.svg.append(...Object.values(this.words), this.knob);
    }

    at([, s12, s22]) {
      return [this.plot.x(s12), this.plot.y(s22)];
    }

    draw(covariance, isFree) {
      const { plot } = this;
      plot.stretch(height(390, 240));
      const [s11, s12, s22] = covariance;
      const widest = Math.sqrt(s11 * UPWARDS[1]);
      const edge = plot.path(PARABOLA.map(([x, y]) => [x * widest, y * UPWARDS[1]]));
      const [from, to] = [plot.x(-widest), plot.x(widest)];
      mark(this.border, { d: edge });
      mark(this.inside, { d: `${edge}L${to},${plot.inner.top}H${from}Z` });

      place(this.cross, ...this.at(this.best));
      place(this.dot, ...this.at(covariance));
      this.dot.style.display = isFree ? "none" : "";
      this.knob.style.display = isFree ? "" : "none";
      const said = `covariance ${number(s12, 2)}, sons' variance ${number(s22, 2)} square inches`;
      tell(this.knob, this.at(covariance), { value: s12, limits: LIMITS.s12, words: said });

      this.words.cut.textContent = `at fathers' variance ${number(s11, 2)}`;
      this.words.hint.textContent = isFree ? "drag the ring" : "";
      this.drawWords(to - from, this.at(covariance));
    }

    /**
     * Name the regions in themselves: along the cone, where it is too narrow for words across; and
     * not where the ring is.
     */
    drawWords(room, ring) {
      const { inside, outside, best, cut, hint } = this.words;
      const { left, top, right, bottom } = this.plot.inner;
      const middle = this.plot.x(0);
      const isUnder = Math.abs(ring[0] - middle) < WIDE / 2 && ring[1] < top + 34;
      const isNarrow = room < WIDE * (isUnder ? 1.3 : 1);
      const start = isUnder ? ring[1] + 14 : top + 8;
      const [x, y, turn] = isNarrow ? [middle + 4, start, -90] : [middle, start + 12, 0];
      mark(inside, { "text-anchor": isNarrow ? "end" : "middle" });
      mark(inside, { transform: `translate(${x},${y}) rotate(${turn})` });
      const isLeft = ring[0] > left + 75 || ring[1] < bottom - 30;
      mark(outside, { "text-anchor": isLeft ? "start" : "end" });
      place(outside, isLeft ? left + 8 : right - 8, bottom - 8);
      const [bestX, bestY] = this.at(this.best);
      place(best, bestX + 9, bestY + 4);
      place(cut, 2, this.plot.height - 4);
      place(hint, right, 12);
    }
  }

  Explorables.factorViews.ConeView = ConeView;
})();
