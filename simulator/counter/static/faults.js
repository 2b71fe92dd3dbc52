// What is wrong with the chosen card, and changing it.

import { ask, cardPath, element, word } from "./api.js";
import { choose, chosenCard, setFaults } from "./cards.js";

const SLOW_MILLISECONDS = 800;
// Fault, its field, what it is when it is off, its count's first value (none for a plain switch).
const FAULTS = [
  { key: "fault_tear", field: "tear_after", off: null, count: 2, min: 0 },
  { key: "fault_mute", field: "mute_after", off: null, count: 2, min: 0 },
  { key: "fault_corrupt", field: "corrupt_answer", off: null, count: 2, min: 1 },
  { key: "fault_slow", field: "slow_milliseconds", off: 0, on: SLOW_MILLISECONDS },
  { key: "fault_random", field: "random_uid", off: false, on: true },
];

export function drawFaults(part, table, refresh, redraw) {
  const card = table.cards.find((one) => one.name === chosenCard()) ?? null;
  redraw(part, JSON.stringify(card), () => {
    if (card === null) return [element("p", { class: "hint" }, word("card_none"))];
    const title = element("h3", {}, word("card_of", { card: card.name }), actions(card, refresh));
    return [title, ...FAULTS.map((fault) => oneFault(card, fault))];
  });
}

function oneFault(card, fault) {
  const value = card.faults[fault.field];
  const isOn = value !== fault.off;
  const count = fault.count === undefined ? null : element("input", {
    type: "number", min: String(fault.min), max: "1000", value: String(isOn ? value : fault.count),
    "data-key": `count ${fault.field}`, "aria-label": `${word(fault.key)} : ${word("count")}`,
  });
  const box = element("input", { type: "checkbox", checked: isOn, "data-key": fault.field });
  const change = () => {
    const on = fault.count === undefined ? fault.on : Math.min(1000, Math.max(fault.min, Number(count.value) || fault.min));
    setFaults(card, { [fault.field]: box.checked ? on : fault.off });
  };
  box.addEventListener("change", change);
  count?.addEventListener("change", () => { box.checked = true; change(); });
  return element("div", { class: "fault" }, element("label", {}, box, word(fault.key)), count);
}

function actions(card, refresh) {
  const heal = element("button", { type: "button", class: "quiet-button", "data-key": "heal" }, word("heal"));
  heal.addEventListener("click", () => setFaults(card, Object.fromEntries(FAULTS.map((one) => [one.field, one.off]))));
  const away = element("button", { type: "button", class: "quiet-button", "data-key": "throw", disabled: card.reader !== null }, word("throw"));
  away.addEventListener("click", async () => {
    if (await ask("DELETE", cardPath(card.name)) === null) choose(null);
    await refresh();
  });
  return element("div", { class: "card-fault-actions" }, heal, away);
}
