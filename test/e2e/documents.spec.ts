import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { introspect, signIn, startProduct, type RunningProduct, type SignedIn } from '../harness/index.js';
import { gateway, userToken } from './token-calls.js';

jest.setTimeout(60_000);

let product: RunningProduct;
let url: string;
let grace: SignedIn;

beforeAll(async () => {
  product = await startProduct();
  url = product.url;
  grace = await signIn(url, 'grace');
});
afterAll(async () => {
  await product.stop();
});

describe('the published keys', () => {
  it('are public members only, and may be kept for 300 s', async () => {
    const answer = await fetch(`${url}/.well-known/jwks.json`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(answer.headers.get('cache-control')).toContain('max-age=300');
    const { keys } = (await answer.json()) as { keys: Record<string, string>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
    expect(keys[0]).toMatchObject({ alg: 'ES256', kty: 'EC', crv: 'P-256', use: 'sig' });
    expect(keys[0]?.['kid']).toMatch(/^tokenwarden-[a-z0-9-]+$/);
  });
});

describe('a token', () => {
  it('begins as every token does, so that secret scanners know it', async () => {
    const { value } = await userToken(url, grace);
    expect(value.startsWith('eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InRva2Vud2FyZGVuL')).toBe(true);
    const [header = '', payload = ''] = value
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    expect(header).toMatch(/^\{"alg":"ES256","typ":"at\+jwt","kid":"tokenwarden-[a-z0-9-]+"\}$/);
    const claims = JSON.parse(payload) as Record<string, unknown>;
    expect(Object.keys(claims).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sub']);
    expect(claims).toMatchObject({ iss: url, aud: url, sub: grace.user.id, client_id: claims['jti'] });
  });

  it('carries the scopes that were asked for, sorted and without what another covers', async () => {
    const { value } = await userToken(url, grace, {
      scopes: ['spark-job/a:run', 'dataset/*:read', 'dataset/*:read'],
    });
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ scope: 'dataset/*:read spark-job/a:run' });
  });
});

describe('the metadata', () => {
  const paths = ['oauth-authorization-server', 'openid-configuration'] as const;

  it.each(paths)('at %s names what is there, under the issuer', async (path) => {
    const answer = await fetch(`${url}/.well-known/${path}`);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const document = (await answer.json()) as Record<string, unknown>;
    expect(document).toMatchObject({
      issuer: url,
      jwks_uri: `${url}/.well-known/jwks.json`,
      introspection_endpoint: `${url}/oauth2/introspect`,
      revocation_endpoint: `${url}/oauth2/revoke`,
    });
    expect((await fetch(String(document['jwks_uri']))).status).toBe(200);
    for (const endpoint of ['introspection_endpoint', 'revocation_endpoint'])
      expect((await fetch(String(document[endpoint]))).status).toBe(405); // it is there, and wants POST
  });

  it('differs between the two only in what OpenID readers look for', async () => {
    const [oauth, openid] = (await Promise.all(
      paths.map(async (path) => (await fetch(`${url}/.well-known/${path}`)).json()),
    )) as Record<string, unknown>[];
    const more = ['id_token_signing_alg_values_supported', 'subject_types_supported'];
    expect(Object.keys(openid ?? {}).sort()).toEqual([...Object.keys(oauth ?? {}), ...more].sort());
    expect(openid).toMatchObject(oauth ?? {});
  });
});

describe('health', () => {
  it('is open, and tells who it is and nothing personal', async () => {
    const live = (await (await fetch(`${url}/health/live`)).json()) as { status: string; process: string };
    expect(live.status).toBe('live');
    expect(live.process).toMatch(/^.+\.1$/);
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([200, 'ready']);
  });
});

describe('the metrics', () => {
  it('are OpenMetrics text under the agreed names, counting what was asked', async () => {
    const gate = await gateway(url);
    const token = await userToken(url, grace);
    await introspect(url, gate, token.value);
    await introspect(url, gate, `${token.value}x`);
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('application/openmetrics-text');
    const text = await answer.text();
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(sampleOf(text, 'tokenwarden_resolve_total{endpoint="introspect",outcome="active"}')).toBe(1);
    expect(sampleOf(text, 'tokenwarden_resolve_total{endpoint="introspect",outcome="inactive"}')).toBe(1);
    expect(sampleOf(text, 'tokenwarden_resolve_duration_seconds_count')).toBeGreaterThan(1);
    expect(sampleOf(text, 'tokenwarden_tokens{kind="USER",status="ACTIVE"}')).toBeGreaterThan(0);
    expect(sampleOf(text, 'tokenwarden_tokens_ending{kind="USER",within="P7D"}')).toBeGreaterThan(0);
    const lastSuccess = sampleOf(text, 'tokenwarden_directory_last_success_timestamp_seconds');
    expect(Math.abs(lastSuccess - Date.now() / 1000)).toBeLessThan(600);
    for (const personal of ['grace', grace.user.id, token.id]) expect(text).not.toContain(personal);
  });
});

function sampleOf(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1).split(' ')[0]);
}
