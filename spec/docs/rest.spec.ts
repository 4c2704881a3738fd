/** What docs/REST.md shows: its commands are run, its answers compared, its tables held to the code. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openApiDocument } from '../../adapters/inbound/rest/openapi.js';
import { refusalToRest } from '../../adapters/inbound/rest/refusal-to-rest.js';
import * as answers from '../../adapters/inbound/rest/rest-answer.js';
import { flagSettings } from '../../bootstrap/settings-table.js';
import type { RefusalCode } from '../../domain/refusal.js';
import { Authority } from '../support/certificates.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { type ConsoleStep, consoleSteps, pageBlocks } from './console-steps.js';
import { ShellSession } from './shell-session.js';
import { withoutVaryingParts } from './varying-parts.js';

const PAGE = readFileSync('docs/REST.md', 'utf8');
const ADDRESS = 'localhost:8080';
const run = promisify(execFile);

const blocks = pageBlocks(PAGE);
const steps = stepsOf(PAGE);

function stepsOf(page: string): readonly ConsoleStep[] {
  return pageBlocks(page)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => consoleSteps(text));
}

/** What the OpenAPI document says of a path. */
type Methods = Readonly<Record<string, { readonly responses: object }>>;

/** The cells of each row of all tables whose first row begins like that. */
function tableRows(...firstCells: readonly string[]): readonly (readonly string[])[] {
  return PAGE.split('\n\n')
    .filter((part) => part.startsWith(`| ${firstCells.join(' | ')} |`))
    .flatMap((table) => table.trimEnd().split('\n').slice(2))
    .map((row) => row.slice(2, -2).split(' | '));
}

/** The files that the page speaks of. */
async function writeFiles(folder: SpecFolder): Promise<void> {
  const authority = await Authority.create();
  const server = await authority.issue();
  const client = await authority.issue({ purpose: 'client' });
  for (const [name, text] of [
    ['ca.pem', authority.cert],
    ['cert.pem', server.cert],
    ['key.pem', server.key],
    ['client.pem', client.cert],
    ['client-key.pem', client.key],
    ['password.txt', 'sesame\n'],
  ] as const) {
    writeFileSync(folder.file(name), text);
  }
}

async function expectCurl(): Promise<void> {
  await run('curl', ['--version']).catch((cause: unknown) => {
    const message = 'docs/REST.md needs curl: install it (Debian: apt-get install curl)';
    throw new Error(message, { cause });
  });
}

describe('docs/REST.md', function () {
  this.timeout(60_000);
  const folder = new SpecFolder();
  /** What each step printed. */
  const printed: string[] = [];
  let shell: ShellSession;
  let server: ServerProcess | undefined;

  /** The command of a block, on a free port and with the files of this spec. */
  async function startServer(text: string): Promise<void> {
    await server?.end();
    const [program, ...args] = text.trim().split(' ');
    expect(program).to.equal('ldlm-server');
    const own = args.map((arg) =>
      arg === ADDRESS ? '127.0.0.1:0' : /\.(?:pem|txt)$/.test(arg) ? folder.file(arg) : arg,
    );
    server = await ServerProcess.start(folder, own);
  }

  before(async () => {
    await expectCurl();
    await writeFiles(folder);
    shell = new ShellSession(folder.path);
    for (const { language, text } of blocks) {
      if (language === 'sh') {
        await startServer(text);
      }
      for (const { command } of language === 'console' ? consoleSteps(text) : []) {
        printed.push(await shell.run(command.replaceAll(ADDRESS, server?.restAddress ?? '')));
      }
    }
  });

  after(async () => {
    await shell?.end();
    await server?.end();
    folder.remove();
  });

  for (const [index, { command }] of steps.entries()) {
    it(`shows what is printed by ${command}`, () => {
      const shown = withoutVaryingParts(steps.map((step) => step.shown));
      expect(withoutVaryingParts(printed)[index]).to.equal(shown[index]);
    });
  }

  it('has no block of code that is not run', () => {
    expect(blocks.filter(({ language }) => !['sh', 'console'].includes(language))).to.deep.equal(
      [],
    );
    expect(PAGE.match(/^```/gm)).to.have.length(2 * blocks.length);
  });

  for (const [what, original, altered] of [
    ['a grant that is none', '"locked":true', '"locked":false'],
    ['another status', ' 401 ', ' 403 '],
    ['another message', 'lock size mismatch', 'size mismatch'],
    ['another header', 'Basic realm', 'Digest realm'],
    ['a key of another form', /"key":"[^"]*"/, '"key":"1"'],
    ['a token of another form', /"fencing_token":"\d*"/, '"fencing_token":"7"'],
    ['a token that does not grow', /"fencing_token":"\d*"/, '"fencing_token":"9999999999999999"'],
    ['a line that is not printed', '\n{"session_id": ""}\n', '\n{"session_id": ""}\n\n{}\n'],
    ['the answer to another command', '\n{"unlocked":true,"name":"invoice/43"}\n', '\n'],
  ] as const) {
    it(`would be caught showing ${what}`, () => {
      const page = PAGE.replace(original, altered);
      expect(page).not.to.equal(PAGE);
      const shown = withoutVaryingParts(stepsOf(page).map((step) => step.shown));
      expect(withoutVaryingParts(printed)).not.to.deep.equal(shown);
    });
  }

  it('lists every route with every status that it is documented to answer', () => {
    const paths: Readonly<Record<string, Methods>> = openApiDocument.paths as never;
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => [
        `\`${method.toUpperCase()} ${path}\``,
        Object.keys(responses).join(', '),
      ]),
    );
    const listed = tableRows('Request').map(([request, , statuses]) => [request, statuses]);
    expect(listed).to.have.deep.members(documented);
  });

  it('explains every refusal, and every other answer, by its message', () => {
    const source = readFileSync('domain/refusal.ts', 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code]) => code);
    // That one is for unlocking by name alone, which REST does not offer.
    const own = codes.filter((code) => code !== 'key-needed') as RefusalCode[];
    const refusals = own.map((code) => refusalToRest(code));
    const errors = refusals.flatMap((refusal) =>
      refusal.as === 'answer' && refusal.error !== undefined
        ? [`${refusal.error.code}: ${refusal.error.message}`]
        : [],
    );
    const explained = tableRows('Body').map(([body = '']) => body);
    expect(explained.filter((body) => !body.startsWith('`'))).to.have.members([...new Set(errors)]);

    const { sessionClosing, unreadBody, ...single } = answers;
    const others = [single, sessionClosing, unreadBody, refusals.map(answerOf)]
      .flatMap((values) => Object.values(values) as unknown[])
      .filter(isAnswer)
      .filter(({ status }) => status >= 400)
      .map(({ status, body }) => `${status} ${messageIn(body)}`);
    const rows = tableRows('Status').map(([status, message]) => `${status} ${message}`);
    expect(rows).to.have.members([
      ...new Set(others),
      '400 beginning with `proto:`, `invalid character` or `unexpected EOF`',
      '400 Client sent an HTTP request to an HTTPS server.',
      '401 none, but a header `WWW-Authenticate`',
    ]);
  });

  it('gives the settings of its bounds with their defaults', () => {
    const listed = tableRows('Setting').filter(([setting]) => setting?.startsWith('`'));
    expect(listed).to.have.length(9);
    for (const [setting, text] of listed) {
      const known = flagSettings.find(({ name }) => setting === `\`--${name}\``);
      expect(text, setting).to.equal(known?.default);
    }
  });
});

function answerOf(refusal: ReturnType<typeof refusalToRest>): answers.RestAnswer | undefined {
  return refusal.as === 'status' ? refusal.answer : undefined;
}

function isAnswer(value: unknown): value is answers.RestAnswer {
  return typeof value === 'object' && value !== null && 'body' in value;
}

function messageIn(body: string): string {
  const { error, message } = JSON.parse(body) as { error?: string; message?: string };
  return message ?? error ?? '';
}
