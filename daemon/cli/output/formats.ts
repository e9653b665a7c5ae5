/** Names of the formats that `transcribe` and `sessions export` print. */
import type { ExportFormat } from '../../notes/exports';

export const FORMATS: readonly ExportFormat[] = [
  'text',
  'jsonl',
  'json',
  'srt',
  'vtt',
  'md',
  'rttm',
];
