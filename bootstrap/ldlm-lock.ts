#!/usr/bin/env node
/** Why: the program `ldlm-lock`: the command of that name in a process, over the local socket. */
import { runLockCommand } from '../adapters/inbound/cli/lock-command.js';
import { defaultSocketPath } from '../adapters/inbound/ipc/default-socket-path.js';
import { IpcClient } from '../adapters/inbound/ipc/ipc-client.js';
import { PROGRAM_VERSION } from './program-version.js';
import { runLock } from './run-lock.js';

process.exitCode = await runLockCommand({
  argv: process.argv.slice(2),
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  connect: (path) => new IpcClient({ path, replyBytesMax: 32 * 1024 * 1024, silenceMs: 30_000 }),
  defaultSocketPath: defaultSocketPath(),
  version: PROGRAM_VERSION,
  run: runLock,
});
