/**
 * The page's strings. The document carries the translations of the editor's language, English is
 * the key.
 */
const bundle = ((): Record<string, unknown> => {
  try {
    return JSON.parse(document.body.dataset['strings'] ?? '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
})();

/** @param message English, with `{0}`, `{1}`, … for the arguments */
export function t(message: string, ...args: (string | number)[]): string {
  const translated = bundle[message];
  return (typeof translated === 'string' ? translated : message).replace(
    /\{(\d+)\}/g,
    (whole, n: string) => String(args[Number(n)] ?? whole),
  );
}
