/** The file name of a session's note (`notes/name`). */

const MAX_SLUG = 60;

/**
 * `2026-11-21-1405-auth-service-standup.earmark.md`, with date and time in the session's time zone.
 */
export function noteFileName(title: string, startedAt: string): string {
  const [, date, hour, minute] = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})/.exec(startedAt) ?? [];
  const when = date ? `${date}-${hour}${minute}` : '';
  return `${[when, slug(title)].filter(Boolean).join('-') || 'note'}.earmark.md`;
}

/** Lower-case letters and digits of any script, joined by hyphens. Safe on every file system. */
function slug(title: string): string {
  // Removes accents from Latin letters. In other scripts, marks are part of the letter.
  const plain = title
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
    .toLowerCase();
  const words = plain.replace(/['’]/g, '').match(/[\p{L}\p{N}]+/gu) ?? [];
  let result = '';
  for (const word of words) {
    const next = result ? `${result}-${word}` : word.slice(0, MAX_SLUG);
    if (next.length > MAX_SLUG) break;
    result = next;
  }
  return result;
}
