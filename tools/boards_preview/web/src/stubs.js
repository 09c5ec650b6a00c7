// What Grafana's own page sets up before its packages are used.
import { EventBusSrv, LoadingState } from '@grafana/data';
import { setAppEvents, setPluginImportUtils, setRunRequest, setTemplateSrv } from '@grafana/runtime';
import { from, map } from 'rxjs';

setAppEvents(new EventBusSrv());
setPluginImportUtils({ importPanelPlugin: () => Promise.reject(new Error('no such panel')), getPanelPluginFromCache: () => undefined });
setTemplateSrv({ replace: (text) => text ?? '', getVariables: () => [], containsTemplate: () => false, updateTimeRange: () => undefined });
setRunRequest((datasource, request) =>
  from(datasource.query(request)).pipe(
    map((answer) => ({ state: LoadingState.Done, series: answer.data, request, timeRange: request.range, errors: answer.errors }))
  )
);
