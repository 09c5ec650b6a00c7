import { renderMarkdown } from '@grafana/data';

export function TextPanel({ options, height }) {
  return <div className="markdown-html" style={{ height, overflow: 'hidden' }} dangerouslySetInnerHTML={{ __html: renderMarkdown(options.content ?? '') }} />;
}
