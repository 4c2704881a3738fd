/** The members of etcd in compose.yaml, started with what stands there, but for their addresses and folders. */
import { readFileSync } from 'node:fs';
import { EtcdMember, type EtcdPorts } from '../support/etcd-member.js';
import { SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';
import { composeFile } from './compose-file.js';

describe('The etcd of compose.yaml', function () {
  this.timeout(60_000);
  const { services } = composeFile(readFileSync('compose.yaml', 'utf8'));
  const names = Object.keys(services).filter((name) => name.startsWith('etcd-'));
  const folder = new SpecFolder();
  const ports = new Map<string, EtcdPorts>();
  let members: readonly EtcdMember[] = [];

  before(async () => {
    for (const name of names) {
      const [client, peer, health] = [await steadyPort(), await steadyPort(), await steadyPort()];
      ports.set(name, { client, peer, health });
    }
    members = names.map((name) => newMember(name));
  });

  after(async () => {
    await Promise.all(members.map((member) => member.kill()));
    folder.remove();
  });

  /** On this machine's loopback. */
  function here(value: string, own: string): string {
    return value
      .replace('/var/lib/etcd/data', folder.file(own))
      .replace(/http:\/\/([^:]+):(2379|2380)/g, (_, host: string, port: string) => {
        const { client, peer } = ports.get(host === '0.0.0.0' ? own : host) as EtcdPorts;
        return `http://127.0.0.1:${port === '2379' ? client : peer}`;
      });
  }

  function newMember(name: string): EtcdMember {
    const own = ports.get(name) as EtcdPorts;
    const told = Object.entries(services[name]?.environment ?? {}).flatMap(([variable, value]) => [
      variable
        .replace(/^ETCD_/, '--')
        .replaceAll('_', '-')
        .toLowerCase(),
      here(value, name),
    ]);
    const watched = ['--listen-metrics-urls', `http://127.0.0.1:${own.health}`];
    const logged = ['--logger', 'zap', '--log-outputs', 'stderr'];
    const args = [...told, ...watched, ...logged];
    return new EtcdMember({
      ports: own,
      scheme: 'http',
      args,
      logFile: folder.file(`${name}.log`),
    });
  }

  it('comes to be one cluster that serves', async () => {
    for (const member of members) {
      member.launch();
    }
    await Promise.all(members.map((member) => member.untilHealthy()));
  });
});
