/**
 * Word error rates that others published, by model of the catalogue. Data only. Source: the Open
 * ASR Leaderboard (Srivastav et al. 2025, arXiv:2510.06961) and the models' cards, read in November
 * 2026, mostly for weights in full precision. Earmark's own measurements are in bench/results.
 */
export const PUBLISHED_SOURCE = 'Open ASR Leaderboard and model cards';

/** Word errors in percent. */
export interface PublishedErrors {
  /** LibriSpeech test-clean: read speech close to the microphone. */
  readonly read: number;
  /** AMI: meetings of four people. */
  readonly meetings: number;
}

export const PUBLISHED_ERRORS: Readonly<Record<string, PublishedErrors>> = {
  'moonshine-tiny': { read: 4.6, meetings: 22.8 },
  'parakeet-tdt_ctc-110m': { read: 2.4, meetings: 15.9 },
  'parakeet-tdt-0.6b-v2': { read: 1.7, meetings: 11.2 },
  'parakeet-tdt-0.6b-v3': { read: 1.9, meetings: 11.4 },
  'whisper-large-v3-turbo': { read: 2.1, meetings: 16.1 },
};
