// <mle-factor data="[[father, son], ...]">: drag a square root of the covariance matrix.
(() => {
  const { html, number, maths } = Explorables;
  const { CloudView, ConeView, matrix } = Explorables.factorViews;
  const { summary, mle, logLikelihood, cholesky, gram, rotated } = maths.bivariate;
  const { symmetricAngle, fromCorrelation, smallest } = maths.bivariate;

  const START = {
    ...{ mode: "factor", mu1: 67.5, mu2: 71, s1: 3, s2: 2, rho: -0.3, angle: 0 },
    ...{ s11: 9, s12: -1.8, s22: 4 },
  };
  const MODES = [
    ["factor", "L, the triangle"],
    ["root", "A, any square root"],
    ["covariance", "Σ itself"],
  ];
  const LIMITS = {
    ...{ mu1: [62, 76], mu2: [62, 76], s1: [0.2, 5], s2: [0.2, 5], rho: [-0.99, 0.99] },
    ...{ angle: [-180, 180], s11: [0.1, 14], s12: [-8, 8], s22: [0, 14] },
  };
  const DEGREE = Math.PI / 180;

  const rounded = (value, digits = 4) => Number(value.toFixed(digits));
  const byCorrelation = ([s11, s12, s22]) => {
    const [s1, s2] = [s11, s22].map(Math.sqrt);
    return { s1, s2, rho: s12 / s1 / s2 };
  };
  const within = ([low, high], value) => Math.min(high, Math.max(low, value));

  class Factor extends Explorables.Explorable {
    label = "Drag a square root of the covariance matrix";

    build() {
      this.stats = summary(this.data);
      this.best = mle(this.stats);
      this.state = { ...START };
      this.cloud = new CloudView(this, this.best, {
        now: () => this.normal(),
        centre: ([mu1, mu2]) => this.move({ mu1, mu2 }),
        tip: (k, place, keys) => this.drag(k, place, keys),
      });
      this.cone = new ConeView(this, this.best, {
        now: () => this.covariance(),
        move: ([s12, s22]) => this.move({ s12, s22 }),
      });

      this.matrices = html("div", { class: "score" });
      const row = html("div", { class: "row" }, this.cloud.plot.element, this.cone.plot.element);
      return [this.head, this.tools(), row, this.matrices, ...this.sliders()];
    }

    tools() {
      const change = (mode) => this.enter(mode);
      const level = () => rounded(symmetricAngle(this.factor()) / DEGREE);
      this.symmetric = this.button("Symmetric root", () => this.glide({ angle: level() }));
      return html(
        "div",
        { class: "controls" },
        this.choice({ key: "mode", label: "drag", options: MODES, change }),
        this.button("To the maximum", () => this.toTheTop()),
        this.symmetric,
        this.button("Start again", () => this.move(START)),
      );
    }

    sliders() {
      const slider = (key, label, step = 0.01, digits = 2) => {
        const [min, max] = LIMITS[key];
        const write = (value) => number(value, digits);
        const change = (value) => this.move({ [key]: value });
        return this.range({ key, label, min, max, step, write, change });
      };
      const group = (...parts) => html("div", { class: "controls" }, ...parts);
      this.groups = {
        factor: group(
          ...[slider("s1", "fathers' s.d."), slider("s2", "sons' s.d.")],
          slider("rho", "correlation"),
        ),
        root: group(slider("angle", "turn, degrees", 1, 1)),
        covariance: group(
          ...[slider("s11", "fathers' variance"), slider("s12", "covariance")],
          slider("s22", "sons' variance"),
        ),
      };
      const centre = group(slider("mu1", "mean father"), slider("mu2", "mean son"));
      return [...Object.values(this.groups), centre];
    }

    /** Take new values, within their limits, rounded so that the code has the same. */
    move(change) {
      this.hold();
      const settle = ([key, value]) =>
        [key, key in LIMITS ? rounded(within(LIMITS[key], value)) : value];
      this.set(Object.fromEntries(Object.entries(change).map(settle)));
    }

    /** Move the tip of a column: freely in a triangle, along the ellipse for any other root. */
    drag(k, [x, y], keys) {
      const [dx, dy] = [x - this.state.mu1, y - this.state.mu2];
      const [[a], [b, c]] = this.factor();
      if (this.state.mode === "root") {
        const [u, v] = [dx / a, (dy - (b * dx) / a) / c];
        const angle = keys
          ? this.state.angle + 2 * (keys[0] + keys[1])
          : Math.atan2(v, u) / DEGREE - 90 * k;
        return this.move({ angle: ((((angle + 180) % 360) + 360) % 360) - 180 });
      }
      const [l11, l21, l22] = k === 0 ? [dx, dy, c] : [a, b, Math.max(0.2, dy)];
      const s2 = Math.hypot(l21, l22);
      return this.move({ s1: l11, s2, rho: l21 / s2 });
    }

    /** Change what is dragged; the normal stays, if there is one. */
    enter(mode) {
      const from = this.state.mode;
      if (mode === "covariance") {
        const [s11, s12, s22] = gram(this.factor());
        return this.move({ mode, s11, s12, s22 });
      }
      const isNormal = from === "covariance" && this.root();
      return this.move({ mode, ...(isNormal ? byCorrelation(this.covariance()) : {}) });
    }

    toTheTop() {
      const [mu1, mu2] = this.best.centre;
      const [s11, s12, s22] = this.best.covariance;
      const top = { mu1, mu2, s11, s12, s22, ...byCorrelation(this.best.covariance) };
      this.glide(Object.fromEntries(Object.entries(top).map(([k, v]) => [k, rounded(v)])));
    }

    /** The triangle L of the sliders; the root that is dragged; the covariance, if it is one. */
    factor() {
      const { s1, s2, rho } = this.state;
      return fromCorrelation(s1, s2, rho);
    }

    root() {
      const { mode, angle, s11, s12, s22 } = this.state;
      if (mode === "covariance") return cholesky([s11, s12, s22]);
      return mode === "root" ? rotated(this.factor(), angle * DEGREE) : this.factor();
    }

    covariance() {
      const { mode, s11, s12, s22 } = this.state;
      return mode === "covariance" ? [s11, s12, s22] : gram(this.factor());
    }

    logLikelihood() {
      const { mu1, mu2 } = this.state;
      return logLikelihood(this.stats, [mu1, mu2], this.root());
    }

    /** What the view of the families shows. */
    normal() {
      const { mode, mu1, mu2 } = this.state;
      const name = mode === "root" ? "A" : "L";
      return { centre: [mu1, mu2], root: this.root(), name, isFixed: mode === "covariance" };
    }

    draw() {
      const { mode } = this.state;
      const [normal, covariance] = [this.normal(), this.covariance()];
      const { root, name } = normal;
      this.cloud.draw(normal);
      this.cone.draw(covariance, mode === "covariance");
      for (const [key, group] of Object.entries(this.groups)) {
        group.style.display = key === mode ? "" : "none";
      }
      this.symmetric.hidden = mode !== "root";

      if (root) {
        const value = this.logLikelihood();
        const behind = this.best.logLikelihood - value;
        this.headline(`${number(value, 2)} nats`, `${number(behind, 2)} below the best`);
      } else this.headline("no log-likelihood", this.least());
      const [s11, s12, s22] = covariance;
      const factor = root ? [matrix(name, root)] : [];
      const sigma = matrix("Σ", [[s11, s12], [s12, s22]]);
      this.matrices.replaceChildren(...factor, sigma, html("span", {}, this.correlation()));
    }

    correlation() {
      const [s11, s12, s22] = this.covariance();
      return `correlation ${number(s12 / Math.sqrt(s11 * s22), 2)}`;
    }

    /** The smallest eigenvalue: the least variance in any direction. */
    least() {
      return `smallest eigenvalue ${number(smallest(this.covariance()), 3)}`;
    }

    words() {
      if (!this.root()) {
        return `Σ has left the cone: ${this.least()}, and no normal has such a matrix.`;
      }
      const value = this.logLikelihood();
      const behind = this.best.logLikelihood - value;
      const gap = behind < 0.005 ? "the maximum" : `${number(behind, 2)} below the maximum`;
      const { mode, angle } = this.state;
      const turned = mode === "root" ? ` A is L, turned by ${number(angle, 1)}°.` : "";
      return `Log-likelihood ${number(value, 2)} nats, ${gap}; ${this.correlation()}.${turned}`;
    }

    code() {
      return Explorables.factorCode(this.state, this.root() !== null);
    }
  }

  Explorables.define("factor", Factor);
})();
