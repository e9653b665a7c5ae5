/**
 * Strings for people. Files that know no `vscode` use this `t` too; activation puts `vscode.l10n.t`
 * behind it. Placeholders are `{0}`, `{1}`, …
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
