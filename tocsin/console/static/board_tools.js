// Filters and sorting of the board. They stand in the address, so that a view can be kept and sent.

import { element } from "./board_row.js";

const SEVERITIES = ["red", "orange", "yellow", "blue"];
const RANK = { red: 4, orange: 3, yellow: 2, blue: 1 };
const rank = (item) => RANK[item.severity] ?? 5;

export const STATES = {
  now: (i) => !i.aside && !i.exercise,
  unacknowledged: (i) => i.unacknowledged && !i.aside && !i.exercise,
  acknowledged: (i) => !i.unacknowledged && i.on && !i.aside && !i.exercise,
  returned: (i) => !i.on && !i.aside && !i.exercise,
  aside: (i) => Boolean(i.aside) && !i.exercise,
  all: (i) => !i.exercise,
  exercise: (i) => Boolean(i.exercise),
};

const ORDERS = {
  priority: (a, b) => rank(b) - rank(a) || b.at - a.at || (a.id < b.id ? -1 : 1),
  newest: (a, b) => b.at - a.at || (a.id < b.id ? -1 : 1),
  unacknowledged: (a, b) => Boolean(b.unacknowledged) - Boolean(a.unacknowledged) || ORDERS.priority(a, b),
  place: (a, b) =>
    (a.enterprise_name ?? "").localeCompare(b.enterprise_name ?? "") ||
    (a.unit_name ?? "").localeCompare(b.unit_name ?? "") ||
    ORDERS.priority(a, b),
};

export class Tools {
  constructor(place, given, said, changed) {
    const query = new URLSearchParams(location.search);
    this.said = said;
    this.changed = changed;
    this.severities = new Set((query.get("severity") ?? "").split(",").filter((s) => SEVERITIES.includes(s)));
    this.state = query.get("state") in STATES ? query.get("state") : "now";
    this.place = query.get("place") ?? "";
    this.text = query.get("q") ?? "";
    this.incident = query.get("incident") ?? "";
    this.order = query.get("sort") in ORDERS ? query.get("sort") : "priority";
    this.build(place, given);
  }

  /** Those of the items that are wanted, in order. */
  chosen(items) {
    const state = STATES[this.state];
    const [kind, id] = [this.place.slice(0, 2), this.place.slice(2)];
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const item of items) {
      if (!state(item)) continue;
      if (this.severities.size && !this.severities.has(item.severity)) continue;
      if (this.incident && item.incident !== this.incident) continue;
      if (kind === "e:" && item.enterprise !== id) continue;
      if (kind === "u:" && item.unit !== id) continue;
      if (kind === "r:" && !item.regions?.includes(id)) continue;
      if (words.length) {
        item.haystack ??= [item.subject, item.text, item.enterprise, item.enterprise_name, item.unit, item.unit_name, item.by, item.id]
          .join(" ")
          .toLowerCase();
        if (!words.every((word) => item.haystack.includes(word))) continue;
      }
      found.push(item);
    }
    return found.sort(ORDERS[this.order]);
  }

  get narrowed() {
    return Boolean(this.severities.size || this.place || this.text || this.incident || this.state !== "now");
  }

  clear() {
    this.severities.clear();
    this.set({ state: "now", place: "", text: "", incident: "" });
  }

  set(values) {
    Object.assign(this, values);
    this.search.value = this.text;
    this.states.value = this.state;
    if (this.place && ![...this.places.options].some((option) => option.value === this.place)) {
      this.places.add(new Option(this.place.slice(2), this.place));
    }
    this.places.value = this.place;
    this.orders.value = this.order;
    for (const severity of SEVERITIES) this.chips[severity].setAttribute("aria-pressed", String(this.severities.has(severity)));
    const query = new URLSearchParams();
    const put = (name, value, usual = "") => value !== usual && query.set(name, value);
    put("severity", SEVERITIES.filter((s) => this.severities.has(s)).join(","));
    put("state", this.state, "now");
    put("place", this.place);
    put("q", this.text);
    put("incident", this.incident);
    put("sort", this.order, "priority");
    const text = query.toString();
    history.replaceState(history.state, "", text ? `?${text}` : location.pathname);
    this.changed();
  }

  /** How many there are of each, beside the shapes. */
  count(items) {
    const found = { red: 0, orange: 0, yellow: 0, blue: 0 };
    const state = STATES[this.state];
    for (const item of items) if (state(item) && item.severity in found) found[item.severity]++;
    for (const severity of SEVERITIES) this.chips[severity].querySelector(".n").textContent = found[severity];
  }

  build(place, given) {
    const said = this.said;
    this.search = element("input", "b-search", { type: "search", placeholder: said("search"), value: this.text });
    this.search.setAttribute("aria-label", said("search"));
    let timer;
    this.search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.set({ text: this.search.value.trim() }), 150);
    });
    this.chips = {};
    const chips = element("div", "b-chips", { role: "group" });
    chips.setAttribute("aria-label", said("severities"));
    for (const severity of SEVERITIES) {
      const chip = element("button", `b-chip severity-${severity}`, { type: "button" });
      chip.append(`${given.shapes[severity]} ${given.colours[severity]} `, element("span", "n", { textContent: "0" }));
      chip.addEventListener("click", () => {
        if (!this.severities.delete(severity)) this.severities.add(severity);
        this.set({});
      });
      this.chips[severity] = chip;
      chips.append(chip);
    }
    const states = Object.keys(STATES).map((state) => [state, said(`show_${state}`)]);
    this.states = choice(said("states"), states, (state) => this.set({ state }));
    this.places = choice(said("places"), [["", said("everywhere")]], (where) => this.set({ place: where }));
    for (const [title, options] of [[said("regions"), given.places.regions], [said("enterprises"), given.places.enterprises]]) {
      const group = Object.assign(document.createElement("optgroup"), { label: title });
      for (const [value, text] of options) group.append(new Option(text, value));
      if (options.length) this.places.append(group);
    }
    const orders = Object.keys(ORDERS).map((order) => [order, said(`sort_${order}`)]);
    this.orders = choice(said("sort"), orders, (order) => this.set({ order }));
    place.append(this.search, chips, this.states, this.places, this.orders);
  }
}

function choice(label, options, chosen) {
  const made = element("select", "b-choice");
  made.setAttribute("aria-label", label);
  made.title = label;
  for (const [value, text] of options) made.add(new Option(text, value));
  made.addEventListener("change", () => chosen(made.value));
  return made;
}
