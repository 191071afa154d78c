// Plays a call and keeps drawing, transcript and clock at the same moment: on the offline page, and at the review desk,
// which builds on it.
const STEP_S = 5;
export const LEAD_S = 0.2; // a little before the place, so that its first sound is heard

export const clock = (time) => {
  const tenths = Math.round(Math.max(0, time) * 10);
  const pad = (n) => String(n).padStart(2, "0");
  const seconds = Math.floor(tenths / 10) % 60;
  const minutes = Math.floor(tenths / 600) % 60;
  const hours = Math.floor(tenths / 36000);
  return `${hours ? `${hours}:` : ""}${pad(minutes)}:${pad(seconds)}.${tenths % 10}`;
};

// Index of the last of the sorted times that is not after `time`; -1 where all are.
export const lastBefore = (times, time) => {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

const timed = (root, selector, name) => {
  const nodes = [...root.querySelectorAll(selector)].map((node) => [Number(node.dataset[name]), node]);
  nodes.sort((a, b) => a[0] - b[0]);
  return { times: nodes.map((pair) => pair[0]), nodes: nodes.map((pair) => pair[1]), now: -1 };
};

export class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.seekBar = root.querySelector(".seek");
    this.button = root.querySelector(".play");
    this.output = root.querySelector("output");
    this.lines = root.querySelector(".lines");
    this.zoom = root.querySelector(".zoom");
    this.speed = root.querySelector(".speed");
    this.words = timed(root, ".turn p [data-t]", "t");
    this.rows = timed(root, "[data-at]", "at");
    this.time = 0;
    this.wanted = null; // where to seek when the seek under way is done
    this.drawn();
    this.listen();
  }

  // Takes the drawing that is there now.
  drawn() {
    this.plot = this.root.querySelector(".plot");
    this.head = this.root.querySelector(".plot .head");
    this.scroll = this.root.querySelector(".scroll");
    this.duration = Number(this.plot.dataset.duration);
    this.plot.setAttribute("width", `${100 * Number(this.zoom.value)}%`);
  }

  listen() {
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    this.button.addEventListener("click", () => this.toggle());
    this.zoom.addEventListener("change", () => this.stretch());
    if (!this.audio) return;
    this.audio.controls = false; // the page has its own
    this.speed.addEventListener("change", () => {
      this.audio.playbackRate = Number(this.speed.value);
    });
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.changed());
    this.audio.addEventListener("seeked", () => this.sought());
    this.audio.addEventListener("timeupdate", () => {
      if (!this.moving()) this.heard(this.audio.currentTime);
    });
  }

  clicked(event) {
    const timedNode = event.target.closest("[data-t]");
    if (timedNode) {
      const time = Number(timedNode.dataset.t);
      this.seek(time - (timedNode.closest(".turn p") ? 0 : LEAD_S));
      this.play();
      return true;
    }
    if (!event.target.closest(".plot")) return false;
    this.seek(this.timeAt(event.clientX));
    return true;
  }

  // The time that is drawn at a place of the window.
  timeAt(x) {
    const box = this.plot.getBoundingClientRect();
    return ((x - box.left) / box.width) * this.duration;
  }

  seek(time) {
    const at = Math.min(this.duration, Math.max(0, time));
    if (this.audio && this.moving()) this.wanted = at; // Chromium hangs on a seek begun during another
    else if (this.audio) this.audio.currentTime = at;
    this.show(at, true);
  }

  // A seek is under way, or waits for one that is: what the audio tells of its time is not where it will be.
  moving() {
    return this.audio.seeking || this.wanted !== null;
  }

  sought() {
    if (this.wanted === null) {
      this.show(this.audio.currentTime);
      return;
    }
    this.audio.currentTime = this.wanted;
    this.wanted = null;
  }

  play() {
    if (!this.audio || !this.audio.paused) return;
    for (const other of document.querySelectorAll("audio")) if (other !== this.audio) other.pause();
    this.audio.play().catch(() => this.changed()); // the browser may refuse; the button shows so
  }

  toggle() {
    if (!this.audio) return;
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  step(by) {
    this.seek(this.time + by * STEP_S);
  }

  changed() {
    const playing = !this.audio.paused;
    this.button.classList.toggle("playing", playing);
    this.button.setAttribute("aria-label", playing ? this.button.dataset.pause : this.button.dataset.play);
    const frame = () => {
      if (this.audio.paused) return;
      if (!this.moving()) this.heard(this.audio.currentTime);
      requestAnimationFrame(frame);
    };
    if (playing) requestAnimationFrame(frame);
  }

  // The sound has come to `time` by itself.
  heard(time) {
    this.show(time);
  }

  show(time, jumped = false) {
    this.time = time;
    const x = `${(100 * time) / this.duration}%`;
    this.head.setAttribute("x1", x);
    this.head.setAttribute("x2", x);
    this.seekBar.value = String(time);
    if (this.output.value !== clock(time)) {
      this.output.value = clock(time);
      this.seekBar.setAttribute("aria-valuetext", clock(time));
    }
    this.mark(this.words, time);
    if (this.mark(this.rows, time)) this.reveal(this.rows.nodes[this.rows.now]);
    this.follow(jumped);
  }

  // Moves the class `now` to what is heard at `time`; says whether it moved.
  mark(list, time) {
    const index = lastBefore(list.times, time + 0.01);
    if (index === list.now) return false;
    if (list.now >= 0) list.nodes[list.now].classList.remove("now");
    if (index >= 0) list.nodes[index].classList.add("now");
    list.now = index;
    return index >= 0;
  }

  reveal(row) {
    const top = row.offsetTop - this.lines.offsetTop;
    const hidden = top < this.lines.scrollTop || top + row.offsetHeight > this.lines.scrollTop + this.lines.clientHeight;
    if (hidden) this.lines.scrollTo({ top: top - this.lines.clientHeight / 3, behavior: "auto" });
  }

  // Makes the drawing as many times as wide as is chosen.
  stretch() {
    this.plot.setAttribute("width", `${100 * Number(this.zoom.value)}%`);
    this.follow(true);
  }

  // Keeps the playhead in sight where the drawing is wider than its frame.
  follow(jumped) {
    if (Number(this.zoom.value) === 1) return;
    const width = this.plot.getBoundingClientRect().width;
    const frame = this.scroll.clientWidth;
    const x = (width * this.time) / this.duration;
    const left = this.scroll.scrollLeft;
    if (jumped || x < left || x > left + frame * 0.95) this.scroll.scrollLeft = x - frame * 0.2;
  }
}
