/**
 * What differs from one run of a server to the next, replaced by its number, so that two runs can be
 * compared: what is the same value in one is the same in the other, and what grows there grows here.
 */

interface Part {
  readonly name: string;
  readonly form: RegExp;
  /** By size, or else by first appearance. */
  readonly isOrdered?: true;
}

const PARTS: readonly Part[] = [
  { name: 'session', form: /\b[0-9a-f]{32}\b/g },
  { name: 'key', form: /\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g },
  { name: 'token', form: /(?<="fencing_token":"|\btoken |\bthan )[1-9]\d{15}\b/g, isOrdered: true },
];

const DATE = /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g;

/** One run's texts, in their order, in a form that equals another's. */
export function withoutVaryingParts(texts: readonly string[]): readonly string[] {
  return PARTS.reduce(withNumbers, texts).map((text) => text.replace(DATE, '<date>'));
}

function withNumbers(texts: readonly string[], { name, form, isOrdered }: Part): readonly string[] {
  const found = texts.flatMap((text) => [...text.matchAll(form)].map(([value]) => value));
  const values = [...new Set(isOrdered ? found.toSorted() : found)];
  return texts.map((text) => text.replace(form, (value) => `<${name} ${values.indexOf(value)}>`));
}
