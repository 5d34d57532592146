// The song's outline, drawn from peaks that the server keeps; nothing is decoded here.
import { one } from "./dom.js";

const canvas = one("#wave");
const STEP = 4;
let peaks = [];
let wanted = "";
let at = 0;

export async function load(song) {
  if (wanted === song) return;
  wanted = song;
  peaks = [];
  draw(0);
  const response = await fetch(`/media/tracks/${song}/peaks`).catch(() => null);
  if (!response?.ok || wanted !== song) return;
  const found = await response.json();
  if (wanted !== song) return;
  peaks = found.peaks ?? [];
  draw(at);
}

export function draw(share) {
  at = share;
  const ratio = devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (!width) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const look = getComputedStyle(document.documentElement);
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  const bars = Math.max(1, Math.floor(width / (STEP * ratio)));
  const top = Math.max(1, ...peaks);
  for (let n = 0; n < bars; n++) {
    const part = peaks.slice(Math.floor((n * peaks.length) / bars), Math.max(1, Math.ceil(((n + 1) * peaks.length) / bars)));
    const tall = Math.max(2 * ratio, (height * (part.length ? Math.max(...part) : 0)) / top);
    pen.fillStyle = look.getPropertyValue(n / bars < share ? "--accent" : "--line");
    pen.beginPath();
    pen.roundRect(n * STEP * ratio, (height - tall) / 2, (STEP - 1.5) * ratio, tall, ratio);
    pen.fill();
  }
}

addEventListener("resize", () => draw(at));
document.addEventListener("songkin:looks", () => draw(at));
