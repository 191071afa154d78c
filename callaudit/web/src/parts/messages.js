// Messages: those the server sends into #toasts, and those of requests that failed. Good news goes by itself.

const STAY_MS = 6000;
const WORDS = { 401: "out", 403: "refused", 404: "missing", 409: "stale", 429: "many" };

/**
 * @param {string} text
 * @param {"good" | "warning" | "bad" | ""} kind
 */
export function say(text, kind = "good") {
  const toast = document.createElement("p");
  toast.className = `toast ${kind}`;
  toast.textContent = text;
  document.getElementById("toasts")?.append(toast);
}

export function messages() {
  const place = document.getElementById("toasts");
  if (!place) return;
  for (const toast of place.querySelectorAll(".toast")) tend(toast, place.dataset.close);
  new MutationObserver((changes) => {
    for (const change of changes) for (const added of change.addedNodes) if (added instanceof HTMLElement) tend(added, place.dataset.close);
  }).observe(place, { childList: true });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // what failed may answer with a part of the page: the present state, or words for #toasts (the answer says where)
    const { xhr } = event.detail;
    if (xhr.status >= 400 && isHtml(xhr)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    say(place.dataset[WORDS[event.detail.xhr.status] ?? "broken"], "bad");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => say(place.dataset.gone, "bad"));
}

/** @param {XMLHttpRequest} xhr */
function isHtml(xhr) {
  return (xhr.getResponseHeader("content-type") ?? "").startsWith("text/html");
}

/** @param {HTMLElement} toast  gets a button to close it; bad news stays until then, the rest while nobody points at it */
function tend(toast, close) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", close);
  button.addEventListener("click", () => toast.remove());
  toast.append(button);
  if (toast.classList.contains("bad")) return;
  let timer = 0;
  const wait = () => (timer = window.setTimeout(() => toast.remove(), STAY_MS));
  const hold = () => window.clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, wait);
  wait();
}
