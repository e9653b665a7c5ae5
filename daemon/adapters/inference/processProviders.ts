/** Recognisers that run in the daemon's own process, because a program or a server stands behind them, with the user's settings. */
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
 * `EARMARK_VOXTRAL_PROGRAM`, `EARMARK_OPENAI_ENDPOINT`, `EARMARK_OPENAI_MODEL`, `EARMARK_OPENAI_KEY` and
 * `EARMARK_OPENAI_PLAIN_HTTP`. What is not set says so when it is loaded.
 */
export function processProviders(env: Readonly<Record<string, string | undefined>>, clock: Clock): readonly ProcessProvider[] {
  const text = (name: string): string => env[name]?.trim() ?? '';
  const key = text('EARMARK_OPENAI_KEY');
  return [
    { info: voxtralInfo, create: () => new VoxtralProvider({ program: text('EARMARK_VOXTRAL_PROGRAM') || 'voxtral', clock }) },
    {
      info: openaiInfo,
      defaultModel: text('EARMARK_OPENAI_MODEL') || OPENAI_MODEL,
      create: () => new OpenaiProvider({ endpoint: text('EARMARK_OPENAI_ENDPOINT'), clock, allowPlainHttp: text('EARMARK_OPENAI_PLAIN_HTTP') === '1', ...(key === '' ? {} : { key }) }),
    },
  ];
}
