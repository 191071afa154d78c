// Keys: an element with data-key="j" is clicked (a field: focused) by that key, "g q" by one after the other.
// Rows carry data-row: j and k (in a row the arrows, too) move the focus between them, to [data-open] or the first link;
// a data-key inside a row belongs to the row that has the focus. Nobody's typing is taken, nor keys with Ctrl, Alt, Meta.

const SWITCH = "callaudit.keys";
const PATIENCE_MS = 1200;
/** @type {Map<string, {label: string, act: (event: KeyboardEvent) => void}>} */
const own = new Map();
let begun = "";
let begunAt = 0;

/**
 * A key that a page's script answers itself, listed with its label.
 * @param {string} key as KeyboardEvent.key has it; "Space" for the space bar
 * @param {string} label
 * @param {(event: KeyboardEvent) => void} act
 */
export function onKey(key, label, act) {
  own.set(key, { label, act });
}

export function listen() {
  document.addEventListener("keydown", pressed);
  announce(document);
  document.addEventListener("htmx:afterSettle", (event) => announce(event.target));
  const toggle = document.querySelector("[data-keys-switch]");
  if (!toggle) return;
  toggle.checked = on();
  toggle.addEventListener("change", () => remember(toggle.checked));
}

/** @param {ParentNode} part  tells screen readers of single keys; they know no sequences */
function announce(part) {
  for (const element of part.querySelectorAll?.("[data-key]") ?? [])
    if (!element.dataset.key.includes(" ")) element.setAttribute("aria-keyshortcuts", element.dataset.key);
}

function on() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true; // storage is barred
  }
}

function remember(wanted) {
  try {
    localStorage.setItem(SWITCH, wanted ? "on" : "off");
  } catch {
    // storage is barred: keys stay on
  }
}

/** @param {EventTarget | null} target */
function typing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])");
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") {
      const mine = event.target.closest("[data-row]"); // the keys of a row work on behind its field
      event.target.blur();
      if (mine) enter(mine);
    }
    return;
  }
  if (!on()) return;
  const key = event.key === " " ? "Space" : event.key;
  if (["Space", "Enter"].includes(key) && event.target.closest?.("a, button, summary, input")) return; // theirs
  if (key.startsWith("Arrow") && event.target.matches?.("input")) return;
  const sequence = performance.now() - begunAt < PATIENCE_MS ? `${begun} ${key}` : key;
  begun = "";
  if (run(sequence, event) || (sequence !== key && run(key, event))) event.preventDefault();
  else if (key.length === 1 && document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) {
    begun = key;
    begunAt = performance.now();
  }
}

/** @returns {boolean} whether somebody wanted it */
function run(key, event) {
  const dialog = document.querySelector("dialog[open]");
  const element = keyed(key, dialog ?? document);
  if (element) {
    if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
      element.focus();
      element.select?.();
    } else element.click();
    return true;
  }
  if (dialog) return false;
  if (own.has(key)) {
    own.get(key).act(event);
    return true;
  }
  if (key === "j" || (key === "ArrowDown" && row())) return move(1);
  if (key === "k" || (key === "ArrowUp" && row())) return move(-1);
  return false;
}

/** The row in hand: that of the focus. */
function row() {
  return document.activeElement?.closest("[data-row]") ?? null;
}

/** @param {ParentNode} place  the first element for a key that can be seen; one within a row only in the row in hand */
function keyed(key, place) {
  const found = [...place.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((element) => usable(element));
  const mine = row();
  return found.find((element) => mine?.contains(element)) ?? found.find((element) => !element.closest("[data-row]"));
}

function usable(element) {
  return !element.disabled && element.getAttribute("aria-disabled") !== "true" && element.checkVisibility();
}

/** @param {number} step */
function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((element) => element.checkVisibility());
  if (!rows.length) return false;
  const at = rows.indexOf(row());
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  enter(rows[next]);
  return true;
}

/** @param {HTMLElement} row  gives it the focus, and shows it */
export function enter(row) {
  const target = row.querySelector("[data-open]") ?? (row.tabIndex >= -1 && row.hasAttribute("tabindex") ? row : row.querySelector("a[href], button"));
  (target ?? row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLDialogElement} dialog  the keys of this page, by their names */
export function lists(dialog) {
  const here = new Map([...own].map(([key, { label }]) => [key, label]));
  const go = new Map();
  for (const element of document.querySelectorAll("[data-key]:not(#shortcuts *)")) {
    const key = element.dataset.key;
    if (["?", "/"].includes(key)) continue; // told already
    const to = element.closest("header.bar") ? go : here;
    if (!to.has(key)) to.set(key, nameOf(element));
  }
  fill(dialog.querySelector("[data-keys-go]"), go);
  fill(dialog.querySelector("[data-keys-here]"), here);
}

function nameOf(element) {
  const told = element.dataset.keyLabel || element.getAttribute("aria-label") || element.title;
  if (told) return told;
  const copy = (element.matches("input, select, textarea") ? element.labels?.[0] : element)?.cloneNode(true);
  for (const part of copy?.querySelectorAll("kbd, .sr, svg, input, select") ?? []) part.remove();
  return copy?.textContent.trim() || element.textContent.trim();
}

function fill(place, keys) {
  place?.replaceChildren(
    ...[...keys].map(([key, label]) => {
      const line = document.createElement("div");
      const name = line.appendChild(document.createElement("dt"));
      const pressed = line.appendChild(document.createElement("dd"));
      name.textContent = label;
      for (const one of key.split(" ")) {
        if (pressed.childNodes.length) pressed.append(" ");
        pressed.appendChild(document.createElement("kbd")).textContent = one;
      }
      return line;
    }),
  );
}
