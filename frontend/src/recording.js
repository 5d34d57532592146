// A recording by the microphone, as it is: no echo cancelling, no noise taken away, no gain made.
import { clock, element, one, onContent, toast } from "./dom.js";
import { send } from "./searching.js";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const LONGEST = 30;
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

async function record(button) {
  if (button.recorder) return button.recorder.stop();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS });
  } catch (error) {
    return toast(error.name === "NotAllowedError" ? "The browser may not use the microphone." : "There is no microphone.");
  }
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  const parts = [];
  const label = one("span", button);
  const said = label.textContent;
  const began = performance.now();
  const watch = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    label.textContent = `Stop · ${clock(seconds)}`;
    if (seconds >= LONGEST) recorder.stop();
  }, 200);
  const meter = levels(stream, one("#level"));
  button.recorder = recorder;
  button.classList.add("recording");
  recorder.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
  recorder.addEventListener("stop", () => {
    clearInterval(watch);
    meter();
    stream.getTracks().forEach((track) => track.stop());
    button.recorder = null;
    button.classList.remove("recording");
    label.textContent = said;
    const type = recorder.mimeType || "audio/webm";
    send(new Blob(parts, { type }), `recording.${type.includes("mp4") ? "m4a" : type.includes("ogg") ? "ogg" : "webm"}`);
  });
  recorder.start(500);
}

// How loud it is while it is recorded; returns what ends it.
function levels(stream, canvas) {
  const context = new AudioContext();
  const listener = context.createAnalyser();
  listener.fftSize = 512;
  context.createMediaStreamSource(stream).connect(listener);
  const samples = new Uint8Array(listener.fftSize);
  const past = [];
  let going = true;
  const pen = canvas.getContext("2d");
  canvas.hidden = false;
  const step = () => {
    if (!going) return;
    listener.getByteTimeDomainData(samples);
    past.push(Math.max(...samples.map((each) => Math.abs(each - 128))) / 128);
    const bars = Math.floor(canvas.width / 5);
    if (past.length > bars) past.shift();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    past.forEach((loud, n) => {
      const tall = Math.max(3, loud * canvas.height);
      pen.fillRect(n * 5, (canvas.height - tall) / 2, 3, tall);
    });
    requestAnimationFrame(step);
  };
  step();
  return () => {
    going = false;
    canvas.hidden = true;
    context.close();
  };
}

onContent(() => {
  const button = one("#record");
  if (!button || button.dataset.ready) return;
  button.dataset.ready = "1";
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    button.replaceWith(element("p", { class: "soft" }, "This browser cannot record here. A file works."));
    return;
  }
  button.addEventListener("click", () => record(button));
});
