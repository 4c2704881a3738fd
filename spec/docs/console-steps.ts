/** The commands that a page shows with what they print: blocks of `console`, each command behind `$ `. */

/** A command, and the lines that the page shows beneath it. */
export interface ConsoleStep {
  readonly command: string;
  readonly shown: string;
}

export interface PageBlock {
  readonly language: string;
  readonly text: string;
}

/** All blocks of code that have a language, in their order. */
export function pageBlocks(page: string): readonly PageBlock[] {
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** @throws Error where lines stand before the first command. */
export function consoleSteps(text: string): readonly ConsoleStep[] {
  const [before, ...parts] = `\n${text}`.split('\n$ ');
  if (before !== '') {
    throw new Error(`not behind a command: ${before}`);
  }
  return parts.map((part) => {
    const [command = '', ...lines] = part.trimEnd().split('\n');
    return { command, shown: lines.join('\n') };
  });
}
