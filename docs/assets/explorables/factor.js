// <mle-factor data="[[father, son], ...]">: drag a square root of the covariance matrix.
(() => {
  const { html, number, mark, maths } = Explorables;
  const { CloudView, ConeView, matrix, correlation } = Explorables.factorViews;
  const { START, LIMITS, DEGREE, ...states } = Explorables.factorState;
  const { summary, mle, logLikelihood, symmetricAngle, smallest } = maths.bivariate;

  const MODES = [
    ["factor", "L, the triangle"],
    ["root", "A, any square root"],
    ["covariance", "Σ itself"],
  ];
  const UNITS = { "": "", inches: " in", "square inches": " in²" }; // as said, and as written

  class Factor extends Explorables.Explorable {
    label = "Drag a square root of the covariance matrix";

    build() {
      this.stats = summary(this.data);
      this.best = mle(this.stats);
      this.state = { ...START };
      this.cloud = new CloudView(this, this.best, {
        now: () => this.normal(),
        centre: ([mu1, mu2]) => this.move({ mu1, mu2 }),
        hold: () => states.triangle(this.state),
        tip: (k, away, L, keys) => this.drag(k, away, L, keys),
      });
      this.cone = new ConeView(this, this.best, {
        now: () => states.covariance(this.state),
        move: ([s12, s22]) => this.move({ s12, s22 }),
      });

      this.matrices = html("div", { class: "matrices" });
      const { sliders, means } = this.sliders();
      // On a phone the sliders stand between the plots, near what they move.
      const [cloud, cone] = [this.cloud, this.cone].map(({ plot }) => plot.element);
      const row = html("div", { class: "row" }, cloud, sliders, cone);
      return [this.head, this.tools(), row, means, this.matrices];
    }

    tools() {
      const change = (mode) => this.enter(mode);
      const again = () => this.move({ ...START, mode: this.state.mode });
      return html(
        "div",
        { class: "controls" },
        this.choice({ key: "mode", label: "drag", options: MODES, change }),
        this.button("To the maximum", () => this.toTheTop()),
        this.button("Start again", again),
      );
    }

    sliders() {
      const inches = (...names) => this.slider(...names, { unit: "inches" });
      const square = (...names) => this.slider(...names, { unit: "square inches" });
      const turn = { step: 1, write: (angle) => number(angle, 1) };
      const level = () => symmetricAngle(states.triangle(this.state)) / DEGREE;
      const group = (...parts) => html("div", { class: "controls" }, ...parts);
      this.groups = {
        factor: group(
          ...[inches("s1", "fathers' s.d."), inches("s2", "sons' s.d.")],
          this.slider("rho", "correlation", { write: correlation }),
        ),
        root: group(
          this.slider("angle", "turn, degrees", turn),
          this.button("Symmetric root", () => this.glideTo({ angle: level() })),
        ),
        covariance: group(
          ...[square("s11", "fathers' variance"), square("s12", "covariance")],
          square("s22", "sons' variance"),
        ),
      };
      const sliders = html("div", { class: "sliders" }, ...Object.values(this.groups));
      const means = group(inches("mu1", "mean father"), inches("mu2", "mean son"));
      return { sliders, means };
    }

    /** Make a slider whose unit is written short, and said in full. */
    slider(key, label, { unit = "", step = 0.01, write = (value) => number(value, 2) }) {
      const [min, max] = key === "rho" ? [-0.99, 0.99] : LIMITS[key];
      const change = (value) => this.move({ [key]: value });
      const short = (value) => write(value) + UNITS[unit];
      const range = this.range({ key, label, min, max, step, write: short, change });
      const input = range.querySelector("input");
      const say = () => mark(input, { "aria-valuetext": `${write(this.state[key])} ${unit}`.trim() });
      this.controls.push(say); // after the slider's own words
      return range;
    }

    /** Take new values, within their limits. */
    move(change) {
      this.hold();
      this.set(this.settled(change));
    }

    glideTo(change) {
      this.glide(this.settled(change));
    }

    settled(change) {
      const settle = ([key, value]) => [key, states.settled(key, value)];
      return Object.fromEntries(Object.entries(change).map(settle));
    }

    /** Move the tip of a column: freely in a triangle, along the ellipse for any other root. */
    drag(k, away, L, keys) {
      if (this.state.mode === "factor") return this.move(states.withTip(L, k, away));
      const angle = keys
        ? states.turned(this.state.angle, 2 * (keys[0] + keys[1]))
        : states.angleAt(L, k, away);
      this.move({ angle });
    }

    enter(mode) {
      this.hold();
      this.set(states.entered(this.state, mode));
    }

    toTheTop() {
      const [mu1, mu2] = this.best.centre;
      const [s11, s12, s22] = this.best.covariance;
      const shape = states.byCorrelation(this.best.covariance);
      this.glideTo({ mu1, mu2, s11, s12, s22, ...shape });
    }

    logLikelihood() {
      const { mu1, mu2 } = this.state;
      return logLikelihood(this.stats, [mu1, mu2], states.root(this.state));
    }

    /** What the view of the families shows. */
    normal() {
      const { mode, mu1, mu2 } = this.state;
      const name = mode === "root" ? "A" : "L";
      return { centre: [mu1, mu2], root: states.root(this.state), name, mode };
    }

    draw() {
      const { mode } = this.state;
      const covariance = states.covariance(this.state);
      const { root, name } = this.normal();
      this.cloud.draw(this.normal());
      this.cone.draw(covariance, mode === "covariance");
      for (const [key, group] of Object.entries(this.groups)) {
        group.style.visibility = key === mode ? "" : "hidden"; // its room stays
      }

      if (root) {
        const value = this.logLikelihood();
        const behind = this.best.logLikelihood - value;
        this.headline(`${number(value, 2)} nats`, `${number(behind, 2)} below the best`);
      } else this.headline("no log-likelihood", this.least());
      const [s11, s12, s22] = covariance;
      const sigma = matrix("Σ", [[s11, s12], [s12, s22]]);
      const words = html("span", {}, this.correlation());
      this.matrices.replaceChildren(matrix(name, root), sigma, words);
    }

    correlation() {
      const covariance = states.covariance(this.state);
      const { rho } = states.byCorrelation(covariance);
      if (states.root(this.state)) return `correlation ${correlation(rho)}`;
      if (this.isOnBorder()) return `correlation ${number(Math.sign(rho))}, on the border`;
      return "no correlation: Σ is not positive definite";
    }

    /** Say whether there is no normal by so little that the number on the screen is 0. */
    isOnBorder() {
      const least = smallest(states.covariance(this.state));
      return !states.root(this.state) && Math.abs(least) < 0.0005;
    }

    /** The smallest eigenvalue: the least variance in any direction. */
    least() {
      return `smallest eigenvalue ${number(smallest(states.covariance(this.state)), 3)}`;
    }

    words() {
      if (this.isOnBorder()) {
        return `Σ is on the border of the cone: ${this.least()}. All pairs would lie on a
          line, and there is no density.`;
      }
      if (!states.root(this.state)) {
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
      return Explorables.factorCode(this.state, states.root(this.state) !== null);
    }
  }

  Explorables.define("factor", Factor);
})();
