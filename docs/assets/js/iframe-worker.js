// Browsers bar workers from pages that are opened from a folder (file://). There, the search runs in a
// hidden frame instead, which looks like a worker to both sides. After iframe-worker by Martin Donath
// (MIT), written anew without an inline script, which the content security policy would refuse.
(() => {
  const load = (target, url) =>
    new Promise((resolve, reject) => {
      const script = target.createElement("script");
      Object.assign(script, { src: url, onload: resolve, onerror: reject });
      target.body.append(script);
    });

  class FrameWorker extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);

      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.inside.importScripts = (...urls) =>
        urls.reduce((done, next) => done.then(() => load(frame.contentDocument, next)), Promise.resolve());

      this.addEventListener("message", (event) => this.onmessage?.(event));
      this.ready = load(frame.contentDocument, url);
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  }

  window.IFrameWorker = FrameWorker; // the theme's search looks for this name
  if (location.protocol === "file:") window.Worker = FrameWorker;
})();
