// InfluxDB asked in InfluxQL, its answers turned into frames as Grafana's InfluxDB plugin turns them.
import { FieldType } from '@grafana/data';

let underWay = 0;
export const inFlight = () => underWay;

/** The series of one statement. */
export async function ask(text) {
  underWay += 1;
  try {
    const answer = await (await fetch(`/influx?q=${encodeURIComponent(text)}`)).json();
    const result = answer.results?.[0] ?? answer;
    if (result.error) {
      throw new Error(`${result.error}: ${text}`);
    }
    return result.series ?? [];
  } finally {
    underWay -= 1;
  }
}

/** A query of a panel as frames. */
export async function framesOf(query, text) {
  const series = await ask(text);
  return query.resultFormat === 'table' ? tableFrames(series, query.refId) : timeFrames(series, query, text);
}

function tableFrames(series, refId) {
  if (series.length === 0) {
    return [];
  }
  const [first] = series;
  const rows = series.flatMap((one) => one.values.map((row) => ({ row, tags: one.tags ?? {} })));
  const columns = first.columns.map((name, i) => field(name === 'time' ? 'Time' : name, rows.map(({ row }) => row[i])));
  const tags = Object.keys(first.tags ?? {}).map((name) => field(name, rows.map(({ tags: own }) => own[name])));
  return [{ refId, name: first.name, length: rows.length, fields: [columns[0], ...tags, ...columns.slice(1)] }];
}

function timeFrames(series, query, text) {
  return series.flatMap((one) => {
    if (!one.columns.includes('time')) {
      const at = /show tag values/i.test(text) ? 1 : 0;
      return [{ refId: query.refId, name: one.name, length: one.values.length, fields: [field('Value', one.values.map((row) => String(row[at])))] }];
    }
    const time = field('Time', one.values.map((row) => row[0]));
    return one.columns.slice(1).map((column, i) => {
      const name = nameOf(one, column, query.alias);
      const value = { ...field('Value', one.values.map((row) => row[i + 1])), labels: one.tags, config: { displayNameFromDS: name } };
      return { refId: query.refId, name, length: one.values.length, fields: [time, value] };
    });
  });
}

function field(name, values) {
  const known = values.find((value) => value !== null && value !== undefined);
  const types = { number: FieldType.number, string: FieldType.string, boolean: FieldType.boolean };
  const type = name === 'Time' ? FieldType.time : (types[typeof known] ?? FieldType.number);
  return { name, type, values: values.map((value) => value ?? null), config: name === 'Time' || name === 'Value' ? {} : { displayNameFromDS: name } };
}

function nameOf(series, column, alias) {
  const tags = series.tags ?? {};
  if (alias) {
    return alias.replace(/\$(\w+)|\[\[([\s\S]+?)\]\]/g, (whole, bare, bracketed) => {
      const key = bare ?? bracketed;
      if (key === 'm' || key === 'measurement') {
        return series.name;
      }
      if (key === 'col') {
        return column;
      }
      return key.startsWith('tag_') ? (tags[key.slice(4)] ?? whole) : whole;
    });
  }
  const said = Object.entries(tags).map(([key, value]) => `${key}: ${value}`);
  return said.length ? `${series.name}.${column} { ${said.join(', ')} }` : `${series.name}.${column}`;
}
