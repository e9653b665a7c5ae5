/** npm's own configuration (registry, proxy, certificates, tokens) as options for its fetcher. */

export type NpmOptions = Readonly<Record<string, unknown>>;

/**
 * npm waits 10 s and more between tries; without a network the user should get the error sooner.
 */
const RETRY = { retries: 2, factor: 2, minTimeout: 500, maxTimeout: 3000 };
/** Time without data in milliseconds, after which a download fails. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Reads user, global and environment configuration. A project's `.npmrc` is not read, so that an
 * opened workspace cannot name the registry of models.
 */
export async function loadNpmOptions(
  env: NodeJS.ProcessEnv,
  execPath: string,
  cwd: string,
): Promise<NpmOptions> {
  const { default: Config } = await import('@npmcli/config');
  const { default: meta } = await import('@npmcli/config/lib/definitions/index.js');
  const config = new Config({
    npmPath: cwd,
    definitions: meta.definitions,
    shorthands: meta.shorthands,
    flatten: meta.flatten,
    argv: [execPath, 'earmark', '--global'],
    // A copy: loading writes npm_config_* into it.
    env: { ...env },
    execPath,
    cwd,
    warn: false,
  });
  await config.load();
  // Without `cache` the fetcher stores no second copy of the tarball.
  const { cache: _, ...flat } = config.flat;
  return { ...flat, retry: RETRY, fetchRetries: RETRY.retries, timeout: IDLE_TIMEOUT_MS };
}
