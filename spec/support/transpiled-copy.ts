/** Why: programs that specs start again and again have their TypeScript turned into JavaScript once, not at each start. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { atProcessEnd } from './at-process-end.js';
import { transpiledPath } from './source-program.js';

/** What Node runs of a module in TypeScript. Its types are checked elsewhere. */
export function transpiled(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  return outputText;
}

/**
 * Copies files and folders to the same paths in a folder that goes with this process, all TypeScript as JavaScript.
 * @param sources relative to the working directory.
 * @returns the folder.
 */
export function transpiledCopy(sources: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ldlm-transpiled-'));
  atProcessEnd(() => rmSync(folder, { recursive: true }));
  for (const path of sources.flatMap(filesIn)) {
    const copy = join(folder, transpiledPath(path));
    mkdirSync(dirname(copy), { recursive: true });
    if (path.endsWith('.ts')) {
      writeFileSync(copy, transpiled(readFileSync(path, 'utf8')));
    } else {
      cpSync(path, copy);
    }
  }
  return folder;
}

function filesIn(source: string): readonly string[] {
  if (statSync(source).isFile()) {
    return [source];
  }
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((name) => join(source, name))
    .filter((path) => statSync(path).isFile() && !path.endsWith('.d.ts'));
}
