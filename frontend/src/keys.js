// The keyboard. Keys with Ctrl, Alt or Meta are the browser's.
import { one } from "./dom.js";
import { turn } from "./looks.js";
import { control, volume } from "./player.js";
import { focusSearch } from "./searching.js";

const help = () => one("#shortcuts").showModal();
const KEYS = {
  "/": focusSearch,
  " ": control.toggle,
  n: control.next,
  p: control.previous,
  ArrowLeft: () => control.by(-10),
  ArrowRight: () => control.by(10),
  m: control.mute,
  s: control.shuffle,
  l: control.love,
  q: control.queue,
  t: turn,
  "?": help,
};
control.help = help;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const on = event.target;
  if (on.matches?.("input:not([type=range], [type=checkbox], [type=radio]), textarea, select") || one("dialog[open]")) {
    if (event.key === "Escape") on.blur();
    return;
  }
  if (on.matches?.("input") && event.key.startsWith("Arrow")) return;
  if (event.key === " " && on.matches?.("button, a, summary, input")) return;
  if (event.key === "Escape" && !one("#queue").hidden) return control.queue();
  if (event.shiftKey && event.key === "ArrowUp") volume(0.1);
  else if (event.shiftKey && event.key === "ArrowDown") volume(-0.1);
  else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
});
