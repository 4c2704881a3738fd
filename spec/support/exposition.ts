/** What a text in Prometheus' format says, read as far as specs need it. */

export interface Exposition {
  /** The type of each metric, by name. */
  readonly types: ReadonlyMap<string, string>;
  /** The names of each metric's labels, `le` aside. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** By `name{label="value"}`, as written. */
  readonly values: ReadonlyMap<string, number>;
}

const SAMPLE = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i;

/** @throws Error for a line that is none of that format. */
export function readExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const labels = new Map<string, string[]>();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) {
      types.set(typed, type);
      labels.set(typed, []);
    } else if (line !== '' && !line.startsWith('# HELP ')) {
      const [, name = '', pairs = '', value] = SAMPLE.exec(line) ?? [];
      const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
      const known = labels.get(family);
      if (known === undefined || value === undefined) {
        throw new Error(`no line of a metric: ${line}`);
      }
      for (const [, label = ''] of pairs.matchAll(/(\w+)="/g)) {
        if (label !== 'le' && !known.includes(label)) {
          known.push(label);
        }
      }
      values.set(line.slice(0, line.lastIndexOf(' ')), Number(value));
    }
  }
  return { types, labels, values };
}
