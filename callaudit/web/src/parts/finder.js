// Finds words in the transcript, past punctuation and over the borders of words, and marks them without touching it.
const MOST = 500;
const VOICED = /[\p{L}\p{N}＊]/u;

/**
 * @param {HTMLInputElement} field
 * @param {HTMLOutputElement} count
 * @param {HTMLElement} lines
 * @param {string} told  "# found"
 */
export function finder(field, count, lines, told) {
  let texts = null;
  let found = [];
  let at = -1;

  const search = () => {
    texts ??= [...lines.querySelectorAll(".turn p")].map(voiced);
    const wanted = [...field.value.toLowerCase()].filter((char) => VOICED.test(char)).join("");
    found = [];
    at = -1;
    if (wanted) for (const text of texts) collect(text, wanted, found);
    count.value = wanted ? told.replace("#", found.length) : "";
    paint();
    if (found.length) go(1);
  };
  const go = (by) => {
    if (!found.length) return;
    at = (at + by + found.length) % found.length;
    count.value = `${at + 1} / ${found.length}`;
    paint();
    const row = found[at].startContainer.parentElement.closest(".turn");
    const top = row.offsetTop - lines.offsetTop;
    lines.scrollTo({ top: top - lines.clientHeight / 3 });
  };
  const paint = () => {
    if (typeof CSS === "undefined" || !CSS.highlights) {
      for (const row of lines.querySelectorAll(".hit")) row.classList.remove("hit");
      for (const range of found) range.startContainer.parentElement.closest(".turn").classList.add("hit");
      return;
    }
    CSS.highlights.set("found", new Highlight(...found));
    CSS.highlights.set("found-now", new Highlight(...found.slice(at < 0 ? found.length : at, at + 1)));
  };

  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  });
}

// The letters of a turn, each with its place in the page.
function voiced(part) {
  const places = [];
  let text = "";
  const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.parentElement.closest("small, a")) continue;
    [...node.data].reduce((offset, char) => {
      if (VOICED.test(char)) {
        const lower = char.toLowerCase();
        text += lower;
        for (let unit = 0; unit < lower.length; unit++) places.push([node, offset, offset + char.length]);
      }
      return offset + char.length;
    }, 0);
  }
  return { text, places };
}

function collect({ text, places }, wanted, found) {
  for (let from = text.indexOf(wanted); from >= 0 && found.length < MOST; from = text.indexOf(wanted, from + wanted.length)) {
    const range = document.createRange();
    const [first, last] = [places[from], places[from + wanted.length - 1]];
    range.setStart(first[0], first[1]);
    range.setEnd(last[0], last[2]);
    found.push(range);
  }
}
