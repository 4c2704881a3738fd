/** Why: an etcd that no machine here has, such as an old one, or one that does what etcd would not. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  loadPackageDefinition,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface FakeEtcd {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** Cuts every connection. */
  readonly stop: () => void;
}

/** The answer to a call, or what becomes of a stream. */
export type FakeAnswer = (request: unknown) => object;

const PROTOCOL = join(
  dirname(createRequire(import.meta.url).resolve('etcd3/package.json')),
  'proto',
  'rpc.proto',
);

/** @param answers by method, such as `KV.Range`; of a stream, to each message. All others are not implemented. */
export async function startFakeEtcd(
  answers: Readonly<Record<string, FakeAnswer>>,
): Promise<FakeEtcd> {
  const { etcdserverpb } = loadPackageDefinition(
    loadSync(PROTOCOL, { keepCase: true, longs: String, enums: String, defaults: true }),
  ) as unknown as {
    readonly etcdserverpb: Readonly<Record<string, ServiceClientConstructor>>;
  };
  const server = new Server();
  for (const name of new Set(Object.keys(answers).map((method) => method.replace(/\..*/, '')))) {
    const { service } = etcdserverpb[name] as ServiceClientConstructor;
    const methods = Object.keys(service).flatMap((method) => {
      const answer = answers[`${name}.${method}`];
      return answer === undefined ? [] : [[method, handlerOf(answer)]];
    });
    server.addService(service, Object.fromEntries(methods));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

type Call = ServerUnaryCall<unknown, object> | ServerDuplexStream<unknown, object>;

function handlerOf(answer: FakeAnswer) {
  return (call: Call, callback?: sendUnaryData<object>): void => {
    if (callback !== undefined) {
      callback(null, answer((call as ServerUnaryCall<unknown, object>).request));
      return;
    }
    const stream = call as ServerDuplexStream<unknown, object>;
    stream.on('data', (message) => stream.write(answer(message)));
    stream.on('end', () => stream.end());
    stream.on('error', () => undefined);
  };
}
