#!/usr/bin/env node
/** Why: the program `ldlm-stress`: a run under load in a process, with a line while it goes on and a summary. */
import { parseStressOptions, type StressOptions } from '../client/stress/stress-options.js';
import { type StressFigures, StressRun } from '../client/stress/stress-run.js';

const FAILED = 1;
const MISUSED = 80;
/** Between two lines of progress: on a terminal, which overwrites them, and elsewhere. */
const PROGRESS_MS = { terminal: 500, file: 10_000 };

async function main(): Promise<number> {
  const command = parseStressOptions(process.argv.slice(2), process.env, Date.now());
  switch (command.kind) {
    case 'help':
      process.stdout.write(command.text);
      return 0;
    case 'misused':
      process.stderr.write(`ldlm-stress: error: ${command.problem}; see ldlm-stress --help\n`);
      return MISUSED;
    case 'run':
      return stress(command.options);
    default:
      return command satisfies never;
  }
}

async function stress(options: StressOptions): Promise<number> {
  process.title = 'ldlm-stress';
  const run = new StressRun(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => run.stop());
  }
  const began = performance.now();
  process.stderr.write(
    `ldlm-stress: ${options.clientCount} clients, ${options.lockCount} locks, ` +
      `${options.client.addresses.join(',')}, seed ${options.seed}\n`,
  );
  const isTerminal = process.stderr.isTTY === true;
  const progress = setInterval(
    () => {
      const line = progressLine(run.figures, performance.now() - began);
      process.stderr.write(isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
    },
    isTerminal ? PROGRESS_MS.terminal : PROGRESS_MS.file,
  );
  const figures = await run.run();
  clearInterval(progress);
  process.stderr.write(isTerminal ? '\r\u001b[K' : '');
  process.stdout.write(summary(figures, performance.now() - began));
  return figures.violations.length > 0 || figures.grantCount === 0 ? FAILED : 0;
}

function progressLine(figures: StressFigures, ms: number): string {
  const { grantCount, violations, lostCount } = figures;
  const rate = Math.round(grantCount / (ms / 1_000));
  return (
    `${Math.round(ms / 1_000)} s: ${grantCount} locked (${rate}/s), ` +
    `${lostCount} lost, ${violations.length} rules broken`
  );
}

function summary(figures: StressFigures, ms: number): string {
  const { grantCount, busyCount, lostCount, disconnectCount, failures, violations, waits } =
    figures;
  const percentiles = [0.5, 0.9, 0.99, 1]
    .map(
      (part) => `${part === 1 ? 'max' : `p${part * 100}`} ${waits.percentile(part).toFixed(1)} ms`,
    )
    .join(', ');
  const failed = Object.entries(failures).map(([code, count]) => `${code} ${count}`);
  return [
    `time          ${(ms / 1_000).toFixed(1)} s`,
    `locked        ${grantCount} (${(grantCount / (ms / 1_000)).toFixed(1)}/s)`,
    `busy          ${busyCount}`,
    `waits         ${percentiles}`,
    `lost          ${lostCount}`,
    `disconnects   ${disconnectCount}`,
    `not had       ${failed.join(', ') || 'none'}`,
    `rules broken  ${violations.length}`,
    ...violations.slice(0, 20).map((violation) => `  ${violation}`),
    '',
  ].join('\n');
}

process.exitCode = await main();
