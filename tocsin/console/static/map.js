// The risk map: outlines of regions, marks of enterprises, and the list beside them; told of what changes.

import { whenThere } from "./places.js";

const given = JSON.parse(document.getElementById("p-map-given").textContent);
const forms = given.forms;
const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
const marks = new Map();
const areas = new Map();
let map = null;

function colour(severity) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${severity}`).trim() || "#888";
}

function iconOf(form) {
  const box = document.createElement("div");
  box.className = `p-mark severity-${form.severity}`;
  const live = document.createElement("span");
  live.textContent = form.count ? `${form.shape} ${form.count}` : form.shape;
  box.append(live);
  if (form.inherent) {
    const grade = document.createElement("span");
    grade.className = `p-mark-grade severity-${form.inherent}`;
    grade.textContent = form.inherent_shape;
    box.append(grade);
  }
  return window.L.divIcon({ html: box, className: "p-mark-box", iconSize: null });
}

function areaStyle(form, around) {
  // Seen only in part: nothing is said of it.
  if (!form) return { color: "#808a94", weight: 1.5, dashArray: "2 6", fillOpacity: 0 };
  const severity = form.severity;
  const calm = severity === "normal" || around;
  return {
    color: colour(severity),
    weight: severity === "normal" ? 1.5 : 3,
    dashArray: severity === "none" ? "6 6" : null,
    fillColor: colour(severity),
    fillOpacity: calm ? 0.06 : severity === "none" ? 0.12 : 0.22,
  };
}

function draw() {
  const L = window.L;
  map.zoomControl?.setPosition("topright");
  if (given.tiles) L.tileLayer(given.tiles, { attribution: given.attribution, maxZoom: 19 }).addTo(map);
  // Those around others first, so that what lies within them can be clicked.
  const ordered = Object.entries(given.outlines).sort((a, b) => span(b[1]) - span(a[1]));
  for (const [region, corners] of ordered) {
    const area = L.polygon(corners, { ...areaStyle(forms[`region:${region}`], !(region in given.names)), keyboard: false }).addTo(map);
    if (region in given.names) named(region, corners);
    area.on("click", () => document.querySelector(`[data-region="${CSS.escape(region)}"]`)?.scrollIntoView({ block: "start" }));
    areas.set(`region:${region}`, area);
  }
  for (const place of given.places) {
    const form = forms[`enterprise:${place.id}`];
    const mark = L.marker(place.at, { icon: iconOf(form), keyboard: false, zIndexOffset: form.rank, alt: "" }).addTo(map);
    mark.bindTooltip(() => tip(place));
    mark.on("click", () => location.assign(`/enterprises/${encodeURIComponent(place.id)}`));
    marks.set(`enterprise:${place.id}`, mark);
  }
  fit();
}

/** A region's name on the middle of its northern edge. */
function named(region, corners) {
  const north = Math.max(...corners.map((corner) => corner[0]));
  const lons = corners.map((corner) => corner[1]);
  const box = Object.assign(document.createElement("div"), { className: "p-region-name", textContent: given.names[region] });
  const icon = window.L.divIcon({ html: box, className: "p-mark-box", iconSize: null });
  const at = [north, (Math.min(...lons) + Math.max(...lons)) / 2];
  window.L.marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: -1000, alt: "" }).addTo(map);
}

function tip(place) {
  const form = forms[`enterprise:${place.id}`];
  const box = document.createElement("div");
  box.textContent = `${place.name}: ${form.shape} ${form.word}${form.count ? ` ${form.count}` : ""}`;
  return box;
}

function span(corners) {
  const lats = corners.map((corner) => corner[0]);
  return Math.max(...lats) - Math.min(...lats);
}

function fit() {
  map.invalidateSize();
  map.fitBounds(given.view, { animate: false });
}

function wait() {
  const element = typeof getElement === "function" ? getElement(given.element) : null;
  if (!window.L || !element?.map) return setTimeout(wait, 40);
  map = element.map;
  map.options.zoomAnimation = !reduced;
  draw();
  new ResizeObserver(() => map.invalidateSize()).observe(element.$el);
}

let rows = null;
let search = null;
let only = null;

function sift() {
  const text = search.value.trim().toLowerCase();
  let any = false;
  for (const group of rows.querySelectorAll(".p-group")) {
    let some = false;
    for (const row of group.querySelectorAll(".p-place")) {
      const fits = row.dataset.text.includes(text) && (!only.checked || row.dataset.alarms === "1");
      row.hidden = !fits;
      some ||= fits;
    }
    group.hidden = !some;
    any ||= some;
  }
  document.getElementById("p-map-none").hidden = any;
}

function sort() {
  for (const list of rows.querySelectorAll(".p-list")) {
    const found = [...list.children];
    const ordered = [...found].sort((a, b) => b.dataset.rank - a.dataset.rank);
    if (ordered.some((row, i) => row !== found[i])) {
      const focused = document.activeElement;
      list.append(...ordered);
      if (list.contains(focused)) focused.focus({ preventScroll: true });
    }
  }
}

function show(place, form) {
  const row = rows.querySelector(`[data-place="${CSS.escape(place)}"]`);
  if (row) {
    row.querySelector(".p-cell-state").innerHTML = form.state_html;
    row.querySelector(".p-cell-inherent").innerHTML = form.inherent_html;
    const note = row.querySelector(".p-cell-note");
    if (note) note.innerHTML = form.note;
    row.dataset.rank = form.rank;
    row.dataset.alarms = form.alarms;
  }
  const mark = marks.get(place);
  if (mark) mark.setIcon(iconOf(form)).setZIndexOffset(form.rank);
  areas.get(place)?.setStyle(areaStyle(form, !(form.id in given.names)));
}

window.tocsinMap = {
  take(news) {
    for (const [place, form] of Object.entries(news)) {
      forms[place] = form;
      if (rows) show(place, form);
    }
    if (!rows) return;
    sort();
    sift();
  },
};

whenThere("p-map-rows", (found) => {
  rows = found;
  search = document.getElementById("p-map-search");
  only = document.getElementById("p-map-only");
  search.addEventListener("input", sift);
  only.addEventListener("change", sift);
  for (const [place, form] of Object.entries(forms)) show(place, form);
  sort();
  wait();
});
