/**
 * Why: runs the files of specs that run-specs.ts hands it, one after another, and reports each spec and what was written. It ends
 * with 1 when something goes wrong outside of a spec, or when something is left open after the last.
 */
import { readFileSync, writeSync } from 'node:fs';
import { format } from 'node:util';
import Mocha from 'mocha';
import './unhandled-rejections.js';

/** Of one spec or hook; or what a file's reporter wrote, when it is over. */
export type SpecReport =
  | { readonly state: 'passed' }
  | { readonly state: 'failed'; readonly file: string; readonly what: string }
  | { readonly file: string; readonly text: string };

/** How long something may keep the process alive after the last spec. */
const lingerMs = 3_000;

const options = JSON.parse(readFileSync('.mocharc.json', 'utf8')) as Mocha.MochaOptions;
let text = '';
let isOver = false;

/** What files that run at once write is not to be mixed. */
Mocha.reporters.Base.consoleLog = (...line: unknown[]) => {
  text += `${format(...line)}\n`;
};

function report(what: SpecReport): void {
  process.send?.(what);
}

function breakOff(reason: unknown): never {
  console.error(reason);
  process.exit(1);
}

async function run(file: string): Promise<void> {
  const mocha = new Mocha(options);
  mocha.addFile(file);
  await mocha.loadFilesAsync();
  process.setUncaughtExceptionCaptureCallback(null);
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', () => report({ state: 'passed' }))
      .on('fail', (spec, error) => {
        report({ state: 'failed', file, what: `${spec.fullTitle()}: ${String(error)}` });
      });
  });
  process.setUncaughtExceptionCaptureCallback(breakOff);
  // A run that is over goes on to listen for what nobody catches.
  mocha.dispose();
  report({ file, text });
  text = '';
}

function lookForLeftovers(): void {
  isOver = true;
  process.disconnect();
  setTimeout(() => {
    breakOff(`Left open after the last spec: ${process.getActiveResourcesInfo().join(', ')}`);
  }, lingerMs).unref();
}

process.setUncaughtExceptionCaptureCallback(breakOff);
process.on('exit', () => {
  writeSync(process.stdout.fd, text);
});
process.on('disconnect', () => {
  if (!isOver) {
    breakOff('The run of specs is gone.');
  }
});
process.on('message', ({ file }: { readonly file?: string }) => {
  if (file === undefined) {
    lookForLeftovers();
  } else {
    run(file).catch(breakOff);
  }
});
