// Songs on pages: play, add to the queue, all of a list.
import { all, toast } from "./dom.js";
import { add, current, playList, toggle } from "./player.js";

export function songOf(holder) {
  const { song, title, artist, album, seconds, kind } = holder.dataset;
  return { id: song, title, artist, album, seconds: Number(seconds) || 0, kind };
}

function songsIn(holder) {
  const found = new Map();
  for (const each of all("[data-song]", holder)) if (each.dataset.kind) found.set(each.dataset.song, songOf(each));
  return [...found.values()];
}

const acts = {
  play(button) {
    const holder = button.closest("[data-song]");
    const song = songOf(holder);
    if (current()?.id === song.id) return toggle();
    const list = button.closest("[data-list]");
    const songs = list ? songsIn(list) : [song];
    const at = songs.findIndex((each) => each.id === song.id);
    playList(at < 0 ? [song] : songs, Math.max(0, at));
  },
  queue(button, event) {
    const song = songOf(button.closest("[data-song]"));
    add([song], { next: event.shiftKey });
    toast(event.shiftKey ? `Next: ${song.title}` : `Added: ${song.title}`);
  },
  "play-next"(button) {
    const song = songOf(button.closest("[data-song]"));
    add([song], { next: true });
    toast(`Next: ${song.title}`);
  },
  "play-all"(button) {
    const songs = songsIn(button.closest("[data-songs]") ?? document);
    if (songs.length) playList(songs, 0);
    else toast("None of these has a sound file here.");
  },
  "queue-all"(button) {
    const songs = songsIn(button.closest("[data-songs]") ?? document);
    add(songs);
    toast(`Added ${songs.length} song${songs.length === 1 ? "" : "s"}`);
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-act]");
  if (!button || event.ctrlKey || event.metaKey || event.button) return;
  event.preventDefault();
  acts[button.dataset.act]?.(button, event);
});
