// The offline page: a player for each call on it, and the keys for the one in hand.
const players = [...document.querySelectorAll("main.call")].map((root) => new Player(root));
let active = players[0] ?? null;
for (const player of players)
  for (const name of ["pointerdown", "focusin"]) player.root.addEventListener(name, () => (active = player));

document.addEventListener("keydown", (event) => {
  if (!active || event.altKey || event.ctrlKey || event.metaKey) return;
  const at = event.target;
  const own = at.matches("input, select, textarea, summary");
  if (event.key === " " && !own && !at.matches("button, a")) active.toggle();
  else if (event.key === "ArrowLeft" && !own) active.step(-1);
  else if (event.key === "ArrowRight" && !own) active.step(1);
  else return;
  event.preventDefault();
});

addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
