/** Errors shared by every recogniser and the decoder pool. */
import { EarmarkError } from '../../../protocol/errors';

/** The caller cancelled the decode. */
export function decodeCancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
}

/** A decode was requested before a model was loaded. */
export function modelNotLoaded(): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    'The speech model is not loaded yet; try again in a moment.',
  );
}

/** @param seconds longest phrase that the recogniser accepts */
export function phraseTooLong(seconds: number): EarmarkError {
  return new EarmarkError('rpc.invalidParams', `A phrase can last ${seconds} seconds at most.`);
}

/** No session has created an engine. */
export function noSpeechEngine(): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    'No speech engine is set up; choose one in the settings.',
  );
}
