/**
 * Why: tells of each call that has passed the gate, by the names that OpenTelemetry has for gRPC (Semantic
 * Conventions, "RPC", 1.40). Health is asked every few seconds, and what a client asks by reflection is no work.
 */
import {
  type Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  status,
} from '@grpc/grpc-js';
import type {
  RequestOutcome,
  RequestToTrace,
  TraceCarrier,
  TracedRequest,
  Tracing,
} from '../../../ports/outbound/tracing.js';

const COMPANIONS = '/grpc.';

/** The statuses by which a server says that something went wrong on its side, by those conventions. */
const FAILURES: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** Comes after the gate: strangers leave no traces. */
export function callTracing(tracing: Tracing): ServerInterceptor {
  return ({ path, requestStream: isStream }, call) => {
    if (path.startsWith(COMPANIONS)) {
      return new ServerInterceptingCall(call);
    }
    let request: TracedRequest | undefined;
    /** The handler runs, and a stream's frames come, from within one of these. */
    const asPart = (work: () => void) => (request === undefined ? work() : request.run(work));
    return new ServerInterceptingCall(call, {
      start: (start) => {
        start({
          onReceiveMetadata: (metadata, pass) => {
            request = tracing.begin({ ...described(path, call), carrier: of(metadata), isStream });
            asPart(() => pass(metadata));
          },
          onReceiveMessage: (message, pass) => asPart(() => pass(message)),
          onReceiveHalfClose: (pass) => asPart(pass),
          // After a good end it is told of, too; the first end counts.
          onCancel: () => request?.end(outcomeOf(status.CANCELLED)),
        });
      },
      sendStatus: (answer, pass) => {
        request?.end(outcomeOf(answer.code ?? status.UNKNOWN));
        pass(answer);
      },
    });
  };
}

function described(
  path: string,
  call: ServerInterceptingCallInterface,
): Pick<RequestToTrace, 'name' | 'attributes'> {
  const method = path.slice(1);
  const { localAddress, localPort, remoteAddress, remotePort } = call.getConnectionInfo();
  return {
    name: method,
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': method,
      ...(localAddress !== undefined && { 'server.address': localAddress }),
      ...(localPort !== undefined && { 'server.port': localPort }),
      ...(remoteAddress !== undefined && { 'network.peer.address': remoteAddress }),
      ...(remotePort !== undefined && { 'network.peer.port': remotePort }),
    },
  };
}

function of(metadata: Metadata): TraceCarrier {
  return {
    names: () => Object.keys(metadata.getMap()),
    get: (name) => metadata.get(name)[0]?.toString(),
  };
}

function outcomeOf(code: status): RequestOutcome {
  const name = status[code] ?? `${code}`;
  return {
    attributes: { 'rpc.response.status_code': name },
    ...(FAILURES.has(code) && { failure: name }),
  };
}
