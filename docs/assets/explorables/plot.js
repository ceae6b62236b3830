// Elements, scales and axes: what a drawing needs, without a library.
(() => {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const GAP = 70; // pixels between two labelled ticks, at least, if an axis does not say
  const FONT = 12; // pixels

  /** Make an SVG element; a function among the attributes listens to the event of its name. */
  function svg(tag, attributes, ...children) {
    return filled(document.createElementNS(NAMESPACE, tag), attributes, children);
  }

  /** Make an HTML element, likewise. */
  function html(tag, attributes, ...children) {
    return filled(document.createElement(tag), attributes, children);
  }

  function filled(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  /** Write a number with so many digits after the point, and a real minus sign. */
  function number(value, digits = 0) {
    const text = value.toFixed(digits);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
  }

  /** Set attributes of a mark. */
  const mark = (element, attributes) => filled(element, attributes, []);

  /** Put a mark whose own origin is at 0, 0 to a pixel. */
  const place = (element, x, y) => mark(element, { transform: `translate(${x},${y})` });

  /** A drawing with linear scales. One unit of the SVG is one pixel, so that text keeps its size. */
  class Plot {
    /**
     * `label` is for those who do not see it; an axis is `{domain, label, ticks, gap, write}`,
     * ticks false for none, write for the words of one; `interactive` says that a handle, which
     * takes the keyboard's focus, is inside.
     */
    constructor({ label, x, y, height = 260, interactive = false }) {
      Object.assign(this, { xAxis: x, yAxis: y, height, width: 0 });
      this.margin = { top: 24, right: 14, bottom: 42, left: y.ticks === false ? 14 : 46 };
      this.axes = svg("g", { class: "axes", "aria-hidden": "true" });
      this.marks = svg("g", { "aria-hidden": interactive && "true" });
      const role = interactive ? "group" : "img";
      this.svg = svg("svg", { role, "aria-label": label, height }, this.axes, this.marks);
      this.element = html("div", { class: "plot", style: `height:${height}px` }, this.svg);
    }

    /** Add a mark with the classes that say its colour and manner. */
    add(tag, classes, attributes = {}) {
      const element = svg(tag, { class: classes, ...attributes });
      this.marks.append(element);
      return element;
    }

    /** Take a new width, in pixels; the frame calls this before `draw`. */
    resize(width) {
      this.width = width;
      this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
      this.drawAxes();
    }

    /** Take a new height, in pixels. */
    stretch(height) {
      if (height === this.height) return;
      this.height = height;
      mark(this.svg, { height });
      this.element.style.height = `${height}px`;
      this.resize(this.width);
    }

    /** Take a new domain in x. */
    zoom(domain) {
      if (`${domain}` === `${this.xAxis.domain}`) return;
      this.xAxis.domain = domain;
      this.drawAxes();
    }

    get inner() {
      const { top, right, bottom, left } = this.margin;
      return { left, top, right: this.width - right, bottom: this.height - bottom };
    }

    x(value) {
      const [low, high] = this.xAxis.domain;
      const { left, right } = this.inner;
      return left + ((value - low) / (high - low)) * (right - left);
    }

    y(value) {
      const [low, high] = this.yAxis.domain;
      const { top, bottom } = this.inner;
      return bottom - ((value - low) / (high - low)) * (bottom - top);
    }

    /** Return the value at a pixel. */
    xAt(pixel) {
      const [low, high] = this.xAxis.domain;
      const { left, right } = this.inner;
      return low + ((pixel - left) / (right - left)) * (high - low);
    }

    yAt(pixel) {
      const [low, high] = this.yAxis.domain;
      const { top, bottom } = this.inner;
      return low + ((bottom - pixel) / (bottom - top)) * (high - low);
    }

    /** Return whether a pixel is within the axes. */
    holds({ x, y }) {
      const { left, top, right, bottom } = this.inner;
      return left <= x && x <= right && top <= y && y <= bottom;
    }

    /** Return the `d` of a path through points `[x, y]`. */
    path(points) {
      const at = points.map(([x, y]) => `${this.x(x).toFixed(1)},${this.y(y).toFixed(1)}`);
      return at.length ? `M${at.join("L")}` : "";
    }

    /** Return the `d` of the graph of a function over the domain, or over a part of it. */
    curve(f, [low, high] = this.xAxis.domain) {
      const steps = Math.max(2, Math.round((this.x(high) - this.x(low)) / 3));
      const grid = Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps);
      return this.path(grid.map((value) => [value, f(value)]));
    }

    drawAxes() {
      const { left, top, right, bottom } = this.inner;
      if (right <= left) return;

      const line = svg("path", { d: `M${left},${bottom}H${right}` });
      const name = svg("text", { x: right, y: this.height - 4, "text-anchor": "end" });
      name.append(this.xAxis.label);
      this.axes.replaceChildren(line, name, ...this.ticks("x"), ...this.ticks("y"));

      if (this.yAxis.label) {
        const title = svg("text", { x: this.yAxis.ticks === false ? left : 2, y: FONT });
        title.append(this.yAxis.label);
        this.axes.append(title);
      }
      if (this.yAxis.ticks !== false) {
        this.axes.append(svg("path", { d: `M${left},${top}V${bottom}` }));
      }
    }

    ticks(name) {
      const axis = name === "x" ? this.xAxis : this.yAxis;
      if (axis.ticks === false) return [];

      const { left, top, right, bottom } = this.inner;
      const room = name === "x" ? (right - left) / (axis.gap ?? GAP) : (bottom - top) / 44;
      return steps(axis.domain, Math.max(2, room)).flatMap((value) => {
        const at = name === "x" ? this.x(value) : this.y(value);
        const [d, place] =
          name === "x"
            ? [`M${at},${bottom}v5`, { x: at, y: bottom + 18, "text-anchor": "middle" }]
            : [`M${left},${at}h-5`, { x: left - 8, y: at + 4, "text-anchor": "end" }];
        const text = (axis.write ?? plain)(value);
        return [svg("path", { d }), svg("text", place, text)];
      });
    }
  }

  const plain = (value) => String(Number(value.toPrecision(6))).replace("-", "−");

  /** Return round numbers in a domain, about `count` of them. */
  function steps([low, high], count) {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  }

  Object.assign(Explorables, { svg, html, number, mark, place, Plot });
})();
