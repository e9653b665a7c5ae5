/** Downloads models with progress, and offers the download if a model is missing. */
import * as vscode from 'vscode';
import { ModelsList, ModelsProgress, ModelsPull, type ModelInfo } from '../../protocol/models';
import type { Handlers, Parts } from '../parts';

/** Enough for 100 MB over a slow connection. */
const PULL_TIMEOUT_MS = 30 * 60_000;

export function modelCommands(parts: Parts): Handlers {
  return {
    downloadModel: async () => {
      const models = await list(parts);
      const missing = models.filter((m) => m.isDefault && m.status.state !== 'installed');
      if (missing.length > 0) {
        await pull(parts, missing);
        return;
      }
      const items = models.map((m) => ({
        label: `${m.status.state === 'installed' ? '$(check)' : '$(cloud-download)'} ${m.id}`,
        description: megabytes(m.bytes),
        detail: [
          m.kind,
          m.languages.includes('*') ? vscode.l10n.t('Multilingual') : m.languages.join(', '),
          m.licence,
        ]
          .filter((x) => x !== '')
          .join(' · '),
        model: m,
      }));
      const picked = await vscode.window.showQuickPick(items, {
        placeHolder: vscode.l10n.t(
          'Required models are installed. Select another model to download',
        ),
        matchOnDetail: true,
      });
      if (picked !== undefined && picked.model.status.state !== 'installed')
        await pull(parts, [picked.model]);
    },
  };
}

/**
 * Offers to download the missing models of the default engine.
 * @returns true if all of them are installed
 */
export async function offerModel(parts: Parts): Promise<boolean> {
  const missing = (await list(parts)).filter((m) => m.isDefault && m.status.state !== 'installed');
  if (missing.length === 0) return false;
  const yes = vscode.l10n.t(
    'Download ({0})',
    megabytes(missing.reduce((sum, m) => sum + m.bytes, 0)),
  );
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Earmark needs a speech model. Download it once; it stays on this machine.'),
    { modal: true },
    yes,
  );
  if (answer !== yes) return false;
  return pull(parts, missing);
}

const list = async ({ daemon }: Parts): Promise<ModelInfo[]> =>
  (await (await daemon.ready()).request(ModelsList, {})).models;

/** @returns false if the user cancelled */
async function pull({ daemon }: Parts, models: readonly ModelInfo[]): Promise<boolean> {
  const connection = await daemon.ready();
  const all = models.reduce((sum, m) => sum + m.bytes, 0);
  const received = new Map<string, number>();
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Downloading speech model'),
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      let shown = 0;
      const listener = connection.onNotification(ModelsProgress, ({ modelId, receivedBytes }) => {
        received.set(modelId, receivedBytes);
        const sum = models.reduce((total, m) => total + (received.get(m.id) ?? 0), 0);
        const percent = all === 0 ? 0 : Math.min(100, (100 * sum) / all);
        progress.report({
          increment: Math.max(0, percent - shown),
          message: vscode.l10n.t('{0} of {1}', megabytes(sum), megabytes(all)),
        });
        shown = Math.max(shown, percent);
      });
      try {
        for (const model of models) {
          await connection.request(
            ModelsPull,
            { modelId: model.id },
            { signal: abort.signal, timeoutMs: PULL_TIMEOUT_MS },
          );
          received.set(model.id, model.bytes);
        }
        return true;
      } catch (error) {
        if (token.isCancellationRequested) return false;
        throw error;
      } finally {
        listener.dispose();
      }
    },
  );
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
