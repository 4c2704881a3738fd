/** Every file of the project as a clean checkout has it, so that rules about files need no git. */
import { readdirSync, readFileSync } from 'node:fs';

/** Their paths from the root; what `.gitignore` names is left out. */
export function projectFiles(): readonly string[] {
  const ignored = readFileSync('.gitignore', 'utf8').trim().split('\n');
  const isIgnored = (name: string) =>
    ignored.some((pattern) =>
      pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : `${name}/` === pattern,
    );
  return filesIn('', (name) => name !== '.git' && !isIgnored(name));
}

function filesIn(folder: string, isOurs: (name: string) => boolean): readonly string[] {
  return readdirSync(folder || '.', { withFileTypes: true })
    .filter(({ name }) => isOurs(name))
    .flatMap((entry) => {
      const path = folder + entry.name;
      return entry.isDirectory() ? filesIn(`${path}/`, isOurs) : [path];
    });
}
