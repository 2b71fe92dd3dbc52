// What the till page and the customer's screen share: words, money, buttons, asking, sounds.

const given = JSON.parse(document.getElementById("script-words").textContent);
export const { language, words, sound } = given;

export const byId = (id) => document.getElementById(id);

const LOCALE = language === "en" ? "en-GB" : "fr-FR";
const euros = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "EUR" });
const hours = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris",
});
const days = new Intl.DateTimeFormat(LOCALE, { dateStyle: "short", timeZone: "Europe/Paris" });
export const money = (cents) => euros.format(cents / 100);
export const hour = (moment) => hours.format(new Date(moment));
export const day = (moment) => days.format(new Date(moment));

export const spoken = (path) => `${path}${path.includes("?") ? "&" : "?"}language=${language}`;

// Ask the counter; give { ok, body }, with body null when it does not answer.
export async function ask(method, path, body) {
  const request = method === "GET" ? {} : {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  };
  const answer = await fetch(spoken(path), request).catch(() => null);
  if (answer === null) return { ok: false, body: null };
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  return { ok: answer.ok, body: isJson ? await answer.json() : await answer.text() };
}

export function button(text, className, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `action ${className}`.trim();
  made.textContent = text;
  made.addEventListener("click", onClick);
  return made;
}

export function heldLines(balances) {
  const lines = balances.map(({ label, available_cents: cents }) => [label, money(cents)]);
  return (lines.length ? lines : [[words.nothing_usable, ""]]).map(([label, amount]) => {
    const [line, name, held] = ["li", "span", "b"].map((tag) => document.createElement(tag));
    [name.textContent, held.textContent] = [label, amount];
    line.append(name, held);
    return line;
  });
}

// Follow a stream of states; `onLost` when the counter does not answer.
export function follow(path, onState, onOpen, onLost) {
  const events = new EventSource(spoken(path));
  events.addEventListener("state", (event) => onState(JSON.parse(event.data)));
  events.addEventListener("open", onOpen);
  events.addEventListener("error", onLost);
}

// --- sounds: [hertz, start, seconds]; each is shorter than 0.4 s ---------------------------------

const TUNES = {
  ready: [[330, 0, 0.12]],
  good: [[523, 0, 0.12], [784, 0.14, 0.2]],
  wait: [[440, 0, 0.1], [440, 0.16, 0.1]],
  stop: [[196, 0, 0.36]],
};
const LOUDEST = 0.25;
let audio = null;

export function wakeSound() {
  audio ??= new AudioContext(); // browsers allow sound only after somebody pressed something
}

// While people practise the same tunes buzz: nobody who listens takes them for a payment.
export function play(mood, practised = false) {
  if (audio === null || sound === 0 || !(mood in TUNES)) return;
  for (const [hertz, start, seconds] of TUNES[mood]) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + start;
    tone.type = practised ? "sawtooth" : "sine";
    tone.frequency.value = practised ? hertz / 2 : hertz;
    volume.gain.setValueAtTime(LOUDEST * sound, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
  }
}
