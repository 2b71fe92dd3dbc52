// Breakdowns on purpose: one switch each, pressed in any order, each obeyed in its turn.

import { ask, element, readerPath, say, word } from "./api.js";

const SLOW_MILLISECONDS = 3000;
const CLOCK_SECONDS = 7200;
const turns = new Map();
const lineFaults = new Map();
let refresh = () => {};
let shown = [];

export function startSwitches(onRefresh) {
  refresh = onRefresh;
  document.getElementById("all-well").addEventListener("click", () => {
    for (const one of shown.filter((each) => each.broken)) turn(one, false);
  });
}

// Switches stay the same buttons: one that was replaced under a finger would lose its press.
export function drawSwitches(table) {
  for (const line of table.lines) if (!turns.has("lines")) lineFaults.set(line.name, line.faults);
  shown = switchesOf(table);
  document.getElementById("all-well").hidden = !shown.some((one) => one.broken);
  const part = document.getElementById("switches");
  for (const one of shown) {
    const button = part.querySelector(`[data-key="${CSS.escape(one.key)}"]`) ?? newSwitch(part, one);
    if (!turns.has(one.group)) showState(button, one.broken, false);
  }
}

function newSwitch(part, one) {
  const made = element("button", { type: "button", class: "switch", role: "switch", "data-key": one.key }, one.text);
  made.addEventListener("click", () => {
    const broken = made.getAttribute("aria-checked") !== "true";
    showState(made, broken, true);
    turn(shown.find((each) => each.key === one.key), broken);
  });
  part.append(made);
  showState(made, one.broken, false);
  return made;
}

function showState(button, broken, busy) {
  button.setAttribute("aria-checked", String(broken));
  button.setAttribute("aria-busy", String(busy));
  button.title = word(broken ? "is_broken" : "is_well");
}

function turn(one, broken) {
  const before = turns.get(one.group) ?? Promise.resolve();
  const mine = before.then(() => one.act(broken)).catch(() => say(word("refused"), true)).then(async () => {
    if (turns.get(one.group) === mine) turns.delete(one.group);
    await refresh();
  });
  turns.set(one.group, mine);
}

function switchesOf(table) {
  const found = table.readers.map((reader) => ({
    key: `reader ${reader.name}`, group: "readers", broken: !reader.plugged,
    text: word("switch_reader", { name: reader.name }),
    act: (broken) => ask("PUT", `${readerPath(reader.name)}/plug`, { plugged: !broken }),
  }));
  if (table.pad !== null) found.push(...padSwitches(table.pad));
  if (table.lines.length > 0) found.push(...lineSwitches(table.lines));
  if (table.turnstile !== null) found.push(...turnstileSwitches(table.turnstile));
  if (table.printer !== null) {
    found.push({
      key: "paper", group: "paper", broken: !table.printer.has_paper, text: word("switch_paper"),
      act: (broken) => ask("PUT", "/printer/paper", { rows: broken ? 0 : null }),
    });
  }
  return found;
}

const padSwitches = (pad) => [
  {
    key: "pad", group: "pad", broken: !pad.plugged, text: word("switch_pad"),
    act: (broken) => ask("PUT", "/pad/plug", { plugged: !broken }),
  },
  {
    key: "pad silent", group: "pad", broken: pad.silent, text: word("switch_pad_silent"),
    act: (broken) => ask("PUT", "/pad/faults", { silent: broken }),
  },
];

const turnstileSwitches = (turnstile) => [
  {
    key: "turnstile", group: "turnstile", broken: !turnstile.plugged, text: word("switch_turnstile"),
    act: (broken) => ask("PUT", "/turnstile/plug", { plugged: !broken }),
  },
  {
    key: "arm", group: "turnstile", broken: turnstile.faults.stuck_arm, text: word("switch_arm"),
    act: (broken) => ask("PUT", "/turnstile/faults", { ...turnstile.faults, stuck_arm: broken }),
  },
];

function lineSwitches(lines) {
  const any = (field) => lines.some((line) => Boolean(line.faults[field]));
  const one = (key, field, value) => ({
    key: field, group: "lines", broken: any(field), text: word(key),
    act: (broken) => everyLine({ [field]: broken ? value : (value === true ? false : 0) }),
  });
  return [
    one("switch_down", "down", true),
    one("switch_slow", "slow_milliseconds", SLOW_MILLISECONDS),
    one("switch_lost", "lost_answers", 1),
    one("switch_clock", "clock_seconds", CLOCK_SECONDS),
  ];
}

async function everyLine(change) {
  for (const [name, faults] of lineFaults) {
    const seen = await ask("PUT", `/lines/${encodeURIComponent(name)}/faults`, { ...faults, ...change });
    if (seen) lineFaults.set(name, seen.faults);
  }
}
