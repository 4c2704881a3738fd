import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import {
  REFLECTIONS_PER_CONNECTION_MAX,
  ReflectionService,
} from '../../../../adapters/inbound/grpc/reflection-service.js';
import { loadWirePackage } from '../../../../adapters/inbound/grpc/wire-definition.js';
import type { Admission } from '../../../../ports/inbound/admission.js';
import { CompanionClient, StreamedAnswers } from '../../../support/companion-client.js';
import { GrpcWorld } from '../../../support/grpc-world.js';

const ADMISSION: Admission = {
  admit: (shown) => (shown === 'sesame' ? 'admitted' : shown === undefined ? 'missing' : 'wrong'),
};

/** Many times what a stream has room for. */
const MANY = 1_000;

/** A call whose client takes no answer before it is told to. */
class UnreadCall extends Duplex {
  takenCount = 0;
  #isTaking = false;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ objectMode: true });
  }

  getPeer(): string {
    return 'somewhere';
  }

  takeAll(): void {
    this.#isTaking = true;
    this.#waiting?.();
  }

  override _read(): void {
    // The spec pushes what there is.
  }

  override _write(_answer: unknown, _encoding: string, taken: () => void): void {
    this.takenCount += 1;
    if (this.#isTaking) {
      taken();
    } else {
      this.#waiting = taken;
    }
  }
}

/** What the service would have the library call. */
function handlerOf(service: ReflectionService): (call: UnreadCall) => void {
  const handlers: unknown[] = [];
  service.addTo({
    addService: (_, { ServerReflectionInfo }) => void handlers.push(ServerReflectionInfo),
  });
  return handlers[0] as (call: UnreadCall) => void;
}

interface Answer {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse?: { readonly errorCode: number };
}

describe('ReflectionService', () => {
  let world: GrpcWorld;
  let client: CompanionClient;

  beforeEach(async () => {
    world = await GrpcWorld.start({ admission: ADMISSION });
    client = new CompanionClient(world.address, { authorization: 'sesame' });
  });

  afterEach(async () => {
    client.close();
    await world.stop();
  });

  async function ask(version: 'v1' | 'v1alpha', request: object): Promise<Answer> {
    const call = client.reflect(version);
    const answers = new StreamedAnswers(call);
    call.write(request);
    const answer = await answers.next();
    call.end();
    expect(await answers.ended).to.include({ code: status.OK });
    return answer as Answer;
  }

  it('gives the file of the administration where that is open', async () => {
    const open = await GrpcWorld.start({ administration: (administration) => administration });
    const asker = new CompanionClient(open.address);
    const call = asker.reflect('v1');
    const answers = new StreamedAnswers(call);
    call.write({ fileContainingSymbol: 'ldlm.admin.Admin' });
    const { fileDescriptorResponse } = (await answers.next()) as Answer;
    call.end();
    asker.close();
    await open.stop();
    const [file = Buffer.of()] = fileDescriptorResponse?.fileDescriptorProto ?? [];
    const { service } = descriptor.FileDescriptorProto.decode(file).toJSON();
    expect(service?.[0]?.method?.map(({ name }: { name: string }) => name)).to.include('Kick');
  });

  for (const version of ['v1', 'v1alpha'] as const) {
    describe(`by its name of ${version}`, () => {
      it('lists what can be called', async () => {
        const { listServicesResponse } = await ask(version, { listServices: '*' });
        const names = listServicesResponse?.service.map(({ name }) => name);
        expect(names).to.have.members(['ldlm.LDLM', 'grpc.health.v1.Health']);
      });

      it('gives the file of a service, whole', async () => {
        const request = { fileContainingSymbol: 'ldlm.LDLM' };
        const { fileDescriptorResponse } = await ask(version, request);
        const [file] = fileDescriptorResponse?.fileDescriptorProto ?? [];
        const { service } = descriptor.FileDescriptorProto.decode(
          file ?? Buffer.alloc(0),
        ) as unknown as {
          service: { method: { name: string }[] }[];
        };
        expect(service[0]?.method.map(({ name }) => name)).to.have.members([
          'Lock',
          'TryLock',
          'Unlock',
          'RefreshLock',
          'Renew',
          'Session',
        ]);
      });

      it('knows what it does not know', async () => {
        const { errorResponse } = await ask(version, { fileContainingSymbol: 'ldlm.Other' });
        expect(errorResponse?.errorCode).to.equal(status.NOT_FOUND);
      });

      it('is for those who know the password', async () => {
        const stranger = new CompanionClient(world.address);
        const answers = new StreamedAnswers(stranger.reflect(version));
        expect(await answers.ended).to.include({ code: status.UNAUTHENTICATED });
        stranger.close();
      });
    });
  }

  it('reads no more requests than their answers are taken', async () => {
    const call = new UnreadCall();
    handlerOf(new ReflectionService(loadWirePackage()))(call);
    for (let count = 0; count < MANY; count += 1) {
      call.push({ messageRequest: 'listServices', listServices: '*' });
    }
    await once(call, 'pause');
    expect(call.readableLength).to.be.greaterThan(MANY / 2);
    call.takeAll();
    call.push(null);
    await once(call, 'finish');
    expect(call.takenCount).to.equal(MANY);
  });

  it('takes so many streams of a connection', async () => {
    const open = Array.from({ length: REFLECTIONS_PER_CONNECTION_MAX }, () => {
      const call = client.reflect('v1');
      call.write({ listServices: '*' });
      return new StreamedAnswers(call);
    });
    await Promise.all(open.map((answers) => answers.next()));
    const oneMore = new StreamedAnswers(client.reflect('v1alpha'));
    expect(await oneMore.ended).to.include({ code: status.RESOURCE_EXHAUSTED });
  });

  it('does not keep the server from stopping', async () => {
    const call = client.reflect('v1');
    const answers = new StreamedAnswers(call);
    call.write({ listServices: '*' });
    await answers.next();
    // Longer than any spec may take.
    await world.server.close(600_000);
    expect(await answers.ended).to.include({ code: status.UNAVAILABLE });
  });
});
