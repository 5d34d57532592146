// The one box: results while one types, names below it, a link that is pasted, a file that is dropped.
import { one, toast, told } from "./dom.js";
import { go } from "./going.js";
import { options } from "./options.js";

const form = one("#ask");
const box = one("#q");
const names = options(box, one("#suggest"), (chosen) => chosen.click());
let waiting;
let asked = box.value.trim();

form.setAttribute("hx-sync", "replace");

function search(text) {
  clearTimeout(waiting);
  if (text === asked && location.pathname === "/") return;
  const replace = location.pathname === "/" && asked !== "" && text !== "";
  asked = text;
  go("/", { source: form, replace });
}

box.addEventListener("input", () => {
  clearTimeout(waiting);
  const text = box.value.trim();
  waiting = setTimeout(() => {
    search(text);
    if (text.length > 1 && !/^https?:/.test(text)) names.show(`/suggest?q=${encodeURIComponent(text)}`);
    else names.hide();
  }, 220);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  names.hide();
  search(box.value.trim());
});

// A search is noted when its results were looked at for a while: what is typed on the way to it is none.
const STAYED = 2500;
let noting;
let noted = "";

function arrived() {
  const text = location.pathname === "/" ? (new URLSearchParams(location.search).get("q") ?? "") : "";
  if (document.activeElement !== box) asked = text;
  clearTimeout(noting);
  if (!text || text === noted) return;
  noting = setTimeout(() => {
    noted = text;
    fetch("/api/v1/searches", {
      method: "POST",
      keepalive: true,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
    }).catch(() => {}); // only a note
  }, STAYED);
}

document.addEventListener("htmx:after:swap", arrived);
arrived();
one("#suggest").addEventListener("click", () => {
  clearTimeout(waiting);
  form.dispatchEvent(new Event("htmx:abort")); // results that are still on their way would take the page back
  names.hide();
  box.blur();
});

export async function send(file, name = file.name) {
  const body = new FormData();
  body.append("file", file, name);
  document.body.classList.add("waiting");
  toast("Listening to it …");
  try {
    const response = await fetch("/record", { method: "POST", body, headers: { accept: "application/problem+json, text/html" } });
    if (!response.ok) return toast(await told(response));
    const { pathname, search } = new URL(response.url);
    await go(pathname + search);
  } catch {
    toast("It could not be sent.");
  } finally {
    document.body.classList.remove("waiting");
  }
}

let depth = 0;
const holdsFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const dropping = (on) => document.body.classList.toggle("dropping", on);

addEventListener("dragenter", (event) => holdsFile(event) && dropping(++depth > 0));
addEventListener("dragleave", (event) => holdsFile(event) && dropping(--depth > 0));
addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault();
  depth = 0;
  dropping(false);
  const zone = event.target.closest?.("[data-drop]");
  const input = zone && one("input[type=file]", zone);
  if (input) {
    input.files = event.dataTransfer.files;
    zone.requestSubmit();
  } else if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
});

addEventListener("paste", (event) => {
  if (event.target.matches?.("input, textarea, select")) return;
  const [file] = event.clipboardData?.files ?? [];
  const text = event.clipboardData?.getData("text/plain").trim();
  if (file) send(file);
  else if (text) {
    box.value = text.slice(0, 2000);
    search(box.value);
  }
});

export const focusSearch = () => {
  box.focus();
  box.select();
};
