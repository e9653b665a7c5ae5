/** Gives a speller many names without blocking the event loop. */
import type { Clock } from '../base/clock';
import type { SymbolSpeller } from './respell';

/** Number of names added in one step of about 2 ms. */
const NAMES_A_STEP = 40;

/**
 * Adds the names in small steps, in order, and yields to the event loop between them. Thousands of
 * names take a tenth of a second.
 * @param wanted called after each step; false leaves the rest out
 */
export async function learnNames(
  clock: Clock,
  names: readonly string[],
  speller: SymbolSpeller,
  wanted: () => boolean = () => true,
): Promise<SymbolSpeller> {
  for (let at = 0; at < names.length && wanted(); at += NAMES_A_STEP) {
    for (const name of names.slice(at, at + NAMES_A_STEP)) speller.add(name);
    await new Promise<void>((next) => clock.setTimeout(next, 0));
  }
  return speller;
}
