/** The examples in TypeScript, which are run against the client as programs get it: from the build. */
import { useCasesContract, type UseCase } from './use-cases.contract.js';

const FILES: Readonly<Record<UseCase, string>> = {
  primary: 'primary-and-secondary',
  tasks: 'task-locking',
  limit: 'limited-resource',
  rate: 'rate-limit',
  fence: 'fenced-resource',
};

useCasesContract('TypeScript', {
  useCases: ['primary', 'tasks', 'limit', 'rate', 'fence'],
  prepare: async () => undefined,
  command: (useCase, args) => ({
    program: process.execPath,
    args: ['--import', 'tsx', `examples/typescript/${FILES[useCase]}.ts`, ...args],
  }),
});
