// Light and dark, cards and table: kept in cookies, so that the server knows before the first paint.
import { one } from "./dom.js";

const YEAR = 31_536_000;

function keep(name, value) {
  document.cookie = `${name}=${value};path=/;max-age=${YEAR};samesite=lax`;
}

export function turn() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  keep("theme", root.dataset.theme);
  document.dispatchEvent(new Event("songkin:looks"));
}

one(".theme").addEventListener("submit", (event) => {
  event.preventDefault();
  turn();
});

document.addEventListener("click", (event) => {
  const view = event.target.closest?.("[data-view]")?.dataset.view;
  if (view) keep("view", view);
});

document.addEventListener("change", (event) => {
  event.target.form?.matches("[data-submit]") && event.target.form.requestSubmit();
});

document.addEventListener("input", (event) => {
  const shown = event.target.matches("input[type=range][data-shown]") && one(`#${event.target.dataset.shown}`);
  if (shown) shown.textContent = event.target.value;
});
