import { MemoryStateStore } from '../../../../adapters/outbound/memory/memory-state-store.js';
import { stateStoreContract } from '../../../contracts/state-store.contract.js';

stateStoreContract('MemoryStateStore', {
  supports: { durability: false, exclusiveOpen: false },
  createPlace: () => undefined,
  disposePlace: () => undefined,
  newStore: () => new MemoryStateStore(),
});
