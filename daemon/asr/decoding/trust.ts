/** Trust in a text of incomplete audio, for recognisers that do not judge their texts themselves. */
import { type AsrResult, type Trust, measuredConfidence } from '../contract/provider';

/**
 * Mean probability from which later audio rarely changes a text, and below which the text is decoded
 * again. As for Moonshine (adapters/inference/moonshine/moonshine.ts).
 */
const HIGH = 0.9;
const LOW = 0.75;

/**
 * Returns the recogniser's own trust, else that of its confidence. Without a calibrated confidence, a sentence
 * that ended is trusted.
 */
export function trustOf(result: AsrResult): Trust {
  const { text, trust } = result;
  if (trust !== undefined) return trust;
  const confidence = measuredConfidence(result);
  if (confidence === undefined) return /[.!?。！？]["'”’)]*$/.test(text.trim()) ? 'high' : 'fair';
  return confidence >= HIGH ? 'high' : confidence < LOW ? 'low' : 'fair';
}
