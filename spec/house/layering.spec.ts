/** Sees each rule about who may import whom fail, and what the rooms may do pass. */
import { expect } from 'chai';
import { PlantedTree, TOOL_TIMEOUT_MS } from '../support/planted-tree.js';

const violations: readonly (readonly [rule: string, from: string, statement: string])[] = [
  ['imports-resolve', 'domain/astray.ts', "import './nowhere.js';"],
  ['no-circles', 'domain/circle.ts', "import { circle } from './circle-closed.js';"],
  ['domain-stands-alone', 'domain/reads-files.ts', "import 'node:fs';"],
  ['domain-stands-alone', 'domain/needs-a-package.ts', "import 'yaml';"],
  [
    'domain-stands-alone',
    'domain/knows-a-port.ts',
    "import type { a } from '../ports/inbound/a.js';",
  ],
  [
    'domain-stands-alone',
    'domain/keeps.ts',
    "import type { a } from '../ports/outbound/store.js';",
  ],
  ['domain-stands-alone', 'domain/knows-the-wire.ts', "import { a } from '../proto/wire.js';"],
  [
    'lock-service-knows-outbound-ports',
    'domain/lock-service.ts',
    "import type { a } from '../ports/inbound/a.js';",
  ],
  [
    'lock-service-knows-types-only',
    'domain/lock-service.ts',
    "import { a } from '../ports/outbound/store.js';",
  ],
  ['ports-know-the-domain', 'ports/outbound/file.ts', "import 'node:fs';"],
  ['ports-know-the-domain', 'ports/inbound/b.ts', "import '../../adapters/inbound/rest/a.js';"],
  ['ports-know-types-only', 'ports/inbound/c.ts', "import { a } from '../../domain/a.js';"],
  [
    'inbound-adapters-know-their-ports',
    'adapters/inbound/rest/keeps.ts',
    "import { a } from '../../../ports/outbound/store.js';",
  ],
  [
    'inbound-adapters-know-their-ports',
    'adapters/inbound/rest/composes.ts',
    "import { a } from '../../../bootstrap/compose.js';",
  ],
  [
    'outbound-adapters-know-their-ports',
    'adapters/outbound/disk/asks.ts',
    "import { a } from '../../../ports/inbound/a.js';",
  ],
  [
    'tracing-stands-before-the-locks',
    'adapters/outbound/tracing/revokes.ts',
    "import type { a } from '../../../ports/inbound/administration.js';",
  ],
  [
    'only-tracing-knows-opentelemetry',
    'adapters/inbound/rest/traces.ts',
    "import '@opentelemetry/api';",
  ],
  [
    'adapters-never-meet',
    'adapters/inbound/rest/borrows.ts',
    "import { a } from '../grpc/handlers.js';",
  ],
  [
    'adapters-never-meet',
    'adapters/outbound/disk/borrows.ts',
    "import { a } from '../../inbound/grpc/handlers.js';",
  ],
  [
    'only-grpc-knows-the-wire',
    'adapters/inbound/rest/wired.ts',
    "import { a } from '../../../proto/wire.js';",
  ],
  ['bootstrap-ships-alone', 'bootstrap/measures.ts', "import { a } from '../bench/a.js';"],
  ['proto-stands-alone', 'proto/decides.ts', "import { a } from '../domain/a.js';"],
  ['client-knows-the-wire', 'client/decides.ts', "import { a } from '../domain/a.js';"],
  ['nobody-imports-specs', 'bench/borrows.ts', "import { a } from '../spec/support/a.js';"],
  ['nobody-imports-specs', 'examples/borrows.ts', "import { a } from '../spec/support/a.js';"],
  [
    'examples-use-the-doors',
    'examples/shortcut/reaches-in.ts',
    "import { a } from '../../bootstrap/compose.js';",
  ],
  ['shipped-code-needs-no-developer', 'bootstrap/tested.ts', "import 'chai';"],
  ['shipped-code-needs-no-developer', 'bootstrap/undeclared.ts', "import 'long';"],
];

const customs: readonly (readonly [from: string, statement: string])[] = [
  [
    'adapters/outbound/tracing/asks.ts',
    "import type { a } from '../../../ports/inbound/locking.js';",
  ],
  ['adapters/outbound/tracing/traces.ts', "import '@opentelemetry/api';"],
  ['client/traces.ts', "import '@opentelemetry/api';"],
  [
    'adapters/inbound/rest/tells.ts',
    "import type { a } from '../../../ports/outbound/tracing.js';",
  ],
  ['domain/b.ts', "import { a } from './a.js';"],
  ['domain/circle-of-types.ts', "import type { a } from './circle-of-types-closed.js';"],
  ['domain/circle-of-types-closed.ts', "import type { a } from './circle-of-types.js';"],
  ['ports/inbound/d.ts', "import type { a } from '../../domain/a.js';"],
  ['adapters/inbound/rest/b.ts', "import { a } from './a.js';"],
  ['adapters/inbound/rest/c.ts', "import { a } from '../../../ports/outbound/logger.js';"],
  ['adapters/inbound/rest/d.ts', "import { a } from '../../../ports/inbound/a.js';"],
  ['adapters/inbound/grpc/b.ts', "import { a } from '../../../proto/wire.js';"],
  ['adapters/outbound/disk/b.ts', "import 'yaml';"],
  ['adapters/outbound/disk/c.ts', "import { a } from '../../../ports/outbound/store.js';"],
  ['adapters/outbound/disk/d.ts', "import { a } from '../../../domain/a.js';"],
  ['bootstrap/b.ts', "import { a } from '../adapters/inbound/rest/a.js';"],
  ['client/b.ts', "import { a } from '../proto/wire.js';"],
  ['bench/b.ts', "import { a } from '../bootstrap/compose.js';"],
  ['examples/visit/b.ts', "import 'yaml';"],
  ['spec/house/b.ts', "import { a } from '../support/a.js';"],
];

const targets = [
  'adapters/inbound/grpc/handlers.ts',
  'adapters/inbound/rest/a.ts',
  'bench/a.ts',
  'bootstrap/compose.ts',
  'domain/a.ts',
  'ports/inbound/a.ts',
  'ports/inbound/administration.ts',
  'ports/inbound/locking.ts',
  'ports/outbound/logger.ts',
  'ports/outbound/store.ts',
  'ports/outbound/tracing.ts',
  'proto/wire.ts',
  'spec/support/a.ts',
];

interface Named {
  readonly name: string;
}

/** The part of dependency-cruiser's JSON that is looked at. */
interface CruiseResult {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly rules?: readonly Named[] }[];
  }[];
  readonly summary: { readonly ruleSetUsed: { readonly forbidden: readonly Named[] } };
}

function namesOf(things: readonly Named[]): readonly string[] {
  return [...new Set(things.map(({ name }) => name))].sort();
}

describe('The layering', () => {
  /** The rules that each planted file broke. */
  const broken = new Map<string, readonly string[]>();
  let rules: readonly string[];

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    const files: Record<string, string> = {
      'domain/circle-closed.ts': "import './circle.js';\nexport const circle = 1;\n",
    };
    for (const [from, statement] of [
      ...targets.map((target) => [target, ''] as const),
      ...violations.map(([, from, statement]) => [from, statement] as const),
      ...customs,
    ]) {
      files[from] = `${files[from] ?? 'export const a = 1;\n'}${statement}\n`;
    }
    const tree = new PlantedTree(files);
    try {
      const { stdout } = await tree.run('check:layers', 0, '--output-type json');
      const { modules, summary } = JSON.parse(stdout) as CruiseResult;
      for (const { source, dependencies } of modules) {
        broken.set(source, namesOf(dependencies.flatMap(({ rules }) => rules ?? [])));
      }
      rules = namesOf(summary.ruleSetUsed.forbidden);
    } finally {
      tree.remove();
    }
  });

  for (const [rule, from, statement] of violations) {
    it(`forbids ${from} to say ${statement} (${rule})`, () => {
      expect(broken.get(from)).to.include(rule);
    });
  }

  it('has no rule that was not seen to fail', () => {
    expect(rules).to.deep.equal(namesOf(violations.map(([name]) => ({ name }))));
  });

  for (const [from, statement] of customs) {
    it(`lets ${from} say ${statement}`, () => {
      expect(broken.get(from)).to.deep.equal([]);
    });
  }
});
