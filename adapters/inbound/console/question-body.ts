/** Why: what the console's page asks comes as a JSON object of bounded length, whose fields are taken for nothing before they are looked at. */
import type { IncomingMessage } from 'node:http';
import { ConsoleError } from './console-error.js';

/** The fields of a question; each is read by what it must be. Reading throws ConsoleError. */
export class QuestionBody {
  readonly #fields: Readonly<Record<string, unknown>>;

  private constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  /** Rejects with ConsoleError. */
  static async read(request: IncomingMessage, bytesMax: number): Promise<QuestionBody> {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        byteCount += chunk.length;
        if (byteCount > bytesMax) {
          throw new ConsoleError('request-too-long');
        }
        chunks.push(chunk);
      }
    } catch (cause) {
      // Who hung up in the middle hears nothing of it.
      throw cause instanceof ConsoleError ? cause : new ConsoleError('request-invalid', { cause });
    }
    return new QuestionBody(fieldsOf(Buffer.concat(chunks).toString('utf8')));
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) {
      throw new ConsoleError('request-invalid');
    }
    return value;
  }

  /** An empty one is as good as none. */
  optionalText(name: string): string | undefined {
    const value = this.#field(name) ?? '';
    if (typeof value !== 'string') {
      throw new ConsoleError('request-invalid');
    }
    return value === '' ? undefined : value;
  }

  /** 0 unless given. */
  offset(name: string): number {
    const value = this.#field(name) ?? 0;
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw new ConsoleError('request-invalid');
    }
    return value as number;
  }

  /** The first of them unless given. */
  oneOf<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.#field(name) ?? words[0];
    const word = words.find((each) => each === value);
    if (word === undefined) {
      throw new ConsoleError('request-invalid');
    }
    return word;
  }

  #field(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConsoleError('request-invalid', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConsoleError('request-invalid');
  }
  return value as Readonly<Record<string, unknown>>;
}
