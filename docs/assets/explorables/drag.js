// What is dragged: a knob, for the pointer and for the keys.
(() => {
  const { svg, mark, place } = Explorables;
  const FAR = 1e4; // steps, beyond every limit

  /**
   * Make a knob that can be dragged, moved by `arrows`, and touched beside it. One that only goes
   * `sideways` leaves a swipe up or down to the page.
   */
  function handle(label, colour = "model", { sideways = false } = {}) {
    const target = svg("circle", { class: "target", r: 22 });
    const knob = svg("circle", { class: "knob", r: 7 });
    const names = { role: "slider", tabindex: 0, "aria-label": label, class: `handle ${colour}` };
    if (sideways) names.class += " sideways";
    const group = svg("g", names, target, knob);
    // Chromium heeds touch-action on a whole drawing alone, and would scroll the page.
    const keep = (event) => sideways || event.preventDefault();
    group.addEventListener("touchstart", keep, { passive: false });
    return group;
  }

  /** Put a handle to a pixel, and say its value, which has two limits, in words. */
  function tell(handle, [x, y], { value, limits: [low, high], words }) {
    const values = { "aria-valuemin": low, "aria-valuemax": high, "aria-valuenow": value };
    mark(place(handle, x, y), { ...values, "aria-valuetext": words });
  }

  /**
   * Follow the pointer from press to release: over the whole plot, or from one of its handles.
   * `start(at)` and `move(at)` get the pixel in the plot, and `at.dx`, `at.dy` since the press; the
   * box is measured once, at the press. What the browser takes back has changed nothing.
   */
  function drag(plot, { start = () => {}, move }, target = plot.svg) {
    let press = null; // the event
    let box = null;
    let before = null; // the state, once it is sure that the press is no scroll

    const host = () => plot.svg.closest(".explorable");
    const at = ({ clientX, clientY }) => {
      const [dx, dy] = [clientX - press.clientX, clientY - press.clientY];
      return { x: clientX - box.left, y: clientY - box.top, dx, dy };
    };
    const begin = () => {
      before = { ...host().state };
      target.classList.add("dragged");
      start(at(press));
    };
    const stop = () => {
      press = before = null;
      target.classList.remove("dragged");
    };

    plot.svg.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      const handle = nearest(plot, event);
      if (target !== plot.svg && target !== handle) return;
      press = event;
      box = plot.svg.getBoundingClientRect();
      target.setPointerCapture(event.pointerId);
      const mayScroll = !handle || handle.classList.contains("sideways");
      if (!mayScroll || event.pointerType !== "touch") begin();
    });
    target.addEventListener("pointermove", (event) => {
      if (!press) return;
      const there = at(event);
      if (!before && Math.abs(there.dx) > Math.abs(there.dy)) begin(); // else it may be a scroll
      if (before) move(there);
    });
    target.addEventListener("pointerup", () => {
      if (!press) return;
      if (!before) begin(); // a tap
      if (!target.contains(press.target)) target.focus({ preventScroll: true }); // the nearest
      stop();
    });
    target.addEventListener("pointercancel", () => {
      if (before) host().set(before);
      stop();
    });
  }

  /** Return the handle nearest to a press on one: another's target may lie above it. */
  function nearest(plot, { target, clientX, clientY }) {
    if (!target.closest(".handle")) return null;
    const apart = (handle) => {
      const { left, top, width, height } = handle.lastChild.getBoundingClientRect();
      return Math.hypot(left + width / 2 - clientX, top + height / 2 - clientY);
    };
    const handles = [...plot.svg.querySelectorAll(".handle")].filter((h) => h.style.display !== "none");
    return handles.reduce((one, other) => (apart(other) <= apart(one) ? other : one));
  }

  /**
   * Let a handle be moved by the keys: `move(dx, dy)` in steps, ten with Shift or by page, more
   * than there are with Home and End. A handle on a line moves by `dx + dy`, as sliders do.
   */
  function arrows(handle, move) {
    const steps = {
      ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] },
      ...{ PageUp: [0, 10], PageDown: [0, -10], Home: [-FAR, 0], End: [FAR, 0] },
      " ": [0, 0], // the page would scroll
    };
    handle.addEventListener("keydown", (event) => {
      if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const isTen = event.shiftKey && event.key.startsWith("Arrow");
      move(...steps[event.key].map((step) => step * (isTen ? 10 : 1)));
    });
  }

  Object.assign(Explorables, { handle, tell, drag, arrows });
})();
