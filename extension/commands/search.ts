/**
 * Search as you type over all meetings, with filters. A result opens its meeting at the matching
 * segment.
 */
import * as vscode from 'vscode';
import { SessionSearch } from '../../protocol/session';
import type { ResultOf } from '../../protocol/method';
import type { Parts } from '../parts';
import { showError } from '../errors';
import { type FilterName, parseSearch, withFilter } from '../history/searchQuery';
import { clock } from '../status/statusModel';

type Hit = ResultOf<typeof SessionSearch>['hits'][number];
interface HitItem extends vscode.QuickPickItem {
  readonly hit: Hit;
}

/** Maximum number of results. */
const MAX = 100;
/** The search starts after this pause in typing, in milliseconds. */
const SETTLE_MS = 200;

export async function searchMeetings(parts: Parts): Promise<void> {
  const connection = await parts.daemon.ready();
  const pick = vscode.window.createQuickPick<HitItem>();
  const filter: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('filter'),
    tooltip: vscode.l10n.t('Add Filter'),
  };
  pick.title = vscode.l10n.t('Search Meetings');
  pick.placeholder = vscode.l10n.t(
    'Search for text, or filter with kind:action speaker:Ben since:2026-11-01',
  );
  pick.buttons = [filter];
  let asked = 0;
  let timer: NodeJS.Timeout | undefined;
  const search = async (typed: string): Promise<void> => {
    const params = parseSearch(typed, MAX);
    const mine = ++asked;
    if (params === undefined) {
      pick.items = [];
      return;
    }
    pick.busy = true;
    try {
      const { hits } = await connection.request(SessionSearch, { ...params, begun: true });
      if (mine === asked) pick.items = hits.map(itemOf);
    } catch (error) {
      showError(error, parts.log);
    } finally {
      if (mine === asked) pick.busy = false;
    }
  };
  const later = (typed: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void search(typed), SETTLE_MS);
  };
  // While the user selects a filter, the list is hidden but stays open.
  let choosing = false;
  const hit = await new Promise<Hit | undefined>((done) => {
    pick.onDidChangeValue(later);
    pick.onDidAccept(() => done(pick.selectedItems[0]?.hit));
    pick.onDidHide(() => !choosing && done(undefined));
    pick.onDidTriggerButton(() => {
      choosing = true;
      void chooseFilter()
        .then((chosen) => {
          if (chosen !== undefined) pick.value = withFilter(pick.value, ...chosen);
          pick.show();
          later(pick.value);
        })
        .finally(() => (choosing = false));
    });
    pick.show();
  });
  clearTimeout(timer);
  pick.dispose();
  if (hit === undefined) return;
  await openQuote(parts, hit.sessionId, hit.segment?.id ?? hit.insight?.evidence[0]?.segmentId);
}

/** Shows a meeting in the panel, at a segment. */
export async function openQuote(
  { meeting, panel }: Parts,
  sessionId: string,
  segmentId: string | undefined,
): Promise<void> {
  await meeting.show(sessionId);
  await panel.open(undefined);
  await vscode.commands.executeCommand('earmark.panel.focus');
  if (segmentId !== undefined) panel.reveal(segmentId);
}

function itemOf(hit: Hit): HitItem {
  const { segment, insight, title, startedAt } = hit;
  const who = segment?.speaker ?? insight?.owner;
  const at = segment?.startMs ?? insight?.evidence[0]?.startMs;
  return {
    // Transcript text may contain icon syntax.
    label: (segment?.text ?? insight?.text ?? '').replaceAll('$(', '$ ('),
    description: [who, at === undefined ? undefined : clock(at)]
      .filter((x) => x !== undefined)
      .join(' '),
    detail: `${title} · ${new Date(startedAt).toLocaleDateString(vscode.env.language, { dateStyle: 'medium' })}`,
    alwaysShow: true,
    hit,
  };
}

async function chooseFilter(): Promise<[FilterName, string] | undefined> {
  const items: (vscode.QuickPickItem & { readonly name: FilterName; readonly value?: string })[] = [
    { label: vscode.l10n.t('Action items'), name: 'kind', value: 'action' },
    { label: vscode.l10n.t('Decisions'), name: 'kind', value: 'decision' },
    { label: vscode.l10n.t('Open questions'), name: 'kind', value: 'question' },
    { label: vscode.l10n.t('Risks'), name: 'kind', value: 'risk' },
    { label: vscode.l10n.t('Speaker or owner…'), name: 'speaker' },
    { label: vscode.l10n.t('From date…'), name: 'since' },
    { label: vscode.l10n.t('To date…'), name: 'until' },
    { label: vscode.l10n.t('Repository…'), name: 'repo' },
    { label: vscode.l10n.t('Branch…'), name: 'branch' },
    { label: vscode.l10n.t('Symbol…'), name: 'symbol' },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Add Filter') });
  if (picked === undefined) return undefined;
  const date = picked.name === 'since' || picked.name === 'until';
  const value =
    picked.value ??
    (await vscode.window.showInputBox({
      title: picked.label,
      ...(date
        ? {
            placeHolder: '2026-11-21',
            validateInput: (text: string) =>
              /^\d{4}-\d{2}-\d{2}$/.test(text)
                ? undefined
                : vscode.l10n.t('Use the format 2026-11-21.'),
          }
        : {}),
    }));
  return value === undefined || value.trim() === '' ? undefined : [picked.name, value.trim()];
}
