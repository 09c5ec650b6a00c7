// Not among the components that Grafana publishes: drawn here, with Grafana's own texts and colours of each value.
import { FieldType, getFieldDisplayName } from '@grafana/data';
import { isEmpty, Nothing, theme } from './common.jsx';

export function StateTimelinePanel(props) {
  const { data, width, height, timeRange, options } = props;
  if (isEmpty(data)) {
    return <Nothing {...props} />;
  }
  const rows = data.series.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    return time ? frame.fields.filter((field) => field !== time).map((field) => ({ name: getFieldDisplayName(field, frame, data.series), time, field })) : [];
  });
  const from = timeRange.from.valueOf();
  const span = timeRange.to.valueOf() - from;
  const label = Math.min(200, width / 5);
  const rowHeight = Math.min(60, (height - 20) / Math.max(rows.length, 1));
  const x = (at) => label + ((at - from) / span) * (width - label);
  return (
    <svg width={width} height={height} fontFamily={theme().typography.fontFamily} fontSize={12}>
      {rows.map(({ name, time, field }, i) => (
        <g key={i} transform={`translate(0 ${i * rowHeight})`}>
          <text x={label - 8} y={rowHeight / 2 + 4} textAnchor="end" fill={theme().colors.text.primary}>{name}</text>
          {segments(time, field, from + span).map((one, j) => (
            <g key={j}>
              <rect x={x(one.from)} y={2} width={Math.max(1, x(one.to) - x(one.from))} height={rowHeight * (options.rowHeight ?? 0.9)} fill={one.colour} fillOpacity={(field.config.custom?.fillOpacity ?? 70) / 100} />
              {x(one.to) - x(one.from) > 7 * one.text.length && <text x={x(one.from) + 6} y={rowHeight / 2 + 2} fill={theme().colors.getContrastText(one.colour)}>{one.text}</text>}
            </g>
          ))}
        </g>
      ))}
    </svg>
  );
}

function segments(time, field, end) {
  const found = [];
  field.values.forEach((value, i) => {
    if (value === null || value === undefined) {
      return;
    }
    const shown = field.display(value);
    const last = found.at(-1);
    const until = time.values[i + 1] ?? end;
    if (last && last.text === shown.text && last.to === time.values[i]) {
      last.to = until;
    } else {
      found.push({ from: time.values[i], to: until, text: shown.text, colour: shown.color ?? '#888888' });
    }
  });
  return found;
}
