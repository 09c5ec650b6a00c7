import { FieldType } from '@grafana/data';
import { TimeSeries } from '@grafana/ui';
import { annotationRegions } from '../annotations.js';
import { isEmpty, Nothing } from './common.jsx';

export function TimeSeriesPanel(props) {
  const { data, timeRange, timeZone, width, height, options } = props;
  const frames = data.series.filter((frame) => frame.fields.some((field) => field.type === FieldType.number));
  if (isEmpty(data) || frames.length === 0) {
    return <Nothing {...props} />;
  }
  return (
    <TimeSeries frames={frames} structureRev={data.structureRev} timeRange={timeRange} timeZone={timeZone} width={width} height={height} legend={options.legend} options={options}>
      {(builder) => {
        builder.addHook?.('drawClear', paintRegions);
        return null;
      }}
    </TimeSeries>
  );
}

/** Alarms behind the lines: a band from raised to cleared, an edge where it began. */
function paintRegions(plot) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, to, colour } of annotationRegions()) {
    const left = plot.valToPos(from, 'x', true);
    const right = to ? plot.valToPos(to, 'x', true) : left;
    ctx.fillStyle = colour;
    ctx.globalAlpha = 0.12;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 0.8;
    ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
  }
  ctx.restore();
}
