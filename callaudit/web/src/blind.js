// A call judged blind: a word or a place is heard when it is clicked, and Space plays and pauses.
import { onKey } from "./parts/keys.js";

const LEAD_S = 0.2; // a little before the place, so that its first sound is heard
const root = document.querySelector(".blind");
const audio = root?.querySelector("audio");
if (audio) {
  root.addEventListener("click", (event) => {
    const at = event.target.closest("[data-t]");
    if (!at) return;
    audio.currentTime = Math.max(0, Number(at.dataset.t) - LEAD_S);
    audio.play();
  });
  onKey("Space", root.dataset.plays, () => (audio.paused ? audio.play() : audio.pause()));
}
