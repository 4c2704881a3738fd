/** One HTTP request in plain text, by a connection of its own. */
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';

export interface HttpQuestion {
  /** GET unless given. */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** @param address `host:port`. Rejects when the connection ends without an answer. */
export function askHttp(address: string, question: HttpQuestion): Promise<HttpAnswer> {
  const { method = 'GET', path, headers = {}, body = '' } = question;
  const [host, port] = address.split(':');
  const request = httpRequest({ host, port, method, path, headers, agent: false });
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('error', reject);
      message.on('end', () => {
        const { statusCode: status = 0, headers: answered } = message;
        resolve({ status, headers: answered, body: Buffer.concat(chunks).toString() });
      });
    });
  });
  request.end(body);
  return answer;
}
