import { unavailable, type Problem } from '@tokenwarden/vocabulary';
import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

// Postgres classes and codes that speak of the server's state, not of the statement: connection lost (08), resources
// (53), operator intervention and shutdown (57), read-only after a failover (25006), a lock, statement or idle time-out.
const TROUBLE = /^(08...|53...|57P0[1-5]|57014|55P03|25P03|25006|40001|40P01|XX000|58...)$/;

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

// node-postgres and its pool report these without a code.
const WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|connection is not (yet )?(established|queryable)|Cannot use a pool after|not queryable/i;

// TypeORM lets go of a connection that ends while nothing runs on it; the next statement of the transaction learns so.
const LOST_BETWEEN_STATEMENTS = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

/** The problem `UNAVAILABLE` where `error` speaks of Postgres being gone, full or too slow; else undefined. */
export function storageProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  const isTrouble =
    (typeof code === 'string' && (TROUBLE.test(code) || NETWORK.has(code))) ||
    WORDS.test(error.message) ||
    LOST_BETWEEN_STATEMENTS.some((one) => error instanceof one) ||
    hasTroubleInside(error);
  return isTrouble
    ? unavailable('The database does not answer. Try again in a moment.', { cause: error })
    : undefined;
}

// Happy-eyeballs connection attempts fail as an AggregateError that carries one error an address.
function hasTroubleInside(error: Error): boolean {
  return error instanceof AggregateError && error.errors.some((inner) => storageProblem(inner) !== undefined);
}
