/**
 * Past meetings in a real window: the tree, search's hits, exports, names of speakers, kept audio,
 * storage, models, deletion.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import * as vscode from 'vscode';
import { SessionList, SessionSearch } from '../../../protocol/session';
import type { Parts } from '../../../extension/parts';
import type { SessionNode } from '../../../extension/history/historyView';
import { parseSearch } from '../../../extension/history/searchQuery';
import { audioFrom } from '../../../extension/panel/sessionAudio';
import type { Segment } from '../../../protocol/transcript';
import { answering, app, closeEditors, quiet, run, say, until } from './support';

/** Nobody says it by chance: whoever finds it in the profile has found what was said. */
const SAID = 'The zanzibar marmalade overflows.';

describe('past meetings', function () {
  this.timeout(90_000);
  let parts: Parts;
  let id = '';

  before(async () => {
    ({ parts } = await app());
    await parts.consent.give('meeting');
    await vscode.workspace
      .getConfiguration('earmark')
      .update('meeting.keepAudio', true, vscode.ConfigurationTarget.Global);
    say(SAID);
    await run('startMeeting');
    await until('it was heard', () =>
      parts.meeting.model?.view().segments.some(({ text }) => text === SAID),
    );
    id = parts.meeting.model!.id;
    await run('stopMeeting');
    await until('it is done', () => parts.meeting.model?.state === 'DONE');
  });
  after(async () => {
    say();
    await vscode.workspace
      .getConfiguration('earmark')
      .update('meeting.keepAudio', undefined, vscode.ConfigurationTarget.Global);
    await quiet();
  });

  // The bundle's classes are others than those of this file.
  const isNode = (node: object): node is SessionNode => 'session' in node;
  async function nodes(): Promise<{ group: string; node: SessionNode }[]> {
    const found: { group: string; node: SessionNode }[] = [];
    for (const group of await parts.history.getChildren()) {
      if (isNode(group)) continue;
      for (const node of await parts.history.getChildren(group))
        if (isNode(node) && node.session.id === id) found.push({ group: group.label, node });
    }
    return found;
  }
  /**
   * What was said, as the loudspeakers had it or else the microphone: one is the echo of the other.
   */
  const spoken = (): Segment =>
    parts.meeting
      .model!.view()
      .segments.find(({ text, hidden }) => text === SAID && hidden !== true)!;

  it('stand in a tree by day, by repository and by person', async () => {
    const groups: string[][] = [];
    for (const grouping of ['day', 'repository', 'person'] as const) {
      await parts.history.setGrouping(grouping);
      groups.push((await nodes()).map(({ group }) => group));
    }
    await parts.history.setGrouping('day');
    deepEqual(groups, [['Today'], [vscode.workspace.name], ['No named speaker']]);
  });

  it('name their speakers, and are found by them', async () => {
    const segment = spoken();
    const speakerId = parts.meeting.model!.speakerId(segment.speaker, segment.source)!;
    ok(speakerId !== undefined);
    const { TranscriptNameSpeaker } = await import('../../../protocol/transcript');
    await parts.daemon.connection.request(TranscriptNameSpeaker, {
      sessionId: id,
      speakerId,
      name: 'Ana',
    });
    await until(
      'the page has the name',
      () => parts.meeting.model?.segment(segment.id)?.speaker === 'Ana',
    );
    await parts.history.setGrouping('person');
    deepEqual(
      (await nodes()).map(({ group }) => group),
      ['Ana'],
    );
    await parts.history.setGrouping('day');
    const { hits } = await parts.daemon.connection.request(
      SessionSearch,
      parseSearch('marmalade speaker:Ana', 10)!,
    );
    deepEqual(
      hits.map((hit) => [hit.sessionId, hit.segment?.text]),
      [[id, SAID]],
    );
  });

  it('are found while somebody types, and open where it was said', async () => {
    const window = vscode.window as { createQuickPick: typeof vscode.window.createQuickPick };
    const real = window.createQuickPick;
    let pick: vscode.QuickPick<vscode.QuickPickItem> | undefined;
    // The real one, which types and accepts as the keyboard would.
    window.createQuickPick = <T extends vscode.QuickPickItem>() => {
      const made = real<T>();
      pick = made as unknown as vscode.QuickPick<vscode.QuickPickItem>;
      return made;
    };
    parts.meeting.close();
    try {
      const over = run('searchSessions');
      const list = await until('the search is open', () => pick);
      const found = (): [string, string | undefined][] =>
        list.items.map(({ label, description }) => [label, description?.split(' ')[0]]);
      list.value = 'marmal';
      await until('it is found', () => found().length > 0);
      deepEqual(found()[0], [SAID, 'Ana']);
      list.value = 'marmal speaker:Nobody';
      await until('a filter leaves nothing', () => found().length === 0);
      list.value = 'zanzibar speaker:Ana';
      await until('it is found again', () => found().length > 0 && list.activeItems.length > 0);
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await over;
    } finally {
      window.createQuickPick = real;
    }
    await until('the meeting is open', () => parts.meeting.model?.id === id);
  });

  it('play their sound from a moment', async () => {
    ok(parts.meeting.model!.playable);
    const segment = spoken();
    const audio = await audioFrom(
      parts.daemon.connection,
      id,
      ['mic', 'system'],
      segment.startMs,
      false,
    );
    const samples = new Int16Array(Uint8Array.from(Buffer.from(audio.pcm, 'base64')).buffer);
    ok(
      samples.length > 16_000 && samples.some((sample) => sample !== 0),
      `${samples.length} samples`,
    );
    ok(Math.abs(audio.startMs - segment.startMs) <= 20, `${audio.startMs} ms`);
  });

  it('are exported to a file', async () => {
    const target = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, 'export.vtt');
    const pick = answering('showQuickPick', (items) =>
      (items as { format: string }[]).find(({ format }) => format === 'vtt'),
    );
    const save = answering('showSaveDialog', () => target);
    const reported = answering('showInformationMessage', () => undefined);
    try {
      await run('exportSession', (await nodes())[0]!.node);
    } finally {
      for (const one of [pick, save, reported]) one.dispose();
    }
    match(
      Buffer.from(await vscode.workspace.fs.readFile(target)).toString('utf8'),
      /^WEBVTT\n[^]*<v Ana>The zanzibar marmalade overflows\./,
    );
    await vscode.workspace.fs.delete(target);
  });

  it('are shown, grouped, renamed and played from their note by command', async () => {
    parts.meeting.close();
    const meeting = answering('showQuickPick', (items) =>
      (items as { session: { id: string } }[]).find(({ session }) => session.id === id),
    );
    await run('showSession');
    meeting.dispose();
    equal(parts.meeting.model?.id, id);
    const grouping = answering('showQuickPick', (items) =>
      (items as { grouping: string }[]).find((one) => one.grouping === 'repository'),
    );
    await run('groupHistory');
    grouping.dispose();
    equal(parts.history.grouping, 'repository');
    await parts.history.setGrouping('day');
    const name = answering('showInputBox', () => 'Weekly');
    await run('renameSession');
    name.dispose();
    await run('refreshHistory');
    equal((await nodes())[0]?.node.session.title, 'Weekly');
    const note = vscode.Uri.joinPath(
      vscode.workspace.workspaceFolders![0]!.uri,
      'played.earmark.md',
    );
    await vscode.workspace.fs.writeFile(note, Buffer.from(`---\nsession: ${id}\n---\n`));
    parts.meeting.close();
    await run('playFromNote', note.toString(), 0);
    equal(parts.meeting.model?.id, id);
    await closeEditors();
    await vscode.workspace.fs.delete(note);
  });

  it('take room that the storage page tells, and stay as long as it says', async () => {
    await run('showStorage');
    const { StoragePage } = await import('../../../extension/panel/storagePage');
    const page = new StoragePage(parts.daemon, () => undefined);
    await page.open();
    const { kept, keepAudio } = page.view();
    ok(
      kept !== undefined &&
        (kept.disk?.databaseBytes ?? 0) > 0 &&
        (kept.disk?.audioBytes ?? 0) > 0 &&
        kept.sessions > 0 &&
        keepAudio,
    );
    const asked = answering('showWarningMessage', () => 'Delete Older Data');
    await page.take({ type: 'retention', what: 'audioDays', days: 30 });
    asked.dispose();
    deepEqual(
      [asked.asked, page.view().retention],
      [['Delete audio after 30 days?'], { audioDays: 30 }],
    );
    await page.take({ type: 'retention', what: 'audioDays' });
    deepEqual(page.view().retention, {});
    page.dispose();
  });

  it('were heard by a model that the page of models names', async () => {
    await run('showModels');
    const { ModelsPage } = await import('../../../extension/panel/modelsPage');
    const page = new ModelsPage(parts.daemon);
    await page.open();
    const { engine, machine, models } = page.view();
    page.dispose();
    match(engine[0] ?? '', /^Scripted script: ready/);
    ok(machine.length > 0 && models.length > 0);
  });

  it('go with every trace when they are deleted so', async () => {
    const asked = answering('showWarningMessage', () => 'Delete and Purge');
    await run('deleteSession', (await nodes())[0]!.node);
    asked.dispose();
    equal(asked.asked.length, 1);
    const { sessions } = await parts.daemon.connection.request(SessionList, {});
    deepEqual(
      [sessions.some((session) => session.id === id), await nodes(), parts.meeting.model],
      [false, [], undefined],
    );
  });
});
