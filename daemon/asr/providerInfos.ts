/** What the built-in recognisers can do. */
import type { ProviderInfo } from './provider';

export const moonshineInfo: ProviderInfo = {
  id: 'moonshine',
  name: 'Moonshine tiny (English, on this computer)',
  capabilities: { languages: ['en'], streaming: false, wordTimestamps: false, prompt: false, gpu: false, translate: false },
};

export const whisperInfo: ProviderInfo = {
  id: 'whisper',
  name: 'Whisper (many languages, on this computer)',
  capabilities: { languages: ['*'], streaming: false, wordTimestamps: true, prompt: true, gpu: true, translate: true },
};

export const scriptedInfo: ProviderInfo = {
  id: 'scripted',
  name: 'Scripted (tests)',
  capabilities: { languages: ['*'], streaming: false, wordTimestamps: true, prompt: true, gpu: false, translate: false },
};
