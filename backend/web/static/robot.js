// Answers the puzzle of a form in the background, so that nobody has to answer a question.
// In a page it minds the form; as a worker it does the sum. Which number, hashed with the salt by
// SHA-256 (FIPS 180-4), gives what is told?
"use strict";

const CONSTANTS = Uint32Array.from(
  `428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5
   d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174
   e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da
   983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967
   27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85
   a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070
   19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3
   748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2`
    .trim()
    .split(/\s+/)
    .map((word) => parseInt(word, 16)),
);
const BEGUN = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
const words = new Uint32Array(64);

// The first half of the hash of a text of at most 55 ASCII letters: one block of SHA-256.
function hash(text, found) {
  words.fill(0, 0, 16);
  const length = text.length;
  for (let i = 0; i < length; i += 1) {
    words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
  }
  words[length >> 2] |= 0x80 << (24 - (length & 3) * 8);
  words[15] = length * 8;
  for (let i = 16; i < 64; i += 1) {
    const x = words[i - 15];
    const y = words[i - 2];
    const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = words[i - 16] + small + words[i - 7] + large;
  }
  let a = BEGUN[0];
  let b = BEGUN[1];
  let c = BEGUN[2];
  let d = BEGUN[3];
  let e = BEGUN[4];
  let f = BEGUN[5];
  let g = BEGUN[6];
  let h = BEGUN[7];
  for (let i = 0; i < 64; i += 1) {
    const up = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + up + ((e & f) ^ (~e & g)) + CONSTANTS[i] + words[i]) | 0;
    const down = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const other = (down + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + other) | 0;
  }
  found[0] = a + BEGUN[0];
  found[1] = b + BEGUN[1];
  found[2] = c + BEGUN[2];
  found[3] = d + BEGUN[3];
}

// A number below `end` from `begin` on that hashes to what is told; -1 where there is none.
function search(salt, told, begin, end) {
  const wanted = Uint32Array.from([0, 8, 16, 24], (at) => parseInt(told.slice(at, at + 8), 16));
  const found = new Uint32Array(4);
  for (let number = begin; number < end; number += 1) {
    hash(salt + number, found);
    if (found[0] === wanted[0] && found.every((word, at) => word === wanted[at])) return number;
  }
  return -1;
}

function work() {
  self.onmessage = (event) => {
    const { salt, told, most } = event.data;
    self.postMessage(search(salt, told, 0, most));
  };
}

// Without a worker: a little at a time, so that the page still answers.
const SLICE = 2000;
function slowly(asked, done, begin = 0) {
  const number = search(asked.salt, asked.told, begin, Math.min(begin + SLICE, asked.most));
  if (number >= 0 || begin + SLICE >= asked.most) done(number);
  else setTimeout(() => slowly(asked, done, begin + SLICE));
}

function solve(asked, done) {
  let worker;
  try {
    worker = new Worker(document.querySelector("script[data-robot]").src);
  } catch {
    slowly(asked, done);
    return;
  }
  worker.onmessage = (event) => {
    worker.terminate();
    done(event.data);
  };
  worker.onerror = () => {
    worker.terminate();
    slowly(asked, done);
  };
  worker.postMessage(asked);
}

// As if the button were pressed; older browsers have no word for it.
function send(form) {
  if (form.requestSubmit) {
    form.requestSubmit();
    return;
  }
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  form.submit();
}

// Pressing the button twice sends once; after this long it is believed to have been in vain.
const AGAIN_MILLISECONDS = 10000;

function mind(part) {
  const puzzle = part.querySelector('input[name="robot_puzzle"]');
  const number = part.querySelector('input[name="robot_number"]');
  const question = part.querySelector("[data-robot-question]");
  const form = puzzle.form;
  const [, salt, told] = puzzle.value.split(".");
  const asked = { salt, told, most: Number(puzzle.dataset.most) };
  let began = false;
  let waits = false;
  let over = false;
  let sent = false;

  const say = (state) => {
    for (const one of part.querySelectorAll("[data-robot-state]")) {
      one.hidden = one.dataset.robotState !== state;
    }
  };
  const done = (found) => {
    over = true;
    if (found >= 0) number.value = String(found);
    if (question && found >= 0) {
      const here = question.contains(document.activeElement);
      question.hidden = true;
      for (const one of question.querySelectorAll("input")) one.disabled = true;
      say("done");
      if (here) form.querySelector('button[type="submit"]').focus();
    } else say(waits && found >= 0 ? "done" : "ready");
    if (waits) send(form);
  };
  const begin = () => {
    if (began) return;
    began = true;
    solve(asked, done);
  };

  say("ready");
  if (question) begin();
  for (const happening of ["input", "change"]) form.addEventListener(happening, begin);
  form.addEventListener("submit", (event) => {
    const answered = question && !question.hidden && question.querySelector("input").value;
    if (over || answered) {
      if (sent) event.preventDefault();
      sent = true;
      setTimeout(() => (sent = false), AGAIN_MILLISECONDS);
      return;
    }
    event.preventDefault();
    waits = true;
    say("running");
    begin();
  });
  window.addEventListener("pageshow", () => (sent = false));
}

if (typeof document === "undefined") work();
else for (const part of document.querySelectorAll("[data-robot-check]")) mind(part);
