// What pages about places share: waiting for what the frame brings in, and values that change every second.

/** Call with the element of that id once the page has it. */
export function whenThere(id, call) {
  const found = document.getElementById(id);
  if (found) return call(found);
  const watcher = new MutationObserver(() => {
    const there = document.getElementById(id);
    if (!there) return;
    watcher.disconnect();
    call(there);
  });
  watcher.observe(document.body, { childList: true, subtree: true });
}

const given = JSON.parse(document.getElementById("p-given")?.textContent ?? "null");
const charts = new Map();

/** Values of points that look otherwise: in the table, and at the end of their charts. */
function values(news) {
  for (const now of news) {
    show(document.querySelector(`[data-point="${CSS.escape(now.point)}"]`), now);
    for (const drawn of charts.values()) if (drawn.point === now.point) append(drawn, now);
  }
}

function show(row, now) {
  if (!row || !given) return;
  row.querySelector(".p-value").textContent = now.figure;
  const severity = row.querySelector(".p-severity");
  if (severity) severity.innerHTML = now.over ? given.over : (given.badges[now.severity] ?? "");
  const quality = row.querySelector(".p-quality");
  quality.textContent = given.qualities[now.state];
  quality.dataset.state = now.state;
  const needle = row.querySelector(".p-needle");
  if (!needle) return;
  needle.hidden = now.at === null;
  if (now.at !== null) needle.style.left = `${now.at}%`;
}

function append(drawn, now) {
  if (now.number === null || now.heard_ms === null || !drawn.chart || drawn.chart.isDisposed()) return;
  drawn.more.push([now.heard_ms, now.number]);
  const data = [...drawn.data, ...drawn.more];
  drawn.chart.setOption({ xAxis: { max: Math.max(now.heard_ms, drawn.end) }, series: [{ id: "value", data }] });
}

/** Take a chart over: its times are the site's, its colours those of the ground it stands on, and it goes on with its point. */
function chart(id, point, zone) {
  const element = typeof getElement === "function" ? getElement(id) : null;
  const made = element?.chart;
  if (!made?.getOption()?.series) return setTimeout(() => chart(id, point, zone), 40);
  for (const [other, drawn] of charts) if (drawn.chart.isDisposed()) charts.delete(other);
  const option = made.getOption();
  const data = option.series.find((series) => series.id === "value")?.data ?? [];
  charts.set(id, { chart: made, point, data, more: [], end: option.xAxis[0].max });
  tellTime(made, zone, option.xAxis[0]);
  dress(made);
}

/** By the site's clock, wherever the browser is. */
function tellTime(made, zone, axis) {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const said = (at) => format.format(at).slice("2026-".length); // 11-22 17:10:39
  const tick = axis.max - axis.min > 36 * 3600e3 ? (at) => said(at).slice(0, 11) : (at) => said(at).slice(6, 11);
  made.setOption({
    xAxis: { axisLabel: { formatter: tick }, axisPointer: { label: { formatter: ({ value }) => said(value) } } },
  });
}

function dress(made) {
  const style = getComputedStyle(document.body);
  const [ink, soft, line, paper] = ["--ink", "--soft", "--line", "--paper"].map((name) => style.getPropertyValue(name).trim());
  const axis = { axisLabel: { color: soft }, axisLine: { lineStyle: { color: soft } }, splitLine: { lineStyle: { color: line } }, nameTextStyle: { color: soft } };
  made.setOption({
    textStyle: { color: ink },
    xAxis: { ...axis, splitLine: { show: false } },
    yAxis: axis,
    tooltip: { backgroundColor: paper, borderColor: line, textStyle: { color: ink } },
    series: [{ id: "value", markLine: { label: { color: ink } }, markArea: { label: { color: ink } } }],
  });
}

new MutationObserver(() => {
  for (const drawn of charts.values()) if (!drawn.chart.isDisposed()) dress(drawn.chart);
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });

// A part that is written anew must not take the keyboard's place away.
let focused = null;
document.addEventListener("focusin", (event) => (focused = event.target));
new MutationObserver(() => {
  if (!focused || focused.isConnected || document.activeElement !== document.body) return;
  const address = focused.getAttribute("href");
  const again = address && [...document.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === address);
  focused = null;
  again?.focus({ preventScroll: true });
}).observe(document.body, { childList: true, subtree: true });

window.tocsinPlaces = { values, chart };
