import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';

/** One way to write an input wrongly. */
export interface Fault {
  /** What is wrong, for whoever reads the failing test. */
  readonly what: string;
  /** Where, from the argument inwards: `['input', 'scopes', '0']`. */
  readonly path: readonly string[];
  /** What stands there; undefined: nothing. */
  readonly value: unknown;
  /** The path that the answer has to name, where it is not the place itself. */
  readonly named?: readonly string[];
}

const LONE_SURROGATE = 'a\ud800';
const LONGEST: Readonly<Record<string, number>> = {
  name: 100,
  profile: 100,
  description: 1000,
  reason: 1000,
  search: 200,
};
/** What may hold line breaks. */
const MANY_LINES = ['description', 'reason'];
/** Any text may be a token; what is none is simply not one. */
const ANY_TEXT = ['value'];
const SCOPE_LISTS = ['scopes', 'grants'];

const NO_SCOPES = [
  'read',
  'a:b:c',
  'a:',
  ':b',
  'a /b:c',
  'a/*/b:read',
  '**:read',
  'a*:read',
  'a:re*',
  'a//b:c',
  '/a:b',
  'a/:b',
  'a/..:read',
  './a:read',
  'a:..',
  'ä:read',
  '٣:read',
  'a:b\n',
  `${'a'.repeat(199)}:b`,
  '__proto__',
];

/** Values that no leaf of this type can be, each with its name. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  String: [5, -1.5, true, {}, []],
  ID: [true, 1.5, {}, []],
  Boolean: ['true', '', 0, 1, 'null', {}, []],
  Int: ['5', '', true, 1.5, 1e300, 2147483648, -2147483649, {}, []],
  DateTime: [
    '',
    'x',
    5,
    true,
    {},
    [],
    '2026-02-30T00:00:00Z',
    '2026-02-30',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00:00+25:00',
    '٢٠٢٦-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '2026-01-01T00:00:00Z\u0000',
    'now',
    '__proto__',
    LONE_SURROGATE,
    'x'.repeat(100_000),
  ],
  Duration: [
    '',
    'x',
    5,
    -1,
    true,
    {},
    [],
    'P1M',
    'P1Y',
    'PT0S',
    'P0D',
    'P',
    'PT',
    '-P1D',
    '+P1D',
    'P-1D',
    'P1.5D',
    'PT1.5S',
    'p1d',
    'P1D ',
    'P٣D',
    'P3651D',
    'P99999999999999999999D',
    'PT1S\u0000',
    '__proto__',
    LONE_SURROGATE,
    `P${'1'.repeat(100_000)}D`,
  ],
};

const NO_TIME = ['PT0S', 'P0D'];
/** What is wrong elsewhere and right here: a rotated token may end at once, an orphaned account may be lost at once. */
const RIGHT_HERE: Readonly<Record<string, readonly unknown[]>> = {
  overlap: NO_TIME,
  maximumOverlap: NO_TIME,
  orphanGrace: NO_TIME,
};
/** Lists that cannot be empty. */
const NEVER_EMPTY = ['scopes', 'audiences', 'groupIds', 'profiles', 'kinds', 'thresholds', 'channels'];

/**
 * Every way in which this argument can be wrong by itself, and every field inside it.
 * @param argument It, as served
 * @returns The faults, from the outside inwards
 */
export function faultsOfArgument(argument: GraphQLArgument): Fault[] {
  const { name, type, defaultValue } = argument;
  const faults = [...faultsAt([name], type)];
  // What has a default may be left out.
  return defaultValue === undefined
    ? faults
    : faults.filter(({ what, path }) => what !== 'missing' || path.length > 1);
}

function* faultsAt(path: readonly string[], type: GraphQLInputType): Generator<Fault> {
  if (isNonNullType(type)) {
    if (!/^\d+$/.test(path.at(-1) ?? '')) yield { what: 'missing', path, value: undefined };
    yield { what: 'null', path, value: null };
    yield* faultsAt(path, type.ofType);
  } else if (isListType(type)) {
    yield* faultsOfList(path);
    yield* faultsAt([...path, '0'], type.ofType);
  } else if (isInputObjectType(type)) {
    for (const value of [5, 'x', true, []])
      yield { what: `${JSON.stringify(value)} for an object`, path, value };
    for (const unknown of ['nope', 'constructor', 'toString', 'hasOwnProperty', 'name ']) {
      if (/\W/.test(unknown)) continue;
      yield { what: 'a field that does not exist', path: [...path, unknown], value: 1 };
    }
    for (const { name, type: inner, defaultValue } of Object.values(type.getFields())) {
      const faults = [...faultsAt([...path, name], inner)];
      // What has a default may be left out.
      yield* defaultValue === undefined ? faults : faults.filter(({ what }) => what !== 'missing');
    }
  } else {
    yield* faultsOfLeaf(path, type);
  }
}

function* faultsOfLeaf(path: readonly string[], type: GraphQLInputType): Generator<Fault> {
  const { name } = getNamedType(type);
  const wrong = isEnumType(type)
    ? ['NOPE', '', 5, true, {}, '__proto__', 'constructor']
    : (WRONG[name] ?? []);
  const right = RIGHT_HERE[path.at(-1) ?? ''] ?? [];
  for (const value of wrong) {
    if (right.includes(value)) continue;
    yield { what: `${JSON.stringify(value).slice(0, 40)} for ${name}`, path, value };
  }
  if (name === 'String') yield* faultsOfText(path);
  if (name === 'Int') {
    // Any number of tokens may be expected, as many are there, or not; any version, and then it is a stale one; days go
    // up to a year.
    const field = path.at(-1) ?? '';
    const wrongNumbers = { expectedCount: [-1], expectedVersion: [], days: [0, -1, 367] }[field] ?? [
      0, -1, 101,
    ];
    for (const value of wrongNumbers) yield { what: `the number ${value}`, path, value };
  }
}

function* faultsOfText(path: readonly string[]): Generator<Fault> {
  const field = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
  yield { what: 'NUL', path, value: 'a\u0000b' };
  yield { what: 'a lone surrogate', path, value: LONE_SURROGATE };
  yield { what: 'a lone low surrogate', path, value: '\udc00a' };
  if (ANY_TEXT.includes(field)) return;
  yield { what: 'empty', path, value: '' };
  yield { what: 'blank', path, value: ' \t ' };
  yield { what: 'only invisible', path, value: '\u200b\u2060' };
  for (const control of ['\u0001', '\u001b[31m', '\u007f', '\u0085', '\u2028', '\u2029']) {
    yield { what: `control character ${JSON.stringify(control)}`, path, value: `a${control}b` };
  }
  if (!MANY_LINES.includes(field)) yield { what: 'two lines', path, value: 'a\nb' };
  yield { what: 'one code point too long', path, value: '😀'.repeat((LONGEST[field] ?? 5000) + 1) };
  yield { what: 'a hundred thousand characters', path, value: 'a'.repeat(100_000) };
  if (SCOPE_LISTS.includes(field)) {
    for (const value of NO_SCOPES)
      yield { what: `the scope ${JSON.stringify(value).slice(0, 40)}`, path, value };
  }
}

function* faultsOfList(path: readonly string[]): Generator<Fault> {
  const field = path.at(-1) ?? '';
  const many = (item: string, count: number) =>
    Array.from({ length: count }, (_, i) => item.replace('N', `${i}`));
  if (SCOPE_LISTS.includes(field)) {
    yield { what: '101 scopes', path, value: many('dataset/sales/aN:read', 101) };
    yield { what: 'the second of three', path: [...path, '1'], value: 'no scope' };
  }
  if (NEVER_EMPTY.includes(field)) yield { what: 'an empty list', path, value: [] };
  if (['ids', 'groupIds'].includes(field)) yield { what: '101 ids', path, value: many('N', 101) };
  if (field === 'scopes') {
    const long = many(`dataset/sales/${'a'.repeat(150)}N:read`, 20);
    yield { what: 'more than 2,000 characters of scopes', path, value: long };
  }
  yield { what: 'a list of lists', path: [...path, '0'], value: [[]] };
}
