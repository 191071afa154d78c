// The focus after a part of the page was swapped: htmx finds it again by id; this, by the row it was in.
import { enter } from "./keys.js";

export function keepFocus() {
  /** @type {{name: string, at: number} | null} */
  let held = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    const row = active?.closest("[data-row]");
    if (!row || !event.detail.target?.contains(active)) return;
    held = { name: row.dataset.row, at: [...document.querySelectorAll("[data-row]")].indexOf(row) };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!held) return;
    const { name, at } = held;
    held = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const rows = [...document.querySelectorAll("[data-row]")];
    const same = name ? rows.find((row) => row.dataset.row === name) : undefined;
    const next = same ?? rows[Math.min(at, rows.length - 1)];
    if (next) enter(next);
    else document.getElementById("main")?.focus({ preventScroll: true });
  });
}
