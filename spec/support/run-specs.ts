/**
 * What `npm test` runs: every spec but those that need what few machines have, which `--needing go` runs (`*.needs-go.spec.ts`); or
 * the files named. The very last line it prints is `N passed, N failed`, which CI reads; whatever keeps a run from its end
 * counts as a failure.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import './unhandled-rejections.js';

/** How long something may keep the process alive after the last spec. */
const lingerMs = 3_000;

let passed = 0;
let failed = 0;
let ended = false;

/** @param need what specs need that the rest does not; undefined for the rest. */
function specFiles(need: string | undefined): readonly string[] {
  return readdirSync('spec', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .filter((file) => /\.needs-(\w+)\.spec\.ts$/.exec(file)?.[1] === need)
    .sort()
    .map((file) => join('spec', file));
}

function breakOff(reason: unknown): never {
  console.error(reason);
  failed += 1;
  process.exit(1);
}

function lookForLeftovers(): void {
  ended = true;
  process.setUncaughtExceptionCaptureCallback(breakOff);
  setTimeout(() => {
    breakOff(`Left open after the last spec: ${process.getActiveResourcesInfo().join(', ')}`);
  }, lingerMs).unref();
}

process.on('exit', (code) => {
  if (failed === 0 && (code !== 0 || passed === 0 || !ended)) {
    console.error(ended && code === 0 ? 'No spec ran.' : 'The run broke off before its end.');
    failed = 1;
  }
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
});

process.setUncaughtExceptionCaptureCallback(breakOff);
const { values, positionals: named } = parseArgs({
  options: { needing: { type: 'string' } },
  allowPositionals: true,
});
const mocha = new Mocha(JSON.parse(readFileSync('.mocharc.json', 'utf8')));
for (const file of named.length > 0 ? named : specFiles(values.needing)) {
  mocha.addFile(file);
}
await mocha.loadFilesAsync();
process.setUncaughtExceptionCaptureCallback(null);
mocha
  .run(lookForLeftovers)
  .on('pass', () => {
    passed += 1;
  })
  .on('fail', () => {
    failed += 1;
  });
