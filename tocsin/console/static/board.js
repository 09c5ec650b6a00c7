// The alarm board: rows come by the live feed, are chosen and sorted here, and only those in view are drawn.

import { live } from "./live.js";
import { listenToKeys } from "./board_keys.js";
import { List } from "./board_list.js";
import { element, fillRow, makeRow } from "./board_row.js";
import { Tools } from "./board_tools.js";

const MOST_AT_ONCE = 200;
const FLOOD = 10; // more than this within ten minutes is a flood
const FLOOD_MS = 600_000;
const STILL = "tocsin.still";
const given = { ...JSON.parse(document.getElementById("b-given").textContent), ...window.tocsin.given };
const words = JSON.parse(document.getElementById("b-given").textContent).words;

function said(name, fields = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => fields[key] ?? whole);
}

class Board {
  constructor(root) {
    this.root = root;
    this.items = new Map();
    this.picked = new Set();
    this.turn = -1;
    this.epoch = "";
    this.known = false; // whether the rows have come
    this.build();
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: given.zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const day = new Intl.DateTimeFormat("sv-SE", { timeZone: given.zone, month: "2-digit", day: "2-digit" });
    this.time = (ms) => (live.now() - ms < 20 * 3_600_000 ? format.format(ms) : `${day.format(ms)} ${format.format(ms).slice(0, 5)}`);
    const acts = {
      pick: (id, on) => this.pick(id, on),
      act: (action, alarms) => this.act(action, alarms),
      focused: (id) => (this.list.at = id),
    };
    const view = {
      given, said, may: given.may, time: this.time, age: (ms) => this.age(ms),
    };
    const fill = (row, item, here) => fillRow(row, item, here, { ...view, picked: this.picked.has(item.id) });
    this.list = new List(this.scroller, this.sizer, { row: 48, card: 168 }, () => makeRow(given, said, acts), fill);
    live.on("rows", (message) => this.take(message));
    live.on("blind", () => this.showEmpty());
    live.ask(() => ({ turn: this.turn, epoch: this.epoch }));
    listenToKeys(this);
    setInterval(() => this.show(), 10_000); // ages, shelves and floods end with time
    this.blink(localStorage.getItem(STILL) !== "1");
  }

  take(message) {
    const before = this.turn;
    if (message.all) {
      this.items.clear();
    }
    for (const row of message.rows) this.items.set(row.id, row);
    for (const id of message.gone) this.items.delete(id);
    this.turn = message.turn;
    this.epoch = message.epoch;
    for (const id of this.picked) if (!this.items.has(id)) this.picked.delete(id);
    this.known = true;
    if (before >= 0 && !message.all) this.announce(message.rows);
    this.show();
    this.root.dataset.turn = String(message.turn);
  }

  show() {
    if (!this.known) return;
    const items = [...this.items.values()];
    const chosen = this.tools.chosen(items);
    this.tools.count(items);
    this.list.show(chosen);
    this.shown = chosen;
    this.note.textContent = said("shown", { shown: chosen.length, all: items.length });
    this.clear.hidden = !this.tools.narrowed;
    const exercises = items.filter((item) => item.exercise).length;
    this.exercises.hidden = !exercises || this.tools.state === "exercise";
    this.exercises.textContent = said("exercises", { n: exercises });
    this.showFlood(items);
    this.showPicked();
    this.showEmpty();
  }

  showEmpty() {
    const nothing = this.known && !this.shown?.length;
    this.empty.hidden = this.known && !nothing;
    const name = !this.known ? "loading" : live.blind ? "empty_blind" : this.tools.narrowed ? "empty_narrowed" : "empty";
    this.empty.textContent = said(name);
    this.empty.className = `b-empty ${name}`;
  }

  showFlood(items) {
    const since = live.now() - FLOOD_MS;
    const groups = new Map();
    let all = 0;
    for (const item of items) {
      if (item.at < since || item.exercise || item.aside) continue;
      all++;
      const key = item.unit || item.enterprise || item.subject;
      const group = groups.get(key) ?? { n: 0, first: null, item };
      group.n++;
      if (!group.first || item.at < group.first.at) group.first = item;
      groups.set(key, group);
    }
    const floods = [...groups.values()].filter((group) => group.n > FLOOD).sort((a, b) => b.n - a.n);
    this.flood.hidden = all <= FLOOD;
    if (this.flood.hidden) return;
    const key = JSON.stringify([all, floods.map((f) => [f.n, f.first.id])]);
    if (this.flood.dataset.key === key) return;
    this.flood.dataset.key = key;
    const title = element("strong", "", { textContent: `≋ ${said("flood", { n: all })}` });
    const lines = floods.slice(0, 4).map((flood) => {
      const where = [flood.item.enterprise_name, flood.item.unit_name].filter(Boolean).join(" · ");
      const button = element("button", "b-flood-unit", { type: "button" });
      button.append(
        element("strong", "", { textContent: `${where}: ${flood.n}` }),
        ` ${said("flood_first", { subject: flood.first.subject, time: this.time(flood.first.at) })}`,
      );
      const place = flood.item.unit ? `u:${flood.item.unit}` : `e:${flood.item.enterprise}`;
      button.addEventListener("click", () => this.tools.set({ place, incident: "", text: "" }));
      return button;
    });
    if (floods.length > 4) lines.push(element("span", "", { textContent: said("flood_more", { n: floods.length - 4 }) }));
    this.flood.replaceChildren(title, ...lines);
  }

  age(ms) {
    const minutes = Math.floor((live.now() - ms) / 60_000);
    if (minutes < 1) return said("age_now");
    if (minutes < 120) return said("age_minutes", { n: minutes });
    return minutes < 2880 ? said("age_hours", { n: Math.floor(minutes / 60) }) : said("age_days", { n: Math.floor(minutes / 1440) });
  }

  /** For screen readers: the worst of what is new. */
  announce(rows) {
    const calling = rows.filter((row) => row.unacknowledged && !row.aside && !row.exercise && !row.by);
    if (!calling.length) return;
    const [worst] = calling.sort((a, b) => (given.order[b.severity] ?? 5) - (given.order[a.severity] ?? 5));
    const colour = given.colours[worst.severity] ?? worst.severity;
    this.spoken.textContent = said("announced", { n: calling.length, severity: colour, subject: worst.subject, text: worst.text });
  }

  pick(id, on) {
    if (on && this.picked.size >= MOST_AT_ONCE) on = false;
    if (on) this.picked.add(id);
    else this.picked.delete(id);
    this.list.draw(true);
    this.showPicked();
  }

  pickCurrent() {
    const item = this.list.current();
    if (item && !item.exercise) this.pick(item.id, !this.picked.has(item.id));
  }

  pickShown() {
    const can = this.shown.filter((item) => !item.exercise).slice(0, MOST_AT_ONCE);
    const all = can.every((item) => this.picked.has(item.id));
    this.picked = new Set(all ? [] : can.map((item) => item.id));
    this.list.draw(true);
    this.showPicked();
  }

  unpickAll() {
    this.picked.clear();
    this.list.draw(true);
    this.showPicked();
  }

  showPicked() {
    const n = this.picked.size;
    this.bulk.hidden = n === 0;
    this.bulkText.textContent = said(n >= MOST_AT_ONCE ? "picked_most" : "picked", { n });
    const can = (this.shown ?? []).filter((item) => !item.exercise).length;
    this.pickAll.checked = n > 0 && n >= Math.min(can, MOST_AT_ONCE);
    this.pickAll.indeterminate = n > 0 && !this.pickAll.checked;
  }

  /** The dialog is the server's; it knows what may be done. */
  act(action, alarms) {
    if (given.may[action] && alarms.length) emitEvent("board_act", { action, alarms });
  }

  actOnChosen(action) {
    const current = this.list.current();
    this.act(action, this.picked.size ? [...this.picked] : current && !current.exercise ? [current.id] : []);
  }

  openCurrent() {
    const item = this.list.current();
    if (item) location.assign(`/alarms/${encodeURIComponent(item.id)}${item.exercise ? "?exercise=1" : ""}`);
  }

  silence() {
    live.sound?.silence();
  }

  mute() {
    live.sound?.mute(live.sound.mutedUntil ? 0 : 15);
  }

  stopBlinking() {
    this.blink(this.root.classList.contains("still"));
  }

  blink(on) {
    this.root.classList.toggle("still", !on);
    this.still.setAttribute("aria-pressed", String(!on));
    localStorage.setItem(STILL, on ? "0" : "1");
  }

  help() {
    this.helpDialog.showModal();
  }

  build() {
    const bar = element("div", "b-bar");
    this.title = element("h1", "t-h1", { textContent: said("title") });
    const folded = element("details", "b-tools-fold", { open: !matchMedia("(max-width: 699px)").matches });
    folded.append(element("summary", "", { textContent: said("filters") }));
    const place = element("div", "b-tools", { role: "search" });
    folded.append(place);
    this.still = element("button", "b-plain", { type: "button", textContent: said("still") });
    this.still.addEventListener("click", () => this.stopBlinking());
    const help = element("button", "b-plain b-keys", { type: "button", textContent: said("keys") });
    help.addEventListener("click", () => this.help());
    bar.append(this.title, folded);

    this.note = element("span", "b-note");
    this.clear = element("button", "b-plain", { type: "button", textContent: said("clear"), hidden: true });
    this.clear.addEventListener("click", () => this.tools.clear());
    this.exercises = element("button", "b-plain b-exercises", { type: "button", hidden: true });
    this.exercises.addEventListener("click", () => this.tools.set({ state: "exercise" }));
    const line = element("div", "b-line");
    this.pickAll = element("input", "", { type: "checkbox" });
    this.pickAll.setAttribute("aria-label", said("pick_all", { n: MOST_AT_ONCE }));
    this.pickAll.title = said("pick_all", { n: MOST_AT_ONCE });
    this.pickAll.addEventListener("change", () => this.pickShown());
    line.append(this.pickAll, this.note, this.clear, this.exercises, element("span", "b-space"), this.still, help);

    this.flood = element("section", "b-flood", { hidden: true });
    this.flood.setAttribute("aria-label", said("flood_label"));
    this.scroller = element("div", "b-scroll", { role: "grid", tabIndex: 0 });
    this.scroller.setAttribute("aria-label", said("title"));
    this.scroller.setAttribute("aria-multiselectable", "true");
    this.sizer = element("div", "b-sizer", { role: "rowgroup" });
    this.scroller.append(this.sizer);
    this.empty = element("p", "b-empty loading", { textContent: said("loading") });

    this.bulk = element("div", "b-bulk", { role: "toolbar", hidden: true });
    this.bulk.setAttribute("aria-label", said("bulk"));
    this.bulkText = element("strong", "");
    this.bulk.append(this.bulkText);
    for (const action of ["acknowledge", "shelve", "reset", "comment"]) {
      if (!given.may[action]) continue;
      const button = element("button", "b-button", { type: "button", textContent: said(action) });
      button.addEventListener("click", () => this.act(action, [...this.picked]));
      this.bulk.append(button);
    }
    const none = element("button", "b-plain", { type: "button", textContent: said("unpick") });
    none.addEventListener("click", () => this.unpickAll());
    this.bulk.append(none);

    this.spoken = element("div", "b-spoken", { role: "status" });
    this.helpDialog = element("dialog", "b-help");
    this.helpDialog.setAttribute("aria-label", said("keys"));
    const keys = element("dl", "t-facts");
    for (const [key, name] of given.keys) {
      keys.append(element("dt", "", { textContent: key }), element("dd", "", { textContent: said(`key_${name}`) }));
    }
    const close = element("button", "b-button", { type: "button", textContent: window.tocsin.said("close") });
    close.addEventListener("click", () => this.helpDialog.close());
    this.helpDialog.append(element("h2", "t-h2", { textContent: said("keys") }), keys, close);

    this.root.append(bar, this.flood, line, this.scroller, this.empty, this.bulk, this.spoken, this.helpDialog);
    this.tools = new Tools(place, given, said, () => this.show());
    this.tools.set({});
  }
}

function begin() {
  const root = document.getElementById("b-board");
  if (root) window.tocsin.board = new Board(root);
  else requestAnimationFrame(begin); // the frame is not there yet
}
begin();
