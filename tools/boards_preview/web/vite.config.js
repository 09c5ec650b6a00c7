import { defineConfig } from 'vite';

/** Scenes asks for the router's newer face, which a package of its own brings and which itself needs the older one. */
const newerRouter = {
  name: 'newer-router',
  enforce: 'pre',
  resolveId(source, importer) {
    const own = importer?.includes('react-router-dom-v5-compat');
    return source === 'react-router-dom' && !own ? this.resolve('react-router-dom-v5-compat', importer) : null;
  },
};

/** Editors that no board uses: without them the page is built in half the time. */
const withoutEditors = {
  name: 'without-editors',
  enforce: 'pre',
  resolveId: (source) => (/^(monaco-editor|react-monaco-editor|@monaco-editor|@codemirror)/.test(source) ? '\0nothing' : null),
  load: (id) => (id === '\0nothing' ? { code: 'export default {};', syntheticNamedExports: true } : null),
};

export default defineConfig({
  plugins: [newerRouter, withoutEditors],
  esbuild: { jsx: 'automatic' },
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  build: { outDir: 'dist', chunkSizeWarningLimit: 20000, reportCompressedSize: false, minify: false },
});
