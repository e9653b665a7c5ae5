// Lint: promises that nobody awaits, imports that cross a room, I/O where none may be.
import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';
import earmark from './scripts/lint/plugin.mjs';
import { LIMITS, exceptions } from './scripts/lint/limits.mjs';
import { PURE_FILES } from './scripts/lint/rooms.mjs';

const NODE_GLOBALS = Object.fromEntries(
  [
    'process',
    'console',
    'Buffer',
    'URL',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    'fetch',
    'performance',
    'AbortController',
    'AbortSignal',
    'structuredClone',
    'TextDecoder',
    'TextEncoder',
  ].map((name) => [name, 'readonly']),
);

const noHashFields = {
  selector: 'PrivateIdentifier',
  message: 'Write `private readonly`, as everywhere else.',
};

const outside = (name) => ({
  name,
  message: 'This room does no I/O: take it as a parameter (daemon/base/clock.ts for time).',
});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'out/',
      'coverage/',
      'node_modules/',
      '.cache/',
      '.vscode-test/',
      'bench/results/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...LIMITS,
  ...exceptions(),
  {
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: { globals: NODE_GLOBALS },
    rules: {
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
    },
  },
  {
    files: ['**/*.{cjs,js}'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        require: 'readonly',
        module: 'writable',
        exports: 'writable',
        __dirname: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { earmark },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'earmark/rooms': 'error',
      'no-restricted-syntax': ['error', noHashFields],
      'no-undef': 'off',
      eqeqeq: 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          caughtErrors: 'none',
          ignoreRestSiblings: true,
        },
      ],
    },
  },
  {
    // A pattern that takes quadratic time stops the daemon for every client.
    files: ['{daemon,client,extension,protocol,media}/**/*.{ts,js}'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  {
    files: PURE_FILES,
    ignores: ['daemon/base/clock.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'fetch',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'performance',
          'console',
          'WebSocket',
          '__dirname',
          '__filename',
        ].map(outside),
      ],
      'no-restricted-syntax': [
        'error',
        noHashFields,
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'This room has no clock of its own: take a Clock as a parameter.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'This room has no clock of its own: take a Clock as a parameter.',
        },
        {
          selector: "MemberExpression[object.name='globalThis']",
          message: 'This room does no I/O: take it as a parameter.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'testing/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
);
