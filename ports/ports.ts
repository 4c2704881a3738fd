/** Why: the face of the ports for programs that bring adapters of their own. */
export * from './inbound/administration.js';
export * from './inbound/locking.js';
export * from './outbound/clock.js';
export * from './outbound/election.js';
export * from './outbound/key-source.js';
export * from './outbound/logger.js';
export * from './outbound/metrics.js';
export * from './outbound/state-store.js';
export * from './outbound/supervisor.js';
export * from './outbound/tracing.js';
