// What <mle-optimizer> says of a walk: the names of its choices, the headline, the status line.
(() => {
  const { number, maths, walks } = Explorables;
  const { brief, rateOf } = walks;

  const CHOICES = {
    optimizer: [
      ["descent", "gradient descent"],
      ["momentum", "momentum"],
      ["adam", "Adam"],
      ["newton", "Newton"],
    ],
    coordinate: [
      ["sigma", "μ and σ"],
      ["log", "μ and log σ"],
      ["softplus", "μ and softplus⁻¹ σ"],
      ["inverse", "μ and 1/σ"],
      ["convex", "μ/σ and 1/σ"],
    ],
    reduce: [
      ["mean", "mean"],
      ["sum", "sum"],
    ],
  };

  const nameOf = (key, state) => CHOICES[key].find(([value]) => value === state[key])[1];
  const digitsOf = ({ reduce }) => (reduce === "sum" ? 2 : 6);

  /** Write the loss where a walk has come to, or that there is none. */
  function lossOf({ loss, points }, state) {
    if (Number.isNaN(loss)) return points.at(-1)[1] < 0 ? "no loss: σ < 0" : "no loss";
    const size = Math.abs(loss) < 1e9 ? number(loss, digitsOf(state)) : brief(loss);
    return `${state.reduce} loss ${size}`;
  }

  /** Say how far a walk has come, and how it goes on; `look` is that it `isOut` of the picture, and
   * that it `isCut` at a run's longest. */
  function account(walk, state, look) {
    const [mu, sigma] = walk.points.at(-1).map(brief);
    const taken = walk.steps === 1 ? "1 step" : `${walk.steps} steps`;
    const name = `${nameOf("optimizer", state)} in ${nameOf("coordinate", state)}`;
    const rate = state.optimizer === "newton" ? "" : ` at rate ${rateOf(state.exponent)}`;
    const place = `μ ${mu}, σ ${sigma}, ${lossOf(walk, state)}`;
    return `After ${taken} of ${name}${rate}: ${place}. ${verdict(walk, state, look)}`;
  }

  function verdict({ end, points, gaps, surface, state: { position } }, { optimizer }, look) {
    if (end === "arrived") return "It has arrived: less than 10⁻⁸ nats to go in all.";
    const isBelow = points.at(-1)[1] <= 0;
    if (end === "lost") return isBelow ? "No normal has such a scale." : "It runs away.";

    const left = `${brief(gaps.at(-1))} nats a row to go`;
    if (look.isCut) return `${left}. Here a run ends, and the next goes on.`;
    if (look.isOut) return `It has left the picture, ${left}.`;
    const isBowl = maths.isPositiveDefinite(surface.hessian(position));
    if (optimizer !== "newton" || isBowl) return `${left}.`;
    return `${left}. Here the parabola is a saddle, without a bottom, and Newton goes astray.`;
  }

  Object.assign(walks, { CHOICES, digitsOf, lossOf, account });
})();
