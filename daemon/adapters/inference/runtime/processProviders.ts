/**
 * Recognisers in the daemon's own process, with the user's settings. Each uses a separate program
 * or a server.
 */
import type { Settings } from '../../../../protocol/settings';
import { openaiInfo, voxtralInfo } from '../../../asr/contract/providerInfos';
import type { ProviderFact } from '../../../asr/choice/engineChoice';
import type { AsrProvider } from '../../../asr/contract/provider';
import type { Clock } from '../../../base/clock';
import { OpenaiProvider } from '../openai/openai';
import { VoxtralProvider } from '../voxtral/voxtral';

export interface ProcessProvider extends ProviderFact {
  create(): AsrProvider;
}

/** OpenAI's name for its first model; most servers accept it. */
const OPENAI_MODEL = 'whisper-1';

/**
 * @param settings current settings; read when a recogniser is made. A missing setting is reported
 * at load
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
