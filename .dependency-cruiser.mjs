// Who may import whom: the rows of docs/internals/house.md, checked. A row imports from the rows below it.

/** Highest first. `embedded` stands beside them: it knows the settings only, and only the server knows it. */
export const ROWS = [
  ['server'],
  ['housekeeping'],
  ['issuing', 'resolving', 'sessions', 'inventory'],
  ['policy', 'consequences'],
  ['service-accounts'],
  ['signing', 'tokens', 'directory'],
  ['audit', 'notifications'],
  ['database', 'secrets'],
  ['settings', 'api', 'telemetry'],
  ['vocabulary'],
];

/** Of all rooms, these alone may sign or verify. */
const SIGNERS = ['sessions', 'resolving', 'issuing'];

/** Code that only tests run: specs, and what stands for them in a room's folder `test/`. */
const SPEC = '\\.spec\\.ts$|^libs/[^/]+/test/';
const rooms = (names) => `^libs/(${names.join('|')})/`;
const insideOf = (name) => (name === 'server' ? '^(apps/server/|ormconfig\\.ts$)' : `^libs/${name}/`);

const downwardOnly = ROWS.flatMap((row, level) =>
  row.map((name) => ({
    name: `${name}-imports-downward-only`,
    comment: 'A row imports from the rows below it, never sideways, never up.',
    severity: 'error',
    from: { path: insideOf(name) },
    to: {
      path:
        ROWS.slice(0, level + 1)
          .flat()
          .filter((other) => other !== name)
          .map(insideOf)
          .join('|') || '^$',
    },
  })),
);

export default {
  forbidden: [
    ...downwardOnly,
    {
      name: 'no-circle',
      comment: 'A circle has no bottom: find the fact that both need and put it below.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'through-the-door-only',
      comment: 'Another room is reached through its src/index.ts.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'through-the-door-only-from-outside',
      comment: 'A room is reached through its src/index.ts.',
      severity: 'error',
      from: { pathNot: '^libs/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'rules-are-pure',
      comment:
        'A *.rules.ts imports rules of its own room and the vocabulary, nothing else: values in, value out.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/.*\\.rules\\.ts$' },
      to: { pathNot: ['^libs/$1/.*\\.rules\\.ts$', '^libs/vocabulary/', '^(crypto|net)$'] },
    },
    {
      name: 'vocabulary-is-pure',
      comment: 'The words know no framework, no package and no I/O.',
      severity: 'error',
      from: { path: '^libs/vocabulary/', pathNot: SPEC },
      to: { pathNot: '^libs/vocabulary/' },
    },
    {
      name: 'signing-by-its-few',
      comment: 'Who can reach the signing room can make tokens.',
      severity: 'error',
      from: { path: '^libs/', pathNot: rooms(['signing', ...SIGNERS]) },
      to: { path: rooms(['signing']) },
    },
    {
      name: 'embedded-by-the-server-only',
      comment: 'What replaces a real database and directory on a first start is nobody else’s business.',
      severity: 'error',
      from: { pathNot: ['^libs/embedded/', '^apps/server/', '^test/harness/'] },
      to: { path: rooms(['embedded']) },
    },
    {
      name: 'embedded-knows-the-settings-only',
      comment: 'It runs before there is anything else.',
      severity: 'error',
      from: { path: rooms(['embedded']) },
      to: { path: '^(libs|apps)/', pathNot: rooms(['embedded', 'settings']) },
    },
    {
      name: 'seen-from-outside',
      comment: 'End-to-end and conformance tests know the product by its contract only.',
      severity: 'error',
      from: { path: '^test/(e2e|conformance)/' },
      to: { path: '^(apps|libs|ormconfig)' },
    },
    {
      name: 'product-knows-no-test',
      comment: 'Only specs and their fixtures import the harness.',
      severity: 'error',
      from: { path: '^(apps|libs|ormconfig)', pathNot: SPEC },
      to: { path: `^test/|${SPEC}` },
    },
    {
      name: 'product-needs-no-development-package',
      comment: 'What runs in production stands under "dependencies".',
      severity: 'error',
      from: { path: '^(apps|libs|ormconfig)', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '/@types/' },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/dist/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|bench)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
