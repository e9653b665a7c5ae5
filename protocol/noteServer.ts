/**
 * Requests between the language server of notes and the editor, in addition to the Language Server
 * Protocol. The server accesses no files and no daemon: the editor supplies texts of closed notes
 * and names of the code.
 */
import { z } from 'zod';

export const DeriveForm = z.enum(['todo', 'task', 'issue', 'adr']);
export type DeriveForm = z.infer<typeof DeriveForm>;

/**
 * Editor → server: converts an item of a note to another form. Null if the line is no longer an
 * item.
 */
export const NoteDerive = {
  method: 'earmark/derive',
  params: z.object({
    uri: z.string(),
    line: z.number().int().min(0),
    as: DeriveForm,
    languageId: z.string().max(60).optional(),
  }),
  result: z.string().nullable(),
} as const;

/** Editor → server: matching actions and decisions of all notes, for workspace symbols. */
export const NoteSymbols = {
  method: 'earmark/noteSymbols',
  params: z.object({ query: z.string().max(500) }),
  /** LSP's SymbolInformation. */
  result: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.number(),
      containerName: z.string().optional(),
      location: z.object({
        uri: z.string(),
        range: z.looseObject({
          start: z.object({ line: z.number(), character: z.number() }),
          end: z.object({ line: z.number(), character: z.number() }),
        }),
      }),
    }),
  ),
} as const;

/** Server → editor: every note of the workspace, at most 2,000. */
export const NoteFiles = {
  method: 'earmark/noteFiles',
  params: z.object({}),
  result: z.array(z.string()),
} as const;
/** Server → editor: the text of a closed note; null if it cannot be read or is too large. */
export const NoteRead = {
  method: 'earmark/readNote',
  params: z.object({ uri: z.string() }),
  result: z.string().nullable(),
} as const;
/** Server → editor: declarations of a name of the code, by the workspace's language servers. */
export const NoteCodeLocations = {
  method: 'earmark/codePlaces',
  params: z.object({ name: z.string().max(200) }),
  result: z.array(
    z.object({ uri: z.string(), line: z.number().int(), character: z.number().int() }),
  ),
} as const;
/** Server → editor: names of the code with a prefix. */
export const NoteCodeNames = {
  method: 'earmark/codeNames',
  params: z.object({ prefix: z.string().max(200) }),
  result: z.array(z.string()),
} as const;
