/** `earmark sessions import` and `earmark analyze --template`, from end to end. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTemplate } from '../../../daemon/cli/readTemplate';
import { DaemonFolder } from '../../../testing/processes/daemonProcess';
import { cli } from '../../../testing/processes/runCli';

const TALK = `WEBVTT

00:00:01.000 --> 00:00:04.000
<v Ana Diaz>We decided to keep the old export format.</v>

00:00:05.000 --> 00:00:08.000
<v Ben Ode>I'll fix the importer by Friday.</v>
`;

describe('transcripts on the command line', function () {
  this.timeout(120_000);
  let folder: DaemonFolder;
  let talk: string;
  before(() => {
    folder = new DaemonFolder();
    mkdirSync(join(folder.path, 'work'));
    talk = join(folder.path, 'work', 'weekly_sync.vtt');
    writeFileSync(talk, TALK);
  });
  after(() => folder.remove());
  const run = (...args: string[]) => cli(folder.path, args);

  it('sessions import keeps a meeting with the names of its speakers', async () => {
    const { code, out, err } = await run('sessions', 'import', talk, '--date', '2026-11-23');
    deepEqual([code, err], [0, '']);
    const id = out.trim();
    const page = (await run('sessions', 'export', id)).out;
    match(page, /^# weekly sync\n/);
    match(page, /\*\*Ben Ode\*\* \[00:00:05\] I'll fix the importer by Friday\./);
    match(page, /- \[ \] .*@Ben Ode, by Friday \(2026-11-27\)/);
    match((await run('sessions', 'search', 'importer')).out, /weekly sync/);
  });

  it('sessions import says what is wrong with a file', async () => {
    const empty = join(folder.path, 'work', 'empty.txt');
    writeFileSync(empty, '\n');
    const { code, err } = await run('sessions', 'import', empty);
    equal(code, 1);
    match(err, /There is no text to analyse/);
  });

  it('analyze --template prints the sections in the order of the template', async () => {
    const order = async (...args: string[]) =>
      (await run('analyze', talk, '--format', 'md', ...args)).out.match(/^## .*$/gm);
    deepEqual(await order(), ['## Decisions', '## Action items']);
    deepEqual(await order('--template', 'incident'), ['## Action items', '## Decisions']);
  });

  it('analyze --template names the templates if there is none of that name', async () => {
    const { code, err } = await run('analyze', talk, '--template', 'nothing');
    equal(code, 1);
    match(err, /no template "nothing".*\.earmark.templates.*stand-up, planning/);
  });

  it('a template of the folder replaces a built-in one', async () => {
    const within = join(folder.path, 'work');
    mkdirSync(join(within, '.earmark', 'templates'), { recursive: true });
    writeFileSync(join(within, '.earmark', 'templates', 'free.md'), '## Risks\n');
    deepEqual((await readTemplate('free', within)).sections, [
      { title: 'Risks', kind: 'risk', ask: '' },
    ]);
    equal((await readTemplate('planning', within)).title, 'Planning');
  });
});
