/** Why: what goes with every service that the server offers: whether it serves, and how it is called. */
import type { Server } from '@grpc/grpc-js';
import type { AnyDefinition, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { HealthService, loadHealthPackage } from './health-service.js';
import { ReflectionService } from './reflection-service.js';

/** Serving → not serving → closed. */
export class CompanionServices {
  readonly #health: HealthService;
  readonly #reflection: ReflectionService;

  /** @param offered all that the server offers beside: packages that were loaded can be spread into one. */
  constructor(offered: PackageDefinition) {
    this.#health = new HealthService(servicesIn(offered));
    this.#reflection = new ReflectionService({ ...offered, ...loadHealthPackage() });
  }

  addTo(server: Pick<Server, 'addService'>): void {
    this.#health.addTo(server);
    this.#reflection.addTo(server);
  }

  /** The server takes no new work from here on. */
  stopServing(): void {
    this.#health.stopServing();
  }

  /** Ends every stream that has no end of its own. */
  close(): void {
    this.#health.close();
    this.#reflection.close();
  }
}

/** Names such as `ldlm.LDLM`. */
function servicesIn(offered: PackageDefinition): readonly string[] {
  return Object.entries(offered)
    .filter(([, definition]) => isService(definition))
    .map(([name]) => name);
}

/** Messages and enumerations have a format. */
function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition);
}
