// What every explorable is: a custom element with a state, drawn once a frame, with labelled
// controls, a status line and "Show as code".
(() => {
  const { html } = Explorables;
  const QUIET = 700; // milliseconds without a change before a screen reader hears of it
  const TOKENS =
    /(?<c1>#.*)|(?<s2>f?"[^"\n]*")|(?<k>\b(?:import|from|for|in|as|def|return|lambda)\b)|(?<mi>\b\d[\d._]*(?:e[-+]?\d+)?\b)/g;

  /**
   * A subclass has `label`, `build()`, `draw()`, `words()` and `code()`:
   *
   * - `build()` sets `this.state` and returns the parts, in their order, `this.head` among them;
   *   `this.data` is the JSON of the attribute `data`. Make plots with `this.plot({...})` and controls with
   *   `this.range`, `this.choice` and `this.button`: those with a `key` follow the state.
   * - `set({...})` changes the state, whoever asks for it, and everything is drawn again.
   * - `draw()` moves what `build()` made; `words()` says it; `code()` is Python that prints it.
   */
  class Explorable extends HTMLElement {
    label = "Explorable";
    state = {};
    plots = [];
    controls = [];

    connectedCallback() {
      if (this.data !== undefined) return;
      this.data = JSON.parse(this.getAttribute("data"));
      this.head = html("div", { class: "score" });
      this.status = html("p", { class: "status", "aria-hidden": "true" });
      this.spoken = html("p", { class: "spoken", role: "status" });
      const parts = this.build();

      this.classList.add("explorable");
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", this.label);
      this.replaceChildren(...parts, this.status, this.spoken, this.codePanel());
      this.watchWidths();
      this.drawNow(); // before the browser finds the place to which the reader comes back
      this.say(this.status);
      this.say(this.spoken);
    }

    /** Change the state and draw all that follows from it at the next frame. */
    set(change) {
      Object.assign(this.state, change);
      this.redraw();
    }

    redraw() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = undefined;
        this.drawNow();
      });
    }

    drawNow() {
      if (this.plots.some((plot) => plot.width === 0)) return; // not laid out yet
      for (const sync of this.controls) sync();
      this.draw();
      this.say(this.status);
      if (this.panel.open) this.writeCode();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.say(this.spoken);
        this.writeCode(); // in a closed panel too: once it opens, its block has its size
      }, QUIET);
    }

    /** Write the words where they are seen, or where a screen reader hears them. */
    say(line) {
      const words = this.words();
      if (words !== line.textContent) line.textContent = words;
    }

    /** Move numbers of the state to new values, at once for those who want no motion. */
    glide(target, { milliseconds = 500 } = {}) {
      cancelAnimationFrame(this.gliding);
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.set(target);

      const from = { ...this.state };
      let began;
      const step = (now) => {
        began ??= now;
        const t = Math.min(1, (now - began) / milliseconds);
        const eased = t * t * (3 - 2 * t);
        const between = ([key, end]) => [key, from[key] + (end - from[key]) * eased];
        this.set(t < 1 ? Object.fromEntries(Object.entries(target).map(between)) : target);
        if (t < 1) this.gliding = requestAnimationFrame(step);
      };
      this.gliding = requestAnimationFrame(step);
    }

    /** Stop gliding: the reader took over. */
    hold() {
      cancelAnimationFrame(this.gliding);
    }

    /** Make a plot that follows the width of its place. */
    plot(options) {
      const plot = new Explorables.Plot(options);
      this.plots.push(plot);
      return plot;
    }

    /** Make a slider for `state[key]`; `write` turns its value into words. */
    range({ key, label, min, max, step = 1, write = String, change }) {
      const text = html("span", { class: "value", "aria-hidden": "true" });
      const input = html("input", { type: "range", min, max, step, name: key });
      const update = change ?? ((value) => this.set({ [key]: value }));
      input.addEventListener("input", () => {
        this.hold();
        update(Number(input.value));
      });
      this.controls.push(() => {
        const words = write(this.state[key]);
        input.value = this.state[key];
        input.setAttribute("aria-valuetext", words);
        text.textContent = words;
      });
      return html("label", { class: "range" }, html("span", {}, label), input, text);
    }

    /** Make a menu for `state[key]`; options are pairs of a value and its words. */
    choice({ key, label, options, change }) {
      const items = options.map(([, words]) => html("option", {}, words));
      const select = html("select", { name: key }, ...items);
      const update = change ?? ((value) => this.set({ [key]: value }));
      select.addEventListener("change", () => update(options[select.selectedIndex][0]));
      this.controls.push(() => {
        select.selectedIndex = options.findIndex(([value]) => value === this.state[key]);
      });
      return html("label", { class: "choice" }, html("span", {}, label), select);
    }

    button(label, click) {
      const isOn = () => button.ariaDisabled !== "true";
      const button = html("button", { type: "button", click: () => isOn() && click() }, label);
      return button;
    }

    /** Let a button act or not; it keeps the focus, which a disabled one would lose. */
    enable(button, isOn) {
      button.ariaDisabled = String(!isOn);
    }

    /** Write the number that everything turns on, and beside it what to compare it with. */
    headline(big, small) {
      const parts = [html("span", { class: "big" }, big), html("span", { class: "small" }, small)];
      this.head.replaceChildren(...parts);
    }

    watchWidths() {
      const fit = () => {
        for (const plot of this.plots) {
          const { clientWidth } = plot.element;
          if (clientWidth > 0 && clientWidth !== plot.width) plot.resize(clientWidth);
        }
      };
      const observer = new ResizeObserver(() => {
        fit();
        this.redraw();
      });
      for (const { element } of this.plots) observer.observe(element);
      fit();
    }

    codePanel() {
      const id = `${this.localName}-code`;
      this.block = html("code", { id, tabindex: "0" });
      const button = html("button", {
        class: "md-code__button",
        type: "button",
        title: "Copy to clipboard",
        "aria-label": "Copy this code",
        "data-clipboard-target": `#${id}`,
        "data-md-type": "copy",
      });
      const corner = html("div", { class: "md-code__nav" }, button);
      const code = html("div", { class: "highlight" }, corner, html("pre", {}, this.block));
      this.panel = html("details", { class: "code" }, html("summary", {}, "Show as code"), code);
      this.panel.addEventListener("toggle", () => this.panel.open && this.writeCode());
      return this.panel;
    }

    writeCode() {
      const code = this.code();
      if (code !== this.block.textContent) this.block.replaceChildren(...coloured(code));
    }
  }

  /** Colour Python as the site's other blocks are. */
  function* coloured(code) {
    let end = 0;
    for (const match of code.matchAll(TOKENS)) {
      const [[kind]] = Object.entries(match.groups).filter(([, text]) => text !== undefined);
      yield code.slice(end, match.index);
      yield html("span", { class: kind }, match[0]);
      end = match.index + match[0].length;
    }
    yield code.slice(end);
  }

  /** Define the element `mle-NAME`. */
  function define(name, element) {
    customElements.define(`mle-${name}`, element);
  }

  Object.assign(Explorables, { Explorable, define });
})();
