/**
 * A hundred dictations leave nothing behind: no listener, no surface, no subscription. Runs last:
 * it counts what is alive.
 */
import { deepEqual, ok } from 'node:assert/strict';
import * as v8 from 'node:v8';
import * as vscode from 'vscode';
import { EditorSurface } from '../../../extension/dictation/surfaces/editorSurface';
import { app, closeEditors, editorWith, quiet, say, until } from './support';

const ROUNDS = 100;
/** Rounds before the first count: what is made once is made then. */
const WARM = 3;

type Count = (constructor: unknown, options: { readonly format: 'count' }) => number;

describe('zero leaks', function () {
  this.timeout(240_000);
  after(quiet);

  it(`is what ${ROUNDS} rounds of start and stop leave`, async function () {
    const count = (v8 as { readonly queryObjects?: Count }).queryObjects;
    if (count === undefined) {
      console.log('    skipped: this Node.js cannot count objects (20.13 can).');
      this.skip();
    }
    const { parts } = await app();
    const { dictation } = parts;
    await parts.consent.give('dictation');
    say('');
    await editorWith('|');
    const surface = (): EditorSurface => EditorSurface.active();
    // The classes of the bundle are others than those of this file; what they are made of is the
    // same.
    const bundled = await until('a surface', async () => {
      await dictation.start(surface);
      const { state } = dictation;
      return state.kind === 'idle' ? undefined : state;
    });
    const constructors = {
      emitters: vscode.EventEmitter,
      decorations: EditorSurface,
      subscriptions: bundled.kind === 'listening' ? bundled.subscription.constructor : undefined,
    };
    await dictation.cancel();
    const alive = (): Record<string, number> =>
      Object.fromEntries(
        Object.entries(constructors).flatMap(([name, constructor]) =>
          constructor === undefined ? [] : [[name, count(constructor, { format: 'count' })]],
        ),
      );
    const round = async (i: number): Promise<void> => {
      await dictation.start(surface);
      await (i % 2 === 0 ? dictation.stop() : dictation.cancel());
      await until('it is over', () => dictation.state.kind === 'idle');
    };
    for (let i = 0; i < WARM; i++) await round(i);
    const before = alive();
    for (let i = 0; i < ROUNDS; i++) await round(i);
    const after = alive();
    console.log(
      `      alive after ${ROUNDS} rounds: ${JSON.stringify(after)}, before: ${JSON.stringify(before)}`,
    );
    ok((before['emitters'] ?? 0) > 0 && before['subscriptions'] !== undefined);
    // The editor makes emitters of its own at any time, but not one a round.
    const slack = (name: string): number => (name === 'emitters' ? ROUNDS / 10 : 0);
    deepEqual(
      Object.fromEntries(
        Object.entries(after).filter(([name, n]) => n > (before[name] ?? 0) + slack(name)),
      ),
      {},
    );
    say();
    await closeEditors();
  });
});
