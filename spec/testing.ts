/** Why: what other people test their adapters and programs with; goes out with the package as `ldlm/testing`. */
export { type StateStoreFactory, stateStoreContract } from './contracts/state-store.contract.js';
export { ControlledStateStore } from './support/controlled-state-store.js';
export { FakeClock } from './support/fake-clock.js';
export { FixedKeySource } from './support/fixed-key-source.js';
export { type RecordedLine, RecordingLogger } from './support/recording-logger.js';
export { startTestServer, type TestServer } from './support/test-server.js';
