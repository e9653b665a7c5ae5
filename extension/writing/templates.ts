/**
 * Templates of notes that this window offers: files in `.earmark/templates` of the workspace, and the
 * built-in ones. Entry of a bundle of its own.
 */
import * as vscode from 'vscode';
import { BUILT_IN_TEMPLATES, parseTemplate } from '../../protocol/templateFiles';
import type { NoteTemplate } from '../../protocol/templates';

const FOLDER = ['.earmark', 'templates'] as const;
const FILES_MAX = 50;

export interface FoundTemplate {
  readonly template: NoteTemplate;
  /** The file; undefined if it is built in. */
  readonly uri?: vscode.Uri;
}

export interface FoundTemplates {
  readonly templates: readonly FoundTemplate[];
  /** A sentence for each file that cannot be used. */
  readonly faults: readonly string[];
}

/** Own files come first, and a file replaces the built-in template of its name. */
export async function findTemplates(): Promise<FoundTemplates> {
  const own: FoundTemplate[] = [];
  const faults: string[] = [];
  // The text of a template goes to a language model, so the workspace must be trusted.
  for (const folder of vscode.workspace.isTrusted
    ? (vscode.workspace.workspaceFolders ?? [])
    : []) {
    const place = vscode.Uri.joinPath(folder.uri, ...FOLDER);
    const files = await Promise.resolve(vscode.workspace.fs.readDirectory(place)).catch(() => []);
    for (const [file, type] of files.slice(0, FILES_MAX)) {
      const name = /^(.+)\.md$/.exec(file)?.[1];
      if (name === undefined || type !== vscode.FileType.File) continue;
      const uri = vscode.Uri.joinPath(place, file);
      const text = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
      const template = parseTemplate(name, text);
      if (typeof template === 'string') faults.push(`${file}: ${template}`);
      else if (!own.some((other) => other.template.name === name)) own.push({ template, uri });
    }
  }
  return {
    templates: [
      ...own,
      ...BUILT_IN_TEMPLATES.filter(
        ({ name }) => !own.some(({ template }) => template.name === name),
      ).map((template) => ({ template })),
    ],
    faults,
  };
}
