/** What the channel is told; what comes over it, spec/client/ldlm-client.spec.ts shows. */
import { expect } from 'chai';
import { CHANNEL_OPTIONS, metadataFor } from '../../client/grpc-link.js';

describe('The client’s channel', () => {
  it('is one connection of its own, which stays without calls, since it may hold locks', () => {
    expect(CHANNEL_OPTIONS).to.include({
      'grpc.use_local_subchannel_pool': 1,
      'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
      'grpc.keepalive_permit_without_calls': 1,
    });
  });

  it('never connects again by itself: the library does so even for a channel that is closed meanwhile', () => {
    expect(CHANNEL_OPTIONS['grpc.initial_reconnect_backoff_ms']).to.be.within(864e5, 2 ** 31 / 1.2);
    expect(CHANNEL_OPTIONS['grpc.max_reconnect_backoff_ms']).to.be.within(864e5, 2 ** 31 / 1.2);
  });

  it('shows a password as it is, and nothing without one', () => {
    expect(metadataFor('se same').getMap()).to.deep.equal({ authorization: 'se same' });
    expect(metadataFor(undefined).getMap()).to.deep.equal({});
  });
});
