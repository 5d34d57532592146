// Going from page to page without leaving: only <main> is exchanged, so that the music plays on.
import htmx from "htmx.org/dist/htmx.esm.js";
import { all, announce, one, toast } from "./dom.js";

export function go(address, { replace = false, source } = {}) {
  return htmx.ajax("GET", address, {
    target: "#main",
    select: "#main",
    swap: "outerSync",
    ...(source ? { source } : {}),
    ...(replace ? { replace: "true" } : { push: "true" }),
  });
}

function arrived() {
  const here = location.pathname;
  for (const link of all(".tabs a")) {
    if (link.getAttribute("href") === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const box = one("#q");
  if (document.activeElement !== box) box.value = new URLSearchParams(location.search).get("q") ?? "";
}

let last = location.pathname + location.search;

document.addEventListener("htmx:after:swap", () => {
  const now = location.pathname + location.search;
  if (now === last) return;
  last = now;
  arrived();
  const typing = document.activeElement?.matches?.("input, select, textarea");
  announce(one("#count")?.textContent ?? document.title);
  if (!typing) one("#main").focus({ preventScroll: true });
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail?.error?.name !== "AbortError") toast("The server cannot be reached.");
});
addEventListener("pageshow", arrived);
