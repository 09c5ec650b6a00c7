// A board's JSON as a scene of Grafana's.
import {
  CustomVariable,
  EmbeddedScene,
  LocalValueVariable,
  SceneControlsSpacer,
  SceneDataTransformer,
  SceneGridItem,
  SceneGridLayout,
  SceneGridRow,
  SceneQueryRunner,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
} from '@grafana/scenes';
import { loadAnnotations } from './annotations.js';
import { registerDataSource } from './datasource.js';
import { valuesOf } from './variables.js';

const HIDDEN = 2;

export async function sceneOf(model, asked) {
  const from = Number(asked.get('from'));
  const to = Number(asked.get('to'));
  const variables = await valuesOf(model.templating?.list ?? [], asked, from, to);
  const values = Object.fromEntries(Object.entries(variables).map(([name, one]) => [name, one.value]));
  const shown = (model.templating?.list ?? []).filter((one) => one.hide !== HIDDEN);
  registerDataSource(values);
  await loadAnnotations(model.annotations?.list ?? [], values, from, to);
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from: new Date(from).toISOString(), to: new Date(to).toISOString() }),
    $variables: new SceneVariableSet({ variables: shown.map((one) => box(one, variables[one.name])) }),
    controls: [new VariableValueSelectors({}), new SceneControlsSpacer(), new SceneTimePicker({})],
    body: new SceneGridLayout({ isDraggable: false, isResizable: false, isLazy: false, children: items(model.panels, variables) }),
  });
}

function box(model, chosen) {
  const text = chosen.text;
  const all = typeof chosen.value === 'object';
  return new CustomVariable({
    name: model.name,
    label: model.label,
    query: chosen.options.join(','),
    isMulti: model.multi,
    includeAll: model.includeAll,
    allValue: model.allValue,
    value: all ? (model.multi ? ['$__all'] : '$__all') : chosen.value,
    text: model.multi ? [text] : text,
    skipUrlSync: true,
  });
}

/** Panels with their places; one that repeats stands once for each value, below each other or beside. */
function items(panels, variables) {
  let shift = 0;
  return [...panels]
    .sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)
    .flatMap((model) => {
      const { x, y, w, h } = model.gridPos;
      if (model.type === 'row') {
        return [new SceneGridRow({ title: model.title, x: 0, y: y + shift, isCollapsed: false, children: [] })];
      }
      if (!model.repeat) {
        return [new SceneGridItem({ x, y: y + shift, width: w, height: h, body: panel(model) })];
      }
      const chosen = variables[model.repeat].value;
      const each = chosen.each ?? [chosen].flat();
      const repeated = each.map(
        (value, i) => new SceneGridItem({ x, y: y + shift + i * h, width: w, height: h, body: panel(model, { [model.repeat]: value }) })
      );
      shift += (each.length - 1) * h;
      return repeated;
    });
}

function panel(model, own = {}) {
  const locals = Object.entries(own).map(([name, value]) => new LocalValueVariable({ name, value, text: value, repeated: true }));
  return new VizPanel({
    key: `panel-${model.id}-${Object.values(own).join('-')}`,
    title: model.title,
    description: model.description,
    pluginId: model.type,
    options: model.options ?? {},
    fieldConfig: model.fieldConfig,
    hoverHeader: false,
    displayMode: model.transparent ? 'transparent' : 'default',
    $variables: locals.length ? new SceneVariableSet({ variables: locals }) : undefined,
    $data: new SceneDataTransformer({
      transformations: model.transformations ?? [],
      $data: new SceneQueryRunner({ datasource: { uid: 'tocsin-influx', type: 'influxdb' }, queries: model.targets ?? [], maxDataPoints: model.maxDataPoints }),
    }),
  });
}
