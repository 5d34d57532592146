// What the player holds, kept for this tab: it survives a reload.
const KEY = "songkin-player";
const FRESH = { queue: [], at: -1, position: 0, volume: 1, muted: false, shuffle: false, next: 1 };

function read() {
  try {
    return { ...FRESH, ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...FRESH };
  }
}

export const state = read();

export function save() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // a full or forbidden store only costs the memory of a reload
  }
}

const listeners = [];
export const onQueue = (act) => listeners.push(act);

export function changed() {
  save();
  for (const act of listeners) act();
}

const item = (song) => ({ ...song, key: state.next++ });

export function replaceQueue(songs, at) {
  state.queue = songs.map(item);
  state.at = at;
  if (state.shuffle) mix(true);
}

export function insert(songs, next) {
  const place = next ? state.at + 1 : state.queue.length;
  state.queue.splice(place, 0, ...songs.map(item));
}

export function move(from, to) {
  if (to < 0 || to >= state.queue.length || from === to) return;
  const playing = state.queue[state.at];
  state.queue.splice(to, 0, ...state.queue.splice(from, 1));
  state.at = state.queue.indexOf(playing);
}

export function drop(index) {
  state.queue.splice(index, 1);
  if (index < state.at) state.at--;
}

// What comes is mixed, or put back as it was added; what was heard stays.
export function mix(on) {
  state.shuffle = on;
  const coming = state.queue.splice(state.at + 1);
  if (on) {
    for (let n = coming.length - 1; n > 0; n--) {
      const m = Math.floor(Math.random() * (n + 1));
      [coming[n], coming[m]] = [coming[m], coming[n]];
    }
  } else coming.sort((a, b) => a.key - b.key);
  state.queue.push(...coming);
}
