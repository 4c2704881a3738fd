/** Why: specs start programs from their sources, and those in a copy that was turned into JavaScript start them from there. */

/** Where a copy has what a file in TypeScript becomes. */
export function transpiledPath(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

/** @returns what Node is given to run a program's file in TypeScript, or what became of it where this file itself is JavaScript. */
export function sourceProgram(path: string): readonly string[] {
  return import.meta.url.endsWith('.ts') ? ['--import', 'tsx', path] : [transpiledPath(path)];
}
