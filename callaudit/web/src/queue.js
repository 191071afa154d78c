// The queue: the worst finding of a call is heard where it stands, without leaving the list.
import { say } from "./parts/messages.js";

const LEAD_S = 1; // before the evidence
const LASTS_S = 12; // then it ends by itself

const audio = new Audio();
audio.preload = "none";
/** @type {HTMLElement | null} */
let link = null;
let until = 0;

document.addEventListener("click", (event) => {
  const asked = event.target.closest?.("a[data-hear]");
  if (!asked || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (asked === link && !audio.paused) return stop();
  stop();
  hear(asked);
});

/** @param {HTMLElement} asked */
function hear(asked) {
  performance.mark("queue:asked");
  link = asked;
  link.classList.add("waits");
  link.setAttribute("aria-pressed", "true");
  const from = Math.max(0, Number(link.dataset.at || 0) - LEAD_S);
  until = from + LEAD_S + LASTS_S;
  audio.src = link.dataset.hear;
  audio.currentTime = from; // kept until the sound is there
  audio.play().catch((error) => {
    if (error.name !== "AbortError") failed();
  });
}

function stop() {
  audio.pause();
  link?.classList.remove("waits");
  link?.removeAttribute("aria-pressed");
  link = null;
}

function failed() {
  if (!link) return;
  stop();
  say(document.getElementById("queue").dataset.noSound, "bad");
}

audio.addEventListener("playing", () => {
  link?.classList.remove("waits");
  if (!performance.getEntriesByName("queue:asked").length) return;
  performance.measure("queue:sound", "queue:asked");
  performance.clearMarks("queue:asked");
});
audio.addEventListener("timeupdate", () => {
  if (link && audio.currentTime >= until) stop();
});
audio.addEventListener("ended", stop);
audio.addEventListener("error", failed);
document.addEventListener("htmx:beforeSwap", stop);

document.addEventListener("change", (event) => {
  const name = event.target.dataset?.all;
  if (!name) return;
  for (const box of event.target.form.querySelectorAll(`input[type=checkbox][name="${name}"]`)) box.checked = event.target.checked;
});
