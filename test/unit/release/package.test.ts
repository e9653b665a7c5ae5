/**
 * What goes into a VSIX: another platform's machine code is found by its first bytes; the workflow
 * and the targets agree with package.json.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import manifest from '../../../package.json';
import { skip } from '../../../testing/harness/skip';

const root = resolve(__dirname, '../../..');

describe('packaging', () => {
  it('finds files of another platform or processor', async () => {
    const { foreignFiles } = await import('../../../scripts/package.mjs');
    const folder = mkdtempSync(join(tmpdir(), 'earmark-package-'));
    const elf = (machine: number): Buffer => {
      const bytes = Buffer.alloc(64);
      bytes.write('7f454c46', 0, 'hex');
      bytes.writeUInt16LE(machine, 18);
      return bytes;
    };
    try {
      const files: Record<string, Buffer> = {
        'x64.node': elf(0x3e),
        'arm64.so.1': elf(0xb7),
        'mac.dylib': Buffer.from('cffaedfe0c000001', 'hex'),
        LICENSE: Buffer.from('MIT'),
        'words.txt': elf(0xb7),
      };
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
      deepEqual(
        [
          foreignFiles(folder, 'linux-x64').sort(),
          foreignFiles(folder, 'linux-arm64').sort(),
          foreignFiles(folder, 'darwin-arm64').sort(),
        ],
        [
          ['arm64.so.1', 'mac.dylib'],
          ['mac.dylib', 'x64.node'],
          ['arm64.so.1', 'x64.node'],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has a native database for every target in the lock file', async () => {
    const { TARGETS } = await import('../../../scripts/package.mjs');
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { integrity?: string }>;
    };
    deepEqual(
      Object.values(TARGETS).filter(
        ({ libsql = '@photostructure/sqlite' }) =>
          packages[`node_modules/${libsql}`]?.integrity === undefined,
      ),
      [],
    );
    deepEqual(Object.keys(TARGETS).sort(), [
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
      'win32-arm64',
      'win32-x64',
    ]);
  });

  it('is refused for a release without repository, bug tracker and security contact', async () => {
    const { releaseProblems } = await import('../../../scripts/package.mjs');
    const complete = {
      repository: { type: 'git', url: 'git+https://example.org/earmark.git' },
      bugs: { url: 'https://example.org/earmark/issues' },
    };
    const contact = '# Security\n\n## Reporting\n\nWrite to security@example.org.\n\n## Scope\n';
    const missing = (manifestOf: object, security: string): string[] =>
      releaseProblems(manifestOf, security).map((problem) => /`\w+`|"\w+"/.exec(problem)![0]);
    deepEqual(missing(complete, contact), []);
    deepEqual(
      missing(
        { ...complete, bugs: 'https://example.org/bugs' },
        contact.replace(/Write.*/, 'https://example.org/report'),
      ),
      [],
    );
    deepEqual(missing({ ...complete, repository: undefined }, contact), ['`repository`']);
    deepEqual(missing({ ...complete, bugs: {} }, contact), ['`bugs`']);
    deepEqual(missing(complete, contact.replace(/Write.*/, 'There is no address yet.')), [
      '"Reporting"',
    ]);
    deepEqual(missing(complete, '# Security\n\n## Scope\n\nWrite to a@example.org.\n'), [
      '"Reporting"',
    ]);
    deepEqual(missing({}, ''), ['`repository`', '`bugs`', '"Reporting"']);
  });

  it('is refused with --release before anything is built, as long as something is missing', async function () {
    const { releaseProblems } = await import('../../../scripts/package.mjs');
    const problems = releaseProblems(manifest, readFileSync(join(root, 'SECURITY.md'), 'utf8'));
    if (problems.length === 0) skip(this, 'nothing is missing for a release');
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts/package.mjs'), '--release'],
      { encoding: 'utf8' },
    );
    deepEqual(
      [status, stderr.trim().split('\n')],
      [1, ['This package cannot be released:', ...problems.map((problem) => `- ${problem}`)]],
    );
  });

  it('has the builds of Whisper of its platform, and says which are missing', async () => {
    const { WHISPER_TARGETS, copyWhisper } = await import('../../../scripts/packageWhisper.mjs');
    const folder = mkdtempSync(join(tmpdir(), 'earmark-package-'));
    const [from, into] = [join(folder, 'from'), join(folder, 'into')];
    try {
      mkdirSync(from);
      writeFileSync(join(from, 'plain.node'), '');
      writeFileSync(join(from, 'own.node'), '');
      match(copyWhisper('linux-x64', from, into) ?? '', /linux-x64 has no Whisper: avx2\.node not/);
      match(
        copyWhisper('linux-x64', join(folder, 'nothing'), into) ?? '',
        /plain\.node, avx2\.node/,
      );
      match(copyWhisper('win32-x64', from, into) ?? '', /no build of Whisper for win32-x64/);
      equal(existsSync(into), false);
      writeFileSync(join(from, 'avx2.node'), '');
      equal(copyWhisper('linux-x64', from, into), undefined);
      deepEqual(readdirSync(into).sort(), ['avx2.node', 'plain.node']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8');
    deepEqual(
      [...workflow.matchAll(/- \{ target: ([\w-]+), os:/g)].map(([, target]) => target),
      Object.keys(WHISPER_TARGETS),
    );
  });

  it('is tested on the oldest VS Code that the manifest names, by scripts that there are', () => {
    const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8');
    ok(workflow.includes(`vscode: ['${manifest.engines.vscode.replace('^', '')}', stable]`));
    const scripts = [...workflow.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    deepEqual(
      scripts.filter((name) => !(name in manifest.scripts)),
      [],
    );
  });
});
