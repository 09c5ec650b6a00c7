// The page's own eye: it hears the console's heart once a second, and says so when it doesn't.
// Needs nothing of the frameworks around it: the banner comes when they are dead, too.

import { Sound } from "./sound.js";

const STALE_MS = 3500;
const AGAIN_MS = 1000;
const SIGNED_OUT = 4401;
const SEVERITIES = ["red", "orange", "yellow", "blue"];

const given = JSON.parse(document.getElementById("t-given").textContent);
const words = given.words;

export function said(name, fields = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => fields[key] ?? whole);
}

class Live {
  constructor() {
    this.beat = null;
    this.heardAt = performance.now();
    this.begunAt = performance.now();
    this.ahead = 0; // of the server's clock against this machine's
    this.blind = false;
    this.listeners = { rows: [], beat: [], blind: [] };
    this.asked = null;
    this.sound = given.sound ? new Sound(said, given.zone, given.language) : null;
    this.connect();
    setInterval(() => this.look(), 500);
    document.addEventListener("visibilitychange", () => this.look());
  }

  on(what, call) {
    this.listeners[what].push(call);
    if (what === "beat" && this.beat) call(this.beat);
    if (what === "blind") call(this.blind);
  }

  /** Ask for the board's rows after a turn; they come as long as the page is open. */
  ask(where) {
    this.asked = where;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(where()));
  }

  now() {
    return Date.now() + this.ahead;
  }

  connect() {
    const url = new URL("/console/live", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = (this.socket = new WebSocket(url));
    socket.onopen = () => this.asked && socket.send(JSON.stringify(this.asked()));
    socket.onmessage = (message) => this.take(JSON.parse(message.data));
    socket.onclose = (end) => {
      if (this.socket !== socket) return;
      if (end.code === SIGNED_OUT) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      this.lost = true;
      this.look();
      setTimeout(() => this.connect(), AGAIN_MS);
    };
  }

  take(message) {
    if (message.t === "rows") {
      for (const call of this.listeners.rows) call(message);
      return;
    }
    this.beat = message;
    this.heardAt = performance.now();
    this.ahead = message.now - Date.now();
    this.lost = false;
    this.look();
    for (const call of this.listeners.beat) call(message);
    this.sound?.hear(message);
  }

  look() {
    const silent = performance.now() - this.heardAt;
    if (silent > 2 * STALE_MS && this.socket.readyState === WebSocket.OPEN) this.socket.close();
    let troubles = [];
    if (this.lost || silent > STALE_MS) {
      troubles = [{ part: "page", name: "", reason: said("seconds_ago", { seconds: Math.round(silent / 1000) }), blind: true }];
    } else if (this.beat) {
      const age = this.beat.now - this.beat.looked;
      troubles = age > STALE_MS ? [{ part: "console", name: "", reason: "", blind: true }] : this.beat.troubles;
    } else {
      return; // the first beat is on its way
    }
    const blind = troubles.some((trouble) => trouble.blind);
    showBanner(troubles, blind);
    showCounts(this.beat, blind);
    document.documentElement.classList.toggle("t-blind", blind);
    if (blind !== this.blind) {
      this.blind = blind;
      for (const call of this.listeners.blind) call(blind);
      this.sound?.blind(blind);
    }
  }
}

function reason(trouble) {
  const seconds = /^nothing new for (\d+) s$/.exec(trouble.reason);
  if (seconds) return said("nothing_for", { seconds: seconds[1] });
  if (trouble.reason === "nothing yet") return said("nothing_yet");
  return trouble.reason === "does not answer" ? "" : trouble.reason;
}

let shown = "";

function showBanner(troubles, blind) {
  const banner = document.getElementById("t-banner");
  const lines = troubles.map((trouble) => {
    const why = reason(trouble);
    return said(`part_${trouble.part}`, { name: trouble.name }) + (why ? ` (${why})` : "");
  });
  const text = JSON.stringify([blind, ...lines]);
  if (text === shown) return;
  shown = text;
  banner.hidden = troubles.length === 0;
  banner.classList.toggle("blind", blind);
  const title = document.createElement("strong");
  title.textContent = `${blind ? "✖" : "▲"} ${said(blind ? "blind_title" : "degraded_title")}`;
  const list = document.createElement("ul");
  for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  banner.replaceChildren(title, list);
  if (blind) banner.append(Object.assign(document.createElement("p"), { textContent: said("call") }));
  document.documentElement.style.setProperty("--t-banner", banner.hidden ? "0px" : `${banner.offsetHeight}px`);
}

function showCounts(beat, blind) {
  const place = document.getElementById("t-counts");
  if (!place || !beat) return;
  const calling = SEVERITIES.filter((severity) => beat.open[severity]?.[0]);
  const key = JSON.stringify([blind, calling.map((severity) => beat.open[severity][0])]);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren();
  if (blind) {
    place.append(chip("none", `▨ ${said("unknown_open")}`, ""));
  } else if (!calling.length) {
    place.append(chip("normal", `✓ ${said("none_open")}`, ""));
  }
  for (const severity of calling) {
    const count = beat.open[severity][0];
    const title = `${given.colours[severity]} ${said("unacknowledged")} ${count}`;
    place.append(chip(severity, `${given.shapes[severity]} ${count}`, title));
  }
}

function chip(severity, text, title) {
  const made = document.createElement("a");
  made.href = severity in given.shapes ? `/?severity=${severity}` : "/";
  made.className = `badge severity-${severity}`;
  made.textContent = text;
  if (title) {
    made.title = title;
    made.setAttribute("aria-label", title);
  }
  return made;
}

function tick() {
  const clock = document.getElementById("t-clock");
  if (!clock) return;
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: given.zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  clock.textContent = format.format(new Date(window.tocsin.live.now()));
}

window.tocsin = {
  said,
  given,
  /** light, dark or auto; kept for a year. */
  theme(name) {
    document.cookie = `tocsin_theme=${name}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  },
};
window.tocsin.live = new Live();
export const live = window.tocsin.live;
setInterval(tick, 1000);
new ResizeObserver(([entry]) => {
  const height = entry.target.hidden ? 0 : entry.target.offsetHeight;
  document.documentElement.style.setProperty("--t-banner", `${height}px`);
}).observe(document.getElementById("t-banner"));
