/**
 * The page at the daemon's local address: live metrics, sessions, models, degradation levels,
 * alerts and the last errors. A single file without external content.
 */
import { createHash } from 'node:crypto';

const SCRIPT = `
const token = location.hash.slice(1);
const at = (id) => document.getElementById(id);
const rows = (id, list) => at(id).replaceChildren(...(list.length ? list : [['none']]).map((cells) => {
  const tr = document.createElement('tr');
  for (const cell of cells) tr.appendChild(document.createElement('td')).textContent = cell;
  return tr;
}));
async function look() {
  try {
    const response = await fetch('/health.json', { headers: { authorization: 'Bearer ' + token } });
    if (response.status === 401) {
      at('state').textContent =
        'Open the address that "earmark daemon status" prints; it contains the token.';
      return;
    }
    const h = await response.json();
    at('state').textContent = [
      h.ready ? 'Ready' : 'Not ready',
      'version ' + h.version,
      'running for ' + Math.round(h.uptimeMs / 60000) + ' min',
      new Date().toLocaleTimeString(),
    ].join(', ');
    rows('parts', h.parts.map((p) => [p.name, p.state, p.reason || '']));
    rows('alerts', h.alerts.map((a) => [a.id, a.at, a.message]));
    rows('sessions', h.sessions.map((s) => [s.id, s.state]));
    rows('engines', h.engines.map((e) => [
      e.provider + ' ' + e.model,
      e.state,
      'degradation level ' + e.degradationLevel,
      e.rtf.decodes ? 'real-time factor ' + e.rtf.mean.toFixed(2) : '',
      e.error || '',
    ]));
    rows('errors', h.lastErrors.slice().reverse().map((e) => [e.at, e.level, e.component, e.event, e.error || '']));
    rows('metrics', Object.entries(h.metrics).map(([name, value]) => [name, String(value)]));
  } catch { at('state').textContent = 'The daemon does not answer.'; }
  setTimeout(look, 2000);
}
look();
`;

const STYLE = [
  'body{font:14px system-ui,sans-serif;margin:2rem;max-width:70rem;color-scheme:light dark}',
  'table{border-collapse:collapse}',
  'td{padding:.15rem .8rem .15rem 0;vertical-align:top;font-variant-numeric:tabular-nums}',
  'h2{font-size:1rem;margin:1.2rem 0 .3rem}',
].join('');

const hash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hash(SCRIPT)}`,
  `style-src ${hash(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const table = (id: string, title: string): string =>
  `<h2>${title}</h2><table id="${id}" aria-label="${title}"></table>`;

export const METRICS_PAGE = [
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Earmark daemon</title>',
  `<style>${STYLE}</style>`,
  '<h1>Earmark daemon</h1><p id="state" role="status"></p>',
  table('parts', 'Parts'),
  table('alerts', 'Alerts'),
  table('sessions', 'Sessions'),
  table('engines', 'Models'),
  table('errors', 'Last warnings and errors'),
  table('metrics', 'Metrics'),
  `<script>${SCRIPT}</script></html>`,
].join('');
