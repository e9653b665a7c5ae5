/**
 * Names of real code that no item means: those of Node's own modules, in an order that does not
 * change.
 */
import { builtinModules, createRequire } from 'node:module';

export function otherNames(): readonly string[] {
  const load = createRequire(__filename);
  const names = new Set<string>();
  // Parts with an underscore or a slash are internal, or say the same again; `sys` and `wasi` warn
  // when they are loaded.
  for (const name of builtinModules
    .filter((one) => !/[_/]|^(?:sys|wasi|punycode)$/.test(one))
    .sort()) {
    const exported = load(name) as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(exported)) {
      names.add(key);
      if (
        typeof value === 'function' &&
        typeof value.prototype === 'object' &&
        value.prototype !== null
      )
        for (const method of Object.getOwnPropertyNames(value.prototype)) names.add(method);
    }
  }
  return [...names].filter((name) => /^[A-Za-z]\w{3,}$/.test(name));
}
