import { cacheFieldDisplayNames } from '@grafana/data';
import { TableNG } from '@grafana/ui/unstable';
import { isEmpty, Nothing } from './common.jsx';

export function TablePanel(props) {
  const { data, width, height, options, fieldConfig, timeRange } = props;
  if (isEmpty(data)) {
    return <Nothing {...props} />;
  }
  cacheFieldDisplayNames(data.series);
  return (
    <TableNG
      data={data.series[options.frameIndex ?? 0]}
      width={width}
      height={height}
      noHeader={options.showHeader === false}
      showTypeIcons={options.showTypeIcons}
      initialSortBy={options.sortBy}
      sortBy={options.sortBy}
      cellHeight={options.cellHeight}
      fieldConfig={fieldConfig}
      timeRange={timeRange}
      getActions={() => []}
      structureRev={1}
    />
  );
}
