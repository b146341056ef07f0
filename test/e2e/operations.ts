import { randomUUID } from 'node:crypto';
import { graphql } from '../harness/index.js';
import type { Cast } from './cast.js';
import { changeToken } from './token-calls.js';

/** One valid call of an operation. */
export interface ValidCall {
  readonly args: Readonly<Record<string, unknown>>;
  /** What is asked of the answer; nothing for a scalar. */
  readonly selection: string;
  /** What the answer holds where the caller sees what it asked about. */
  readonly evidence: string;
}

type Preparation = (cast: Cast) => Promise<ValidCall> | ValidCall;

const NODES = '{ nodes { id } }';
let names = 0;

async function graceToken(cast: Cast, before?: 'suspendToken') {
  const target = await cast.graceIssues();
  if (before && cast.credentials.grace)
    await changeToken(cast.url, cast.credentials.grace, before, target.id);
  return target;
}

/** A service account of data engineering that nobody else is called about. */
async function freshAccount(cast: Cast): Promise<string> {
  const groupIds = [cast.groups['data-engineering']];
  const document = `mutation ($input: CreateServiceAccountInput!) {
    createServiceAccount(input: $input) { serviceAccount { id } }
  }`;
  const input = { name: `account ${(names += 1)}`, groupIds };
  const made = await graphql<{ createServiceAccount: { serviceAccount: { id: string } } }>(
    cast.url,
    cast.credentials.ada,
    document,
    { input },
  );
  return made.data.createServiceAccount.serviceAccount.id;
}

const byId = (id: string, selection = '{ id }'): ValidCall => ({ args: { id }, selection, evidence: id });
const list = (evidence: string): ValidCall => ({ args: {}, selection: NODES, evidence });
const change = (id: string): ValidCall => ({
  args: { input: { id } },
  selection: '{ token { id } }',
  evidence: id,
});
const accountChange = (id: string): ValidCall => ({
  args: { input: { id } },
  selection: '{ serviceAccount { id } }',
  evidence: id,
});

/** Everything that can be asked of the policy, with nothing wrong but its version. */
const POLICY_CHANGE = {
  expectedVersion: 2_000_000,
  changes: {
    profiles: [
      {
        name: 'everything',
        description: 'For everybody',
        maximum: 'P30D',
        default: 'P7D',
        kinds: ['USER', 'SERVICE_ACCOUNT'],
        defaultFor: ['USER', 'SERVICE_ACCOUNT'],
      },
    ],
    maximumOverlap: 'P1D',
    orphanGrace: 'P1D',
    requireScopes: false,
    expiryWarnings: { enabled: true, thresholds: ['P1D'], schedule: '0 8 * * *', channels: ['EMAIL'] },
    purge: { enabled: true, after: 'P1D', schedule: '0 8 * * *' },
    idleRevocation: { enabled: false, after: 'P1D', schedule: '0 8 * * *' },
  },
  existingTokens: 'CAP',
  enforceFrom: '2026-11-24T14:00:00Z',
  reason: 'Why not',
};

/**
 * How every operation is called with nothing wrong: about a token of grace's, her group data-engineering, its account
 * `nightly-etl`, or herself. An operation that is missing here fails the suites that walk through the schema.
 */
export const VALID_CALLS: Readonly<Record<string, Preparation>> = {
  'Query.viewer': () => ({ args: {}, selection: '{ expiresAt }', evidence: 'expiresAt' }),
  'Query.node': async (cast) => byId((await graceToken(cast)).id),
  'Query.token': async (cast) => byId((await graceToken(cast)).id),
  'Query.tokens': async (cast) => list((await graceToken(cast)).id),
  'Query.expiryForecast': () => ({ args: { days: 1 }, selection: '{ date }', evidence: 'date' }),
  'Query.inspectToken': async (cast) => {
    const { id, value } = await graceToken(cast);
    return { args: { value }, selection: '{ id }', evidence: id };
  },
  'Query.resolveToken': async (cast) => {
    const { id, value } = await graceToken(cast);
    return { args: { value }, selection: '{ tokenId }', evidence: id };
  },
  'Query.serviceAccounts': (cast) => list(cast.etlAccount),
  'Query.serviceAccount': (cast) => byId(cast.etlAccount),
  'Query.users': (cast) => list(cast.users.grace),
  'Query.groups': (cast) => list(cast.groups['data-engineering'] ?? ''),
  'Query.policy': () => ({ args: {}, selection: '{ version }', evidence: 'version' }),
  'Query.policyHistory': () => ({
    args: {},
    selection: '{ nodes { version } }',
    evidence: 'version',
  }),
  // The first version is in force all the time: nobody here changes the policy.
  'Query.policyImpact': () => ({
    args: { input: { ...POLICY_CHANGE, expectedVersion: 1 } },
    selection: '{ principals }',
    evidence: 'principals',
  }),
  'Query.auditEvents': () => list('id'),
  'Query.housekeepingTasks': () => ({ args: {}, selection: '{ task }', evidence: 'DIRECTORY_SYNC' }),
  'Query.housekeepingRuns': () => list('id'),
  'Mutation.createUserToken': () => ({
    args: { input: { name: 'made by whoever may' } },
    selection: '{ token { id } }',
    evidence: 'id',
  }),
  'Mutation.createServiceAccountToken': ({ etlAccount }) => ({
    args: { input: { name: 'made by whoever may', serviceAccountId: etlAccount } },
    selection: '{ token { id } }',
    evidence: 'id',
  }),
  'Mutation.rotateToken': async (cast) => ({ ...change((await graceToken(cast)).id), evidence: 'id' }),
  'Mutation.updateToken': async (cast) => {
    const { id } = await graceToken(cast);
    return { ...change(id), args: { input: { id, name: 'renamed' } } };
  },
  'Mutation.revokeToken': async (cast) => change((await graceToken(cast)).id),
  'Mutation.revokeTokens': async (cast) => ({
    args: { input: { filter: { ids: [(await graceToken(cast)).id] }, reason: 'lost' } },
    selection: '{ revoked }',
    evidence: '"revoked":1',
  }),
  'Mutation.suspendToken': async (cast) => change((await graceToken(cast)).id),
  'Mutation.resumeToken': async (cast) => change((await graceToken(cast, 'suspendToken')).id),
  'Mutation.createServiceAccount': ({ groups }) => ({
    args: { input: { name: `account ${(names += 1)}`, groupIds: [groups['data-engineering']] } },
    selection: '{ serviceAccount { id } }',
    evidence: 'id',
  }),
  'Mutation.updateServiceAccount': async (cast) => {
    const id = await freshAccount(cast);
    return { ...accountChange(id), args: { input: { id, description: 'Another one.' } } };
  },
  'Mutation.suspendServiceAccount': async (cast) => accountChange(await freshAccount(cast)),
  'Mutation.resumeServiceAccount': async (cast) => accountChange(await freshAccount(cast)),
  'Mutation.deleteServiceAccount': async (cast) => {
    const id = await freshAccount(cast);
    return { ...accountChange(id), selection: '{ id revokedTokens }' };
  },
  'Mutation.setGroupGrants': ({ groups }) => ({
    args: { input: { groupId: groups['analysts'], grants: ['dataset/sales/*:read'] } },
    selection: '{ group { id } }',
    evidence: groups['analysts'] ?? '',
  }),
  // From a version that is never there: whoever may change the policy learns that, and nothing is changed.
  'Mutation.updatePolicy': () => ({
    args: { input: POLICY_CHANGE },
    selection: '{ policy { version } }',
    evidence: 'version',
  }),
  'Mutation.runHousekeeping': () => ({
    args: { input: { task: 'DIRECTORY_SYNC', dryRun: true } },
    selection: '{ run { id } }',
    evidence: 'id',
  }),
  // Nothing is held in the demo: whoever may accept learns that there is no such run.
  'Mutation.acceptDirectoryChanges': () => ({
    args: { input: { runId: randomUUID() } },
    selection: '{ run { id } }',
    evidence: 'id',
  }),
};
