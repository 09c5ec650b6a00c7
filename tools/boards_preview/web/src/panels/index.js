// Panels by the names that boards use. Those that Grafana publishes are its own components.
import { PanelPlugin } from '@grafana/data';
import { sceneUtils } from '@grafana/scenes';
import { identityOverrideProcessor } from '@grafana/data';
import { option } from '../registries.js';
import { BarGaugePanel } from './barGauge.jsx';
import { MapPanel } from './map.jsx';
import { StatPanel } from './stat.jsx';
import { StateTimelinePanel } from './stateTimeline.jsx';
import { TablePanel } from './table.jsx';
import { TextPanel } from './text.jsx';
import { TimeSeriesPanel } from './timeSeries.jsx';

const SERIES = {
  drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, lineStyle: undefined, fillOpacity: 0, fillBelowTo: undefined,
  gradientMode: 'none', showPoints: 'auto', pointSize: 5, spanNulls: false, insertNulls: false, stacking: { mode: 'none', group: 'A' },
  axisPlacement: 'auto', axisLabel: undefined, axisSoftMin: undefined, axisSoftMax: undefined, axisWidth: undefined, axisColorMode: 'text',
  axisGridShow: undefined, axisCenteredZero: false, axisBorderShow: false, scaleDistribution: undefined, barAlignment: 0, barWidthFactor: 0.6,
  hideFrom: { viz: false, legend: false, tooltip: false }, thresholdsStyle: { mode: 'off' }, transform: undefined, barMaxWidth: undefined, lineColor: undefined,
};
const TABLE = { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, width: undefined, minWidth: undefined, filterable: false, hidden: false, wrapHeaderText: undefined, footer: undefined };
const TIMELINE = { lineWidth: 0, fillOpacity: 70, spanNulls: false, insertNulls: false, hideFrom: SERIES.hideFrom };

const PANELS = {
  timeseries: [TimeSeriesPanel, SERIES],
  stat: [StatPanel, {}],
  bargauge: [BarGaugePanel, {}],
  table: [TablePanel, TABLE],
  'state-timeline': [StateTimelinePanel, TIMELINE],
  geomap: [MapPanel, {}],
  text: [TextPanel, {}],
};

export function registerPanels() {
  for (const [pluginId, [component, custom]] of Object.entries(PANELS)) {
    const plugin = new PanelPlugin(component);
    plugin.useFieldConfig({
      useCustomConfig: (builder) => {
        for (const [path, defaultValue] of Object.entries(custom)) {
          builder.addCustomEditor({ ...option(path, identityOverrideProcessor), defaultValue });
        }
      },
    });
    sceneUtils.registerRuntimePanelPlugin({ pluginId, plugin });
  }
}
