// The theme starts its search worker and fetches the index on every first visit; most visits never
// search. This holds both back until the search is used: a third of what a first view transfers.
(() => {
  if (location.protocol === "file:") return; // nothing is transferred there

  const { open, send } = XMLHttpRequest.prototype;
  const Started = Worker;

  const used = new Promise((resolve) => {
    if (location.search) resolve(); // a link to results, or from them
    addEventListener("focusin", (event) => event.target.matches(".md-search__input") && resolve());
    addEventListener("pointerdown", (event) => event.target.closest("[for=__search]") && resolve());
    addEventListener("change", (event) => event.target.id === "__search" && resolve());
  });

  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.waits = String(url).endsWith("search/search_index.json");
    return open.call(this, method, url, ...rest);
  };

  XMLHttpRequest.prototype.send = function (body) {
    if (this.waits) used.then(() => send.call(this, body));
    else send.call(this, body);
  };

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      used.then(() => {
        this.started = new Started(url);
        this.started.onmessage = ({ data }) => {
          this.dispatchEvent(new MessageEvent("message", { data }));
        };
      });
    }

    postMessage(data) {
      used.then(() => this.started.postMessage(data));
    }
  };
})();
