/**
 * Downloads the models of the speech path, or the named models, to the model folder. No daemon is
 * needed. Run by scripts/setup.mjs.
 */
import { stateFolder } from '../client/local/stateFolder';
import { openSettings } from '../daemon/adapters/config/settingsFile';
import { createModelManager } from '../daemon/adapters/download/createModelManager';
import { systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';

const settings = openSettings({ home: stateFolder(), env: process.env });
const models = createModelManager({
  home: stateFolder(),
  settings: () => settings.current,
  clock: systemClock,
  logger: silentLogger,
});
const { stderr } = process;

/** On a terminal, a line that updates in place. Elsewhere, a line for each quarter. */
function show(modelId: string, part: number, before: number): void {
  const bar = `${'█'.repeat(Math.round(part * 24)).padEnd(24, '░')} ${Math.floor(part * 100)
    .toString()
    .padStart(3)} %`;
  if (stderr.isTTY) stderr.write(`\r  ${bar}  ${modelId}\x1b[K${part === 1 ? '\n' : ''}`);
  else if (Math.floor(part * 4) > Math.floor(before * 4)) stderr.write(`  ${bar}  ${modelId}\n`);
}

async function main(): Promise<void> {
  const ids = process.argv.slice(2);
  const wanted = (await models.list()).filter((m) =>
    ids.length > 0 ? ids.includes(m.id) : m.isDefault,
  );
  for (const model of wanted) {
    let before = 0;
    const listening = models.onDidProgress((p) => {
      const part = p.receivedBytes / Math.max(1, p.totalBytes);
      show(model.id, part, before);
      before = part;
    });
    try {
      await models.pull(model.id);
    } finally {
      listening.dispose();
    }
  }
}

main().catch((error: Error) => {
  stderr.write(`${stderr.isTTY ? '\n' : ''}${error.message}\n`);
  process.exit(1);
});
