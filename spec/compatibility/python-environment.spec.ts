import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { SpecFolder } from '../support/server-process.js';
import { PythonEnvironment, PythonEnvironmentError } from './python-environment.js';

describe('PythonEnvironment', () => {
  let folder: SpecFolder;

  /** Takes a Python's arguments and runs these shell commands; `$3` is the folder to make. */
  function python(commands: { readonly venv: string; readonly pip: string }): string {
    const file = folder.file('python3');
    const { venv, pip } = commands;
    writeFileSync(file, `#!/bin/sh\ncase $2 in\nvenv) ${venv};;\npip) ${pip};;\nesac\n`);
    chmodSync(file, 0o755);
    return file;
  }

  const makesOne = 'mkdir $3/bin && cp $0 $3/bin/python';

  async function failureOf(program: string): Promise<unknown> {
    return PythonEnvironment.open({ python: program, cache: folder.file('cache') }).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  beforeEach(() => {
    folder = new SpecFolder();
  });

  afterEach(() => {
    folder.remove();
  });

  it('says what to install when there is no Python', async () => {
    const failure = await failureOf(folder.file('no-python'));
    expect(failure).to.be.instanceOf(PythonEnvironmentError);
    expect(failure).to.have.property('message').that.includes('apt-get install python3-venv');
  });

  it('says what to install when Python has no venv', async () => {
    const failure = await failureOf(python({ venv: 'exit 1', pip: 'exit 0' }));
    expect(failure).to.have.property('message').that.includes('apt-get install python3-venv');
  });

  it('says which package pip could not install, and leaves nothing half made', async () => {
    const failure = await failureOf(python({ venv: makesOne, pip: 'exit 1' }));
    expect(failure)
      .to.have.property('message')
      .that.matches(/pip could not install grpcio==/);
    expect(readdirSync(folder.file('cache'))).to.deep.equal([]);
  });

  it('makes it once, and finds it from then on', async () => {
    const once = python({ venv: `mkdir $0.made && ${makesOne}`, pip: 'exit 0' });
    expect(await failureOf(once)).to.equal(undefined);
    expect(await failureOf(once)).to.equal(undefined);
  });

  it('is whole for both when two make it at once', async () => {
    const program = python({ venv: makesOne, pip: 'exit 0' });
    expect(await Promise.all([failureOf(program), failureOf(program)])).to.deep.equal([
      undefined,
      undefined,
    ]);
    expect(readdirSync(folder.file('cache'))).to.have.lengthOf(1);
  });
});
