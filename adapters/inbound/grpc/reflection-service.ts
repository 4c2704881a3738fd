/**
 * Why: grpcurl and its like call the server without a proto file, by asking it what it offers
 * (grpc.reflection.v1, and v1alpha for older ones).
 */
import type {
  handleBidiStreamingCall,
  Server,
  ServerDuplexStream,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService as Library } from '@grpc/reflection';
import { EndlessStreams } from './endless-streams.js';
import { withMendedDescriptors } from './mended-descriptors.js';

/** A client asks all that it wants to know by one stream. */
export const REFLECTIONS_PER_CONNECTION_MAX = 16;

type Reflection = ServerDuplexStream<never, never>;

/** Open → closed. */
export class ReflectionService {
  readonly #library: Library;
  readonly #streams = new EndlessStreams(REFLECTIONS_PER_CONNECTION_MAX);

  /** @param definition of all that is to be told of. */
  constructor(definition: PackageDefinition) {
    this.#library = new Library(withMendedDescriptors(definition));
  }

  addTo(server: Pick<Server, 'addService'>): void {
    this.#library.addToServer({
      addService: (definition, { ServerReflectionInfo }: UntypedServiceImplementation) => {
        const answer = ServerReflectionInfo as handleBidiStreamingCall<never, never>;
        const serve: handleBidiStreamingCall<never, never> = (call) => {
          if (this.#streams.admit(call)) {
            answer(readingNoFaster(call));
          }
        };
        server.addService(definition, { ServerReflectionInfo: serve });
      },
    });
  }

  /** Ends every stream. */
  close(): void {
    this.#streams.close();
  }
}

/** The library answers whatever comes: a few bytes by some thousands, whether anybody takes them or not. */
function readingNoFaster(call: Reflection): Reflection {
  const write = call.write.bind(call) as (answer: unknown) => boolean;
  call.write = (answer: unknown) => {
    const hasRoom = write(answer);
    if (!hasRoom) {
      call.pause();
      call.once('drain', () => call.resume());
    }
    return hasRoom;
  };
  return call;
}
