/** Types of npm's configuration reader, which ships none; only the used part. */
declare module '@npmcli/config' {
  export default class Config {
    constructor(options: {
      npmPath: string;
      definitions: unknown;
      shorthands: unknown;
      flatten: unknown;
      argv: readonly string[];
      /** Modified during loading. */
      env: Record<string, string | undefined>;
      execPath: string;
      cwd: string;
      warn: boolean;
    });
    load(): Promise<void>;
    /** Options in the form of npm's fetcher. */
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
