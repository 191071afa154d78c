// The theme changes at once; the server is told, so that the next page comes in it.

export function theme() {
  const form = document.querySelector("[data-theme-choice]");
  const dark = document.querySelector("link[data-dark]");
  form?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "theme") return; // another language is another page
    event.preventDefault();
    const wanted = button.value;
    document.documentElement.dataset.theme = wanted;
    dark.media = { auto: "screen and (prefers-color-scheme: dark)", dark: "screen", light: "not all" }[wanted];
    for (const one of form.querySelectorAll("[name=theme]")) one.setAttribute("aria-pressed", String(one === button));
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)), redirect: "manual" }).catch(() => {});
  });
}
