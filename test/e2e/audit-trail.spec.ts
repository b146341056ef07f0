import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  headersFor,
  signIn,
  startProduct,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines, type AuditLine } from './audit-lines.js';
import { changeToken, userToken } from './token-calls.js';

jest.setTimeout(60_000);

let product: RunningProduct;
let url: string;
let ada: SignedIn;
let grace: SignedIn;

beforeAll(async () => {
  product = await startProduct();
  url = product.url;
  [ada, grace] = [await signIn(url, 'ada'), await signIn(url, 'grace')];
  const token = await userToken(url, grace, {
    name: 'Łódź “quoted” \\ 😀',
    scopes: ['dataset/b:read', 'dataset/a:read'],
  });
  await changeToken(url, grace, 'revokeToken', token.id, 'two\nlines');
});
afterAll(async () => {
  await product.stop();
});

/** The canonical form and the chain exactly as docs/operate/audit.md says. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

function hashOf(before: string, event: AuditLine): string {
  const { hash, ...content } = event;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  return createHash('sha256')
    .update(`${before}\n${canonical(content)}`)
    .digest('hex');
}

describe('the exported trail', () => {
  it('is a chain that anybody can recompute, without gaps from its first event', async () => {
    const events = await auditLines(url, ada);
    expect(events.length).toBeGreaterThan(15);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => String(index + 1)));
    let before = '0'.repeat(64);
    const broken = events.filter((event) => {
      const isBroken = hashOf(before, event) !== event.hash;
      before = event.hash;
      return isBroken;
    });
    expect(broken).toEqual([]);
  });

  it('breaks where an event is edited', async () => {
    const events = await auditLines(url, ada);
    const [last, edited] = [events.at(-2), events.at(-1)];
    expect(hashOf(last?.hash ?? '', { ...(edited as AuditLine), outcome: 'REFUSED' })).not.toBe(edited?.hash);
  });

  it('holds the same events as GraphQL gives, newest first there', async () => {
    const fields = 'id sequence occurredAt action outcome actor { kind name } targetId details hash';
    const seen = await graphql<{ auditEvents: { nodes: Record<string, unknown>[] } }>(
      url,
      ada,
      `{ auditEvents(first: 5) { nodes { ${fields} } } }`,
    );
    const nodes = seen.data.auditEvents.nodes;
    const exported = new Map((await auditLines(url, ada)).map((event) => [event.id, event]));
    for (const node of nodes) expect(exported.get(String(node['id']))).toMatchObject(node);
    const places = nodes.map(({ sequence }) => Number(sequence));
    expect(places).toEqual([...places].sort((a, b) => b - a));
  });

  it('begins at since, inclusive, and ends before until', async () => {
    const all = await auditLines(url, ada);
    const [since, until] = [all[5]?.occurredAt ?? '', all.at(-3)?.occurredAt ?? ''];
    const part = await auditLines(url, ada, `?since=${since}&until=${until}`);
    const expected = all.filter(({ occurredAt }) => occurredAt >= since && occurredAt < until);
    expect(part).toEqual(expected);
    expect(part.length).toBeGreaterThan(0);
  });

  it.each(['since=yesterday', 'until=2026-02-30T00:00:00Z', 'since=2026-01-01', 'from=2026-01-01T00:00:00Z'])(
    'is refused for ?%s, by name',
    async (query) => {
      const answer = await fetch(`${url}/audit/events.ndjson?${query}`, { headers: headersFor(ada) });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      const problem = (await answer.json()) as { code: string; field: string };
      expect([problem.code, problem.field]).toEqual(['INVALID_INPUT', query.split('=')[0]]);
    },
  );

  it('is for audit:read, and who asks without it is in it', async () => {
    const refused = await fetch(`${url}/audit/events.ndjson`, { headers: headersFor(grace) });
    expect(refused.status).toBe(403);
    const nobody = await fetch(`${url}/audit/events.ndjson`);
    expect(nobody.status).toBe(401);
    const last = (await auditLines(url, ada)).at(-1);
    expect(last).toMatchObject({
      action: 'authorization.refused',
      outcome: 'REFUSED',
      actor: { name: 'grace' },
    });
  });

  it('can be had by a token, which it names', async () => {
    const token = await userToken(url, ada, { scopes: ['audit:read', 'tokens:introspect'] });
    const events = await auditLines(url, { token: token.value });
    expect(events.at(-1)).toMatchObject({ action: 'token.created', targetId: token.id });
    const narrow = await userToken(url, ada, { scopes: ['tokens:introspect'] });
    const refused = await fetch(`${url}/audit/events.ndjson`, {
      headers: headersFor({ token: narrow.value }),
    });
    expect(refused.status).toBe(403);
    expect((await auditLines(url, ada)).at(-1)).toMatchObject({
      outcome: 'REFUSED',
      actorTokenId: narrow.id,
    });
  });
});

describe('docs/operate/audit.md', () => {
  it('shows code that gives the very hashes of the export', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/operate/audit.md'), 'utf8');
    const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const source = `${code}\nexport { hashOf };`;
    const shown = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
      hashOf(before: string, event: AuditLine): string;
    };
    const [first, second] = await auditLines(url, ada);
    expect(shown.hashOf('0'.repeat(64), first as AuditLine)).toBe(first?.hash);
    expect(shown.hashOf(first?.hash ?? '', second as AuditLine)).toBe(second?.hash);
  });
});
