// Not among the components that Grafana publishes: places drawn by their coordinates, with Grafana's colours and texts of each value.
import { isEmpty, Nothing, theme } from './common.jsx';

const MARGIN = { x: 110, y: 40 };

export function MapPanel(props) {
  const { data, width, height } = props;
  if (isEmpty(data)) {
    return <Nothing {...props} />;
  }
  const frame = data.series[0];
  const by = (name) => frame.fields.find((field) => field.name === name);
  const places = frame.fields[0].values.map((_, i) => ({ lat: by('lat')?.values[i], lon: by('lon')?.values[i], shown: by('colour')?.display(by('colour').values[i]), name: by('name')?.values[i] })).filter((one) => typeof one.lat === 'number');
  if (places.length === 0) {
    return <Nothing {...props} />;
  }
  const [x, y] = [scale(places.map((one) => one.lon), width, MARGIN.x), scale(places.map((one) => -one.lat), height, MARGIN.y)];
  return (
    <svg width={width} height={height} fontFamily={theme().typography.fontFamily} fontSize={13}>
      <rect width={width} height={height} fill={theme().colors.background.secondary} />
      {places.map((one, i) => (
        <g key={i} transform={`translate(${x(one.lon)} ${y(-one.lat)})`}>
          <circle r={9} fill={one.shown?.color} fillOpacity={0.9} />
          <text y={26} textAnchor="middle" fill={theme().colors.text.primary}>{one.shown?.text} {one.name}</text>
        </g>
      ))}
    </svg>
  );
}

function scale(values, size, margin) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (value) => (high === low ? size / 2 : margin + ((value - low) / (high - low)) * (size - 2 * margin));
}
