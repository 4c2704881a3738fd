/** Why: what is kept in etcd is shown on real etcd, one member or three, each with a disk and ports of its own on loopback. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atProcessEnd } from './at-process-end.js';
import type { Authority } from './certificates.js';
import { EtcdAdministration, type EtcdCredentials } from './etcd-administration.js';
import { EtcdMember, type EtcdPorts, PortTakenError } from './etcd-member.js';
import { steadyPort } from './steady-port.js';

const ATTEMPTS_MAX = 5;

export interface EtcdClusterOptions {
  readonly members: 1 | 3;
  /** What the database may come to, pages and all; 2 GiB unless given. An empty one has 20 KiB. */
  readonly quotaBytes?: number;
  /** Whoever asks must be somebody: `root` with this password may do all, and adds others. */
  readonly auth?: { readonly rootPassword: string };
  /** Clients come by TLS; what it issues is for 127.0.0.1 and localhost. Members talk to one another without. */
  readonly tls?: {
    readonly authority: Authority;
    /** Clients must show a certificate of the authority's. */
    readonly asksClients?: boolean;
  };
  /** How often the leader is heard of; 100 unless given. */
  readonly heartbeatMs?: number;
  /** How long without before another is elected; 1000 unless given, at least five heartbeats. */
  readonly electionMs?: number;
  /** More of etcd's command line. */
  readonly args?: readonly string[];
  /** Chooses ports; they are chosen anew when somebody takes one before etcd does. */
  readonly freePort?: () => Promise<number>;
}

/** Started → stopped. */
export class EtcdCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ldlm-etcd-'));
  readonly #takeBack = atProcessEnd(() => this.#endNow());
  #members: readonly EtcdMember[] = [];
  #credentials: EtcdCredentials = {};

  private constructor() {}

  /**
   * Starts all members and waits until each is healthy. Give the spec's hook 60 seconds: disks are slow at times.
   * @throws Error with the end of a member's log when one does not serve, or what to install when there is no etcd.
   */
  static async start(options: EtcdClusterOptions): Promise<EtcdCluster> {
    for (let attempt = 1; ; attempt += 1) {
      const cluster = new EtcdCluster();
      try {
        await cluster.#begin(options);
        return cluster;
      } catch (error) {
        await cluster.stop();
        if (!(error instanceof PortTakenError) || attempt === ATTEMPTS_MAX) {
          throw error;
        }
      }
    }
  }

  /** URLs for clients, one a member. */
  get endpoints(): readonly string[] {
    return this.#members.map(({ endpoint }) => endpoint);
  }

  get members(): readonly EtcdMember[] {
    return this.#members;
  }

  /** Everything of the cluster, on the disk. */
  get folder(): string {
    return this.#folder;
  }

  /** @param index from 0. */
  member(index: number): EtcdMember {
    const member = this.#members[index];
    if (member === undefined) {
      throw new RangeError(`this cluster of etcd has no member ${index}`);
    }
    return member;
  }

  /** What etcdctl is for, as root. */
  get administration(): EtcdAdministration {
    return new EtcdAdministration(this.endpoints, this.#credentials);
  }

  /** Waits until all members that are not away know a leader. */
  async untilHealthy(): Promise<void> {
    const present = this.#members.filter(({ pid }) => pid !== undefined);
    await Promise.all(present.map((member) => member.untilHealthy()));
  }

  /** Ends all members, paused ones too, and removes the folder. May be called again. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
    this.#removeFolder();
    this.#takeBack();
  }

  async #begin(options: EtcdClusterOptions): Promise<void> {
    const { tls, auth } = options;
    const plans = await planMembers(options);
    const shared = [...sharedArgs(options, plans), ...(await this.#tlsArgs(tls))];
    const scheme = tls === undefined ? 'http' : 'https';
    this.#members = plans.map(({ name, ports }) => {
      const clients = `${scheme}://127.0.0.1:${ports.client}`;
      const own = {
        '--name': name,
        '--data-dir': join(this.#folder, name),
        '--listen-client-urls': clients,
        '--advertise-client-urls': clients,
        '--listen-peer-urls': peerUrl(ports),
        '--initial-advertise-peer-urls': peerUrl(ports),
        '--listen-metrics-urls': `http://127.0.0.1:${ports.health}`,
      };
      const args = [...Object.entries(own).flat(), ...shared];
      return new EtcdMember({ ports, scheme, args, logFile: join(this.#folder, `${name}.log`) });
    });
    for (const member of this.#members) {
      member.launch();
    }
    await this.untilHealthy();
    if (auth !== undefined) {
      await this.administration.enableAuth(auth);
      const { rootPassword: password } = auth;
      this.#credentials = { ...this.#credentials, user: { name: 'root', password } };
    }
  }

  async #tlsArgs(tls: EtcdClusterOptions['tls']): Promise<readonly string[]> {
    if (tls === undefined) {
      return [];
    }
    const { authority, asksClients = false } = tls;
    this.#credentials = {
      authorityCert: authority.cert,
      client: await authority.issue({ purpose: 'client', name: 'root' }),
    };
    const { cert, key } = await authority.issue({ name: 'etcd' });
    const files = [
      ['--cert-file', cert],
      ['--key-file', key],
      ['--trusted-ca-file', authority.cert],
    ] as const;
    const args = files.flatMap(([option, text]) => {
      const file = join(this.#folder, `${option.slice(2)}.pem`);
      writeFileSync(file, text, { mode: 0o600 });
      return [option, file];
    });
    // Its gateway would come to itself with the server's certificate, which is none for clients.
    return asksClients ? [...args, '--client-cert-auth', '--enable-grpc-gateway=false'] : args;
  }

  #endNow(): void {
    for (const member of this.#members) {
      member.killNow();
    }
    this.#removeFolder();
  }

  /** Those that were killed just now may still write. */
  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  }
}

interface MemberPlan {
  readonly name: string;
  readonly ports: EtcdPorts;
}

async function planMembers(options: EtcdClusterOptions): Promise<readonly MemberPlan[]> {
  const { members, freePort = steadyPort } = options;
  const chosen = new Set<number>();
  while (chosen.size < 3 * members) {
    chosen.add(await freePort());
  }
  const ports = chosen.values();
  const next = () => ports.next().value as number;
  return Array.from({ length: members }, (_, index) => ({
    name: `member-${index}`,
    ports: { client: next(), peer: next(), health: next() },
  }));
}

function sharedArgs(options: EtcdClusterOptions, plans: readonly MemberPlan[]): readonly string[] {
  const { quotaBytes = 0, heartbeatMs = 100, electionMs = 1_000, args = [] } = options;
  const shared = {
    '--initial-cluster': plans.map(({ name, ports }) => `${name}=${peerUrl(ports)}`).join(','),
    '--initial-cluster-token': randomUUID(),
    '--quota-backend-bytes': `${quotaBytes}`,
    '--heartbeat-interval': `${heartbeatMs}`,
    '--election-timeout': `${electionMs}`,
    // A password is checked in no time: it protects nothing.
    '--bcrypt-cost': '4',
    '--logger': 'zap',
    '--log-outputs': 'stderr',
  };
  return [...Object.entries(shared).flat(), ...args];
}

function peerUrl({ peer }: EtcdPorts): string {
  return `http://127.0.0.1:${peer}`;
}
