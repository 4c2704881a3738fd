#!/usr/bin/env node
/** Why: the program `ldlm-lock`: the command of that name in a process, over the local socket or the network. */
import { setTimeout } from 'node:timers/promises';
import { runLockCommand } from '../adapters/inbound/cli/lock-command.js';
import { TerminalScreen } from '../adapters/inbound/cli/terminal-screen.js';
import { defaultSocketPath } from '../adapters/inbound/ipc/default-socket-path.js';
import { connectAdministration } from './administration-access.js';
import { completions } from './completions.js';
import { PROGRAM_VERSION } from './program-version.js';
import { runLock } from './run-lock.js';

const { stdin, stdout, stderr } = process;
const argv = process.argv.slice(2);

// On Linux and macOS this takes the place of the command line, which may hold a password.
process.title = 'ldlm-lock';

process.exitCode = await runLockCommand({
  argv,
  environment: process.env,
  stdout,
  stderr,
  connect: (place) => connectAdministration(place, process.env),
  defaultSocketPath: defaultSocketPath(),
  version: PROGRAM_VERSION,
  completions,
  run: runLock,
  takeScreen:
    stdout.isTTY && stdin.isTTY
      ? () => new TerminalScreen({ stdout, stdin, signals: process })
      : undefined,
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
});
