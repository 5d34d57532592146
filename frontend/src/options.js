// A list of options below a box: arrows go through it, Enter takes one, Escape closes it.
import htmx from "htmx.org/dist/htmx.esm.js";
import { all } from "./dom.js";

export function options(box, panel, take) {
  let at = -1;
  let latest = 0;
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", panel.id);
  box.setAttribute("aria-expanded", "false");
  const rows = () => (panel.hidden ? [] : all("[role=option]", panel));

  function hide() {
    latest++;
    panel.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  async function show(address) {
    const asked = ++latest;
    const response = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!response?.ok || asked !== latest || document.activeElement !== box) return;
    const text = await response.text();
    if (asked !== latest) return;
    panel.innerHTML = text; // escaped by the server, like every page
    htmx.process(panel);
    all("[role=option]", panel).forEach((row, n) => (row.id = `${panel.id}-${n}`));
    panel.hidden = !panel.firstElementChild;
    at = -1;
    box.setAttribute("aria-expanded", String(!panel.hidden));
  }

  function mark(to) {
    const found = rows();
    if (!found.length) return;
    at = (to + found.length) % found.length;
    found.forEach((row, n) => row.setAttribute("aria-selected", String(n === at)));
    found[at].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", found[at].id);
  }

  box.addEventListener("keydown", (event) => {
    const found = rows();
    if (event.key === "ArrowDown" && found.length) mark(at + 1);
    else if (event.key === "ArrowUp" && found.length) mark(at < 0 ? -1 : at - 1);
    else if (event.key === "Enter" && found[at]) take(found[at]);
    else if (event.key === "Escape" && found.length) hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  panel.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  box.addEventListener("blur", hide);
  return { show, hide };
}
