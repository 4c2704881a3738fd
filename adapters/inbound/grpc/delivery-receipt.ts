/** Why: a grant that never reached its client is undone, so the server must know whether an answer went out. */
import { Metadata } from '@grpc/grpc-js';

/**
 * Trailing metadata, empty, that notes when the library turns it into headers: it does so exactly when
 * the answer's status leaves, and not when the call was cancelled or its deadline passed before that. The
 * call's `cancelled` event alone cannot tell, since the library emits it after a good end too.
 */
export class DeliveryReceipt extends Metadata {
  isSent = false;

  override clone(): this {
    return this;
  }

  override toHttp2Headers(): ReturnType<Metadata['toHttp2Headers']> {
    this.isSent = true;
    return super.toHttp2Headers();
  }
}
