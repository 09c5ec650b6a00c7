// One alarm as a row, or as a card on a small screen: the same elements, placed by board.css.

export function makeRow(given, said, acts) {
  const row = element("div", "b-row", { role: "row", tabIndex: -1 });
  const parts = {
    pick: element("input", "", { type: "checkbox" }),
    badge: element("span", "badge"),
    time: element("time", "b-clock"),
    age: element("span", "b-age"),
    where: element("span", "b-where"),
    link: element("a", "b-subject"),
    text: element("span", "b-text"),
    marks: element("span", "b-marks"),
    value: element("strong", "b-value"),
    limit: element("span", "b-limit"),
    state: element("span", "b-state"),
    by: element("span", "b-by"),
    button: element("button", "b-button", { type: "button" }),
    open: element("a", "b-open", { textContent: said("open") }),
  };
  row.append(
    cell("b-pick", parts.pick),
    cell("b-priority", parts.badge),
    cell("b-time", parts.time, parts.age),
    cell("b-place", parts.where),
    cell("b-what", parts.link, parts.marks, parts.text),
    cell("b-figures", parts.value, parts.limit),
    cell("b-standing", parts.state, parts.by),
    cell("b-acts", parts.button, parts.open),
  );
  row.parts = parts;
  parts.pick.addEventListener("change", () => acts.pick(row.item.id, parts.pick.checked));
  parts.button.addEventListener("click", () => acts.act(parts.button.dataset.action, [row.item.id]));
  row.addEventListener("focus", () => acts.focused(row.item.id));
  return row;
}

export function fillRow(row, item, here, { given, said, time, age, picked, may }) {
  const parts = row.parts;
  row.tabIndex = here ? 0 : -1;
  row.classList.toggle("here", here);
  row.setAttribute("aria-selected", String(picked));
  parts.pick.checked = picked;
  const old = age(item.at);
  if (parts.age.textContent !== old) parts.age.textContent = old;
  if (row.item === item) return;
  row.item = item;
  const calls = Boolean(item.unacknowledged && !item.aside && !item.exercise);
  row.classList.toggle("calls", calls);
  row.classList.toggle("off", !item.on);
  row.classList.toggle("aside", Boolean(item.aside));
  row.classList.toggle("exercise", Boolean(item.exercise));
  row.dataset.severity = item.severity;
  const level = item.level ? ` ${said(`level_${item.level}`)}` : "";
  parts.badge.className = `badge severity-${item.severity}`;
  parts.badge.textContent = `${given.shapes[item.severity] ?? "◆"} ${given.colours[item.severity] ?? item.severity}${level}`;
  parts.time.textContent = time(item.at);
  parts.time.dateTime = new Date(item.at).toISOString();
  parts.where.textContent = [item.enterprise_name, item.unit_name].filter(Boolean).join(" · ");
  parts.where.title = parts.where.textContent;
  parts.link.textContent = item.subject;
  parts.link.href = parts.open.href = `/alarms/${encodeURIComponent(item.id)}${item.exercise ? "?exercise=1" : ""}`;
  parts.text.textContent = item.text;
  parts.text.title = item.text;
  parts.value.textContent = item.value ?? "";
  parts.limit.textContent = item.limit ? `${said("limit")} ${item.limit}` : "";
  parts.state.textContent = said(`state_${item.state}`);
  parts.by.textContent = item.by || (item.answered ? said("answered", { name: item.answered }) : "");
  parts.marks.replaceChildren(...marksOf(item, said, time));
  parts.pick.setAttribute("aria-label", said("pick", { subject: item.subject }));
  parts.pick.disabled = Boolean(item.exercise);
  const action = actionOf(item, may);
  parts.button.hidden = !action;
  parts.button.dataset.action = action ?? "";
  parts.button.textContent = action ? said(action) : "";
  parts.button.setAttribute("aria-label", action ? `${said(action)}: ${item.subject}` : "");
  parts.open.setAttribute("aria-label", `${said("open")}: ${item.subject}`);
}

/** What a person would do next. */
function actionOf(item, may) {
  if (item.exercise) return null;
  if (item.unacknowledged) return may.acknowledge ? "acknowledge" : null;
  return item.state === "latched_acknowledged" && may.reset ? "reset" : null;
}

function marksOf(item, said, time) {
  const marks = [];
  const add = (name, fields) => marks.push(element("span", `b-mark ${name}`, { textContent: said(`mark_${name}`, fields) }));
  if (item.exercise) add("exercise");
  if (item.first) add("first", { of: item.of });
  if (item.aside) add(item.aside, { until: item.until ? time(item.until) : "" });
  if (item.late) add("late");
  return marks;
}

function cell(name, ...parts) {
  const made = element("div", name, { role: "gridcell" });
  made.append(...parts);
  return made;
}

export function element(tag, className, properties = {}) {
  const { role, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  if (className) made.className = className;
  if (role) made.setAttribute("role", role);
  return made;
}
