// The one player. It stands outside of what pages exchange, so it plays on through all of them.
import { all, announce, clock, one, onContent, toast, told } from "./dom.js";
import { heard, left, started } from "./listens.js";
import { showQueue } from "./queue.js";
import { changed, drop, insert, mix, replaceQueue, save, state } from "./state.js";
import { draw, load } from "./wave.js";

const audio = one("#audio");
const bar = one("#player");
const seek = one("#seek");
const root = document.documentElement;

export const current = () => state.queue[state.at];

// A form that this browser cannot play is asked for in one that it can; the server keeps it for the next time.
function source(song, other = false) {
  const plays = song.kind && audio.canPlayType(song.kind) !== "";
  if (plays && !other) return `/media/tracks/${song.id}/audio`;
  const as = audio.canPlayType("audio/ogg; codecs=opus") ? "opus" : "mp3";
  return `/media/tracks/${song.id}/audio?as=${as}`;
}

function show() {
  const song = current();
  bar.hidden = !song;
  root.classList.toggle("has-player", Boolean(song));
  if (!song) return;
  one("#now").href = `/songs/${song.id}`;
  one("#now-title").textContent = song.title;
  one("#now-artist").textContent = song.artist;
  const cover = one("#now-cover");
  cover.src = `/media/tracks/${song.id}/cover?size=96`;
  cover.hidden = false;
  one("#now-love").setAttribute("aria-pressed", String(Boolean(song.loved)));
  one("#length").textContent = clock(song.seconds);
  load(song.id);
  session(song);
  mark();
}

function session(song) {
  if (!("mediaSession" in navigator)) return;
  const artwork = [{ src: new URL(`/media/tracks/${song.id}/cover?size=640`, location.href).href, sizes: "640x640" }];
  navigator.mediaSession.metadata = new MediaMetadata({ title: song.title, artist: song.artist, album: song.album, artwork });
}

// Which songs on the page are the one that plays.
function mark() {
  const song = current();
  for (const each of all("main [data-song]")) each.classList.toggle("playing", each.dataset.song === song?.id);
}

function start(at, { position = 0, play = true } = {}) {
  leave();
  state.at = at;
  state.position = position;
  const song = current();
  if (!song) return stop();
  audio.src = source(song);
  audio.dataset.other = "";
  if (position) audio.currentTime = position;
  show();
  changed();
  if (play) {
    started();
    run();
  }
}

function run() {
  audio.play().catch((error) => {
    if (error.name === "NotAllowedError") toast("Press play: the browser waits for you.");
  });
}

function stop() {
  audio.pause();
  audio.removeAttribute("src");
  state.at = -1;
  show();
  changed();
}

function leave() {
  const song = current();
  if (song) left(song, audio.duration || song.seconds);
}

export function playList(songs, at) {
  leave();
  state.at = -1;
  replaceQueue(songs, at);
  start(at);
}

export function add(songs, { next = false } = {}) {
  if (!songs.length) return;
  const idle = state.at < 0;
  insert(songs, next);
  if (idle) start(0);
  else changed();
}

export function toggle() {
  if (!current()) return state.queue.length ? start(0) : all("main [data-act=play]")[0]?.click();
  if (audio.paused) run();
  else audio.pause();
}

export function playAt(index) {
  start(index);
}

export function remove(index) {
  const playing = index === state.at;
  if (playing) leave();
  drop(index);
  if (!playing) return changed();
  if (state.queue[index]) start(index, { play: !audio.paused });
  else stop();
}

export function volume(by) {
  state.volume = Math.min(1, Math.max(0, state.volume + by));
  state.muted = false;
  loudness();
}

function loudness() {
  audio.volume = state.volume;
  audio.muted = state.muted;
  one("#volume").value = Math.round(100 * state.volume);
  one("#mute").setAttribute("aria-pressed", String(state.muted));
  root.classList.toggle("mute", state.muted);
  save();
}

async function love() {
  const song = current();
  if (!song) return;
  const vote = song.loved ? "none" : "love";
  const response = await fetch(`/songs/${song.id}/vote`, {
    method: "POST",
    headers: { "HX-Request": "true", accept: "application/problem+json" },
    body: new URLSearchParams({ vote, shown: "love" }),
  }).catch(() => null);
  if (!response?.ok) return toast(response ? await told(response) : "The server cannot be reached.");
  song.loved = vote === "love";
  one("#now-love").setAttribute("aria-pressed", String(song.loved));
  announce(song.loved ? `You love ${song.title}.` : `No vote for ${song.title}.`);
  save();
}

export const control = {
  toggle,
  next() {
    if (state.at + 1 < state.queue.length) start(state.at + 1);
    else toast("The queue ends here.");
  },
  previous() {
    if (audio.currentTime > 4 || state.at < 1) audio.currentTime = 0;
    else start(state.at - 1);
  },
  by: (seconds) => current() && (audio.currentTime = Math.max(0, audio.currentTime + seconds)),
  mute() {
    state.muted = !state.muted;
    loudness();
  },
  shuffle() {
    mix(!state.shuffle);
    one("[data-player=shuffle]").setAttribute("aria-pressed", String(state.shuffle));
    announce(state.shuffle ? "Shuffled." : "In order.");
    changed();
  },
  love,
  queue: () => showQueue(),
  clear() {
    state.queue = current() ? [current()] : [];
    state.at = state.queue.length - 1;
    changed();
  },
};

bar.addEventListener("click", act);
one("#queue").addEventListener("click", act);
function act(event) {
  const button = event.target.closest("[data-player]");
  if (button) control[button.dataset.player]?.();
}

function showTime() {
  const length = audio.duration || current()?.seconds || 0;
  one("#elapsed").textContent = clock(audio.currentTime);
  if (!seek.matches(":active")) seek.value = length ? Math.round((1000 * audio.currentTime) / length) : 0;
  seek.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(length)}`);
  draw(length ? audio.currentTime / length : 0);
}

let saved = 0;
audio.addEventListener("timeupdate", () => {
  heard(audio.currentTime);
  showTime();
  state.position = audio.currentTime;
  if (Math.abs(audio.currentTime - saved) > 2) {
    saved = audio.currentTime;
    save();
  }
});
audio.addEventListener("loadedmetadata", () => {
  one("#length").textContent = clock(audio.duration);
  showTime();
});
for (const name of ["play", "pause"]) {
  audio.addEventListener(name, () => {
    root.classList.toggle("plays", !audio.paused);
    one("#toggle").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    if ("mediaSession" in navigator) navigator.mediaSession.playbackState = audio.paused ? "paused" : "playing";
    mark();
  });
}
audio.addEventListener("ended", () => {
  leave();
  if (state.at + 1 < state.queue.length) start(state.at + 1);
  else root.classList.remove("plays");
});
audio.addEventListener("error", () => {
  const song = current();
  if (!song || !audio.getAttribute("src")) return;
  if (!audio.dataset.other && !audio.src.includes("?as=")) {
    audio.src = source(song, true);
    audio.dataset.other = "1";
    return run();
  }
  toast(`${song.title} cannot be played.`);
  if (state.at + 1 < state.queue.length) start(state.at + 1);
});
seek.addEventListener("input", () => {
  const length = audio.duration || current()?.seconds || 0;
  if (length) audio.currentTime = (seek.value / 1000) * length;
});
one("#volume").addEventListener("input", (event) => {
  state.volume = event.target.value / 100;
  state.muted = false;
  loudness();
});
addEventListener("pagehide", () => {
  state.position = audio.currentTime;
  save();
});
if ("mediaSession" in navigator) {
  const handlers = { play: run, pause: () => audio.pause(), nexttrack: control.next, previoustrack: control.previous };
  for (const [name, act] of Object.entries(handlers)) navigator.mediaSession.setActionHandler(name, act);
  navigator.mediaSession.setActionHandler("seekto", (to) => (audio.currentTime = to.seekTime));
}
onContent(mark);
loudness();
one("[data-player=shuffle]").setAttribute("aria-pressed", String(state.shuffle));
if (current()) start(state.at, { position: state.position, play: false });
