// Imported before everything else: Grafana's packages read these when they are loaded.
window.grafanaBootData = { settings: {}, user: { timezone: 'browser', locale: 'en-US' }, navTree: [] };
window.__grafana_public_path__ = '/public/';
