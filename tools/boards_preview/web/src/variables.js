// Values of a board's variables: each query is asked in its turn, those before it filled in.
import { ask } from './influx.js';
import { expand } from './macros.js';

/** Name -> {value for queries, value and text for the box at the top, options}. */
export async function valuesOf(list, asked, from, to) {
  const chosen = {};
  for (const variable of list) {
    const known = Object.fromEntries(Object.entries(chosen).map(([name, one]) => [name, one.value]));
    const options = await optionsOf(variable, known, from, to);
    const wanted = asked.get(`var-${variable.name}`);
    chosen[variable.name] = { options, ...choice(variable, options, wanted) };
  }
  return chosen;
}

async function optionsOf(variable, known, from, to) {
  if (variable.type !== 'query') {
    return String(variable.query?.query ?? variable.query ?? '').split(',').filter(Boolean);
  }
  const series = await ask(expand(variable.query.query ?? variable.query, known, from, to));
  const values = series.flatMap((one) => one.values.map((row) => String(row.length > 1 ? row[1] : row[0])));
  return [...new Set(values)].sort((a, b) => a.localeCompare(b));
}

function choice(variable, options, wanted) {
  if (wanted) {
    return { value: wanted, text: wanted };
  }
  if (variable.includeAll) {
    return { value: { all: variable.allValue || `(${options.join('|')})`, each: options }, text: 'All' };
  }
  return { value: options[0] ?? '', text: options[0] ?? '' };
}
