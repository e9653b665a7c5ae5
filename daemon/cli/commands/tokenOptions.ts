/** Shared options of the commands about users and tokens. */
import { InvalidArgumentError, Option } from 'commander';
import { AccessScope } from '../../../protocol/tokens';

export type Format = 'text' | 'json';

export const FORMAT = (): Option =>
  new Option('--format <F>', 'output format').choices(['text', 'json']).default('text');
export const SCOPES = (): Option =>
  new Option('--scopes <LIST>', 'comma-separated: read, record, admin')
    .argParser(scopes)
    .default(['record'], 'record');

export function user(text: string): string {
  if (!/^[A-Za-z0-9._@-]{1,64}$/.test(text))
    throw new InvalidArgumentError('Use 1 to 64 letters, digits and ._@-.');
  return text;
}

function scopes(text: string): AccessScope[] {
  const parsed = AccessScope.array()
    .min(1)
    .safeParse([...new Set(text.split(',').map((s) => s.trim()))]);
  if (!parsed.success) throw new InvalidArgumentError('Choose from read, record and admin.');
  return parsed.data;
}
