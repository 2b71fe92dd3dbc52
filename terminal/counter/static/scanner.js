// A bar-code scanner is a keyboard that types faster than anybody. A scan is never an amount.
//
// Told apart by time: eight keys or more with at most 60 ms between two (no amount has eight keys),
// or three and more with at most 25 ms, the Enter that ends them included. The digits come from the
// key's place (event.code), because a scanner's language is often not the machine's.

const GAP_MS_MAX = 60;
const SURE_GAP_MS_MAX = 25;
const KEYS_MIN = 8;
const SURE_KEYS_MIN = 3;
const KEYS_MAX = 64;

export class Scanner {
  // `remember()` gives back what undoes the keys that come next: it is called before each burst.
  constructor(remember, onScan) {
    this.remember = remember;
    this.onScan = onScan;
    this.forget();
  }

  forget() {
    this.keys = "";
    this.slowest = 0;
    this.last = -Infinity;
    this.undo = () => {};
  }

  // Look at a key before anybody else; true: it ended a scan and means nothing else.
  take(event) {
    const gap = event.timeStamp - this.last;
    if (gap > GAP_MS_MAX) {
      this.forget();
    } else if (event.key !== "Shift") {
      this.slowest = Math.max(this.slowest, gap);
    }
    this.last = event.timeStamp;
    if (event.key === "Enter") return this.end();
    if (event.key.length !== 1) return false;
    if (this.keys === "") this.undo = this.remember();
    this.keys = (this.keys + digitOf(event)).slice(0, KEYS_MAX);
    return false;
  }

  end() {
    const [keys, undo] = [this.keys, this.undo];
    const sure = keys.length >= SURE_KEYS_MIN && this.slowest <= SURE_GAP_MS_MAX;
    const scanned = keys.length >= KEYS_MIN || sure;
    this.forget();
    if (!scanned) return false;
    undo();
    this.onScan(keys);
    return true;
  }
}

function digitOf(event) {
  return /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1] ?? event.key;
}
