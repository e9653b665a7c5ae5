/**
 * Translation of the page's text. The document contains the translations, with the English text as
 * key.
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
