/** Limit of the audio that a user may send. */
/**
 * Audio allowance of a user.
 * @returns undefined if the frames are allowed; they then count as used. Otherwise the wait in
 * milliseconds, and whether the limit is reached or only unknown at the moment
 */
export type Allowance = (
  owner: string,
  frames: number,
) => { readonly waitMs: number; readonly over: boolean } | undefined;
