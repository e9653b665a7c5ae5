/**
 * Names a speaker, for one segment or for all of the speaker's segments. The name of another
 * speaker merges both speakers.
 */
import * as vscode from 'vscode';
import { isEarmarkError } from '../../protocol/errors';
import { SessionGet } from '../../protocol/session';
import { TranscriptNameSpeaker, TranscriptRevise } from '../../protocol/transcript';
import type { Daemon } from '../daemon/daemon';
import type { RenamedPerson } from '../notes/language/renamedPerson';
import type { PanelModel } from '../panel/panelModel';
import type { NamedSpeaker } from './voices';

const NAME_MAX = 200;

/**
 * Names the speaker of a segment.
 * @param given a name for all segments of the speaker; undefined asks the user
 * @returns the named speaker if the user may store the voice; undefined otherwise
 */
export async function nameSpeaker(
  daemon: Daemon,
  model: PanelModel,
  segmentId: string,
  given?: string,
): Promise<NamedSpeaker | undefined> {
  const segment = model.segment(segmentId);
  if (segment === undefined) return undefined;
  const name =
    given ??
    (await chooseName(
      segment.speaker,
      model.called[segment.speaker],
      model.speakerNames.filter((other) => other !== segment.speaker),
    ));
  if (name === undefined || name === segment.speaker) return undefined;
  const parts = model.partsOf(segment.speaker);
  const speakerId = model.speakerId(segment.speaker, segment.source);
  const sessionId = model.id;
  const whole =
    speakerId !== undefined &&
    (given !== undefined || parts === 1 || (await wholeSpeaker(segment.speaker, name, parts)));
  if (whole === undefined) return undefined;
  if (whole && speakerId !== undefined) {
    const { voice } = await daemon.connection.request(TranscriptNameSpeaker, {
      sessionId,
      speakerId,
      name,
    });
    return voice === 'offered' ? { sessionId, speakerId, name } : undefined;
  }
  await daemon.connection.request(TranscriptRevise, { sessionId, segmentId, speaker: name });
  return undefined;
}

/**
 * Renames all speakers of that name in a session. Does nothing if the session was deleted, because
 * its note may still exist.
 */
export async function renameInSession(
  daemon: Daemon,
  { sessionId, from, to }: RenamedPerson,
): Promise<void> {
  const connection = await daemon.ready();
  try {
    const { speakers } = await connection.request(SessionGet, { sessionId });
    for (const { id, name } of speakers)
      if (name === from)
        await connection.request(TranscriptNameSpeaker, { sessionId, speakerId: id, name: to });
  } catch (error) {
    if (!isEarmarkError(error, 'session.notFound') && !isEarmarkError(error, 'speaker.notFound'))
      throw error;
  }
}

async function chooseName(
  now: string,
  called: string | undefined,
  others: readonly string[],
): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick();
  const known: vscode.QuickPickItem[] = [
    ...(called === undefined
      ? []
      : [{ label: called, description: vscode.l10n.t('name used by other speakers') }]),
    ...others.map((name) => ({
      label: name,
      description: vscode.l10n.t('merge with this speaker'),
    })),
  ];
  pick.title = vscode.l10n.t('Rename “{0}”', now);
  pick.placeholder = vscode.l10n.t('Enter a name or select a speaker');
  pick.items = known;
  const typed = (): vscode.QuickPickItem[] => {
    const name = pick.value.trim().slice(0, NAME_MAX);
    return name === '' || known.some(({ label }) => label === name)
      ? []
      : [{ label: name, description: vscode.l10n.t('new name'), alwaysShow: true }];
  };
  const chosen = await new Promise<string | undefined>((done) => {
    pick.onDidChangeValue(() => (pick.items = [...typed(), ...known]));
    pick.onDidAccept(() => done(pick.selectedItems[0]?.label));
    pick.onDidHide(() => done(undefined));
    pick.show();
  });
  pick.dispose();
  return chosen;
}

async function wholeSpeaker(from: string, to: string, parts: number): Promise<boolean | undefined> {
  const items = [
    { label: vscode.l10n.t('All {0} segments of “{1}”', parts, from), whole: true },
    { label: vscode.l10n.t('Only this segment'), whole: false },
  ];
  return (
    await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Rename “{0}” to “{1}”', from, to),
    })
  )?.whole;
}
