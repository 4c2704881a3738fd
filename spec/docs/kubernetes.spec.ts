/** Holds the manifests for Kubernetes to the image, the settings and the pages that there are: no cluster is at hand. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { healthPages } from '../../adapters/inbound/admin/health-pages.js';
import { readSettings } from '../../bootstrap/settings.js';
import { dockerfileSteps, variablesOf } from './dockerfile-steps.js';

interface Port {
  readonly name: string;
  readonly port?: number;
  readonly targetPort?: string;
  readonly containerPort?: number;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly Port[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds: number;
  readonly enableServiceLinks: boolean;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: unknown;
    readonly ports?: readonly Port[];
    readonly clusterIP?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly replicas?: number;
    readonly serviceName?: string;
    readonly updateStrategy?: { readonly type: string };
    readonly template?: { readonly metadata: { readonly labels: unknown }; readonly spec: PodSpec };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

const steps = dockerfileSteps(readFileSync('Dockerfile', 'utf8'));
const ofImage = variablesOf(steps);
const textOf = (instruction: string) => steps.find((one) => one.instruction === instruction)?.text;

for (const name of ['one-server', 'several-servers']) {
  describe(`docs/deployment/kubernetes/${name}.yaml`, () => {
    const manifests = parseAllDocuments(
      readFileSync(`docs/deployment/kubernetes/${name}.yaml`, 'utf8'),
      { strict: true, uniqueKeys: true },
    ).map((document) => document.toJS() as Manifest);
    const services = manifests.filter(({ kind }) => kind === 'Service');
    const set = manifests.find(({ kind }) => kind === 'StatefulSet')?.spec as Manifest['spec'];
    const pod = set.template?.spec as PodSpec;
    const [container] = pod.containers;

    it('gives the server settings that it takes beside those of the image, each of them known', () => {
      const given = Object.fromEntries(container.env.map(({ name: key, value }) => [key, value]));
      const environment = { ...ofImage, ...given };
      const read = readSettings({ argv: [], environment, readFile: () => '' });
      expect(read).to.deep.include({ kind: 'settings', warnings: [] });
      expect(pod.enableServiceLinks).to.equal(false);
    });

    it('names the ports that the image opens, and leads its services to them', () => {
      const ports = container.ports.map(({ containerPort }) => String(containerPort));
      expect(ports).to.deep.equal(textOf('EXPOSE')?.split(' '));
      for (const { spec } of services) {
        expect(spec.selector).to.deep.equal(set.template?.metadata.labels);
        for (const { port, targetPort } of spec.ports ?? []) {
          expect(container.ports.find((one) => one.name === targetPort)?.containerPort).to.equal(
            port,
          );
        }
      }
      expect(services.map(({ metadata }) => metadata.name)).to.include(set.serviceName);
    });

    it('asks pages that are there: for life whether the loop turns, for readiness who leads', () => {
      const { livenessProbe, readinessProbe } = container;
      expect([livenessProbe, readinessProbe].map(({ httpGet }) => httpGet)).to.deep.equal([
        { path: '/livez', port: 'admin' },
        { path: '/readyz', port: 'admin' },
      ]);
      const pages = healthPages(() => ({ role: 'starting' })).map(({ path }) => path);
      expect(pages).to.include.members([livenessProbe.httpGet.path, readinessProbe.httpGet.path]);
    });

    it('runs as the user of the image, may do nothing else, and writes nowhere but into volumes', () => {
      const [user, group] = (textOf('USER') ?? '').split(':').map(Number);
      expect(pod.securityContext).to.deep.include({
        ...{ runAsNonRoot: true, runAsUser: user, runAsGroup: group, fsGroup: group },
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container.securityContext).to.deep.equal({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
      const mounted = container.volumeMounts.map(({ name: volume }) => volume);
      const claimed = (set.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
      expect(mounted).to.have.members([...pod.volumes.map((volume) => volume.name), ...claimed]);
      const places = container.volumeMounts.map(({ mountPath }) => mountPath);
      expect(places).to.include('/run/ldlm');
    });

    it('waits longer for a stop than one takes', () => {
      expect(pod.terminationGracePeriodSeconds).to.be.above(5);
    });

    it(
      name === 'one-server'
        ? 'has one server, and a volume for its state'
        : 'has two servers, none waiting for the other to be ready',
      () => {
        const places = container.volumeMounts.map(({ mountPath }) => mountPath);
        if (name === 'one-server') {
          expect(set.replicas).to.equal(1);
          expect(places).to.include(textOf('VOLUME'));
          return;
        }
        expect(set).to.deep.include({ replicas: 2, podManagementPolicy: 'Parallel' });
        expect(set.updateStrategy).to.deep.equal({ type: 'OnDelete' });
        const headless = services.find(({ spec }) => spec.clusterIP === 'None');
        expect(headless?.metadata.name).to.equal(set.serviceName);
        expect(headless?.spec.publishNotReadyAddresses).to.equal(true);
      },
    );
  });
}
