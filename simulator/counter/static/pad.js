// The PIN pad: keys by mouse, finger or keyboard. No digit stays in this page.

import { ask, word } from "./api.js";

const BY_KEYBOARD = { Enter: "E", Backspace: "B", Delete: "B", Escape: "C" };
const WAITING_MAX = 20;
let waiting = 0;
let last = Promise.resolve();

export function startPad(refresh) {
  const pad = document.getElementById("pad");
  if (pad === null) return;
  const display = document.getElementById("pad-display");
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key !== undefined) press(key, refresh);
  });
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // Enter on one of its keys presses that key; on the display it validates.
    if (event.key === "Enter" && event.target !== display) return;
    const key = /^[0-9]$/.test(event.key) ? event.key : BY_KEYBOARD[event.key];
    if (key === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    display.focus();
    press(key, refresh);
  });
}

// One after the other: the order of the keys is what counts.
function press(key, refresh) {
  if (waiting >= WAITING_MAX) return;
  waiting += 1;
  last = last.then(() => ask("POST", "/pad/keys", { keys: key })).finally(() => { waiting -= 1; }).then(refresh);
}

export function drawPad(seen) {
  const pad = document.getElementById("pad");
  if (pad === null || seen === null) return;
  pad.dataset.plugged = String(seen.plugged);
  const shown = seen.plugged ? seen.lines : ["", ""];
  const display = document.getElementById("pad-display");
  const text = shown.map((line) => line.padEnd(16)).join("\n");
  if (display.textContent !== text) display.textContent = text;
  const state = !seen.plugged ? "pad_out" : seen.entering ? "pad_asks" : "pad_rests";
  const words = document.getElementById("pad-state");
  if (words.textContent !== word(state)) words.textContent = word(state);
}
