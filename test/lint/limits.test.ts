/** The list of files that exceed a size limit shrinks and never grows. */
import { deepEqual, ok } from 'node:assert/strict';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';

const root = resolve(__dirname, '../..');

interface Limits {
  LIMITS: Linter.Config[];
  listedExceptions(): Record<string, string[]>;
}

/** The most files each rule may list. Lower a number when its list shrinks; never raise it. */
const MOST: Record<string, number> = {
  complexity: 49,
  'max-depth': 0,
  'max-lines': 27,
  'max-lines-per-function': 23,
};

describe('the list of files that exceed a size limit', () => {
  let limits: Limits;
  before(async () => {
    limits = (await import(
      pathToFileURL(resolve(root, 'scripts/lint/limits.mjs')).href
    )) as unknown as Limits;
  });

  it('does not grow', () => {
    for (const [rule, files] of Object.entries(limits.listedExceptions())) {
      const most = MOST[rule] ?? 0;
      ok(files.length <= most, `${rule} lists ${files.length} files; the most is ${most}`);
    }
  });

  it('names only files that still exceed the limit', async function () {
    this.timeout(120_000);
    const listed = limits.listedExceptions();
    const eslint = new ESLint({
      cwd: root,
      overrideConfigFile: true,
      overrideConfig: [
        { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } },
        ...limits.LIMITS,
      ] as Linter.Config[],
      allowInlineConfig: false,
    });
    const results = await eslint.lintFiles([...new Set(Object.values(listed).flat())]);
    const exceeding = new Set(
      results.flatMap(({ filePath, messages }) =>
        messages.map((m) => `${m.ruleId}: ${relative(root, filePath).replaceAll('\\', '/')}`),
      ),
    );
    const needless = Object.entries(listed)
      .flatMap(([rule, files]) => files.map((file) => `${rule}: ${file}`))
      .filter((entry) => !exceeding.has(entry));
    deepEqual(needless, []);
  });
});
