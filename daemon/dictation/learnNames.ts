/** Gives a speller many names without keeping others from their work. */
import type { Clock } from '../base/clock';
import type { SymbolSpeller } from './respell';

/** About 2 ms of work. */
const NAMES_A_STEP = 40;

/**
 * Thousands of names take a tenth of a second: they are added in small steps, in order, between
 * which the process does its work.
 * @param wanted asked after each step; the rest is left out where it says no
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
