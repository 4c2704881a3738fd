/**
 * Why: load balancers and Kubernetes ask whether the server takes work, by gRPC's own health protocol
 * (grpc.health.v1). The library answers; here stands what it leaves open: strangers may ask this.
 */
import {
  type Server,
  type ServerWritableStream,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { HealthImplementation, protoPath } from 'grpc-health-check';
import { EndlessStreams } from './endless-streams.js';

/** A client watches a service or two, by one stream each. */
export const WATCHES_PER_CONNECTION_MAX = 4;

type Request = { service: string };
type Answer = { readonly status: string };
type Watch = ServerWritableStream<Request, Answer>;

/** What the library has for each of its methods; its types know them as functions of anything. */
interface LibraryHandlers {
  check(call: { readonly request: Request }, answer: (error: object | null) => void): void;
  watch(call: Watch): void;
  list: UntypedHandleCall;
}

export function loadHealthPackage(): PackageDefinition {
  return loadSync(protoPath, { keepCase: true });
}

/** Serving → not serving → closed. */
export class HealthService {
  readonly #library: HealthImplementation;
  readonly #watches = new EndlessStreams(WATCHES_PER_CONNECTION_MAX);
  /** The empty name stands for the server as a whole. */
  readonly #names: ReadonlySet<string>;

  /** @param services as clients name them, such as `ldlm.LDLM`; all serve from the start. */
  constructor(services: readonly string[]) {
    this.#names = new Set(['', ...services]);
    this.#library = new HealthImplementation(
      Object.fromEntries([...this.#names].map((name) => [name, 'SERVING'] as const)),
    );
  }

  /** How many streams watch. */
  get watchCount(): number {
    return this.#watches.count;
  }

  addTo(server: Pick<Server, 'addService'>): void {
    this.#library.addToServer({
      addService: (definition, implementation) =>
        server.addService(
          definition as Parameters<Server['addService']>[0],
          this.#guarded(implementation as unknown as LibraryHandlers),
        ),
    });
  }

  /** The server takes no new work from here on; whoever watches is told. */
  stopServing(): void {
    for (const name of this.#names) {
      this.#library.setStatus(name, 'NOT_SERVING');
    }
  }

  /** Ends every watch. */
  close(): void {
    this.stopServing();
    this.#watches.close();
  }

  #guarded(library: LibraryHandlers): Record<string, UntypedHandleCall> {
    return {
      list: library.list,
      check: (call: { readonly request: Request }, answer: (error: object | null) => void) => {
        if (this.#names.has(call.request.service)) {
          library.check(call, answer);
        } else {
          // The library would repeat the name, however long it is.
          answer({ code: status.NOT_FOUND, details: 'this server has no such service' });
        }
      },
      watch: (call: Watch) => {
        if (!this.#watches.admit(call as never)) {
          return;
        }
        if (this.#names.has(call.request.service)) {
          library.watch(call);
        } else {
          // The library would keep the name for good, and the call keeps it while it lasts.
          call.request = { service: '' };
          call.write({ status: 'SERVICE_UNKNOWN' });
        }
      },
    } as Record<string, UntypedHandleCall>;
  }
}
