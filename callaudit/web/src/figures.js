// The agent's page: the button that prints.
document.querySelector("[data-prints]")?.addEventListener("click", () => window.print());
