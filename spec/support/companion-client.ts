/** Why: what load balancers and grpcurl ask of a server beside its locks: health, and reflection by either name. */
import { fileURLToPath } from 'node:url';
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceDefinition,
  type StatusObject,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as healthService } from 'grpc-health-check';

interface Method {
  readonly path: string;
  requestSerialize(message: object): Buffer;
  responseDeserialize(bytes: Buffer): object;
}

/** What the server streamed so far, or will. */
export class StreamedAnswers<Answer> {
  readonly ended: Promise<StatusObject>;
  readonly #call: ClientReadableStream<Answer>;
  readonly #unread: Answer[] = [];
  #wake: () => void = () => undefined;

  constructor(call: ClientReadableStream<Answer>) {
    this.#call = call;
    call.on('data', (answer: Answer) => {
      this.#unread.push(answer);
      this.#wake();
    });
    call.on('error', () => undefined);
    this.ended = new Promise((resolve) => call.on('status', resolve));
  }

  /** The next answer. Rejects with the status if the stream ends before. */
  async next(): Promise<Answer> {
    while (this.#unread.length === 0) {
      const come = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const end = await Promise.race([come, this.ended]);
      if (end !== undefined && this.#unread.length === 0) {
        throw new Error(`the stream ended with ${end.code}: ${end.details}`);
      }
    }
    return this.#unread.shift() as Answer;
  }

  cancel(): void {
    this.#call.cancel();
  }
}

interface Served {
  readonly status: string;
}

export class CompanionClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(address: string, metadata: Readonly<Record<string, string>> = {}) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    for (const [name, value] of Object.entries(metadata)) {
      this.#metadata.set(name, value);
    }
  }

  /** The answer of a unary health method, or its status where that is not OK. */
  health(method: 'Check' | 'List', request: object): Promise<object> {
    const { path, requestSerialize, responseDeserialize } = methodOf(healthService, method);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        (error, answer) =>
          resolve(error === null ? (answer ?? {}) : { status: error.code, details: error.details }),
      );
    });
  }

  watch(service: string): StreamedAnswers<Served> {
    const { path, requestSerialize, responseDeserialize } = methodOf(healthService, 'Watch');
    return new StreamedAnswers(
      this.#client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => Served,
        { service },
        this.#metadata,
      ),
    );
  }

  reflect(version: 'v1' | 'v1alpha'): ClientDuplexStream<object, object> {
    const { path, requestSerialize, responseDeserialize } = reflectionMethod(version);
    return this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata,
    );
  }

  close(): void {
    this.#client.close();
  }
}

function methodOf(service: unknown, name: string): Method {
  return (service as Readonly<Record<string, Method>>)[name] as Method;
}

function reflectionMethod(version: 'v1' | 'v1alpha'): Method {
  const folder = new URL('../../node_modules/@grpc/reflection/build/proto/', import.meta.url);
  const file = fileURLToPath(new URL(`grpc/reflection/${version}/reflection.proto`, folder));
  const loaded = loadSync(file, { longs: String, enums: String, oneofs: true });
  const service = loaded[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
  return methodOf(service, 'ServerReflectionInfo');
}
