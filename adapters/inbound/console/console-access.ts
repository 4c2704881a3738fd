/**
 * Why: who may use the console. What a browser adds to requests by itself counts for nothing here, so that no other page
 * can act through an operator's browser: CSRF finds no cookie, and DNS rebinding no name that is answered to.
 */
import type { IncomingMessage } from 'node:http';
import type { Admission } from '../../../ports/inbound/admission.js';
import { ConsoleError } from './console-error.js';
import { ConsolePasses } from './console-passes.js';
import type { ConsoleTiming } from './console-timing.js';
import { PasswordBrake } from './password-brake.js';

/**
 * `password`: to those who know it. `local`: without one, to programs of this machine, which alone reach the address. `off`:
 * to nobody, since anybody could come.
 */
export type ConsoleOffer =
  | { readonly to: 'password'; readonly admission: Admission }
  | { readonly to: 'local' }
  | { readonly to: 'off' };

/** A page of elsewhere can send it only after asking by CORS, which is never answered. */
export const CONSOLE_HEADER = 'x-ldlm-console';

const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

export class ConsoleAccess {
  readonly #offer: ConsoleOffer;
  readonly #passes: ConsolePasses;
  readonly #brake: PasswordBrake;

  constructor(offer: ConsoleOffer, timing: ConsoleTiming) {
    this.#offer = offer;
    this.#passes = new ConsolePasses(timing);
    this.#brake = new PasswordBrake(timing);
  }

  get isOffered(): boolean {
    return this.#offer.to !== 'off';
  }

  get asksPassword(): boolean {
    return this.#offer.to === 'password';
  }

  /** Sees that it was the console's own page that asks. @throws ConsoleError */
  checkPage({ headers }: IncomingMessage): void {
    if (!this.isOffered) {
      throw new ConsoleError('not-offered');
    }
    const host = headers.host ?? '';
    if (this.#offer.to === 'local' && !LOCAL_HOST.test(host)) {
      throw new ConsoleError('host-not-local');
    }
    const site = headers['sec-fetch-site'] ?? 'same-origin';
    if (
      headers[CONSOLE_HEADER] !== '1' ||
      site !== 'same-origin' ||
      !isOriginOf(headers.origin, host)
    ) {
      throw new ConsoleError('foreign-page');
    }
  }

  /** Sees that whoever asks may. @throws ConsoleError */
  checkPass(request: IncomingMessage): void {
    if (!this.hasPass(request)) {
      throw new ConsoleError('password-needed');
    }
  }

  /** Whether whoever asks may, still. */
  hasPass(request: IncomingMessage): boolean {
    return !this.asksPassword || this.#passes.show(shownToken(request));
  }

  /** @returns a token to go on with. Rejects with ConsoleError, late if the password is wrong. */
  async enter(password: string, request: IncomingMessage): Promise<string> {
    const address = request.socket.remoteAddress ?? 'unknown';
    if (!this.#brake.hasPlace(address)) {
      throw new ConsoleError('too-many-tries');
    }
    if (this.#offer.to === 'password') {
      const { admission } = this.#offer;
      if (admission.admit(password, peerOf(request)) !== 'admitted') {
        await this.#brake.wrong(address);
        throw new ConsoleError('password-wrong');
      }
    }
    return this.#passes.give();
  }

  leave(request: IncomingMessage): void {
    this.#passes.takeBack(shownToken(request));
  }
}

/** The `address:port` that a request came from. */
export function peerOf({ socket }: IncomingMessage): string {
  const { remoteAddress = 'unknown', remotePort = 0, remoteFamily } = socket;
  return remoteFamily === 'IPv6'
    ? `[${remoteAddress}]:${remotePort}`
    : `${remoteAddress}:${remotePort}`;
}

/** A proxy before the server may speak TLS to the browser. */
function isOriginOf(origin: string | undefined, host: string): boolean {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

function shownToken({ headers }: IncomingMessage): string {
  const [, token = ''] = /^Bearer ([\w-]{43})$/.exec(headers.authorization ?? '') ?? [];
  return token;
}
