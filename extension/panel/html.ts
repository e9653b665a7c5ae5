/**
 * HTML document of the panel page: a strict content security policy, one script, two style sheets,
 * an empty body.
 */

export interface PageParts {
  /** New for every document; at least 128 random bits. */
  readonly nonce: string;
  /** `webview.cspSource`. */
  readonly cspSource: string;
  readonly script: string;
  readonly styles: readonly string[];
  /** BCP 47 tag of the editor's language. */
  readonly language: string;
  /** Translations of the page's strings; undefined for English. */
  readonly strings: Readonly<Record<string, unknown>> | undefined;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function panelHtml({
  nonce,
  cspSource,
  script,
  styles,
  language,
  strings,
}: PageParts): string {
  // The policy forbids style attributes. Elements construct their own style sheets, which needs no
  // permission.
  const policy = [
    "default-src 'none';",
    `script-src 'nonce-${nonce}';`,
    `style-src ${cspSource} 'nonce-${nonce}';`,
    `font-src ${cspSource};`,
  ].join(' ');
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${styles.map((href) => `<link rel="stylesheet" href="${escape(href)}">`).join('\n')}
<title>Earmark</title>
</head>
<body data-strings="${escape(JSON.stringify(strings ?? {}))}">
<earmark-panel></earmark-panel>
<script nonce="${nonce}" src="${escape(script)}"></script>
</body>
</html>`;
}
