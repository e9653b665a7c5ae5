// Says whether this machine can run a VS Code host in a browser, so that suites skip with a reason
// where it cannot.

/**
 *
 * @returns one sentence that says what is missing, or undefined where all is there. Installs
 * code-server if need be.
 */
export async function whyNoHost(): Promise<string | undefined> {
  const { findChromium } = await import('../../../scripts/testHost/commands.mjs');
  const { ensureCodeServer } = await import('../../../scripts/testHost/install.mjs');
  if (!findChromium())
    return 'No Chromium was found: install it (on Debian: apt-get install chromium) or set CHROME_PATH.';
  return ensureCodeServer().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
