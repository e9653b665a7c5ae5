/**
 * Renders the chart as Helm would, as far as its templates go: values, `quote`, `toJson` and
 * `range`. Anything else is refused, so that no template passes here that was not understood.
 */
interface TemplateScope {
  readonly [name: string]: unknown;
}

const ACTION = /\{\{(-)?\s*(.*?)\s*(-)?\}\}/gs;

export function render(template: string, values: unknown, release = 'demo'): string {
  const root = { Values: values, Release: { Name: release } };
  // A dash takes the white space on its side.
  const text = template.replace(/\s*\{\{-/g, '{{-').replace(/-\}\}\s*/g, '-}}');
  const parts: { readonly text: string; readonly action: string | undefined }[] = [];
  let at = 0;
  for (const match of text.matchAll(ACTION)) {
    parts.push({ text: text.slice(at, match.index), action: match[2] ?? '' });
    at = match.index + match[0].length;
  }
  parts.push({ text: text.slice(at), action: undefined });
  return block(parts, { i: 0 }, { '.': root, $: root });
}

function block(
  parts: readonly { readonly text: string; readonly action: string | undefined }[],
  at: { i: number },
  scope: TemplateScope,
): string {
  let out = '';
  while (at.i < parts.length) {
    const { text, action } = parts[at.i++] as (typeof parts)[number];
    out += text;
    if (action === undefined || action === 'end') return out;
    const range = /^range (?:\$(\w+), )?\$(\w+) := (\S+)$/.exec(action);
    if (!range) {
      out += value(action, scope);
      continue;
    }
    const [, key, name = '', of = ''] = range;
    const [list, from] = [lookUp(of, scope), at.i];
    const entries = Object.entries(list as Record<string, unknown>);
    for (const [i, one] of entries) {
      at.i = from;
      out += block(parts, at, {
        ...scope,
        '.': one,
        [`$${name}`]: one,
        ...(key === undefined ? {} : { [`$${key}`]: i }),
      });
    }
    if (entries.length === 0) pass(parts, at);
  }
  return out;
}

/** Goes on behind the end of a body that is not rendered. */
function pass(parts: readonly { readonly action: string | undefined }[], at: { i: number }): void {
  for (let depth = 1; depth > 0; at.i++) {
    const action = parts[at.i]?.action;
    if (action === undefined) throw new Error('A range has no end.');
    if (action === 'end') depth--;
    else if (action.startsWith('range ')) depth++;
  }
}

function value(action: string, scope: TemplateScope): string {
  const [path = '', ...pipes] = action.split('|').map((part) => part.trim());
  const found = lookUp(path, scope);
  return pipes.reduce<string>((text, pipe) => {
    if (pipe === 'quote') return JSON.stringify(text);
    if (pipe === 'toJson') return JSON.stringify(found);
    throw new Error(`The test does not know "${pipe}" of {{ ${action} }}.`);
  }, String(found));
}

function lookUp(path: string, scope: TemplateScope): unknown {
  const match = /^(\$\w*)?((?:\.\w+)*)$/.exec(path);
  if (!match || path === '') throw new Error(`The test does not know {{ ${path} }}.`);
  let found = scope[match[1] ?? '.'];
  for (const name of (match[2] ?? '').split('.').filter((part) => part !== '')) {
    if (typeof found !== 'object' || found === null || !(name in found))
      throw new Error(`There is no ${path}.`);
    found = (found as TemplateScope)[name];
  }
  return found;
}
