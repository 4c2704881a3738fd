/** Who may import whom: the table of rooms, as rules. spec/house/layering.spec.ts sees each one fail. */

const packages = ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'];

export default {
  forbidden: [
    {
      name: 'imports-resolve',
      comment: 'An import that cannot be resolved would pass every other rule in silence.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circles',
      comment:
        'Types may speak of one another (a lock of its leases, a lease of its lock); code may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-stands-alone',
      comment: 'The domain imports itself only: no port, no package, nothing of Node.',
      severity: 'error',
      from: { path: '^domain/', pathNot: '^domain/(lock|administration)-service\\.ts$' },
      to: { pathNot: '^domain/' },
    },
    {
      name: 'lock-service-knows-outbound-ports',
      severity: 'error',
      from: { path: '^domain/(lock|administration)-service\\.ts$' },
      to: { pathNot: '^(domain|ports/outbound)/' },
    },
    {
      name: 'lock-service-knows-types-only',
      severity: 'error',
      from: { path: '^domain/(lock|administration)-service\\.ts$' },
      to: { path: '^ports/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'ports-know-the-domain',
      severity: 'error',
      from: { path: '^ports/' },
      to: { pathNot: '^(ports|domain)/' },
    },
    {
      name: 'ports-know-types-only',
      severity: 'error',
      from: { path: '^ports/' },
      to: { path: '^domain/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'inbound-adapters-know-their-ports',
      comment:
        'Their own folder, the inbound ports, logger and tracing, the domain, packages; gRPC its wire.',
      severity: 'error',
      from: { path: '^adapters/inbound/([^/]+)/' },
      to: {
        pathNot: [
          '^adapters/',
          '^ports/inbound/',
          '^ports/outbound/(logger|tracing)\\.ts$',
          '^domain/',
          '^proto/',
        ],
        dependencyTypesNot: packages,
      },
    },
    {
      name: 'outbound-adapters-know-their-ports',
      comment: 'Their own folder, the outbound ports, the domain, packages.',
      severity: 'error',
      from: { path: '^adapters/outbound/([^/]+)/', pathNot: '^adapters/outbound/tracing/' },
      to: {
        pathNot: ['^adapters/', '^ports/outbound/', '^domain/'],
        dependencyTypesNot: packages,
      },
    },
    {
      name: 'tracing-stands-before-the-locks',
      comment: 'It is what requests ask in place of the locks, and so knows that port of them too.',
      severity: 'error',
      from: { path: '^adapters/outbound/tracing/' },
      to: {
        pathNot: ['^adapters/', '^ports/outbound/', '^ports/inbound/locking\\.ts$', '^domain/'],
        dependencyTypesNot: packages,
      },
    },
    {
      name: 'only-tracing-knows-opentelemetry',
      severity: 'error',
      from: { pathNot: '^(adapters/outbound/tracing|client|spec|bench)/' },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'adapters-never-meet',
      comment: 'If two need the same thing, it is a port or it belongs to the domain.',
      severity: 'error',
      from: { path: '^adapters/([^/]+/[^/]+)/' },
      to: { path: '^adapters/', pathNot: '^adapters/$1/' },
    },
    {
      name: 'only-grpc-knows-the-wire',
      severity: 'error',
      from: { path: '^adapters/', pathNot: '^adapters/inbound/grpc/' },
      to: { path: '^proto/' },
    },
    {
      name: 'bootstrap-ships-alone',
      comment: 'What only developers need is not there where the server runs.',
      severity: 'error',
      from: { path: '^bootstrap/' },
      to: { path: '^(bench|examples)/' },
    },
    {
      name: 'proto-stands-alone',
      severity: 'error',
      from: { path: '^proto/' },
      to: { pathNot: '^proto/', dependencyTypesNot: packages },
    },
    {
      name: 'client-knows-the-wire',
      severity: 'error',
      from: { path: '^client/' },
      to: { pathNot: '^(client|proto)/', dependencyTypesNot: packages },
    },
    {
      name: 'examples-use-the-doors',
      comment: 'What an example shows, a program elsewhere can do: by the exports of the package.',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: { pathNot: '^(examples/$1|dist)/', dependencyTypesNot: packages },
    },
    {
      name: 'nobody-imports-specs',
      severity: 'error',
      from: { pathNot: '^spec/' },
      to: { path: '^spec/' },
    },
    {
      name: 'shipped-code-needs-no-developer',
      comment: 'A package that only `npm ci` brings is missing where the server is installed.',
      severity: 'error',
      from: { path: '^(domain|ports|adapters|bootstrap|proto|client)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
