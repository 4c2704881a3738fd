/** Why: one connection to a server, used as a program would: grpc-js calls, one promise each. */
import { type Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { LdlmClient } from './ldlm-wire.js';

interface Locked {
  readonly locked: boolean;
  readonly name: string;
  readonly key: string;
}

type UnaryCall = (
  request: object,
  callback: (error: ServiceError | null, response: object) => void,
) => unknown;

type LdlmCalls = Client & Readonly<Record<'Lock' | 'Unlock', UnaryCall>>;

export class LockClient {
  readonly #client: LdlmCalls;

  constructor(address: string) {
    this.#client = new LdlmClient(address, credentials.createInsecure(), {
      // Without a pool of its own every client of a process shares one connection.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
    }) as unknown as LdlmCalls;
  }

  /** Waits without an end. */
  async lock(name: string): Promise<Locked> {
    const response = (await this.#call('Lock', { name, lock_timeout_seconds: 600 })) as Locked;
    if (!response.locked) {
      throw new Error(`${name} was not locked`);
    }
    return response;
  }

  async unlock({ name, key }: Locked): Promise<void> {
    await this.#call('Unlock', { name, key });
  }

  close(): void {
    this.#client.close();
  }

  #call(method: 'Lock' | 'Unlock', request: object): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#client[method](request, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  }
}
