import { BarGauge, VizRepeater } from '@grafana/ui';
import { displayValues, isEmpty, Nothing, theme } from './common.jsx';

export function BarGaugePanel(props) {
  const { width, height, options, data, renderCounter } = props;
  if (isEmpty(data)) {
    return <Nothing {...props} />;
  }
  return (
    <VizRepeater
      getValues={() => displayValues(props)}
      renderValue={({ value, width: w, height: h, orientation }) => (
        <BarGauge
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex)}
          width={w}
          height={h}
          orientation={orientation}
          displayMode={options.displayMode}
          showUnfilled={options.showUnfilled}
          valueDisplayMode={options.valueMode}
          text={options.text}
          itemSpacing={10}
          theme={theme()}
        />
      )}
      width={width}
      height={height}
      source={data}
      itemSpacing={10}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight ?? 60}
      renderCounter={renderCounter}
      orientation={options.orientation}
    />
  );
}
