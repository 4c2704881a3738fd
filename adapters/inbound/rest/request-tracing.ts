/**
 * Why: tells of each request that was let in, by the names that OpenTelemetry has for HTTP (Semantic Conventions,
 * "HTTP", stable).
 */
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { shortName } from '../../../domain/disclosure.js';
import type {
  RequestOutcome,
  RequestToTrace,
  TraceCarrier,
  Tracing,
} from '../../../ports/outbound/tracing.js';
import { StateUnknownError } from './kept-answer.js';
import { internal, stateUnknown } from './rest-answer.js';
import { openApiDocument } from './openapi.js';

/** Spans are named by what there is, and not by whatever is asked for. */
const ROUTES: ReadonlySet<string> = new Set(Object.keys(openApiDocument.paths));
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']);

/** Comes after the password: strangers leave no traces. */
export function requestTracing<State>(
  tracing: Tracing,
  { isSecure }: { readonly isSecure: boolean },
): Middleware<State> {
  return async (context, next) => {
    const { req } = context;
    const request = tracing.begin({
      ...described(req, isSecure ? 'https' : 'http'),
      carrier: of(req),
      isStream: false,
    });
    try {
      await request.run(next);
      request.end(outcomeOf(context.status));
    } catch (failure) {
      // Whoever catches it answers so.
      const { status } = failure instanceof StateUnknownError ? stateUnknown : internal;
      request.end(outcomeOf(status));
      throw failure;
    }
  };
}

function described(
  { method: asked = '', url = '', socket }: IncomingMessage,
  scheme: string,
): Pick<RequestToTrace, 'name' | 'attributes'> {
  const [path = ''] = url.split('?');
  const isKnown = METHODS.has(asked);
  const method = isKnown ? asked : '_OTHER';
  const route = ROUTES.has(path) ? path : undefined;
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    name: [isKnown ? asked : 'HTTP', route].filter(Boolean).join(' '),
    attributes: {
      'http.request.method': method,
      'url.scheme': scheme,
      'url.path': shortName(path),
      ...(route !== undefined && { 'http.route': route }),
      ...(localAddress !== undefined && { 'server.address': localAddress }),
      ...(localPort !== undefined && { 'server.port': localPort }),
      ...(remoteAddress !== undefined && { 'network.peer.address': remoteAddress }),
      ...(remotePort !== undefined && { 'network.peer.port': remotePort }),
    },
  };
}

function of({ headers }: IncomingMessage): TraceCarrier {
  return {
    names: () => Object.keys(headers),
    get: (name) => {
      const value = headers[name.toLowerCase()];
      return typeof value === 'object' ? value[0] : value;
    },
  };
}

function outcomeOf(status: number): RequestOutcome {
  return {
    attributes: { 'http.response.status_code': status },
    ...(status >= 500 && { failure: `${status}` }),
  };
}
