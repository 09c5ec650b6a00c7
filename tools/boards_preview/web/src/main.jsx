// Draws one board: ?board=unit&lang=en&theme=dark&from=MS&to=MS&var-enterprise=E001. window.settled tells when it is drawn.
import './boot.js';
import './stubs.js';
import '@fontsource/roboto-mono';
import 'inter-ui/inter.css';
import { createTheme, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { config } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom';
import { sceneOf } from './board.js';
import { inFlight } from './influx.js';
import { registerPanels } from './panels/index.js';
import { fillRegistries } from './registries.js';

const asked = new URLSearchParams(window.location.search);

async function draw() {
  await initPluginTranslations('grafana');
  const theme = createTheme({ colors: { mode: asked.get('theme') ?? 'dark' } });
  config.theme2 = theme;
  fillRegistries();
  registerPanels();
  await Promise.all([document.fonts.load('14px Inter'), document.fonts.load('14px "Roboto Mono"')]);
  const model = await (await fetch(`/boards/${asked.get('lang')}/${asked.get('board')}.json`)).json();
  const scene = await sceneOf(model, asked);
  createRoot(document.getElementById('root')).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <MemoryRouter>
        <div className="preview">
          <scene.Component model={scene} />
        </div>
      </MemoryRouter>
      <PortalContainer />
    </ThemeContext.Provider>
  );
  watch();
}

/** Settled: no query under way for a second. */
function watch() {
  let quietSince = performance.now();
  const look = () => {
    if (inFlight() > 0) {
      quietSince = performance.now();
    }
    if (performance.now() - quietSince > 1000) {
      window.settled = true;
    } else {
      setTimeout(look, 50);
    }
  };
  look();
}

draw().catch((error) => {
  window.failed = String(error.stack ?? error);
  console.error(error);
});
