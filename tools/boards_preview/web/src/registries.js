// Field options and transformations that Grafana's core registers for its panels.
import {
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

const PROCESSORS = {
  displayName: displayNameOverrideProcessor,
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  decimals: numberOverrideProcessor,
  noValue: stringOverrideProcessor,
  color: identityOverrideProcessor,
  links: dataLinksOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  filterable: identityOverrideProcessor,
  description: stringOverrideProcessor,
  fieldMinMax: identityOverrideProcessor,
};

export function option(id, process) {
  return { id, path: id, name: id, editor: () => null, override: () => null, process, shouldApply: () => true };
}

export function fillRegistries() {
  standardEditorsRegistry.setInit(() => []);
  standardFieldConfigEditorRegistry.setInit(() => Object.entries(PROCESSORS).map(([id, process]) => option(id, process)));
  const byId = new Map(Object.values(standardTransformers).map((one) => [one.id, one]));
  standardTransformersRegistry.setInit(() =>
    [...byId.values()].map((one) => ({ id: one.id, name: one.name, transformation: () => Promise.resolve(one), editor: () => null }))
  );
}
