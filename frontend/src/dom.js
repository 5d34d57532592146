// Small things that all parts use. Text of songs is only ever put in as text.
export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "0:00";
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

let clearing;

// For eyes and for screen readers.
export function toast(text) {
  const made = element("div", { class: "toast" }, text);
  one("#toasts").replaceChildren(made);
  clearTimeout(clearing);
  clearing = setTimeout(() => made.remove(), 3200);
}

export function announce(text) {
  one("#live").textContent = text;
}

// Runs now and after every swap, on the page or on what was swapped in.
export function onContent(act) {
  act(document);
  document.addEventListener("htmx:after:swap", () => act(document));
}

// What went wrong, as the server told it.
export async function told(response) {
  try {
    const problem = await response.json();
    return [problem.detail ?? problem.title, problem.remedy].filter(Boolean).join(" ");
  } catch {
    return `The server answered with ${response.status}.`;
  }
}
