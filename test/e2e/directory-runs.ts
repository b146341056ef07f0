import { graphql, type Credentials } from '../harness/index.js';
import { until } from './waiting.js';

/** A run as GraphQL gives it. */
export interface ShownRun {
  readonly id: string;
  readonly task: string;
  readonly trigger: string;
  readonly state: string;
  readonly dryRun: boolean;
  readonly startedBy: { readonly kind: string; readonly name: string };
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly examined: number;
  readonly affected: number;
  readonly error: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

const RUN =
  'id task trigger state dryRun startedBy { kind name } startedAt finishedAt examined affected error details';
const ENDS_WITHIN_SECONDS = 30;

/**
 * Asks for a synchronisation of the directory, whatever comes of it.
 * @param url The product's
 * @param caller Who asks
 * @param dryRun Whether it is only to say what it would do
 * @returns The answer, to be looked at for refusals
 */
export async function askForSync(url: string, caller: Credentials, dryRun = false) {
  return await graphql<{ runHousekeeping: { run: ShownRun } }>(
    url,
    caller,
    `mutation ($input: RunHousekeepingInput!) { runHousekeeping(input: $input) { run { ${RUN} } } }`,
    { input: { task: 'DIRECTORY_SYNC', dryRun } },
  );
}

/**
 * Synchronises the directory now, and waits until that is over. A run that was under way already has perhaps read what
 * was there before: it is waited for, and then another one is asked for.
 * @param url The product's
 * @param caller With `housekeeping:run`
 * @param dryRun Whether it is only to say what it would do
 * @returns The run, ended
 */
export async function syncNow(url: string, caller: Credentials, dryRun = false): Promise<ShownRun> {
  const before = new Set((await recentRuns(url, caller)).map(({ id }) => id));
  for (;;) {
    const { run } = (await askForSync(url, caller, dryRun)).data.runHousekeeping;
    const ended = await endOf(url, caller, run.id);
    if (!before.has(run.id)) return ended;
  }
}

/**
 * Waits for the end of a run.
 * @param url The product's
 * @param caller With `housekeeping:run`
 * @param id The run's
 * @returns The run as it then is
 */
export async function endOf(url: string, caller: Credentials, id: string): Promise<ShownRun> {
  let run: ShownRun | null = null;
  await until(
    async () => {
      const query = `query ($id: ID!) { node(id: $id) { ... on HousekeepingRun { ${RUN} } } }`;
      run = (await graphql<{ node: ShownRun | null }>(url, caller, query, { id })).data.node;
      return run?.state !== 'RUNNING';
    },
    { seconds: ENDS_WITHIN_SECONDS },
  );
  if (!run) throw new Error(`There is no run ${id}.`);
  return run;
}

/**
 * The newest runs of the directory's synchronisation, dry ones too.
 * @param url The product's
 * @param caller With `housekeeping:run`
 * @returns The newest first
 */
export async function recentRuns(url: string, caller: Credentials): Promise<readonly ShownRun[]> {
  const query = `{ housekeepingRuns(task: DIRECTORY_SYNC, first: 20) { nodes { ${RUN} } } }`;
  const answer = await graphql<{ housekeepingRuns: { nodes: ShownRun[] } }>(url, caller, query);
  return answer.data.housekeepingRuns.nodes;
}

/**
 * Accepts what a held run would do, whatever comes of it.
 * @param url The product's
 * @param caller Who accepts
 * @param runId The held run's
 * @param reason Kept in the trail
 * @returns The answer, to be looked at for refusals
 */
export async function acceptChanges(url: string, caller: Credentials, runId: string, reason?: string) {
  return await graphql<{ acceptDirectoryChanges: { run: ShownRun } }>(
    url,
    caller,
    `mutation ($input: AcceptDirectoryChangesInput!) { acceptDirectoryChanges(input: $input) { run { ${RUN} } } }`,
    { input: { runId, ...(reason !== undefined && { reason }) } },
  );
}
