/** Errors that every recogniser and the pool in front of them give alike. */
import { EarmarkError } from '../../protocol/errors';

/** The caller ended the decode. */
export function decodeCancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
}

/** A decode came before its model. */
export function modelNotLoaded(): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    'The speech model is not loaded yet; try again in a moment.',
  );
}

/** @param seconds the longest phrase that the recogniser takes */
export function phraseTooLong(seconds: number): EarmarkError {
  return new EarmarkError('rpc.invalidParams', `A phrase can last ${seconds} seconds at most.`);
}

/** No session has set an engine up. */
export function noSpeechEngine(): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    'No speech engine is set up; choose one in the settings.',
  );
}
