// The data source of the boards, as Scenes asks it.
import { RuntimeDataSource, registerRuntimeDataSource, sceneGraph } from '@grafana/scenes';
import { framesOf } from './influx.js';
import { expand } from './macros.js';

class InfluxDataSource extends RuntimeDataSource {
  constructor(values) {
    super('influxdb', 'tocsin-influx');
    this.values = values;
  }

  async query(request) {
    const { from, to } = request.range;
    const own = this.values(request.scopedVars?.__sceneObject?.value?.valueOf());
    const answers = await Promise.allSettled(
      request.targets
        .filter((target) => !target.hide)
        .map((target) => framesOf(target, expand(target.query, own, from.valueOf(), to.valueOf(), request.maxDataPoints)))
    );
    const errors = answers.filter((one) => one.status === 'rejected').map((one) => ({ message: String(one.reason.message) }));
    errors.forEach((error) => console.error(error.message));
    return { data: answers.flatMap((one) => one.value ?? []), errors: errors.length ? errors : undefined };
  }
}

/** `values`: name -> value of the board's variables; a repeated panel's own value comes first. */
export function registerDataSource(values) {
  const of = (object) => {
    const own = {};
    for (const name of Object.keys(values)) {
      const local = object && sceneGraph.lookupVariable(name, object);
      if (local?.state.repeated) {
        own[name] = String(local.getValue());
      }
    }
    return { ...values, ...own };
  };
  registerRuntimeDataSource({ dataSource: new InfluxDataSource(of) });
}
