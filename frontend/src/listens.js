// What was heard of a song: half of it, or four minutes, is a play; less of it, and on to another, is a skip.
const ENOUGH = 240;
const HARDLY = 1;
let seconds = 0;
let last = 0;

export function started() {
  seconds = 0;
  last = 0;
}

export function heard(now) {
  const step = now - last;
  if (step > 0 && step < 2) seconds += step;
  last = now;
}

export function left(song, length) {
  const listened = seconds;
  started();
  if (listened < HARDLY) return;
  const kind = listened >= Math.min(ENOUGH, length / 2) ? "play" : "skip";
  fetch(`/api/v1/tracks/${song.id}/listens`, {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind, seconds: Math.round(listened * 10) / 10 }),
  }).catch(() => {}); // what is heard is only noted; the music goes on
}
