/** Time stamps as the note and the exports print them. */

/** `[00:14:05]`; hours may have more than two digits. */
export function timeStamp(ms: number): string {
  return `[${clock(Math.floor(ms / 1000))}]`;
}

/** `00:14:05,250` for SRT (`,`) and WebVTT (`.`). */
export function subtitleTime(ms: number, mark: ',' | '.'): string {
  const whole = Math.max(0, Math.round(ms));
  return `${clock(Math.floor(whole / 1000))}${mark}${String(whole % 1000).padStart(3, '0')}`;
}

function clock(seconds: number): string {
  const whole = Math.max(0, seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
