/**
 * Why: the service answers refusals as values; what it rejects with means that it cannot vouch for
 * its state.
 */

/** The server stops; nobody knows what became of the request. */
export class StateUnknownError extends Error {
  override readonly name = 'StateUnknownError';
}

/** @throws StateUnknownError in place of whatever the service rejects with. */
export async function keptAnswer<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    throw new StateUnknownError('the service cannot vouch for its state', { cause });
  }
}
