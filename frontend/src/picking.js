// Boxes in which songs are picked by name: each pick is a chip with a hidden input, so that forms work as they are.
import { element, icon, one, all, onContent } from "./dom.js";
import { options } from "./options.js";

function chip(field, id, label) {
  const away = element("button", { type: "button", class: "round", "aria-label": `Without ${label}`, "data-unpick": true }, icon("close"));
  const weight = field.dataset.weights
    ? element("input", { type: "range", min: 0, max: 1, step: 0.05, value: 1, name: `w.${id}`, "aria-label": `How much ${label} counts` })
    : null;
  return element("li", { class: "chip picked" }, element("span", {}, label), weight, element("input", { type: "hidden", name: field.dataset.name, value: id }), away);
}

function ready(field) {
  if (field.dataset.ready) return;
  field.dataset.ready = "1";
  const box = one("input[type=search]", field);
  const panel = one(".picking", field);
  const picked = one(".chips", field);
  const take = (row) => {
    if (field.dataset.single) picked.replaceChildren();
    picked.append(chip(field, row.dataset.pick, row.dataset.label));
    box.value = "";
    names.hide();
  };
  const names = options(box, panel, take);
  let waiting;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (box.value.trim().length > 1) names.show(`/suggest?pick=1&q=${encodeURIComponent(box.value)}`);
      else names.hide();
    }, 150);
  });
  panel.addEventListener("click", (event) => {
    const row = event.target.closest("[data-pick]");
    if (row) take(row);
  });
  picked.addEventListener("click", (event) => {
    if (!event.target.closest("[data-unpick]")) return;
    event.target.closest("li").remove();
    box.focus();
  });
}

onContent(() => all("[data-picker]").forEach(ready));
