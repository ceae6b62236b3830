// Names and keyboard focus for what the theme makes in the browser, for assistive technology.
document$.subscribe(() => {
  document.querySelectorAll(".md-typeset__scrollwrap").forEach((box, i) => {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `Table ${i + 1}`);
  });
});
