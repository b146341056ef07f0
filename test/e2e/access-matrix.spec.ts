import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, headersFor, signIn, startProduct, type RunningProduct } from '../harness/index.js';
import { CALLERS, castOf, type CallerName, type Cast } from './cast.js';
import { VALID_CALLS } from './operations.js';
import { rootFieldsOf, servedSchema, type RootField } from './served-schema.js';

/**
 * What becomes of a call about a token of grace's, of her group or of its account. `yes`: it is done, or shown. `no`: the
 * answer is there and does not hold it. Else the code. 401 is UNAUTHENTICATED with nothing of the answer.
 */
const GRAPHQL = `
                                   nobody dead suspended edsger    grace     ada          graceToken adaToken  etlToken  gatewayToken
Query.viewer                       401    401  401       yes       yes       yes          yes        yes       yes       yes
Query.node                         401    401  401       no        yes       yes          no         yes       no        no
Query.token                        401    401  401       no        yes       yes          no         yes       no        no
Query.tokens                       401    401  401       no        yes       yes          no         yes       no        no
Query.expiryForecast               401    401  401       yes       yes       yes          yes        yes       yes       yes
Query.inspectToken                 401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Query.resolveToken                 401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN yes
Query.serviceAccounts              401    401  401       no        yes       yes          no         yes       yes       no
Query.serviceAccount               401    401  401       no        yes       yes          no         yes       yes       no
Query.users                        401    401  401       no        yes       yes          yes        yes       no        no
Query.groups                       401    401  401       no        yes       yes          yes        yes       yes       no
Query.policy                       401    401  401       yes       yes       yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Query.policyHistory                401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Query.policyImpact                 401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Query.auditEvents                  401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Query.housekeepingTasks            401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Query.housekeepingRuns             401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.createUserToken           401    401  401       yes       yes       yes          FORBIDDEN  FORBIDDEN FORBIDDEN FORBIDDEN
Mutation.createServiceAccountToken 401    401  401       NOT_FOUND yes       NOT_A_MEMBER FORBIDDEN  FORBIDDEN FORBIDDEN FORBIDDEN
Mutation.rotateToken               401    401  401       NOT_FOUND yes       FORBIDDEN    FORBIDDEN  FORBIDDEN FORBIDDEN FORBIDDEN
Mutation.updateToken               401    401  401       NOT_FOUND yes       FORBIDDEN    NOT_FOUND  FORBIDDEN NOT_FOUND NOT_FOUND
Mutation.revokeToken               401    401  401       NOT_FOUND yes       yes          NOT_FOUND  yes       NOT_FOUND NOT_FOUND
Mutation.revokeTokens              401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.suspendToken              401    401  401       NOT_FOUND yes       yes          NOT_FOUND  yes       NOT_FOUND NOT_FOUND
Mutation.resumeToken               401    401  401       NOT_FOUND yes       yes          NOT_FOUND  yes       NOT_FOUND NOT_FOUND
Mutation.createServiceAccount      401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.updateServiceAccount      401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.suspendServiceAccount     401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.resumeServiceAccount      401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.deleteServiceAccount      401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.setGroupGrants            401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.runHousekeeping           401    401  401       FORBIDDEN FORBIDDEN yes          FORBIDDEN  yes       FORBIDDEN FORBIDDEN
Mutation.acceptDirectoryChanges    401    401  401       FORBIDDEN FORBIDDEN NOT_FOUND    FORBIDDEN  NOT_FOUND FORBIDDEN FORBIDDEN
Mutation.updatePolicy              401    401  401       FORBIDDEN FORBIDDEN VERSION_CONFLICT FORBIDDEN VERSION_CONFLICT FORBIDDEN FORBIDDEN
`;

/** HTTP statuses. The session of a person is nobody at OAuth's endpoints. */
const HTTP = `
                                            nobody dead suspended edsger grace ada graceToken adaToken etlToken gatewayToken
GET /audit/events.ndjson                    401    401  401       403    403   200 403        200      403      403
POST /oauth2/introspect                     401    401  401       401    401   401 403        200      403      200
POST /oauth2/revoke                         200    401  401       401    401   401 200        200      200      200
GET /.well-known/jwks.json                  200    200  200       200    200   200 200        200      200      200
GET /.well-known/oauth-authorization-server 200    200  200       200    200   200 200        200      200      200
GET /.well-known/openid-configuration       200    200  200       200    200   200 200        200      200      200
GET /health/live                            200    200  200       200    200   200 200        200      200      200
GET /health/ready                           200    200  200       200    200   200 200        200      200      200
GET /metrics                                200    200  200       200    200   200 200        200      200      200
GET /                                       404    404  404       404    404   404 404        404      404      404
POST /tokens                                404    404  404       404    404   404 404        404      404      404
`;

type Row = Readonly<Record<string, string>>;

function rowsOf(table: string): ReadonlyMap<string, Row> {
  const [, head = '', ...lines] = table.trimEnd().split('\n');
  const callers = head.trim().split(/\s+/);
  return new Map(
    lines.map((line) => {
      const cells = line.trim().split(/\s+/);
      const title = cells.slice(0, cells.length - callers.length).join(' ');
      const outcomes = cells.slice(-callers.length);
      return [title, Object.fromEntries(callers.map((caller, i) => [caller, outcomes[i] ?? '']))];
    }),
  );
}

let product: RunningProduct;
let cast: Cast;
let rootFields: RootField[];

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
  rootFields = rootFieldsOf(await servedSchema(product.url));
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

/** What becomes of one call, in the words of the table. */
async function outcomeOf({ operation, title, field }: RootField, caller: CallerName): Promise<string> {
  const prepare = VALID_CALLS[title];
  if (!prepare) return 'nobody knows how to call it';
  const { args, selection, evidence } = await prepare(cast);
  const declared = field.args.filter(({ name }) => name in args);
  const variables = declared.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const given = declared.map(({ name }) => `${name}: $${name}`).join(', ');
  const document = `${operation} ${variables && `(${variables})`} { it: ${field.name}${given && `(${given})`} ${selection} }`;
  const answer = await graphql(product.url, cast.credentials[caller], document, args);
  if (answer.status !== 200) return String(answer.status);
  if (answer.code !== undefined) return answer.code;
  return JSON.stringify(answer.data).includes(evidence) ? 'yes' : 'no';
}

async function statusOf(route: string, caller: CallerName): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const headers = headersFor(cast.credentials[caller]);
  const isOAuth = path.startsWith('/oauth2/');
  const token = isOAuth ? (await cast.graceIssues()).value : '';
  const body = method === 'GET' ? null : isOAuth ? new URLSearchParams({ token }) : '{}';
  if (typeof body === 'string') headers['content-type'] = 'application/json';
  const answer = await fetch(`${product.url}${path}`, { method, headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

async function rowOf(outcome: (caller: CallerName) => Promise<unknown>): Promise<Row> {
  const cells = await Promise.all(CALLERS.map(async (caller) => [caller, String(await outcome(caller))]));
  return Object.fromEntries(cells) as Row;
}

describe('the table of who may call what', () => {
  it('has a row for every operation of the served schema, and none for another', () =>
    expect([...rowsOf(GRAPHQL).keys()].sort()).toEqual(rootFields.map(({ title }) => title).sort()));

  it.each([...rowsOf(GRAPHQL)])('holds for %s', async (title, expected) => {
    const rootField = rootFields.find((field) => field.title === title);
    expect(await rowOf(async (caller) => rootField && outcomeOf(rootField, caller))).toEqual(expected);
  });

  it.each([...rowsOf(HTTP)])('holds for %s', async (route, expected) =>
    expect(await rowOf((caller) => statusOf(route, caller))).toEqual(expected),
  );
});

describe('a token, about itself,', () => {
  it.each(['graceToken', 'etlToken'] as const)('is shown and may end itself: %s', async (caller) => {
    const credentials = cast.credentials[caller];
    const shown = await graphql<{ viewer: { token: { id: string } } }>(
      product.url,
      credentials,
      '{ viewer { token { id } } }',
    );
    const { id } = shown.data.viewer.token;
    const rename = 'mutation ($id: ID!) { updateToken(input: { id: $id, name: "mine" }) { token { id } } }';
    expect((await graphql(product.url, credentials, rename, { id })).code).toBe('FORBIDDEN');
    const end = 'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { id status } } }';
    expect((await graphql(product.url, credentials, end, { id })).data).toEqual({
      revokeToken: { token: { id, status: 'REVOKED' } },
    });
    expect((await graphql(product.url, credentials, '{ viewer { expiresAt } }')).status).toBe(401);
  });
});

describe('a session that was signed out', () => {
  it('is nobody', async () => {
    const session = await signIn(product.url, 'grace');
    const end = { method: 'DELETE', headers: headersFor(session) };
    expect((await fetch(`${product.url}/session`, end)).status).toBe(204);
    expect((await graphql(product.url, session, '{ viewer { expiresAt } }')).code).toBe('UNAUTHENTICATED');
    expect((await fetch(`${product.url}/session`, { method: 'DELETE' })).status).toBe(401);
  });
});
