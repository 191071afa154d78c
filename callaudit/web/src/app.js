// What every page loads: htmx, the keys, messages, and small things that a page without script does by a full reload.
import "htmx.org";
import { listen, lists } from "./parts/keys.js";
import { messages } from "./parts/messages.js";
import { keepFocus } from "./parts/focus.js";
import { theme } from "./parts/theme.js";

for (const element of document.querySelectorAll("[data-script][hidden]")) element.hidden = false;
listen();
messages();
keepFocus();
theme();

// A dialog opened by its button, filled with what the page listens to.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog instanceof HTMLDialogElement && !dialog.open) {
    if (dialog.id === "shortcuts") lists(dialog);
    event.preventDefault(); // a link to it, for pages without script
    dialog.showModal();
  } else if (event.target instanceof HTMLDialogElement) event.target.close(); // beside it
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// A menu closes with Escape, and gives the focus back.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Forms that go off when something is chosen, and those that ask first.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form?.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const asks = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (asks && !window.confirm(asks)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-prints]")) window.print();
});
