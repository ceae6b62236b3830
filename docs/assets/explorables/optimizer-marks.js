// Marks that the views of <mle-optimizer>'s walk share: clipped to the axes, thinned, and named.
(() => {
  const { svg, number, mark } = Explorables;
  const APART = 7; // pixels between two points that have a dot each

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

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

  /** Make words of a colour, to be put beside what they name. */
  const words = (colour, text = "") =>
    svg("text", { class: `${colour} haloed`, "aria-hidden": "true" }, text);

  Object.assign(Explorables.walks, { brief, tenTo, clamp, clipped, line, dots, words });
})();
