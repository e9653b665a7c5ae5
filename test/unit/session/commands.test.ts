/**
 * The life of a recording against a model of it: commands in random order (start, stop, pause,
 * resume, attach, detach, crash, time, speech), and after each the session is in the state, has the
 * recorders and the words that the model says. A pause is a person's: nothing but a resume opens
 * the microphone again.
 */
import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { EarmarkError } from '../../../protocol/errors';
import { defaultSessionOptions } from '../../../daemon/session/contract/options';
import { Harness, say } from '../../../testing/harness/sessionHarness';

/** More runs than the short form's are other orders each time. */
const LONG_RUNS = process.env['EARMARK_PROPERTY_RUNS'];
const RUNS = Number(LONG_RUNS ?? 100);
/** Lets a session that a crash left see that a client is back, or that none came. */
const LOOK_MS = 300;

/**
 * `left`: paused by a crash, until a client comes or the time is over. A pause of a person's is not
 * ended by a client that comes, but after a crash it too ends when the time is over and nobody is
 * there.
 */
type Expected =
  | { readonly state: 'none' | 'streaming' | 'done' }
  | { readonly state: 'paused'; readonly leftMs?: number }
  | { readonly state: 'left'; readonly leftMs: number };

interface Model {
  now: Expected;
  attached: boolean;
  words: number;
}

class Real {
  readonly h = new Harness();
  id: string | undefined;
  private attachment: { dispose(): void } | undefined;
  private last = 0;
  readonly wrong: string[] = [];

  async start(): Promise<void> {
    const { session, attachment } = await this.h.manager.start({
      key: 'k',
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
      partials: false,
      insights: false,
    });
    attachment?.dispose();
    this.id = session.record.id;
  }

  async attach(): Promise<void> {
    this.attachment?.dispose();
    this.attachment = (
      await this.h.manager.attach(this.id ?? '', this.last, (event) => {
        if (!('seq' in event)) return;
        if (event.seq !== this.last + 1) this.wrong.push(`${event.seq} after ${this.last}`);
        this.last = event.seq;
      })
    ).attachment;
  }

  detach(): void {
    this.attachment?.dispose();
    this.attachment = undefined;
  }

  /** What stands there, in the words of the model. */
  async look(): Promise<{
    state: string;
    recorders: number;
    words: readonly string[];
    wrong: readonly string[];
  }> {
    const state = this.id === undefined ? 'none' : (await this.h.manager.get(this.id)).record.state;
    return {
      state,
      recorders: this.h.capture.open.length,
      words: this.id === undefined ? [] : await this.h.texts(this.id),
      wrong: this.wrong,
    };
  }
}

type Command = fc.AsyncCommand<Model, Real>;

const STATES = {
  none: 'none',
  streaming: 'STREAMING',
  paused: 'PAUSED',
  left: 'PAUSED',
  done: 'DONE',
} as const;

/**
 * Does it, moves the model on, and compares. A call that the state forbids is refused as
 * `session.wrongState`.
 */
function command(
  name: string,
  act: (real: Real) => unknown,
  next: (model: Model) => void,
  refusedIn: readonly Expected['state'][] = [],
): Command {
  return {
    check: (model) => name === 'start' || model.now.state !== 'none',
    run: async (model, real) => {
      const refused = refusedIn.includes(model.now.state);
      const code = await Promise.resolve()
        .then(() => act(real))
        .then(
          () => undefined,
          (error: unknown) => (error instanceof EarmarkError ? error.code : String(error)),
        );
      deepEqual(code, refused ? 'session.wrongState' : undefined, name);
      if (!refused) next(model);
      await pass(model, real, LOOK_MS);
      deepEqual(
        await real.look(),
        {
          state: STATES[model.now.state],
          recorders: model.now.state === 'streaming' ? 1 : 0,
          words: Array.from({ length: model.words }, (_, i) => `w${i + 1}`),
          wrong: [],
        },
        `after ${name}`,
      );
    },
    toString: () => name,
  };
}

/** Time goes on in both. */
async function pass(model: Model, real: Real, ms: number): Promise<void> {
  await real.h.pass(ms);
  const { now, attached } = model;
  if (now.state === 'left' && attached) model.now = { state: 'streaming' };
  else if ((now.state === 'left' || now.state === 'paused') && now.leftMs !== undefined) {
    const leftMs = now.leftMs + ms;
    if (leftMs < defaultSessionOptions.recoverCaptureMs) model.now = { ...now, leftMs };
    else model.now = attached ? { state: 'paused' } : { state: 'done' };
  }
}

const commands = (): fc.Arbitrary<Command>[] => [
  fc.constant(
    command(
      'start',
      (real) => real.start(),
      (model) => (model.now = model.now.state === 'none' ? { state: 'streaming' } : model.now),
    ),
  ),
  fc.constant(
    command(
      'stop',
      (real) => void real.h.manager.stop(real.id ?? '', 'stop.request'),
      (model) => (model.now = { state: 'done' }),
    ),
  ),
  fc.constant(
    command(
      'pause',
      (real) => real.h.manager.pause(real.id ?? '', 'user'),
      (model) =>
        (model.now =
          model.now.state === 'left' || model.now.state === 'paused'
            ? { ...model.now, state: 'paused' }
            : { state: 'paused' }),
      ['done'],
    ),
  ),
  fc.constant(
    command(
      'resume',
      (real) => real.h.manager.resume(real.id ?? '', 'user'),
      (model) => (model.now = { state: 'streaming' }),
      ['done'],
    ),
  ),
  fc.constant(
    command(
      'attach',
      (real) => real.attach(),
      (model) => (model.attached = true),
    ),
  ),
  fc.constant(
    command(
      'detach',
      (real) => real.detach(),
      (model) => (model.attached = false),
    ),
  ),
  fc.constant(
    command(
      'crash',
      async (real) => {
        real.detach();
        await real.h.restart(1_000);
      },
      (model) => {
        model.attached = false;
        // So is one that crashed again before anybody came back; what a person paused stays paused.
        if (model.now.state === 'streaming' || model.now.state === 'left')
          model.now = { state: 'left', leftMs: 0 };
        else if (model.now.state === 'paused') model.now = { state: 'paused', leftMs: 0 };
      },
    ),
  ),
  fc.constant(
    command(
      'speak',
      async (real) => {
        if (real.h.capture.open.length > 0)
          await real.h.speak('mic', say((await real.look()).words.length + 1));
      },
      (model) => (model.words += model.now.state === 'streaming' ? 1 : 0),
    ),
  ),
  fc.constantFrom(1_000, 20_000).map((ms) => ({
    ...command(
      `wait ${ms}`,
      () => undefined,
      () => undefined,
    ),
    run: async (model: Model, real: Real) => pass(model, real, ms),
  })),
];

describe('the life of a recording', function () {
  this.timeout(120_000);

  it('goes as its model says, whatever is called in whatever order', async () => {
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(commands(), { maxCommands: 40, size: 'max' }), async (list) => {
        const real = new Real();
        const model: Model = { now: { state: 'none' }, attached: false, words: 0 };
        await fc.asyncModelRun(() => ({ model, real }), list);
        if (real.id !== undefined) ran++;
        real.h.dispose();
      }),
      { numRuns: RUNS, ...(LONG_RUNS === undefined ? { seed: 7 } : {}) },
    );
    ok(ran > RUNS / 2, `${ran} of ${RUNS} orders had a session`);
  });
});
