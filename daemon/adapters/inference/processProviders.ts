/**
 * Recognisers that run in the daemon's own process, because a program or a server stands behind
 * them, with the user's settings.
 */
import type { Settings } from '../../../protocol/settings';
import { openaiInfo, voxtralInfo } from '../../asr/providerInfos';
import type { ProviderFact } from '../../asr/engineChoice';
import type { AsrProvider } from '../../asr/provider';
import type { Clock } from '../../base/clock';
import { OpenaiProvider } from './openai';
import { VoxtralProvider } from './voxtral';

export interface ProcessProvider extends ProviderFact {
  create(): AsrProvider;
}

/** What OpenAI's own service calls its first model, and most servers take for theirs. */
const OPENAI_MODEL = 'whisper-1';

/**
 *
 * @param settings as they are when a recogniser is made; what is not set says so when it is loaded
 */
export function processProviders(
  settings: () => Settings,
  clock: Clock,
): readonly ProcessProvider[] {
  return [
    {
      info: voxtralInfo,
      create: () =>
        new VoxtralProvider({ program: settings()['voxtral.program'] || 'voxtral', clock }),
    },
    {
      info: openaiInfo,
      get defaultModel() {
        return settings()['openai.model'] || OPENAI_MODEL;
      },
      create: () => {
        const {
          'openai.endpoint': endpoint,
          'openai.plainHttp': allowPlainHttp,
          'openai.key': key,
        } = settings();
        return new OpenaiProvider({
          endpoint,
          clock,
          allowPlainHttp,
          ...(key === '' ? {} : { key }),
        });
      },
    },
  ];
}
