/** npm's configuration reader ships no types; this is the part in use. */
declare module '@npmcli/config' {
  export default class Config {
    constructor(options: {
      npmPath: string;
      definitions: unknown;
      shorthands: unknown;
      flatten: unknown;
      argv: readonly string[];
      /** Written to while it loads. */
      env: Record<string, string | undefined>;
      execPath: string;
      cwd: string;
      warn: boolean;
    });
    load(): Promise<void>;
    /** Options as npm's fetcher takes them. */
    readonly flat: Record<string, unknown>;
  }
}
declare module '@npmcli/config/lib/definitions/index.js' {
  const meta: {
    readonly definitions: unknown;
    readonly shorthands: unknown;
    readonly flatten: unknown;
  };
  export default meta;
}
