/**
 * docs/decisions/0081 has a row for every requirement of engines and models: the test that proves
 * it, or the reason why it is met in part or not at all.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tableRows } from '../../../testing/harness/markdownTable';
import { skip } from '../../../testing/harness/skip';

const root = path.resolve(__dirname, '../../..');
const PAGE = 'docs/decisions/0081-requirements-of-engines.md';
const AUDIT = path.join(root, '../shared/audit.md');
const SECTION = 'Engines and models';
const STATES = ['closed', 'in part', 'left out'];

interface Requirement {
  readonly id: string;
  readonly state: string;
  readonly proof: string;
}

describe('requirements of engines and models', () => {
  const requirements = tableRows(readFileSync(path.join(root, PAGE), 'utf8'))
    .filter(([, state]) => STATES.includes(state ?? ''))
    .map(([id = '', state = '', proof = '']): Requirement => ({ id, state, proof }));

  it('each have a row of their own', function () {
    if (!existsSync(AUDIT)) skip(this, '../shared/audit.md is not there');
    const section = readFileSync(AUDIT, 'utf8')
      .split(/^## /m)
      .find((part) => part.startsWith(SECTION));
    const wanted = tableRows(section ?? '')
      .map(([id = '']) => id)
      .filter((id) => id !== 'id');
    ok(wanted.length > 100, `${wanted.length} requirements`);
    deepEqual(requirements.map(({ id }) => id).sort(), wanted.sort());
  });

  it('are closed with tests or benches that there are, or have a reason', () => {
    const wrong = requirements.flatMap(({ id, state, proof }) => {
      const files = [...proof.matchAll(/`((?:test|bench)\/[\w./]+\.(?:test\.ts|ts|md))`/g)].map(
        ([, file = '']) => file,
      );
      const absent = files.filter((file) => !existsSync(path.join(root, file)));
      if (absent.length > 0) return [`${id}: ${absent.join(', ')} is not there`];
      if (state === 'closed' && files.length === 0) return [`${id}: names no test`];
      const [, other] = /^as ([\w.-]+)/.exec(proof) ?? [];
      const isReason =
        other === undefined
          ? proof.length >= 15
          : requirements.some((one) => one.id === other && !one.proof.startsWith('as '));
      return isReason ? [] : [`${id}: no reason`];
    });
    deepEqual(wrong, []);
  });
});
