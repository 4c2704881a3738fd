/** Holds compose.yaml to the settings there are, as no engine of containers is at hand here: its etcd is run by compose.needs-etcd.spec.ts. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readSettings } from '../../bootstrap/settings.js';
import { composeFile } from './compose-file.js';
import { dockerfileSteps, variablesOf } from './dockerfile-steps.js';

describe('compose.yaml', () => {
  /** What the image sets, unless the file sets it anew. */
  const variables = variablesOf(dockerfileSteps(readFileSync('Dockerfile', 'utf8')));
  const { services, volumes } = composeFile(readFileSync('compose.yaml', 'utf8'));
  const members = Object.entries(services).filter(([name]) => name.startsWith('etcd-'));
  const servers = Object.entries(services).filter(([name]) => name.startsWith('ldlm-'));

  it('has three members of etcd and two servers, and nothing else', () => {
    expect([members.length, servers.length]).to.deep.equal([3, 2]);
    expect(Object.keys(services)).to.have.length(5);
  });

  for (const [name, { build, environment }] of servers) {
    it(`gives ${name} settings that it takes beside those of the image, each of them known`, () => {
      const given = { ...variables, ...environment };
      const read = readSettings({ argv: [], environment: given, readFile: () => '' });
      expect(read).to.deep.include({ kind: 'settings', warnings: [] });
    });

    it(`has ${name} built of this folder`, () => {
      expect(build).to.equal('.');
    });

    it(`tells ${name} of every member of etcd where that listens`, () => {
      expect(environment.LDLM_ETCD_ENDPOINTS?.split(',')).to.have.members(
        members.map(([, member]) =>
          member.environment.ETCD_ADVERTISE_CLIENT_URLS?.replace('http://', ''),
        ),
      );
    });
  }

  for (const [name, { environment, volumes: mounted }] of members) {
    it(`has ${name} be reached by its own name, and keep its data in a volume of its own`, () => {
      expect(environment).to.include({
        ETCD_NAME: name,
        ETCD_ADVERTISE_CLIENT_URLS: `http://${name}:2379`,
        ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://${name}:2380`,
      });
      expect(environment.ETCD_INITIAL_CLUSTER?.split(',')).to.include(
        `${name}=http://${name}:2380`,
      );
      expect(mounted).to.deep.equal([`${name}:/var/lib/etcd`]);
      expect(volumes).to.have.property(name);
    });

    it(`has ${name} compact its history`, () => {
      expect(environment).to.include({
        ETCD_AUTO_COMPACTION_MODE: 'periodic',
        ETCD_AUTO_COMPACTION_RETENTION: '1m',
      });
    });
  }

  it('opens ports on this machine’s loopback alone, no two the same', () => {
    const ports = servers.flatMap(([, { ports: published = [] }]) => published);
    const places = ports.map((port) => /^(127\.0\.0\.1:\d+):(?:3144|3145)$/.exec(port)?.[1]);
    expect(places).not.to.include(undefined);
    expect(new Set(places)).to.have.property('size', 4);
  });
});
