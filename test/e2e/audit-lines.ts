import { headersFor, type Credentials } from '../harness/index.js';

/** One line of `GET /audit/events.ndjson`, as far as these tests look by name. */
export interface AuditLine {
  readonly id: string;
  readonly sequence: string;
  readonly occurredAt: string;
  readonly action: string;
  readonly outcome: 'SUCCEEDED' | 'REFUSED';
  readonly actor: { readonly kind: string; readonly id: string | null; readonly name: string };
  readonly actorTokenId: string | null;
  readonly targetType: string | null;
  readonly targetId: string | null;
  readonly details: unknown;
  readonly hash: string;
}

/**
 * The audit trail, oldest first.
 * @param url The product's
 * @param caller Somebody with `audit:read`
 * @param query `?since=…&until=…`, or nothing for all of it
 * @returns Its events
 * @throws Error where it was refused or broken off
 */
export async function auditLines(url: string, caller: Credentials, query = ''): Promise<AuditLine[]> {
  const answer = await fetch(`${url}/audit/events.ndjson${query}`, { headers: headersFor(caller) });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`The audit trail: ${answer.status} ${text}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine);
}
