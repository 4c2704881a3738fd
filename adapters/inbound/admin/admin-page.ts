/** Why: what stands at one path of the admin address, in words that other adapters can say without this one. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Nothing of this type is the admin adapter's own, so that another adapter offers pages by their shape
 * alone, and the composition lists them side by side.
 */
export interface AdminPage {
  /** `/name` for that path alone; `/name/` for all below it, too. Of several that fit, the longest one counts. */
  readonly path: string;
  /** What may be done there, such as GET. Where GET may, HEAD may, too. */
  readonly methods: readonly string[];
  /** Answers the request, whose method is one of these. What it throws becomes a 500 if nothing was sent yet. */
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}
