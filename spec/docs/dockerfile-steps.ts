/** The Dockerfile as an engine of containers reads it: comments gone, continued lines joined. */

export interface DockerfileStep {
  /** In capitals, such as `RUN`. */
  readonly instruction: string;
  /** What follows it. */
  readonly text: string;
}

/** @throws Error for a form that the Dockerfile of this project has no use for. */
export function dockerfileSteps(text: string): readonly DockerfileStep[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines.map((line) => {
    const [, instruction, rest] = /^([A-Z]+) (\S.*)$/.exec(line) ?? [];
    if (instruction === undefined || rest === undefined || rest.includes('<<')) {
      throw new Error(`no step of a Dockerfile that is known here: ${line}`);
    }
    return { instruction, text: rest };
  });
}

/** The words of a form such as `["node", "--eval"]`, which no shell reads. @throws Error for the other form. */
export function wordsOf(step: DockerfileStep | undefined): readonly string[] {
  const [, words] = /^[^[]*(\[.*\])$/.exec(step?.text ?? '') ?? [];
  if (words === undefined) {
    throw new Error(`${step?.instruction} is left to a shell: ${step?.text}`);
  }
  return JSON.parse(words) as string[];
}

/** What `ENV` sets, by name. */
export function variablesOf(steps: readonly DockerfileStep[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    steps
      .filter(({ instruction }) => instruction === 'ENV')
      .flatMap(({ text }) => text.split(/\s+/))
      .map((pair) => [pair.replace(/=.*/, ''), pair.replace(/^[^=]*=/, '')]),
  );
}
