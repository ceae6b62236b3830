// What is dragged: a knob, for the pointer and for the arrow keys.
(() => {
  const { svg } = Explorables;

  /** Make a knob that can be dragged, moved by `arrows`, and touched beside it. */
  function handle(label, colour = "model") {
    const target = svg("circle", { class: "target", r: 22 });
    const knob = svg("circle", { class: "knob", r: 7 });
    const names = { role: "slider", tabindex: 0, "aria-label": label, class: `handle ${colour}` };
    const group = svg("g", names, target, knob);
    // Chromium heeds touch-action on a whole drawing alone, and would scroll the page.
    group.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    return group;
  }

  /**
   * Follow the pointer from press to release. `start(at)` and `move(at)` get the pixel in the
   * plot, and `at.dx`, `at.dy` since the press; the box is measured once, at the press.
   */
  function drag(plot, { start = () => {}, move, end = () => {} }, target = plot.svg) {
    let from = null;
    let box = null;

    const at = ({ clientX, clientY }) => {
      const [x, y] = [clientX - box.left, clientY - box.top];
      return { x, y, dx: x - (from?.x ?? x), dy: y - (from?.y ?? y) };
    };
    const stop = (event) => {
      if (!from) return;
      from = null;
      target.classList.remove("dragged");
      end(at(event));
    };

    target.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      box = plot.svg.getBoundingClientRect();
      from = at(event);
      target.setPointerCapture(event.pointerId);
      target.classList.add("dragged");
      start(from);
    });
    target.addEventListener("pointermove", (event) => from && move(at(event)));
    target.addEventListener("pointerup", stop);
    target.addEventListener("pointercancel", stop);
  }

  /** Let a handle be moved by the arrow keys: `move(dx, dy)` in steps, ten with Shift. */
  function arrows(handle, move) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    handle.addEventListener("keydown", (event) => {
      if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(...steps[event.key].map((step) => step * (event.shiftKey ? 10 : 1)));
    });
  }

  Object.assign(Explorables, { handle, drag, arrows });
})();
