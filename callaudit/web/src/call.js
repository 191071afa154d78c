// The page of a call: the player of the offline page, and what a reviewer's ear needs besides.
import { LEAD_S, Player, clock, lastBefore } from "../../reports/templates/player.js";
import { finder } from "./parts/finder.js";
import { enter, onKey } from "./parts/keys.js";

const TAIL_S = 0.3; // behind evidence: its last sound is heard to the end
const SETTLED_S = 0.2; // of a silence is heard before it is skipped, and of its end again
const HANDS_OFF_MS = 4000; // so long after somebody scrolled the transcript it stays where it is
const DRAG_PX = 4;
const MOST_BEFORE = 500;

class CallPlayer extends Player {
  listen() {
    this.loop = null; // [start, end] of what is played over and over
    this.evidence = null; // [start, end] of the evidence that was asked for last
    this.scrolledAt = -Infinity;
    this.dragged = false;
    this.skips = this.root.querySelector(".skips");
    this.stops = this.root.querySelector(".stops");
    this.loopOff = this.root.querySelector(".loop-off");
    this.quiet = (this.root.dataset.quiet || "").split(" ").filter(Boolean).map((one) => one.split("-").map(Number));
    this.quietStarts = this.quiet.map((one) => one[0]);
    super.listen();
    for (const box of [this.skips, this.stops]) remember(box);
    this.loopOff.addEventListener("click", () => this.setLoop(null));
    for (const name of ["wheel", "touchmove", "pointerdown"])
      this.lines.addEventListener(name, () => (this.scrolledAt = performance.now()), { passive: true });
    this.root.addEventListener("pointerdown", (event) => this.drag(event));
    this.audio.addEventListener("error", () => this.silent());
    this.audio.addEventListener("playing", () => this.measured());
    document.addEventListener("htmx:afterSettle", () => this.redraw());
    this.keys();
  }

  keys() {
    const told = this.root.dataset;
    onKey("Space", told.plays, () => this.toggle());
    onKey("ArrowLeft", told.back, () => this.step(-1));
    onKey("ArrowRight", told.on, () => this.step(1));
    onKey("n", told.next, () => this.finding(1));
    onKey("p", told.previous, () => this.finding(-1));
    onKey("l", told.loops, () => this.toggleLoop(this.inHand()));
    onKey("Escape", told.loopOff, () => this.setLoop(null));
    onKey("-", told.slower, () => pick(this.speed, -1));
    onKey("=", told.faster, () => pick(this.speed, 1));
    onKey("x", told.zoomsIn, () => pick(this.zoom, 1));
    onKey("X", told.zoomsOut, () => pick(this.zoom, -1));
    onKey("i", told.marksStart, () => this.setLoop([this.time, Math.max(this.loop?.[1] ?? 0, this.time + 1)]));
    onKey("o", told.marksEnd, () => this.setLoop([Math.min(this.loop?.[0] ?? this.time, this.time - 0.2), this.time]));
  }

  // ── what is played ──
  clicked(event) {
    if (this.dragged) {
      this.dragged = false; // the end of a selection is no click
      return true;
    }
    const looper = event.target.closest("button.loop");
    if (looper) {
      this.toggleLoop(looper.closest(".finding"));
      return true;
    }
    const timed = event.target.closest("[data-t]");
    performance.mark("call:asked");
    if (timed?.dataset.end) {
      this.playPlace([Number(timed.dataset.t), Number(timed.dataset.end)], timed.closest(".finding"));
      return true;
    }
    const taken = super.clicked(event);
    if (!taken) return false;
    this.evidence = null;
    if (this.loop && (this.time < this.loop[0] - LEAD_S || this.time > this.loop[1])) this.setLoop(null);
    return true;
  }

  playPlace(place, card) {
    if (this.loop) this.setLoop(place, card);
    this.evidence = place;
    this.hold(card);
    this.seek(place[0] - LEAD_S);
    this.play();
  }

  heard(time) {
    super.heard(time);
    const [from, to] = this.loop ?? this.evidence ?? [0, -1];
    if (this.loop) {
      if (time >= to + TAIL_S) this.seek(from - LEAD_S);
      return;
    }
    if (this.evidence && time >= to + TAIL_S) {
      this.evidence = null;
      if (this.stops.checked && !this.audio.paused && time < to + TAIL_S + 1) this.audio.pause();
      return;
    }
    if (this.skips.checked && !this.evidence && !this.audio.paused) this.skip(time);
  }

  skip(time) {
    const at = lastBefore(this.quietStarts, time - SETTLED_S);
    if (at >= 0 && time < this.quiet[at][1] - 2 * SETTLED_S) this.seek(this.quiet[at][1] - SETTLED_S);
  }

  seek(time) {
    if (this.evidence && (time < this.evidence[0] - 1 || time > this.evidence[1])) this.evidence = null;
    super.seek(time);
  }

  // ── findings ──
  cards() {
    return [...this.root.querySelectorAll(".finding")];
  }

  inHand() {
    return document.activeElement?.closest(".finding") ?? this.root.querySelector(".finding.at") ?? this.cards()[0];
  }

  hold(card) {
    for (const other of this.cards()) other.classList.toggle("at", other === card);
  }

  finding(by) {
    const cards = this.cards();
    const now = document.activeElement?.closest(".finding") ?? this.root.querySelector(".finding.at");
    const at = cards.indexOf(now);
    this.hear(cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : Math.min(cards.length - 1, Math.max(0, at + by))]);
  }

  hear(card) {
    if (!card) return;
    performance.mark("call:asked");
    enter(card);
    this.hold(card);
    const place = placeOf(card);
    if (place) this.playPlace(place, card);
  }

  toggleLoop(card) {
    if (!card) return;
    const pressed = card.querySelector('.loop[aria-pressed="true"]');
    const place = placeOf(card);
    if (pressed || !place) {
      this.setLoop(null);
      return;
    }
    this.setLoop(place, card);
    this.playPlace(place, card);
  }

  setLoop(range, card = null) {
    this.loop = range && [Math.max(0, range[0]), Math.min(this.duration, range[1])];
    this.loopOff.hidden = !range;
    for (const button of this.root.querySelectorAll("button.loop"))
      button.setAttribute("aria-pressed", String(Boolean(card) && button.closest(".finding") === card));
    if (this.loop) {
      this.loopOff.querySelector("span").textContent = this.loop.map(clock).join("–");
      for (const [name, value] of [["start", this.loop[0]], ["end", this.loop[1]]])
        for (const field of document.querySelectorAll(`[data-selection="${name}"]`)) {
          field.value = value.toFixed(2);
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
    }
    this.drawLoop();
  }

  drawLoop() {
    this.plot.querySelector(".chosen")?.remove();
    if (!this.loop) return;
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    drawn.setAttribute("class", "chosen");
    drawn.setAttribute("x", `${(100 * this.loop[0]) / this.duration}%`);
    drawn.setAttribute("width", `${(100 * (this.loop[1] - this.loop[0])) / this.duration}%`);
    drawn.setAttribute("height", this.head.getAttribute("y2"));
    this.plot.append(drawn);
  }

  // A stretch dragged over on the drawing is played over and over.
  drag(event) {
    if (event.button !== 0 || !event.target.closest(".plot") || event.target.closest("a")) return;
    const from = event.clientX;
    const began = this.timeAt(from);
    let far = false;
    const moved = (move) => {
      far ||= Math.abs(move.clientX - from) > DRAG_PX;
      if (!far) return;
      this.loop = [began, this.timeAt(move.clientX)].sort((a, b) => a - b).map((at) => Math.min(this.duration, Math.max(0, at)));
      this.drawLoop();
    };
    const ended = () => {
      removeEventListener("pointermove", moved);
      removeEventListener("pointerup", ended);
      removeEventListener("pointercancel", ended);
      if (!far) return;
      this.dragged = true;
      setTimeout(() => (this.dragged = false)); // where no click follows
      this.setLoop(this.loop);
      this.seek(this.loop[0]);
    };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", ended);
    addEventListener("pointercancel", ended);
  }

  // ── the page around it ──
  redraw() {
    if (this.plot.isConnected) return;
    this.drawn();
    this.drawLoop();
    this.show(this.time);
    if (this.root.querySelector("[data-no-sound]")) this.silent(false);
  }

  silent(told = true) {
    this.root.querySelector(".no-sound").hidden = !told || Boolean(this.root.querySelector("[data-no-sound]"));
    this.button.disabled = true;
  }

  reveal(row) {
    if (performance.now() - this.scrolledAt > HANDS_OFF_MS) super.reveal(row);
  }

  // How long it took from asking for a place to its sound.
  measured() {
    if (!performance.getEntriesByName("call:asked").length) return;
    performance.measure("call:sound", "call:asked");
    performance.clearMarks("call:asked");
  }
}

function placeOf(card) {
  const button = card.querySelector("[data-t][data-end]");
  return button && [Number(button.dataset.t), Number(button.dataset.end)];
}

function pick(select, by) {
  const at = Math.min(select.options.length - 1, Math.max(0, select.selectedIndex + by));
  if (at === select.selectedIndex) return;
  select.selectedIndex = at;
  select.dispatchEvent(new Event("change"));
}

// A choice stays with this browser.
function remember(box) {
  const name = `callaudit.call.${box.className}`;
  try {
    box.checked = localStorage.getItem(name) === "on";
    box.addEventListener("change", () => localStorage.setItem(name, box.checked ? "on" : "off"));
  } catch {
    // storage is barred
  }
}

// The call that was looked at before this one, in the same queue: the queue itself may have moved on since.
function before(link, id) {
  const name = "callaudit.call.walk";
  try {
    const kept = JSON.parse(sessionStorage.getItem(name) ?? "null");
    const walk = kept?.queue === link.dataset.before ? kept.ids : [];
    const at = walk.indexOf(id);
    if (at < 0) walk.push(id);
    sessionStorage.setItem(name, JSON.stringify({ queue: link.dataset.before, ids: walk.slice(-MOST_BEFORE) }));
    const last = walk[(at < 0 ? walk.length - 1 : at) - 1];
    if (!last) return;
    link.href += last + (link.dataset.before ? `?${new URLSearchParams({ queue: link.dataset.before })}` : "");
    link.hidden = false;
  } catch {
    // storage is barred
  }
}

const root = document.querySelector(".call");
if (root) {
  before(document.querySelector("[data-before]"), root.dataset.call);
  const player = new CallPlayer(root);
  const play = new URLSearchParams(location.search).get("play"); // asked for in the queue, or by a rule's examples
  if (play) player.hear(play === "first" ? player.cards()[0] : player.cards().find((card) => card.dataset.rule === play));
  finder(root.querySelector(".finds"), root.querySelector(".hits"), player.lines, root.dataset.hits);
}
