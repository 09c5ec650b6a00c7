// $timeFilter, $__interval and variables, put into a query as Grafana's InfluxDB plugin puts them.
const STEPS_MS = [1000, 2000, 5000, 10000, 15000, 20000, 30000, 60000, 120000, 300000, 600000, 900000, 1200000, 1800000, 3600000, 7200000, 10800000, 21600000, 43200000, 86400000];

/** `values` name -> one value, a list of them, or {all: TEXT}. */
export function expand(text, values, from, to, maxPoints = 1000) {
  const step = intervalMs(from, to, maxPoints);
  return text
    .replace(/\$timeFilter/g, `time >= ${from}ms and time <= ${to}ms`)
    .replace(/\$(__interval_ms)|\$\{__interval_ms\}/g, String(step))
    .replace(/\$(__interval|interval)\b|\$\{__interval\}/g, step % 1000 ? `${step}ms` : `${step / 1000}s`)
    .replace(/now\(\)/g, `${to}ms`)
    .replace(/\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g, (whole, braced, format, bare, at) => {
      const value = values[braced ?? bare];
      return value === undefined ? whole : formatted(value, format === 'regex' || inPattern(text, at));
    });
}

function intervalMs(from, to, maxPoints) {
  const raw = (to - from) / maxPoints;
  return STEPS_MS.find((step) => step >= raw) ?? STEPS_MS.at(-1);
}

function inPattern(text, at) {
  return (text.slice(0, at).match(/\//g) ?? []).length % 2 === 1;
}

function formatted(value, pattern) {
  if (value.all !== undefined) {
    return value.all;
  }
  const quoted = (one) => (pattern ? one.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') : one);
  return Array.isArray(value) ? (value.length === 1 ? quoted(value[0]) : `(${value.map(quoted).join('|')})`) : quoted(value);
}
