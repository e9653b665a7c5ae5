/**
 * Translation of user-visible text, for files that do not use `vscode`. Activation connects it to
 * `vscode.l10n.t`. Placeholders are `{0}`, `{1}`, …
 */
type Argument = string | number;
type Translate = (message: string, ...args: Argument[]) => string;

const plain: Translate = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (whole, n: string) => String(args[Number(n)] ?? whole));

let translate: Translate = plain;

export function setTranslator(to: Translate): void {
  translate = to;
}

export const t: Translate = (message, ...args) => translate(message, ...args);
