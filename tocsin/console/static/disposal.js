// Disposals: deadlines that count down, and photos that are sent one after the other, each with its progress.

const states = JSON.parse(document.getElementById("d-states").textContent);
const box = document.getElementById("d-given");

const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (whole, key) => fields[key] ?? whole);

function span(ms) {
  const s = Math.floor(Math.abs(ms) / 1000);
  if (s >= 86400) return fill(states.days, { d: Math.floor(s / 86400), h: Math.floor((s % 86400) / 3600) });
  if (s >= 3600) return fill(states.hours, { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  return fill(states.minutes, { m: Math.floor(s / 60), s: s % 60 });
}

setInterval(() => {
  const live = window.tocsin?.live;
  if (!live) return;
  for (const element of document.querySelectorAll("[data-deadline]")) {
    const left = Number(element.dataset.deadline) - live.now();
    const text = fill(left < 0 ? states.over : states.left, { span: span(left) });
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle("d-late", left < 0);
  }
}, 1000);

if (box) photos(JSON.parse(box.textContent));

function photos(given) {
  const words = given.words;
  const waiting = [];
  let busy = false;

  // The page's parts are made anew now and then: whichever input is there is heard here.
  document.addEventListener("change", (event) => {
    if (event.target.id !== "d-photo" && event.target.id !== "d-files") return;
    for (const file of event.target.files) add(file);
    event.target.value = "";
  });
  addEventListener("beforeunload", (event) => {
    if (busy || waiting.length) event.preventDefault();
  });

  function add(file) {
    const item = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { className: "d-name", textContent: file.name });
    const bar = document.createElement("progress");
    Object.assign(bar, { max: 100, value: 0 });
    bar.setAttribute("aria-label", file.name);
    const said = Object.assign(document.createElement("span"), { className: "d-said", textContent: words.photo_waiting });
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      item.append(picture);
    }
    item.append(name, bar, said);
    document.getElementById("d-sending").append(item);
    const one = { file, item, bar, said };
    if (file.size > given.most) fail(one, fill(words.photo_too_large, { mib: given.most >> 20 }), false);
    else if (!file.size) fail(one, words.photo_empty, false);
    else {
      waiting.push(one);
      next();
    }
  }

  function next() {
    if (busy || !waiting.length) return;
    busy = true;
    send(waiting.shift(), () => {
      busy = false;
      next();
    });
  }

  function send(one, done) {
    const form = new FormData();
    form.append("file", one.file, one.file.name);
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/alarms/${encodeURIComponent(given.alarm)}/disposal/evidence`);
    request.setRequestHeader("x-csrf-token", given.csrf);
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      one.bar.value = Math.round((100 * event.loaded) / event.total);
      one.said.textContent = fill(words.photo_sending, { percent: one.bar.value });
    };
    request.onload = () => {
      if (request.status === 201) {
        one.bar.value = 100;
        one.said.textContent = `✓ ${words.photo_done}`;
        setTimeout(() => one.item.remove(), 4000);
      } else fail(one, why(request), request.status >= 500 || request.status === 429);
      done();
    };
    request.onerror = () => {
      fail(one, words.photo_offline, true);
      done();
    };
    request.send(form);
  }

  function why(request) {
    if (request.status === 415) return words.photo_kind;
    if (request.status === 413) return fill(words.photo_too_large, { mib: given.most >> 20 });
    try {
      return JSON.parse(request.responseText).detail ?? request.statusText;
    } catch {
      return `${request.status} ${request.statusText}`;
    }
  }

  function fail(one, reason, again) {
    one.item.classList.add("failed");
    one.said.textContent = `✗ ${fill(words.photo_failed, { reason })}`;
    if (!again) return;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: words.photo_retry });
    button.onclick = () => {
      one.item.remove();
      add(one.file);
    };
    one.item.append(button);
  }
}
