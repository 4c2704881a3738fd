import { EventEmitter } from 'node:events';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { EndlessStreams } from '../../../../adapters/inbound/grpc/endless-streams.js';

/** A call that ends as soon as it is told to. */
class Call extends EventEmitter {
  end: { readonly code: status } | undefined;

  constructor(readonly connection = 'one') {
    super();
    this.on('error', (end: { readonly code: status }) => {
      this.end = end;
      this.emit('close');
    });
  }

  getPeer(): string {
    return this.connection;
  }
}

describe('EndlessStreams', () => {
  let streams: EndlessStreams;

  beforeEach(() => {
    streams = new EndlessStreams(2);
  });

  function admit(call: Call): boolean {
    return streams.admit(call as never);
  }

  it('takes as many of a connection as it may have, and ends one more', () => {
    const calls = [new Call(), new Call(), new Call()];
    expect(calls.map(admit)).to.deep.equal([true, true, false]);
    expect(calls.map(({ end }) => end?.code)).to.deep.equal([
      undefined,
      undefined,
      status.RESOURCE_EXHAUSTED,
    ]);
  });

  it('counts each connection for itself', () => {
    expect(['one', 'one', 'two', 'two'].map((name) => admit(new Call(name)))).to.deep.equal(
      Array(4).fill(true),
    );
  });

  it('has room again when one has ended, and nothing left when all have', () => {
    const calls = [new Call(), new Call()];
    calls.forEach(admit);
    calls[0]?.emit('close');
    expect(streams.count).to.equal(1);
    expect(admit(new Call())).to.equal(true);
    streams.close();
    expect(streams.count).to.equal(0);
  });

  it('ends all that it has when it closes, and what comes after', () => {
    const calls = [new Call(), new Call('two')];
    calls.forEach(admit);
    streams.close();
    const late = new Call();
    expect(admit(late)).to.equal(false);
    for (const { end } of [...calls, late]) {
      expect(end?.code).to.equal(status.UNAVAILABLE);
    }
  });
});
