/**
 * Why: the order in which a request is checked, and what each path does. The password comes before
 * all else, the session before path and method.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import Router from '@koa/router';
import Koa, { type Middleware, type ParameterizedContext } from 'koa';
import type { Admission } from '../../../ports/inbound/admission.js';
import type { Locking } from '../../../ports/inbound/locking.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { Tracing } from '../../../ports/outbound/tracing.js';
import { StateUnknownError } from './kept-answer.js';
import { lockRoutes } from './lock-routes.js';
import { openApiDocument } from './openapi.js';
import { refusalToRest } from './refusal-to-rest.js';
import { discardBody, type RequestBodies } from './request-bodies.js';
import { requestTracing } from './request-tracing.js';
import * as answers from './rest-answer.js';
import type { RestSessions } from './rest-sessions.js';
import { setCookie, shownSession } from './shown-session.js';
import { shownPassword } from './shown-password.js';
import { whenUndelivered } from './when-undelivered.js';

export interface RestApplicationParts {
  readonly locking: Locking;
  readonly admission: Admission;
  readonly logger: Logger;
  /** undefined: nobody follows requests. */
  readonly tracing: Tracing | undefined;
  readonly sessions: RestSessions;
  readonly sessionIdleMs: number;
  readonly bodies: RequestBodies;
  readonly headersMax: number;
  /** How long a client may take no part of an answer that is ready. */
  readonly answerTimeoutMs: number;
  readonly isSecure: boolean;
  /** Whether connections are to end with the answer under way. */
  readonly isClosing: () => boolean;
}

interface State {
  sessionId: string;
}

type Context = ParameterizedContext<State>;

/** `/session/` is another path than `/session`, and so is `/SESSION`. */
const routing = { strict: true, sensitive: true };

const openApiJson = JSON.stringify(openApiDocument);

export function restApplication(parts: RestApplicationParts): RequestListener {
  const { logger } = parts;
  const application = new Koa<State>();
  application.use(answerTaken(parts));
  application.use(failuresAnswered(logger));
  application.use(headersChecked(parts.headersMax));
  application.use(admitted(parts.admission));
  if (parts.tracing !== undefined) {
    application.use(requestTracing(parts.tracing, parts));
  }
  application.use(openRoutes(parts).routes());
  application.use(sessionLives(parts));
  application.use(sessionRoutes(parts).routes());
  application.use((context) => send(context, answers.pathUnknown));
  application.on('error', (error: Error) => {
    logger.debug('A REST connection failed', { reason: error.message });
  });
  const handle = application.callback();
  return (request, response) => {
    // Whatever went wrong was answered and logged by the application itself.
    handle(request, response).catch(() => undefined);
  };
}

/**
 * A client that does not read its answer is cut. Waiting for one is another matter, and takes as
 * long as it takes.
 */
function answerTaken({ answerTimeoutMs, isClosing }: RestApplicationParts): Middleware<State> {
  return async (context, next) => {
    await next();
    // A body that nobody wanted is thrown away: behind it, no hang-up would be heard.
    if (!context.req.complete && context.req.listenerCount('data') === 0) {
      discardBody(context.req);
    }
    if (isClosing()) {
      context.set('Connection', 'close');
    }
    const { res } = context;
    // An answer that queues behind others of its connection has no socket yet.
    const { socket } = res;
    if (socket !== null) {
      socket.setTimeout(answerTimeoutMs);
      res.prependOnceListener('finish', () => socket.setTimeout(0));
    }
  };
}

/** Nothing that goes wrong reaches the client but as one of two answers. */
function failuresAnswered(logger: Logger): Middleware<State> {
  return async (context, next) => {
    try {
      context.req.url = originForm(context.req.url ?? '');
      await next();
    } catch (failure) {
      if (failure instanceof StateUnknownError) {
        send(context, answers.stateUnknown);
      } else {
        logger.error('A REST request failed by a fault of the server', {
          reason: failure instanceof Error ? failure.stack : String(failure),
        });
        send(context, answers.internal);
      }
    }
  };
}

/**
 * A target with a scheme and a host, as proxies send it, means its path (RFC 9112, section 3.2.2).
 */
function originForm(target: string): string {
  if (target.startsWith('/')) {
    return target;
  }
  return URL.canParse(target) ? new URL(target).pathname : '/';
}

/** Not too many, and a host among them (RFC 9112, section 3.2). */
function headersChecked(headersMax: number): Middleware<State> {
  return async (context, next) => {
    const { rawHeaders, headers, httpVersion } = context.req;
    if (rawHeaders.length / 2 > headersMax) {
      send(context, answers.headersTooLarge);
    } else if (headers.host === undefined && httpVersion !== '1.0') {
      send(context, answers.hostMissing);
    } else {
      await next();
    }
  };
}

function admitted(admission: Admission): Middleware<State> {
  return async (context, next) => {
    const { headers, socket } = context.req;
    if (admission.admit(shownPassword(headers.authorization), peerOf(socket)) === 'admitted') {
      await next();
      return;
    }
    context.status = 401;
    context.set('WWW-Authenticate', 'Basic realm="Restricted"');
    context.body = '';
    context.remove('Content-Type');
  };
}

/** What needs no session. */
function openRoutes(parts: RestApplicationParts): Router<State> {
  const { sessions } = parts;
  const router = new Router<State>(routing);
  router.get('/openapi.json', (context) => send(context, { status: 200, body: openApiJson }));
  router.post('/session', (context) => {
    const opened = sessions.open(peerOf(context.req.socket));
    if (opened.kind === 'refused') {
      const refusal = refusalToRest(opened.code);
      send(context, refusal.as === 'status' ? refusal.answer : answers.internal);
      return;
    }
    giveCookie(context, parts, opened.token);
    send(context, answers.sessionAnswer(201, opened.token));
  });
  router.delete('/session', async (context) => {
    const shown = shownSession(context.req.headers);
    if (shown === undefined) {
      send(context, answers.sessionNotShown);
      return;
    }
    const outcome = await sessions.close(shown.token);
    if (outcome === 'closed' && shown.by === 'cookie') {
      takeCookie(context, parts);
    }
    send(context, answers.sessionClosing[outcome]);
  });
  return router;
}

function sessionLives(parts: RestApplicationParts): Middleware<State> {
  return async (context, next) => {
    const shown = shownSession(context.req.headers);
    if (shown === undefined) {
      send(context, answers.sessionNotShown);
      return;
    }
    const sessionId = parts.sessions.touch(shown.token);
    if (sessionId === undefined) {
      send(context, answers.sessionUnknown);
      return;
    }
    context.state.sessionId = sessionId;
    await next();
    // Its idle time begins anew with the answer, for which it may have waited long.
    const isAlive = parts.sessions.touch(shown.token) !== undefined;
    if (isAlive && shown.by === 'cookie') {
      giveCookie(context, parts, shown.token);
    }
  };
}

function sessionRoutes(parts: RestApplicationParts): Router<State> {
  const router = new Router<State>(routing);
  for (const [path, answer] of Object.entries(lockRoutes(parts.locking))) {
    router.post(path, async (context) => {
      const { req, res, state } = context;
      const body = await parts.bodies.read(req);
      if (typeof body === 'string') {
        send(context, answers.unreadBody[body]);
        return;
      }
      const undoUnlessDelivered = (undo: () => void) => whenUndelivered(req, res, undo);
      send(context, await answer({ sessionId: state.sessionId, body, undoUnlessDelivered }));
    });
    router.all(path, (context) => send(context, answers.methodUnknown));
  }
  return router;
}

function send(context: Context, { status, body }: answers.RestAnswer): void {
  context.status = status;
  context.set('Content-Type', 'application/json');
  context.body = body;
}

function giveCookie(
  context: Context,
  { sessionIdleMs, isSecure }: RestApplicationParts,
  token: string,
): void {
  const expiresAt = new Date(Date.now() + sessionIdleMs);
  context.set('Set-Cookie', setCookie({ token, expiresAt, isSecure }));
}

function takeCookie(context: Context, { isSecure }: RestApplicationParts): void {
  context.set('Set-Cookie', setCookie({ token: '', expiresAt: new Date(0), isSecure }));
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
