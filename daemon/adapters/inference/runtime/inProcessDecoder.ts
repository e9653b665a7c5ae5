/**
 * A recogniser in this process as a decoder of the engine. It can load and unload repeatedly; each
 * decode has a time limit.
 */
import { EarmarkError, isEarmarkError } from '../../../../protocol/errors';
import { Deadlines } from '../../../asr/engine/deadline';
import type { AsrProvider, DeviceChoice } from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { Decoder } from '../../../asr/engine/speechEngine';
import type { InferenceWorkerHealth } from '../../../asr/contract/speechEngineApi';
import type { Clock } from '../../../base/clock';

export interface InProcessSetup {
  readonly name: string;
  readonly create: () => AsrProvider;
  readonly files: () => Promise<LoadedModelFiles>;
  readonly device: DeviceChoice;
  readonly clock: Clock;
}

type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly provider: AsrProvider }
  | { readonly kind: 'ready'; readonly provider: AsrProvider }
  | { readonly kind: 'failed' };

export function inProcessDecoder(setup: InProcessSetup): Decoder {
  let state: State = { kind: 'stopped' };
  let busy = 0;
  const deadlines = new Deadlines();
  return {
    async start() {
      if (state.kind === 'ready') return;
      const provider = setup.create();
      const mine: State = { kind: 'starting', provider };
      state = mine;
      try {
        await provider.load(await setup.files(), setup.device);
      } catch (error) {
        if (state === mine) state = { kind: 'failed' };
        throw isEarmarkError(error)
          ? error
          : new EarmarkError(
              'engine.unavailable',
              `Could not start the speech engine ${setup.name}; run \`earmark doctor\` to see ` +
                'why.',
              { cause: error },
            );
      }
      if (state === mine) state = { kind: 'ready', provider };
      else await provider.unload();
    },
    stop() {
      const old = state;
      state = { kind: 'stopped' };
      // An old recogniser that does not unload ends with the process; nothing waits for it.
      if (old.kind === 'ready') old.provider.unload().catch(() => undefined);
    },
    health: (): InferenceWorkerHealth => ({
      name: setup.name,
      state: state.kind === 'ready' && busy > 0 ? 'busy' : state.kind,
      restarts: 0,
    }),
    openStream: (options) =>
      Promise.resolve(state.kind === 'ready' ? state.provider.openStream?.(options) : undefined),
    async transcribe(pcm, options, signal) {
      if (state.kind !== 'ready')
        throw new EarmarkError(
          'engine.unavailable',
          'The speech engine is not started; start it again.',
        );
      const { provider } = state;
      const abort = new AbortController();
      const onAbort = (): void => abort.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) abort.abort();
      let timer: { dispose(): void } | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setup.clock.setTimeout(() => {
          reject(
            new EarmarkError(
              'engine.timeout',
              'The speech engine took too long to decode a phrase.',
            ),
          );
          abort.abort();
        }, deadlines.of(pcm.length));
      });
      busy++;
      try {
        const result = await Promise.race([provider.transcribe(pcm, options, abort.signal), late]);
        deadlines.took(pcm.length, result);
        return result;
      } finally {
        busy--;
        timer?.dispose();
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
