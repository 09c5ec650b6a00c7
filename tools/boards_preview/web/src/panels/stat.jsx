import { BigValue, VizRepeater } from '@grafana/ui';
import { displayValues, theme } from './common.jsx';

export function StatPanel(props) {
  const { width, height, options, data, renderCounter } = props;
  return (
    <VizRepeater
      getValues={() => displayValues(props)}
      renderValue={({ value, width: w, height: h, count, alignmentFactors }) => (
        <BigValue
          value={value.display}
          count={count}
          sparkline={options.graphMode === 'none' ? undefined : value.sparkline}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          textMode={options.textMode === 'auto' && count === 1 ? 'value' : options.textMode}
          alignmentFactors={alignmentFactors}
          text={options.text}
          width={w}
          height={h}
          theme={theme()}
        />
      )}
      width={width}
      height={height}
      source={data}
      autoGrid
      itemSpacing={3}
      renderCounter={renderCounter}
      orientation={options.orientation}
    />
  );
}
