/**
 * A process that keeps one lease in the journal it is given, says so, and holds it open until it is
 * killed.
 */
import { JournalStateStore } from '../../adapters/outbound/journal/journal-state-store.js';
import { granted } from '../contracts/some-facts.js';
import { RecordingLogger } from './recording-logger.js';

const store = new JournalStateStore({ file: process.argv[2] ?? '', logger: new RecordingLogger() });
await store.open();
await store.append([granted(1)]);
process.stdout.write('kept\n');
process.stdin.resume();
