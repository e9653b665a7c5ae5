/** A note as Earmark writes it, with what people add to it. */
export const SAMPLE = `---
session: a1b2
date: 2026-11-20T14:00:00+01:00
branch: main
participants: [Ben, "Lea K."]
---

# Sync design

## Summary

- The cache key changes. [00:00:05]

## Decisions

- Use \`SessionStore\` for all of it [00:00:12]

## Action items

- [ ] Fix parseConfig — @Ben, by Friday (2026-11-27) [00:00:05]
- [ ] Write the test [00:00:12]
- [x] Rename it — @Lea K. [00:00:12]
- [ ] Old one — @Ben, by Monday (2026-11-16) [00:59:00]

## Mine

- [ ] call @Zoe, 2026-12-01
- a bullet of mine

\`\`\`
- [ ] no action
\`\`\`

## Transcript

**Ben** [00:00:05] I will fix the parse config by Friday.

**Lea K.** [00:00:12] We use the session store, and I rename it.

My remark.

**Ben** [00:06:00] Bye.

<!-- earmark 1: which lines Earmark wrote. Leave it here, and what you write stays yours.
p.0:k3Zp_;90aQx
-->
`;

/** Line on which a text stands first. */
export const lineOf = (text: string, of = SAMPLE): number =>
  of.slice(0, of.indexOf(text)).split('\n').length - 1;
/** Line and column of a text, `into` it. */
export const at = (text: string, into = 1): { line: number; character: number } => {
  const offset = SAMPLE.indexOf(text) + into;
  return { line: lineOf(text), character: offset - (SAMPLE.lastIndexOf('\n', offset - 1) + 1) };
};
