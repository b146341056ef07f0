import { isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headersFor, startProduct, type GraphQLFailure, type RunningProduct } from '../harness/index.js';
import { castOf, type Cast } from './cast.js';
import { byLiterals, byVariables, withFault, type Place, type Sent } from './faulty-calls.js';
import { faultsOfArgument, type Fault } from './faulty-values.js';
import { VALID_CALLS } from './operations.js';
import { rootFieldsOf, servedSchema } from './served-schema.js';

/** How fields inside an answer are reached that take arguments of their own. */
const INSIDE: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'User.tokens': ['viewer { user {', '} }'],
  'ServiceAccount.tokens': ['serviceAccounts { nodes {', '} }'],
  'ServiceAccount.members': ['serviceAccounts { nodes {', '} }'],
  'UserToken.usage': ['viewer { user { tokens(first: 1) { nodes { ... on UserToken {', '} } } } }'],
  'ServiceAccountToken.usage': [
    'tokens(first: 1, filter: { kind: SERVICE_ACCOUNT }) { nodes { ... on ServiceAccountToken {',
    '} } }',
  ],
  'Group.members': ['groups { nodes {', '} }'],
  'PolicyImpact.tokens': [
    'policyImpact(input: { expectedVersion: 1, changes: { orphanGrace: "P1D" } }) {',
    '}',
  ],
  'Group.serviceAccounts': ['groups { nodes {', '} }'],
};
/** What only a member may do; everything else ada does. */
const DONE_BY_GRACE = ['Mutation.createServiceAccountToken', 'Mutation.rotateToken', 'Mutation.updateToken'];
const AT_ONCE = 8;

interface Answer {
  readonly status: number;
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFailure[];
}

let product: RunningProduct;
let cast: Cast;
let places: Place[];
let unreached: string[];

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
  const schema = await servedSchema(product.url);
  places = [];
  for (const { operation, title, field } of rootFieldsOf(schema)) {
    const call = await VALID_CALLS[title]?.(cast);
    if (!call) throw new Error(`Nobody knows how to call ${title}.`);
    const { args, selection } = call;
    places.push({ title, operation, around: ['', ''], name: field.name, takes: field.args, args, selection });
  }
  const roots = [schema.getQueryType(), schema.getMutationType()];
  const inside = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__') || !isObjectType(type) || roots.includes(type)) return [];
    const fields = Object.values(type.getFields()).filter(({ args }) => args.length > 0);
    return fields.map((field) => ({ title: `${type.name}.${field.name}`, field }));
  });
  for (const { title, field } of inside) {
    const around = INSIDE[title];
    if (!around) continue;
    const { name, args: takes } = field;
    places.push({ title, operation: 'query', around, name, takes, args: {}, selection: '{ __typename }' });
  }
  unreached = inside.map(({ title }) => title).filter((title) => !INSIDE[title]);
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

async function send({ title }: Pick<Place, 'title'>, body: Sent | string): Promise<Answer> {
  const caller = cast.credentials[DONE_BY_GRACE.includes(title) ? 'grace' : 'ada'];
  const answer = await fetch(`${product.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersFor(caller) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, ...((await answer.json()) as Omit<Answer, 'status'>) };
}

/** How many things have been done, as the audit trail knows: refusals are not counted. */
async function changes(): Promise<number> {
  const headers = headersFor(cast.credentials.ada);
  const answer = await fetch(`${product.url}/audit/events.ndjson`, { headers });
  return (await answer.text()).split('\n').filter((line) => line.includes('"outcome":"SUCCEEDED"')).length;
}

const fieldOf = (path: readonly string[]) =>
  (path[0] === 'input' && path.length > 1 ? path.slice(1) : path).join('.');

/** What is not as it should be about a refusal; nothing: all is well. */
function complaint(
  { status, errors = [] }: Answer,
  code: string,
  field: string | undefined,
): string | undefined {
  const [first] = errors;
  if (!first) return `${status}, no error`;
  const extras = Object.keys(first.extensions).filter((key) => !['code', 'field', 'requestId'].includes(key));
  const got = { status: [200, 400].includes(status) ? 'fine' : status, ...first.extensions, extras };
  const wanted = { status: 'fine', code, ...(field === undefined ? {} : { field }), extras: [] };
  const { requestId, ...rest } = got;
  const isAlike = JSON.stringify(sorted(rest)) === JSON.stringify(sorted(wanted));
  if (isAlike && requestId && first.message.length <= 400) return undefined;
  return `${status} ${JSON.stringify(first).slice(0, 300)}`;
}

const sorted = (members: object) => Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<string[]>): Promise<string[]> {
  const left = [...items];
  const found: string[] = [];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) found.push(...(await work(item)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

type Writer = (place: Place, args: Record<string, unknown>) => Sent;

/** Tries all faults of all places and gives what was answered otherwise than by `INVALID_INPUT` and the field. */
async function wronglyAnswered(write: Writer, isMeant: (fault: Fault) => boolean): Promise<string[]> {
  const tries = places.flatMap((place) =>
    place.takes
      .flatMap((argument) => faultsOfArgument(argument))
      .filter((fault) => isMeant(fault) && isWorthTrying(place, fault) && !isTriedAlready(write, fault))
      .map((fault) => ({ place, fault })),
  );
  expect(tries.length).toBeGreaterThan(20);
  return await inTurns(tries, async ({ place, fault }) => {
    const answer = await send(place, write(place, withFault(place, fault)));
    const field = fieldOf(fault.path);
    const found = complaint(answer, 'INVALID_INPUT', isUnwritable(write, fault) ? undefined : field);
    return found === undefined ? [] : [`${place.title} ${field}, ${fault.what}: ${found}`];
  });
}

// How a text is spelt inside its quotes is told apart after both ways have met: one of them tries it all.
const isTriedAlready = (write: Writer, { what }: Fault) =>
  write === byLiterals && /^(control character|the scope)/.test(what);
// GraphQL cannot write half a character: such a document is none, so no field of it is at fault.
const isUnwritable = (write: Writer, { value }: Fault) =>
  write === byLiterals && typeof value === 'string' && /\p{Surrogate}/u.test(value);

/** Where a list stands inside an answer, its filter is that of a root field: there one of each kind is enough. */
const isWorthTrying = ({ title }: Place, { path, what, value }: Fault) =>
  INSIDE[title] === undefined || path.length === 1 || what === 'null' || what === 'NUL' || value === 5;
const isLarge = ({ value }: Fault) =>
  Array.isArray(value) || (typeof value === 'string' && value.length > 5_000);
const isAbsent = ({ what }: Fault) => what === 'missing' || what === 'null';
const WAYS = [
  ['as variables', byVariables],
  ['as literals', byLiterals],
] as const;

describe('every argument and every field of an input', () => {
  it('is reached by these tests', () => expect(unreached).toEqual([]));

  describe.each(WAYS)('%s', (_, write) => {
    let before: number;
    beforeAll(async () => void (before = await changes()));

    it(
      'is refused by its name where it must be there and is not',
      async () => expect(await wronglyAnswered(write, isAbsent)).toEqual([]),
      60_000,
    );

    it(
      'is refused by its name where it is not what it should be',
      async () =>
        expect(await wronglyAnswered(write, (fault) => !isAbsent(fault) && !isLarge(fault))).toEqual([]),
      120_000,
    );

    it(
      'is refused by its name where it is too much',
      async () => expect(await wronglyAnswered(write, isLarge)).toEqual([]),
      60_000,
    );

    it('changes nothing where it was refused', async () => expect(await changes()).toBe(before));
  });
});
