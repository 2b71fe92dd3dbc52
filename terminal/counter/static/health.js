// The word and the dot in the header, and the banner when nothing can be sold.

import { ask, byId, words } from "./common.js";

const HEALTH_EVERY_MS = 10000;
const PARTS = [
  ["journal", "journal_blocked"], ["backend", "offline"],
  ["reader", "reader_absent"], ["pad", "pad_absent"],
];
const BANNERS = { journal: "journal_banner", backend: "offline_banner" };

function show(health) {
  const fault = PARTS.find(([part]) => health?.[part] !== "ok");
  const exact = fault && health?.[`${fault[0]}_words`];
  const waiting = health?.open_reversals ? ` · ${health.open_reversals} ${words.reversals_waiting}` : "";
  const clock = health?.clock_words ? ` · ${health.clock_words}` : "";
  byId("health").textContent = health === null
    ? words.till_stopped : (exact || words[fault?.[1] ?? "online"]) + waiting + clock;
  const well = health !== null && !fault && !clock;
  byId("health").dataset.condition = well ? "ok" : "unavailable";
  const banner = health === null ? "stopped_banner" : BANNERS[fault?.[0]];
  byId("banner").textContent = banner ? words[banner] : "";
  byId("banner").hidden = !banner;
}

// Look now and then; returns what looks at once.
export function watchHealth() {
  const look = async () => {
    const { ok, body } = await ask("GET", "/health");
    show(ok ? body : null);
  };
  setInterval(look, HEALTH_EVERY_MS);
  look();
  return look;
}
