// What the two views of <mle-factor> share; and a matrix as it is written.
(() => {
  const { svg, html, number, drag, arrows } = Explorables;

  /** Choose a height: on a phone both plots, and what moves them, are to be on the screen. */
  const height = (wide, narrow) => (matchMedia("(max-width: 40em)").matches ? narrow : wide);

  /** Make words of a colour, to be put beside what they name. */
  const words = (colour, text = "") =>
    svg("text", { class: `${colour} haloed`, "aria-hidden": "true" }, text);

  /**
   * Drag a handle from where it is: `move` gets its new place in the data's units, what `hold`
   * gave before, and the keys' steps if it was them. All keys move what is `upright` up or down.
   */
  function follow(plot, knob, { where, move, step, hold = () => null, upright = () => false }) {
    let grip;
    let held;
    const start = () => {
      const [x, y] = where();
      grip = [plot.x(x), plot.y(y)];
      held = hold();
    };
    const to = ({ dx, dy }) => move([plot.xAt(grip[0] + dx), plot.yAt(grip[1] + dy)], held);
    drag(plot, { start, move: to }, knob);
    arrows(knob, (dx, dy) => {
      const [x, y] = where();
      const [right, up] = upright() ? [0, dx + dy] : [dx, dy];
      move([x + right * step, y + up * step], hold(), [right, up]);
    });
    return knob;
  }

  /** Write a matrix, or that there is none. */
  function matrix(name, rows) {
    const words = rows?.map((row) => row.map((value) => number(value, 2)));
    const cells = (words ?? [["–", "–"], ["–", "–"]]).flat().map((word) => html("span", {}, word));
    const said = words ? `by rows ${words.map((row) => row.join(", ")).join("; ")}` : "none";
    const label = { role: "img", "aria-label": `${name}: ${said}`, class: "matrix" };
    return html("span", label, `${name} = `, html("span", {}, ...cells));
  }

  /** Write a correlation with two digits, or as many as it takes to be none of ±1. */
  function correlation(rho) {
    const digits = Math.ceil(-Math.log10(1 - Math.abs(rho)));
    return number(rho, Math.min(9, Math.max(2, digits)));
  }

  Explorables.factorViews = { height, words, follow, matrix, correlation };
})();
