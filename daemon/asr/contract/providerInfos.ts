/** Capabilities of the built-in recognisers. */
import type { ProviderInfo } from './provider';

export const moonshineInfo: ProviderInfo = {
  id: 'moonshine',
  name: 'Moonshine tiny (English, on this computer)',
  capabilities: {
    languages: ['en'],
    streaming: false,
    wordTimestamps: false,
    prompt: false,
    gpu: false,
    translate: false,
  },
};

export const whisperInfo: ProviderInfo = {
  id: 'whisper',
  name: 'Whisper (many languages, on this computer)',
  capabilities: {
    languages: ['*'],
    streaming: false,
    wordTimestamps: false,
    prompt: true,
    gpu: true,
    translate: true,
  },
};

export const nemoInfo: ProviderInfo = {
  id: 'nemo',
  name: 'NVIDIA NeMo: Parakeet and Nemotron (up to 25 languages, on this computer)',
  capabilities: {
    languages: ['*'],
    streaming: false,
    wordTimestamps: true,
    prompt: false,
    gpu: false,
    translate: false,
  },
};

export const scriptedInfo: ProviderInfo = {
  id: 'scripted',
  name: 'Scripted (tests)',
  capabilities: {
    languages: ['*'],
    streaming: false,
    wordTimestamps: true,
    prompt: true,
    gpu: false,
    translate: false,
  },
};

export const voxtralInfo: ProviderInfo = {
  id: 'voxtral',
  name: 'Voxtral (13 languages, a program of its own)',
  capabilities: {
    languages: ['en', 'es', 'fr', 'pt', 'hi', 'de', 'nl', 'it', 'ar', 'ru', 'zh', 'ja', 'ko'],
    streaming: true,
    wordTimestamps: false,
    prompt: false,
    gpu: true,
    translate: false,
  },
};

export const openaiInfo: ProviderInfo = {
  id: 'openai',
  name: 'A server with the OpenAI transcription interface (remote)',
  capabilities: {
    languages: ['*'],
    streaming: false,
    wordTimestamps: true,
    prompt: true,
    gpu: false,
    translate: false,
  },
};
