// node panels.cjs BOARD.json...: prints, as JSON, what Grafana's own data library makes of each panel.
// For each panel: units, options, matchers and transformations that Grafana doesn't know, and for each field of it the
// text and colour of sample values: those that its mappings and thresholds name, nothing at all, and some more.
const fs = require('node:fs');
global.navigator ??= { language: 'en-GB', languages: ['en-GB'] };
const data = require('@grafana/data');

const STANDARD = ['displayName', 'unit', 'min', 'max', 'decimals', 'noValue', 'color', 'links', 'mappings', 'thresholds', 'filterable', 'description'];
const PLAIN = [0, 1, 12.345, -1];
const theme = data.createTheme({ colors: { mode: 'dark' } });
const units = new Set(data.getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value)));
const transformations = new Set(Object.values(data.standardTransformers).map((one) => one.id));

data.standardEditorsRegistry.setInit(() => []);
const registry = new data.FieldConfigOptionsRegistry(() =>
  STANDARD.map((id) => ({ id, path: id, name: id, editor: null, override: null, process: process(id), shouldApply: () => true }))
);

function process(id) {
  const own = { links: 'dataLinks', mappings: 'valueMappings', displayName: 'displayName', unit: 'unit', thresholds: 'thresholds' }[id];
  const kind = own ?? (['min', 'max', 'decimals'].includes(id) ? 'number' : ['noValue', 'description'].includes(id) ? 'string' : 'identity');
  return data[`${kind}OverrideProcessor`];
}

function unknownUnit(unit) {
  const custom = /^(suffix|prefix|time|si|count|currency|bool):/.test(unit ?? '');
  return unit && !custom && !units.has(unit) ? [unit] : [];
}

function samples(config) {
  const mapped = (config.mappings ?? []).flatMap((one) => (one.type === 'value' ? Object.keys(one.options) : []));
  const edges = (config.thresholds?.steps ?? []).map((step) => step.value).filter((value) => typeof value === 'number');
  const numeric = mapped.filter((key) => key !== '' && Number.isFinite(Number(key))).map(Number);
  return { numbers: [...new Set([...PLAIN, ...numeric, ...edges])], texts: mapped.filter((key) => key === '' || !Number.isFinite(Number(key))) };
}

/** A field as the panel configures it: the defaults, and an override's properties over them. */
function shown(name, panel, kind, values) {
  const type = { number: data.FieldType.number, string: data.FieldType.string }[kind];
  const frame = { length: values.length, fields: [{ name, type, config: {}, values }] };
  const [made] = data.applyFieldOverrides({
    data: [data.toDataFrame(frame)],
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: registry,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
  const [field] = made.fields;
  return {
    name,
    kind,
    title: data.getFieldDisplayName(field, made),
    samples: values.map((value) => {
      const display = field.display(value);
      return { value, text: data.formattedValueToString(display), colour: display.color ?? null };
    }),
  };
}

function fieldsOf(panel) {
  const { defaults, overrides } = panel.fieldConfig;
  const named = overrides.filter((one) => one.matcher.id === 'byName').map((one) => one.matcher.options);
  return ['an ordinary field', ...new Set(named)].flatMap((name) => {
    const own = Object.assign({}, ...overrides.filter((one) => one.matcher.options === name).map((one) => Object.fromEntries(one.properties.map((p) => [p.id, p.value]))));
    const { numbers, texts } = samples({ ...defaults, ...own });
    const made = [shown(name, panel, 'number', [...numbers, null])];
    return texts.length ? [...made, shown(name, panel, 'string', texts)] : made;
  });
}

function mappedTexts(mappings) {
  return (mappings ?? []).flatMap((one) => (one.type === 'value' ? Object.values(one.options) : [one.options.result])).map((result) => result.text ?? '');
}

function panelFacts(board, panel) {
  const { defaults, overrides } = panel.fieldConfig;
  const properties = overrides.flatMap((one) => one.properties);
  const of = (id) => [defaults[id], ...properties.filter((one) => one.id === id).map((one) => one.value)];
  return {
    board,
    panel: panel.title,
    type: panel.type,
    noValue: defaults.noValue ?? null,
    unknown: [
      ...of('unit').flatMap(unknownUnit),
      ...overrides.map((one) => one.matcher.id).filter((id) => !data.fieldMatchers.getIfExists(id)),
      ...properties.map((one) => one.id).filter((id) => !STANDARD.includes(id) && !id.startsWith('custom.')),
      ...(panel.transformations ?? []).map((one) => one.id).filter((id) => !transformations.has(id)),
      ...[panel.options?.reduceOptions?.calcs ?? []].flat().filter((id) => !data.fieldReducers.getIfExists(id)),
    ],
    mappings: of('mappings').flatMap(mappedTexts),
    fields: fieldsOf(panel),
  };
}

const facts = global.process.argv.slice(2).flatMap((path) => {
  const board = JSON.parse(fs.readFileSync(path, 'utf8'));
  return board.panels.filter((panel) => panel.type !== 'row').map((panel) => panelFacts(board.uid, panel));
});
console.log(JSON.stringify(facts));
