// Draws what the gate says and decides nothing: words, tone, shape and sound come with each state.
"use strict";

const ANSWER_MILLISECONDS = 1200;
const VOLUME = 0.4;
// [hertz, from, to] in seconds; each sound ends before 0.4 s.
const SOUNDS = {
  "one-low-tap": [[220, 0, 0.09]],
  "two-rising": [[660, 0, 0.12], [990, 0.14, 0.32]],
  "two-equal": [[520, 0, 0.12], [520, 0.2, 0.32]],
  "one-long-low": [[180, 0, 0.38]],
};

const place = (id) => document.getElementById(id);
const ground = place("ground");
let seen = null; // the sequence number of the last answer drawn
let latest = null; // the last state that came
let back = null; // the timer that ends an answer
let audio = null;

function say(id, text) {
  const element = place(id);
  if (element.textContent !== text) element.textContent = text;
}

function draw(words, isAnswer) {
  ground.dataset.tone = words.tone;
  ground.dataset.answer = String(isAnswer);
  place("shape").setAttribute("href", `#shape-${words.shape}`);
  say("message", words.message);
  say("line", words.line);
  drawPhoto(isAnswer ? words.photo : null);
}

function drawPhoto(name) {
  const photo = place("photo");
  if (!name) photo.removeAttribute("src");
  else photo.src = `/photo/${name}`;
  photo.hidden = true; // until it is there: a gap would move the sentence
}

function drawIdle() {
  back = null;
  if (latest) draw(latest.idle, false);
}

function drawAround(state) {
  say("establishment", state.establishment || "");
  say("clock", state.time);
  say("service", state.service_words);
  say("list", state.list_words);
  place("list").dataset.stale = String(state.list_stale);
  say("outbox", state.outbox_words);
  say("siblings", state.siblings_words);
  say("link", state.link_words);
  place("link").dataset.online = String(state.online);
}

function isFresh(state) {
  // By the gate's own clock; an answer from before this page was opened is nobody's any more.
  return state.last !== null && Math.abs(Date.parse(state.now) - Date.parse(state.last.at)) < ANSWER_MILLISECONDS;
}

function receive(state) {
  latest = state;
  drawAround(state);
  const isNew = state.sequence !== seen && isFresh(state);
  seen = state.sequence;
  if (isNew) {
    draw(state.last, true);
    play(state.last.sound);
    clearTimeout(back);
    back = setTimeout(drawIdle, ANSWER_MILLISECONDS);
  } else if (back === null) {
    drawIdle();
  }
}

function prepareSound() {
  try {
    // Nobody touches this screen: its browser needs --autoplay-policy=no-user-gesture-required.
    audio = new AudioContext();
    document.addEventListener("pointerdown", () => audio.resume().catch(() => {}));
  } catch {
    // No sound on this machine: the word, the colour and the shape are there.
  }
}

function play(name) {
  // While it may not sound, nothing is kept for later: a late sound would lie.
  if (audio === null || audio.state !== "running") return;
  for (const [hertz, from, to] of SOUNDS[name] || []) tone(hertz, audio.currentTime + from, audio.currentTime + to);
}

function tone(hertz, from, to) {
  const source = audio.createOscillator();
  const gain = audio.createGain();
  source.frequency.value = hertz;
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(VOLUME, from + 0.01);
  gain.gain.linearRampToValueAtTime(0, to);
  source.connect(gain).connect(audio.destination);
  source.start(from);
  source.stop(to);
}

function follow() {
  const events = new EventSource("/events");
  events.addEventListener("state", (event) => receive(JSON.parse(event.data)));
  events.onerror = () => {
    latest = null;
    clearTimeout(back);
    back = null;
    draw({ tone: "stop", shape: "bar-octagon", message: "Voir la vie scolaire", line: "La borne est arrêtée" }, false);
    place("link").dataset.online = "false";
    say("link", "hors ligne");
    // The browser tries again by itself, except after a refusal.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  };
}

place("photo").addEventListener("load", () => { place("photo").hidden = false; });
prepareSound();
follow();
