/** Finds a template of notes by its name: a file of this folder's `.earmark/templates`, or built in. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EarmarkError } from '../../protocol/errors';
import { BUILT_IN_TEMPLATES, parseTemplate } from '../../protocol/templateFiles';
import type { NoteTemplate } from '../../protocol/templates';

const FOLDER = join('.earmark', 'templates');

/**
 * @param within folder with `.earmark`; the current one in normal use
 * @throws EarmarkError analysis.badInput
 */
export async function readTemplate(name: string, within = process.cwd()): Promise<NoteTemplate> {
  const refuse = (message: string): never => {
    throw new EarmarkError('analysis.badInput', message);
  };
  if (/[\\/]/.test(name))
    return refuse(
      'The name of a template has no folder; give the name of a file in .earmark/templates without .md.',
    );
  const file = await readFile(join(within, FOLDER, `${name}.md`), 'utf8').catch(() => undefined);
  const template =
    file === undefined
      ? BUILT_IN_TEMPLATES.find((one) => one.name === name.toLowerCase())
      : parseTemplate(name, file);
  if (template === undefined)
    return refuse(
      `There is no template "${name.slice(0, 60)}". Add the file ${join(FOLDER, `${name.slice(0, 60)}.md`)}, or use one of ${BUILT_IN_TEMPLATES.map((one) => one.name).join(', ')}.`,
    );
  return typeof template === 'string' ? refuse(template) : template;
}
