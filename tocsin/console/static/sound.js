// What is heard: two tones per priority, again and again while somebody has to acknowledge.

const TONES = {
  // [high Hz, low Hz, how often both, seconds until it sounds again]
  red: [988, 740, 3, 2.5],
  orange: [784, 587, 2, 6],
  yellow: [659, 523, 1, 15],
  blue: [523, 440, 1, 60],
  blind: [311, 233, 2, 5],
};
const SEVERITIES = ["red", "orange", "yellow", "blue"];
const ENABLED = "tocsin.sound";
const MUTED = "tocsin.muted-until";
const MINUTES = [5, 15, 30];

export class Sound {
  constructor(said, zone, language) {
    this.said = said;
    this.time = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    this.context = null;
    this.counts = null;
    this.newest = {};
    this.silencedAt = null;
    this.isBlind = false;
    this.dueAt = {};
    this.played = [];
    setInterval(() => this.look(), 250);
    document.addEventListener("pointerdown", () => this.wake(), { passive: true });
    document.addEventListener("keydown", () => this.wake());
    window.addEventListener("storage", () => this.show());
    this.show();
  }

  get enabled() {
    return localStorage.getItem(ENABLED) !== "off";
  }

  get mutedUntil() {
    const until = Number(localStorage.getItem(MUTED) ?? 0);
    return until > Date.now() ? until : 0;
  }

  get ready() {
    return this.context?.state === "running";
  }

  /** Browsers let a page be heard only after somebody has touched it. */
  wake() {
    if (!this.enabled) return;
    this.context ??= new AudioContext();
    if (this.context.state !== "running") this.context.resume().then(() => this.show());
    else this.show();
  }

  enable(on) {
    localStorage.setItem(ENABLED, on ? "on" : "off");
    if (on) this.wake();
    this.show();
  }

  /** Nothing is heard until then, whatever comes; 0 ends it. */
  mute(minutes) {
    if (minutes) localStorage.setItem(MUTED, String(Date.now() + minutes * 60_000));
    else localStorage.removeItem(MUTED);
    this.show();
  }

  /** Nothing is heard until a new alarm calls, or one becomes worse. */
  silence() {
    this.silencedAt = { ...this.newest };
    this.show();
  }

  hear(beat) {
    this.counts = beat.open;
    if (beat.epoch !== this.epoch) this.silencedAt = this.epoch === undefined ? this.silencedAt : null;
    this.epoch = beat.epoch;
    this.newest = beat.newest;
    if (this.silencedAt && SEVERITIES.some((s) => (beat.newest[s] ?? 0) > (this.silencedAt[s] ?? 0))) {
      this.silencedAt = null;
      this.dueAt = {};
      this.show();
    }
  }

  blind(is) {
    this.isBlind = is;
    if (is) this.silencedAt = null;
    this.dueAt.blind = 0;
  }

  /** What ought to sound now: blind, a severity, or nothing. */
  wanted() {
    if (this.mutedUntil || this.silencedAt) return null;
    if (this.isBlind) return "blind";
    return SEVERITIES.find((severity) => this.counts?.[severity]?.[0]) ?? null;
  }

  look() {
    if (this.mutedUntil !== this.shownMute) this.show();
    const what = this.wanted();
    if (!what || !this.ready || !this.enabled) return;
    const now = performance.now();
    if (now < (this.dueAt[what] ?? 0)) return;
    this.dueAt[what] = now + TONES[what][3] * 1000;
    this.play(what);
  }

  play(what) {
    const [high, low, times] = TONES[what];
    this.played = [...this.played.slice(-19), what];
    let at = this.context.currentTime + 0.02;
    for (let n = 0; n < times; n++) {
      for (const tone of [high, low]) {
        const source = this.context.createOscillator();
        const loudness = this.context.createGain();
        source.type = "triangle";
        source.frequency.value = tone;
        loudness.gain.setValueAtTime(0, at);
        loudness.gain.linearRampToValueAtTime(0.35, at + 0.015);
        loudness.gain.setValueAtTime(0.35, at + 0.15);
        loudness.gain.linearRampToValueAtTime(0, at + 0.19);
        source.connect(loudness).connect(this.context.destination);
        source.start(at);
        source.stop(at + 0.2);
        at += 0.2;
      }
      at += 0.12;
    }
  }

  show() {
    const place = document.getElementById("t-sound");
    if (!place) {
      requestAnimationFrame(() => this.show()); // the frame is not there yet
      return;
    }
    this.shownMute = this.mutedUntil;
    const [icon, text, state] = this.state();
    if (!this.button) this.build(place);
    this.button.className = `t-sound-button ${state}`;
    this.button.querySelector(".icon").textContent = icon;
    this.button.querySelector(".text").textContent = text;
    this.button.setAttribute("aria-label", `${this.said("sound_settings")}: ${text}`);
  }

  state() {
    if (!this.enabled) return ["volume_off", this.said("sound_off"), "off"];
    if (this.mutedUntil) return ["notifications_paused", this.said("sound_muted", { until: this.time.format(this.mutedUntil) }), "muted"];
    if (!this.ready) return ["volume_off", this.said("sound_blocked"), "off"];
    if (this.silencedAt) return ["volume_down", this.said("sound_silenced"), "muted"];
    return ["volume_up", this.said("sound_on"), "on"];
  }

  build(place) {
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", "t-sound-menu");
    this.button.innerHTML = '<i class="material-icons icon" aria-hidden="true"></i> <span class="text"></span>';
    this.menu = Object.assign(document.createElement("div"), { id: "t-sound-menu", className: "t-sound-menu", hidden: true });
    this.button.onclick = () => this.open(this.menu.hidden);
    place.append(this.button, this.menu);
    document.addEventListener("pointerdown", (event) => !place.contains(event.target) && this.open(false));
    place.addEventListener("keydown", (event) => event.key === "Escape" && (this.open(false), this.button.focus()));
  }

  open(on) {
    if (on && (!this.enabled || !this.ready) && !this.mutedUntil) {
      this.enable(true);
      return; // one touch is all that it takes
    }
    this.menu.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
    if (!on) return;
    const items = [["sound_test", {}, () => (this.wake(), this.play("orange"))]];
    if (this.mutedUntil) items.push(["sound_unmute", {}, () => this.mute(0)]);
    else items.push(["sound_silence", {}, () => this.silence()]);
    for (const minutes of MINUTES) items.push(["sound_mute_for", { minutes }, () => this.mute(minutes)]);
    items.push([this.enabled ? "sound_disable" : "sound_enable", {}, () => this.enable(!this.enabled)]);
    this.menu.replaceChildren(
      ...items.map(([name, fields, act]) => {
        const item = Object.assign(document.createElement("button"), { type: "button", textContent: this.said(name, fields) });
        item.onclick = () => {
          act();
          this.open(false);
          this.button.focus();
        };
        return item;
      }),
    );
  }
}
