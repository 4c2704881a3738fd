/** The rules that need types, and those of this house. spec/house/lint.spec.ts sees each one fail. */
import mocha from 'eslint-plugin-mocha';
import tseslint from 'typescript-eslint';

/** Where a spec may set a timer, and why. Everything else moves the fake clock or waits for an event. */
export const timersAllowed = [
  {
    file: 'spec/adapters/outbound/clock/system-clock.spec.ts',
    why: "its subject is the machine's own clock, whose alarms keep no process alive",
  },
  {
    file: 'spec/support/spec-process.ts',
    why: 'ends a run that something left open keeps alive; no spec waits for it',
  },
  {
    file: 'spec/support/asked-again.ts',
    why: 'asks other processes what they tell nobody; how often decides nothing',
  },
  {
    file: 'spec/support/cuttable-proxy.ts',
    why: 'makes a wire between processes slow; its own spec hands it the time',
  },
  {
    file: 'spec/hostile/attacker.ts',
    why: 'sets the pace of an attack, which is a script and no spec',
  },
  {
    file: 'spec/hostile/honest-client.ts',
    why: 'works at a steady pace beside an attack, and measures its time',
  },
  {
    file: 'spec/hostile/trial.ts',
    why: 'lets an attack last as long as it was told to',
  },
  {
    file: 'spec/fuzz/fuzz-child.ts',
    why: 'gives up a process that hangs; nothing waits for it otherwise',
  },
  {
    file: 'spec/soak/soak.ts',
    why: 'lasts as long as it was told to, which is a script and no spec',
  },
];

const everywhere = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name: a thing is called the same everywhere.',
  },
];

const deterministic = [
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'The domain knows no chance.',
  },
];

const synchronous = [
  {
    selector: ':matches(:function[async=true], AwaitExpression, ForOfStatement[await=true])',
    message: 'Only lock-service.ts and administration-service.ts await.',
  },
];

const patient = [
  {
    selector: 'CallExpression[callee.property.name="timeout"][arguments.0.value=0]',
    message: 'A spec that may take for ever hangs the run.',
  },
];

const worldly = [
  'Date',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
].map((name) => ({
  name,
  message: 'The domain is a deterministic machine: time is handed to it.',
}));

const sleeps = ['setTimeout', 'setInterval'].map((name) => ({
  name,
  message: 'No sleeping in specs: move the fake clock, or wait for an event.',
}));

const sleepingModules = ['node:timers', 'node:timers/promises', 'timers', 'timers/promises'].map(
  (name) => ({ name, message: 'No sleeping in specs: move the fake clock, or wait for an event.' }),
);

export default [
  { ignores: ['**/*.js', '**/*.mjs', '**/*.d.ts', 'dist/**', 'coverage/**', 'proto/generated/**'] },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin, mocha },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    linterOptions: { noInlineConfig: true },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', ...everywhere],
    },
  },
  {
    files: ['domain/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...worldly],
      'no-restricted-syntax': ['error', ...everywhere, ...deterministic, ...synchronous],
    },
  },
  {
    files: ['domain/{lock,administration}-service.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...deterministic] },
  },
  {
    files: ['spec/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'mocha/no-exclusive-tests': 'error',
      'mocha/no-pending-tests': 'error',
      'no-restricted-globals': ['error', ...sleeps],
      'no-restricted-imports': ['error', ...sleepingModules],
      'no-restricted-syntax': ['error', ...everywhere, ...patient],
    },
  },
  {
    files: timersAllowed.map(({ file }) => file),
    rules: { 'no-restricted-globals': 'off', 'no-restricted-imports': 'off' },
  },
];
