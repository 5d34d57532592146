// What comes next: shown, ordered by dragging or with the arrow keys, taken out, kept as a playlist.
import { all, announce, element, icon, one, toast, told } from "./dom.js";
import { go } from "./going.js";
import { playAt, remove } from "./player.js";
import { changed, move, onQueue, state } from "./state.js";

const panel = one("#queue");
const list = one("#queue-list");
const button = one("#queue-button");

export function showQueue(open = panel.hidden) {
  panel.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  if (!open) return button.focus();
  fill();
  one(".current .title", list)?.focus();
}

function row(song, index) {
  const grip = element("button", { class: "round grip", type: "button", "aria-label": `Move ${song.title}` , title: "Drag, or use the arrow keys" }, icon("grip"));
  const title = element("button", { class: "title", type: "button" }, element("b", {}, song.title), element("span", {}, song.artist));
  const away = element("button", { class: "round", type: "button", "aria-label": `Remove ${song.title}` }, icon("close"));
  const made = element("li", { "data-key": song.key, class: index === state.at ? "current" : null }, grip, title, away);
  if (index === state.at) title.setAttribute("aria-current", "true");
  title.addEventListener("click", () => playAt(place(made)));
  away.addEventListener("click", () => {
    const next = made.nextElementSibling ?? made.previousElementSibling;
    const key = next?.dataset.key;
    remove(place(made));
    one(`li[data-key="${key}"] .title`, list)?.focus();
    announce(`${song.title} is out of the queue.`);
  });
  grip.addEventListener("keydown", (event) => shift(event, made, song));
  grip.addEventListener("pointerdown", (event) => drag(event, made));
  return made;
}

const place = (made) => state.queue.findIndex((song) => String(song.key) === made.dataset.key);

function shift(event, made, song) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const from = place(made);
  move(from, from + by);
  changed();
  one(`li[data-key="${song.key}"] .grip`, list)?.focus();
  announce(`${song.title} is number ${state.queue.findIndex((each) => each.key === song.key) + 1}.`);
}

// Listens on the document: a grip that moves in its list would lose the pointer.
function drag(event, made) {
  if (event.button) return;
  event.preventDefault();
  const from = place(made);
  const ending = new AbortController();
  made.classList.add("dragged");
  const over = (moved) => {
    const after = all("li", list).find((each) => {
      const box = each.getBoundingClientRect();
      return each !== made && moved.clientY < box.top + box.height / 2;
    });
    if (after !== made.nextElementSibling) list.insertBefore(made, after ?? null);
  };
  const done = () => {
    ending.abort();
    made.classList.remove("dragged");
    move(from, all("li", list).indexOf(made));
    changed();
  };
  document.addEventListener("pointermove", over, ending);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, done, ending);
}

function fill() {
  if (panel.hidden) return;
  list.replaceChildren(...state.queue.map(row));
  one("#queue-empty").hidden = state.queue.length > 0;
  one("#queue-save").hidden = !state.queue.length;
}

one("#queue-save").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = one("#queue-name");
  const body = new URLSearchParams({ name: name.value, songs: state.queue.map((song) => song.id).join(" ") });
  const response = await fetch("/playlists", { method: "POST", body, headers: { accept: "application/problem+json, text/html" } }).catch(() => null);
  if (!response?.ok) return toast(response ? await told(response) : "The server cannot be reached.");
  toast(`Saved as ${name.value}`);
  name.value = "";
  go(new URL(response.url).pathname);
});

onQueue(fill);
