// What several panels need.
import { getFieldDisplayValues } from '@grafana/data';
import { config } from '@grafana/runtime';

export const theme = () => config.theme2;

/** What a panel says that has nothing to show. */
export function Nothing({ fieldConfig, height }) {
  const said = fieldConfig.defaults.noValue ?? 'No data';
  return <div style={{ height, display: 'grid', placeItems: 'center', color: theme().colors.text.secondary }}>{said}</div>;
}

export function displayValues({ data, options, fieldConfig, replaceVariables, timeZone }) {
  return getFieldDisplayValues({
    fieldConfig,
    reduceOptions: { values: false, ...options.reduceOptions },
    replaceVariables,
    theme: theme(),
    data: data.series,
    timeZone,
  });
}

export const isEmpty = (data) => data.series.every((frame) => frame.length === 0);
