/** Why: what an operator does to etcd with etcdctl, which Debian has in another package, over the client that is here anyway. */
import { Etcd3, type IOptions, type IStatusResponse } from 'etcd3';
import type { Issued } from './certificates.js';

export interface EtcdCredentials {
  readonly user?: { readonly name: string; readonly password: string };
  readonly authorityCert?: string;
  /** Certificate and key. */
  readonly client?: Issued;
}

export interface EtcdUser {
  readonly name: string;
  readonly password: string;
  /** It may read and write the keys that begin like this, and no others. */
  readonly prefix: string;
}

export class EtcdAdministration {
  readonly #endpoints: readonly string[];
  readonly #credentials: EtcdCredentials;

  constructor(endpoints: readonly string[], credentials: EtcdCredentials) {
    this.#endpoints = endpoints;
    this.#credentials = credentials;
  }

  /**
   * A client of all members, to be closed by whoever asked for it.
   * @param credentials of another than root.
   */
  connect(credentials: EtcdCredentials = this.#credentials): Etcd3 {
    return connect(this.#endpoints, credentials);
  }

  /** From now on whoever asks must be somebody. */
  enableAuth({ rootPassword }: { readonly rootPassword: string }): Promise<void> {
    return this.#ask(async ({ auth }) => {
      await auth.userAdd({ name: 'root', password: rootPassword });
      await auth.roleAdd({ name: 'root' });
      await auth.userGrantRole({ user: 'root', role: 'root' });
      await auth.authEnable();
    });
  }

  /** Adds a user with a role of the same name. */
  addUser({ name, password, prefix }: EtcdUser): Promise<void> {
    const [key, range_end] = [Buffer.from(prefix), endOf(prefix)];
    return this.#ask(async ({ auth }) => {
      await auth.userAdd({ name, password });
      await auth.roleAdd({ name });
      await auth.roleGrantPermission({ name, perm: { permType: 'Readwrite', key, range_end } });
      await auth.userGrantRole({ user: name, role: name });
    });
  }

  deleteUser(name: string): Promise<void> {
    return this.#ask(async ({ auth }) => {
      await auth.userDelete({ name });
    });
  }

  /** Forgets all revisions but the present one. @returns that one. */
  compact(): Promise<string> {
    return this.#ask(async ({ kv, maintenance }) => {
      const { revision } = (await maintenance.status()).header;
      await kv.compact({ revision, physical: true });
      return revision;
    });
  }

  /** Gives back what compacting freed, on each member, one after the other. All must be there. */
  defragment(): Promise<void> {
    return this.#askEach(async ({ maintenance }) => {
      await maintenance.defragment();
    });
  }

  /** The alarms there are, such as `Nospace`. */
  alarms(): Promise<readonly string[]> {
    return this.#ask(async ({ maintenance }) => {
      const { alarms } = await maintenance.alarm({ action: 'Get', alarm: 'None' });
      return alarms.map(({ alarm }) => alarm);
    });
  }

  /** As if the quota of the first member were used up. */
  refuseWrites(): Promise<void> {
    return this.#ask(async ({ maintenance }) => {
      const { member_id: memberID } = (await maintenance.status()).header;
      await maintenance.alarm({ action: 'Activate', memberID, alarm: 'Nospace' });
    });
  }

  /** Takes back all alarms that there is no space left, so that writes are taken again. */
  disarm(): Promise<void> {
    return this.#ask(async ({ maintenance }) => {
      const { alarms } = await maintenance.alarm({ action: 'Get', alarm: 'None' });
      for (const { memberID, alarm } of alarms) {
        await maintenance.alarm({ action: 'Deactivate', memberID, alarm });
      }
    });
  }

  /** @param index of the member that is asked, from 0. */
  status(index = 0): Promise<IStatusResponse> {
    return this.#askOne(this.#endpoints[index] as string, ({ maintenance }) =>
      maintenance.status(),
    );
  }

  /** Which member leads, from 0, as those say that answer. @throws Error when none does. */
  async leaderIndex(): Promise<number> {
    for (const index of this.#endpoints.keys()) {
      const { header, leader } = await this.status(index).catch(() => ({
        header: { member_id: '' },
        leader: undefined,
      }));
      if (header.member_id === leader) {
        return index;
      }
    }
    throw new Error('no member of etcd leads');
  }

  async #askEach(question: (client: Etcd3) => Promise<void>): Promise<void> {
    for (const endpoint of this.#endpoints) {
      await this.#askOne(endpoint, question);
    }
  }

  async #ask<Answer>(question: (client: Etcd3) => Promise<Answer>): Promise<Answer> {
    return asked(this.connect(), question);
  }

  async #askOne<Answer>(
    endpoint: string,
    question: (client: Etcd3) => Promise<Answer>,
  ): Promise<Answer> {
    return asked(connect([endpoint], this.#credentials), question);
  }
}

async function asked<Answer>(
  client: Etcd3,
  question: (client: Etcd3) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await question(client);
  } finally {
    client.close();
  }
}

function connect(endpoints: readonly string[], credentials: EtcdCredentials): Etcd3 {
  const { user, authorityCert, client } = credentials;
  const options: IOptions = { hosts: [...endpoints] };
  if (user !== undefined) {
    options.auth = { username: user.name, password: user.password };
  }
  if (authorityCert !== undefined) {
    // An address is no name to ask for by TLS, and Node warns of it.
    options.hosts = endpoints.map((endpoint) => endpoint.replace('127.0.0.1', 'localhost'));
    options.credentials = {
      rootCertificate: Buffer.from(authorityCert),
      ...(client && { privateKey: Buffer.from(client.key), certChain: Buffer.from(client.cert) }),
    };
  }
  return new Etcd3(options);
}

/** The first key behind those that begin like this. */
function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return end;
}
