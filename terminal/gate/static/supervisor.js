// Draws what the gate says and sends what the supervisor decides; it decides nothing itself.
"use strict";

const SEARCH_PAUSE_MILLISECONDS = 200;
const SAID_MILLISECONDS = 8000;
const SHAPES = { good: "✓", wait: "↺", stop: "–" };
const place = (id) => document.getElementById(id);
const reasons = JSON.parse(document.body.dataset.reasons);
let drawn = null; // what the lines were drawn from
let wish = null; // the act that waits for its reason
let silence = null;
let searching = null;

function say(id, text) {
  const element = place(id);
  if (element.textContent !== text) element.textContent = text;
}

function tell(message, tone) {
  place("said").dataset.tone = tone;
  say("said", message);
  clearTimeout(silence);
  silence = setTimeout(() => say("said", ""), SAID_MILLISECONDS);
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(words, who, act) {
  const made = element("button", "", words);
  made.type = "button";
  made.setAttribute("aria-label", `${words} : ${who}`);
  made.addEventListener("click", act);
  return made;
}

function lineOf(line) {
  const item = element("li");
  const mark = element("span", "mark", SHAPES[line.tone]);
  mark.dataset.tone = line.tone;
  mark.setAttribute("aria-hidden", "true");
  const text = element("div");
  text.append(element("div", "who", `${line.time} ${line.name}`));
  const words = [line.taken_back ? `${line.words}, annulé depuis` : line.words, line.why, line.by, line.state];
  text.append(element("div", "more", words.filter(Boolean).join(" · ")));
  item.append(mark, text);
  const who = `${line.name}, ${line.time}`;
  const of = { passage_id: line.passage_id };
  if (line.may_let_pass) item.append(button("Laisser passer", who, () => ask("let_pass", "laisser-passer", of, line.name)));
  if (line.may_cancel) item.append(button("Annuler", who, () => ask("cancel", "annuler", of, line.name)));
  return item;
}

function eventOf(event) {
  const item = element("li");
  const mark = element("span", "mark", SHAPES[event.tone]);
  mark.dataset.tone = event.tone;
  mark.setAttribute("aria-hidden", "true");
  const text = element("div");
  text.append(element("div", "who", `${event.time} ${event.words}`));
  if (event.state) text.append(element("div", "more", event.state));
  item.append(mark, text);
  return item;
}

async function fetchJson(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Pass-Page": "1" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const said = await answer.json();
  if (answer.status === 403 && said.code === "not_paired") location.assign("/");
  return { ok: answer.ok, said };
}

async function drawLines() {
  const { ok, said } = await fetchJson("/lignes");
  if (!ok) return;
  place("lines").replaceChildren(...said.lines.map(lineOf));
  place("aside").replaceChildren(...said.aside.map((line) => lineOf({ ...line, may_cancel: false, may_let_pass: false, why: line.reason })));
  place("aside-title").hidden = said.aside.length === 0;
  place("door").replaceChildren(...said.events.map(eventOf));
  place("door-title").hidden = said.events.length === 0;
  drawServices(said.services);
}

function drawServices(services) {
  const select = place("service");
  const key = JSON.stringify(services);
  if (select.dataset.key === key) return;
  select.dataset.key = key;
  select.replaceChildren(...services.map((one) => new Option(one.label, one.service, one.first, one.first)));
}

function ask(kind, path, body, who) {
  wish = { path, body };
  say("why-title", kind === "cancel" ? `Annuler le passage de ${who}` : `Laisser passer ${who}`);
  // None is chosen ahead: what is written down is what somebody meant.
  place("why-reasons").replaceChildren(...reasons[kind].map((one) => {
    const label = element("label");
    const radio = element("input");
    Object.assign(radio, { type: "radio", name: "reason", value: one.reason, required: true });
    label.append(radio, one.words);
    return label;
  }));
  place("why-note").value = "";
  place("why-problem").hidden = true;
  place("why").showModal();
}

async function act(path, body) {
  try {
    const { ok, said } = await fetchJson(`/actes/${path}`, body);
    tell(said.message || "Cela n’a pas pu être fait.", ok && said.done ? "good" : "stop");
    return ok ? null : said.message;
  } catch {
    tell("La borne ne répond pas : rien n’est noté.", "stop");
    return null;
  } finally {
    drawLines();
  }
}

async function decide(event) {
  event.preventDefault();
  const reason = place("why-form").elements.reason.value;
  const needsService = wish.path !== "annuler";
  const body = { ...wish.body, reason, note: place("why-note").value };
  if (needsService) body.service = place("service").value || null;
  place("why-go").disabled = true;
  const problem = await act(wish.path, body);
  place("why-go").disabled = false;
  place("why-problem").hidden = problem === null;
  say("why-problem", problem || "");
  if (problem === null) {
    place("why").close();
    place("name").value = "";
    place("found").replaceChildren();
  }
}

function foundOf(one) {
  const item = element("li");
  if (one.photo) {
    const image = element("img");
    Object.assign(image, { src: `/photo/${one.photo}`, alt: "" });
    item.append(image);
  } else {
    item.append(element("span"));
  }
  const text = element("div");
  text.append(element("div", "who", one.name));
  const more = [one.blocked ? "carte bloquée" : "", one.passed].filter(Boolean).join(" · ");
  text.append(element("div", "more", more));
  item.append(text, button("Laisser passer", one.name, () => ask("no_card", "sans-carte", { card_id: one.card_id }, one.name)));
  return item;
}

async function search() {
  const name = place("name").value.trim();
  const query = new URLSearchParams({ nom: name, service: place("service").value });
  const { ok, said } = await fetchJson(`/recherche?${query}`);
  if (!ok) return tell(said.message, "stop");
  if (name !== place("name").value.trim()) return; // they typed on meanwhile
  place("found").replaceChildren(...said.found.map(foundOf));
  place("found-none").hidden = name.length < 2 || said.found.length > 0;
}

function drawExit(door) {
  if (!place("exit")) return;
  const released = door ? door.emergency : null;
  place("exit").dataset.open = String(released !== null);
  say("exit-words", released ? released.words : "");
  place("exit-open").hidden = released !== null;
  place("exit-close").hidden = released === null;
}

function receive(state) {
  drawExit(state.door);
  for (const [id, key] of [["establishment", "establishment"], ["list", "list_words"], ["outbox", "outbox_words"], ["link", "link_words"], ["siblings", "siblings_words"]]) say(id, state[key] || "");
  place("list").dataset.stale = String(state.list_stale);
  place("link").dataset.online = String(state.online);
  const now = JSON.stringify([state.sequence, state.outbox, state.quarantined, state.list_version, state.service, state.reader_ready, state.door]);
  if (now !== drawn) {
    drawn = now;
    drawLines();
  }
}

function follow() {
  const events = new EventSource("/events");
  events.addEventListener("state", (event) => receive(JSON.parse(event.data)));
  events.onerror = () => {
    drawn = null;
    place("link").dataset.online = "false";
    say("link", "borne arrêtée");
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  };
}

place("why-form").addEventListener("submit", decide);
place("why-cancel").addEventListener("click", () => place("why").close());
place("name").addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(search, SEARCH_PAUSE_MILLISECONDS);
});
place("guests-go").addEventListener("click", () => {
  const count = Number(place("guests").value) || 1;
  ask("guest", "invites", { count }, count === 1 ? "un invité" : `${count} invités`);
});
place("code-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act("code", { code: place("code").value });
  place("code").value = "";
});
if (place("exit")) {
  place("exit-open").addEventListener("click", () => place("exit-sure").showModal());
  place("exit-cancel").addEventListener("click", () => place("exit-sure").close());
  place("exit-form").addEventListener("submit", () => act("issue-de-secours", { open: true }));
  place("exit-close").addEventListener("click", () => act("issue-de-secours", { open: false }));
}
follow();
