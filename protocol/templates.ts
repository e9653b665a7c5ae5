/**
 * Template of a note: which sections it has, in which order, and what a language model is asked for.
 */
import { z } from 'zod';

/** Kinds of insights that have a section of their own in every note. */
const SectionKind = z.enum(['summary', 'decision', 'action', 'question', 'risk']);
export type SectionKind = z.infer<typeof SectionKind>;

export const SECTIONS_MAX = 12;
export const TITLE_MAX = 60;
export const ASK_MAX = 1_000;

export const NoteTemplate = z.object({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u)
    .describe('File name without `.md`, or the name of a built-in template.'),
  title: z.string().min(1).max(TITLE_MAX),
  ask: z.string().max(ASK_MAX).describe('Request to a language model for the whole note.'),
  sections: z
    .array(
      z.object({
        title: z.string().min(1).max(TITLE_MAX),
        kind: SectionKind.optional().describe(
          'Insights of the section; absent for a section that a language model fills.',
        ),
        ask: z.string().max(ASK_MAX).describe('Content of the section, for a language model.'),
      }),
    )
    .min(1)
    .max(SECTIONS_MAX),
});
export type NoteTemplate = z.infer<typeof NoteTemplate>;
