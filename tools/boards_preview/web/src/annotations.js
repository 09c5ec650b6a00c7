// Alarms as regions: read once for the board, drawn by trends.
import { ask } from './influx.js';
import { expand } from './macros.js';

const regions = [];
export const annotationRegions = () => regions;

export async function loadAnnotations(list, values, from, to) {
  for (const one of list.filter((a) => a.enable && a.target?.query)) {
    const series = await ask(expand(one.target.query, values, from, to));
    const endName = (one.target.timeEndColumn ?? '').split('.').pop();
    for (const { columns, values: rows } of series) {
      const end = columns.indexOf(endName);
      for (const row of rows) {
        regions.push({ from: row[0], to: end >= 0 ? row[end] : null, colour: one.iconColor });
      }
    }
  }
}
