/** The examples in Python, with the packages that they pin and stubs made as examples/README.md says. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { PythonEnvironment } from '../compatibility/python-environment.js';
import { SpecFolder } from '../support/server-process.js';
import { useCasesContract, type UseCase } from './use-cases.contract.js';

const FILES: Readonly<Record<UseCase, string>> = {
  primary: 'primary_and_secondary',
  tasks: 'task_locking',
  limit: 'limited_resource',
  rate: 'rate_limit',
  fence: 'fenced_resource',
};

const packages = {
  name: 'examples',
  python: '3.11',
  libraries: readFileSync('examples/python/requirements.txt', 'utf8').trim().split('\n'),
  releases: [],
};

/** As printed; the folder of the stubs comes from PYTHONPATH. */
const [, generate = ''] =
  /^python (-m grpc_tools\.protoc .*)$/m.exec(readFileSync('examples/README.md', 'utf8')) ?? [];

describe('examples/python', () => {
  const folder = new SpecFolder();
  const environment = { PYTHONPATH: folder.path, PYTHONDONTWRITEBYTECODE: '1' };
  let python: string;

  after(() => {
    folder.remove();
  });

  useCasesContract('Python', {
    useCases: ['primary', 'tasks', 'limit', 'rate', 'fence'],
    prepare: async () => {
      python = (await PythonEnvironment.open({ packages })).program;
      await promisify(execFile)('sh', ['-c', `"$0" ${generate}`, python], {
        env: { ...process.env, ...environment },
      });
    },
    command: (useCase, args) => ({
      program: python,
      args: [`examples/python/${FILES[useCase]}.py`, ...args],
      environment,
    }),
  });
});
