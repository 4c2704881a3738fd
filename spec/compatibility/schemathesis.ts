/**
 * Schemathesis, which makes requests up from an OpenAPI document and holds the answers to it, with
 * what it sent and was answered.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SpecFolder } from '../support/server-process.js';
import { PythonEnvironment, type PythonPackages } from './python-environment.js';

const HOOKS = fileURLToPath(new URL('python', import.meta.url));

/** It and all that it imports. */
const PACKAGES: PythonPackages = {
  name: 'schemathesis',
  python: '3.11',
  libraries: [
    'schemathesis==4.32.5',
    'anyio==4.16.0',
    'certifi==2026.10.19.post1',
    'charset-normalizer==3.5.3',
    'click==8.5.1',
    'graphql-core==3.3.2',
    'harfile==0.6.0',
    'hypothesis==6.170.17',
    'hypothesis-graphql==0.13.5',
    'idna==3.20',
    'iniconfig==2.3.1',
    'jsonschema-rs==0.60.3',
    'markdown-it-py==4.3.0',
    'MarkupSafe==3.0.4',
    'mdurl==0.1.2',
    'packaging==26.4',
    'pluggy==1.7.0',
    'Pygments==2.21.0',
    'pyrate-limiter==4.5.1',
    'pytest==9.2.0',
    'PyYAML==6.0.4',
    'requests==2.34.2',
    'rich==15.0.0',
    'sortedcontainers==2.4.0',
    'typing-extensions==4.16.0',
    'urllib3==2.8.0',
    'Werkzeug==3.1.9',
  ],
  releases: [],
};

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

export interface SchemathesisRun {
  /** `host:port` of the server. */
  readonly address: string;
  /** What the server is held to. */
  readonly document: object;
  /** Requests made up for each operation, on top of those that go to the bounds of each field. */
  readonly examples: number;
  readonly seed: number;
  readonly session?: string;
  readonly password?: string;
}

export interface Exchange {
  /** Such as `POST /session`. */
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

export interface SchemathesisReport {
  /** 0: nothing was found. */
  readonly code: number | null;
  /** What it wrote. */
  readonly output: string;
  readonly exchanges: readonly Exchange[];
}

interface HarEntry {
  readonly request: { readonly method: string; readonly url: string };
  readonly response: { readonly status: number; readonly content: { readonly text?: string } };
}

/** @throws PythonEnvironmentError that says what to install. */
export async function runSchemathesis(
  folder: SpecFolder,
  { address, document, examples, seed, session, password }: SchemathesisRun,
): Promise<SchemathesisReport> {
  const environment = await PythonEnvironment.open({ packages: PACKAGES });
  // By a file, since an operation that serves the document is left out where it is read from there.
  const documentFile = folder.file('openapi.json');
  writeFileSync(documentFile, JSON.stringify(document));
  const harFile = folder.file('exchanges.har');
  const { code, output } = await run(environment.program, {
    args: [
      ...['-m', 'schemathesis.cli', '--config-file', `${HOOKS}/schemathesis.toml`, 'run'],
      ...[documentFile, '--url', `http://${address}`, '--no-color', '--warnings', 'off'],
      ...['--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing'],
      ...['--max-examples', `${examples}`, '--seed', `${seed}`, '--request-timeout', '10'],
      ...['--report', 'har', '--report-har-path', harFile, '--output-sanitize', 'false'],
      ...(password === undefined ? [] : ['--auth', `me:${password}`]),
    ],
    // What it remembers from one run to the next goes with the folder.
    cwd: folder.path,
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: HOOKS,
      PYTHONDONTWRITEBYTECODE: '1',
      SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
      ...(session === undefined ? {} : { LDLM_SESSION: session }),
      ...(password === undefined ? {} : { LDLM_PASSWORD: password }),
    },
  });
  return { code, output, exchanges: exchangesOf(readFileSync(harFile, 'utf8')) };
}

function run(
  program: string,
  { args, ...options }: { args: readonly string[]; cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((settle) => {
    const limits = { timeout: 600_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program, args, { ...options, ...limits }, (_, stdout, stderr) => {
      settle({ code: child.exitCode, output: stdout + stderr });
    });
  });
}

function exchangesOf(har: string): readonly Exchange[] {
  const { log } = JSON.parse(har) as { log: { entries: readonly HarEntry[] } };
  return log.entries.map(({ request, response }) => ({
    request: `${request.method} ${new URL(request.url).pathname}`,
    status: response.status,
    body: response.content.text ?? '',
  }));
}
