/** Why: how the page asks the server, and hears from it: each request with a header and a token that no other page has. */
import { EventReader } from './event-reader.js';

const TOKEN_KEY = 'ldlm-console-token';

/** A server that tells nothing for so long, though it has something to tell each second, is not there. */
const SILENCE_MS = 5_000;

/** What the server says no with, or that it cannot be reached: in words for whoever sits there. */
export class ServerError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ readonly id: string, readonly grpcAddress?: string, readonly restAddress?: string }} [leader]
   */
  constructor(code, message, leader) {
    super(message);
    this.code = code;
    this.leader = leader;
  }
}

export class ServerLink {
  /**
   * @param {string} path
   * @param {object} [question]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} Rejects with ServerError.
   */
  async ask(path, question = {}, signal) {
    const response = await this.#send(path, question, signal);
    try {
      return await response.json();
    } catch {
      throw unreachable();
    }
  }

  /** @param {string} password Rejects with ServerError. */
  async enter(password) {
    const { token } = await this.ask('enter', { password });
    sessionStorage.setItem(TOKEN_KEY, token);
  }

  async leave() {
    await this.ask('leave').catch(() => undefined);
    this.forget();
  }

  forget() {
    sessionStorage.removeItem(TOKEN_KEY);
  }

  /**
   * Hears what happens until the server ends it, which rejects with ServerError, or `signal` does.
   * @param {object} question
   * @param {(event: string, data: any) => void} hear
   * @param {AbortSignal} signal
   */
  async follow(question, hear, signal) {
    const silence = new AbortController();
    let alarm = 0;
    const listen = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    listen();
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      const { body } = await this.#send('events', question, either);
      const reader = new EventReader();
      const texts = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (body)
        .pipeThrough(new TextDecoderStream())
        .getReader();
      for (;;) {
        const { done, value } = await texts.read();
        if (done) {
          break;
        }
        listen();
        for (const { event, data } of reader.read(value)) {
          if (event === 'end') {
            const { code, message, leader } = /** @type {any} */ (data);
            throw new ServerError(code, message, leader);
          }
          hear(event, data);
        }
      }
    } catch (error) {
      if (error instanceof ServerError) {
        throw error;
      }
    } finally {
      clearTimeout(alarm);
      silence.abort();
    }
    throw unreachable();
  }

  /**
   * @param {string} path
   * @param {object} question
   * @param {AbortSignal} [signal]
   */
  async #send(path, question, signal) {
    const token = sessionStorage.getItem(TOKEN_KEY);
    /** @type {Response} */
    let response;
    try {
      response = await fetch(`api/${path}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Ldlm-Console': '1',
          ...(token !== null && { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(question),
        credentials: 'omit',
        cache: 'no-store',
        ...(signal && { signal }),
      });
    } catch {
      throw unreachable();
    }
    if (!response.ok) {
      const { code, message, leader } = await response.json().catch(() => ({}));
      throw new ServerError(
        code ?? 'unknown',
        message ?? `The server answered ${response.status}. Reload the page.`,
        leader,
      );
    }
    return response;
  }
}

function unreachable() {
  return new ServerError(
    'unreachable',
    'The server cannot be reached. What is shown may be out of date; this page goes on by itself when it is back.',
  );
}
