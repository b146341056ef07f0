import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import { signIn, startProduct, type RunningProduct, type SignedIn } from '../harness/index.js';
import { gateway, userToken, type Gateway } from './issued-tokens.js';

/** The tests' product speaks plain http on loopback; everything else is the client's default. */
const http = { [oauth.allowInsecureRequests]: true };

let product: RunningProduct;
let server: oauth.AuthorizationServer;
let grace: SignedIn;
let asking: Gateway;

beforeAll(async () => {
  product = await startProduct();
  grace = await signIn(product.url, 'grace');
  asking = await gateway(product.url);
  const issuer = new URL(product.url);
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http });
  server = await oauth.processDiscoveryResponse(issuer, answer);
}, 90_000);

afterAll(async () => {
  await product?.stop();
});

const basic = (): oauth.ClientAuth => oauth.ClientSecretBasic(asking.token.value);
const bearer = (): oauth.ClientAuth => (_server, _client, _body, headers) => {
  headers.set('authorization', `Bearer ${asking.token.value}`);
};

async function introspect(token: string, authentication: oauth.ClientAuth) {
  const client = { client_id: asking.clientId };
  const answer = await oauth.introspectionRequest(server, client, authentication, token, http);
  return await oauth.processIntrospectionResponse(server, client, answer);
}

describe('oauth4webapi discovers', () => {
  it('the server as an OpenID client would, too', async () => {
    const issuer = new URL(product.url);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...http });
    expect(await oauth.processDiscoveryResponse(issuer, answer)).toMatchObject(server);
  });
});

describe('oauth4webapi introspects', () => {
  it('a user’s token with the account’s id and token as HTTP Basic', async () => {
    const token = await userToken(product.url, grace, { scopes: ['dataset/sales:read'] });
    const found = await introspect(token.value, basic());
    expect(found).toMatchObject({
      active: true,
      iss: server.issuer,
      sub: grace.user.id,
      jti: token.id,
      token_type: 'Bearer',
      scope: 'dataset/sales:read',
      username: 'grace',
    });
  });

  it('a user’s token with the account’s token as bearer', async () => {
    const token = await userToken(product.url, grace);
    expect(await introspect(token.value, bearer())).toMatchObject({ active: true, jti: token.id });
  });

  it('something that is no token', async () => {
    expect(await introspect('no-token', basic())).toEqual({ active: false });
  });

  it('nothing for a caller that nobody knows', async () => {
    const stranger = oauth.ClientSecretBasic('not-the-secret');
    await expect(introspect('no-token', stranger)).rejects.toMatchObject({ status: 401 });
  });
});

describe('oauth4webapi revokes', () => {
  it('a token as its holder, and introspection knows at once', async () => {
    const token = await userToken(product.url, grace);
    const answer = await oauth.revocationRequest(
      server,
      { client_id: token.id },
      oauth.None(),
      token.value,
      http,
    );
    await oauth.processRevocationResponse(answer);
    expect(await introspect(token.value, basic())).toEqual({ active: false });
  });

  it('what is no token, without complaint', async () => {
    const answer = await oauth.revocationRequest(
      server,
      { client_id: 'any' },
      oauth.None(),
      'no-token',
      http,
    );
    await expect(oauth.processRevocationResponse(answer)).resolves.toBeUndefined();
  });
});

describe('oauth4webapi validates a JWT access token', () => {
  const requestWith = (token: string): Request =>
    new Request('http://api.example/orders', { headers: { authorization: `Bearer ${token}` } });

  it('by the published keys alone', async () => {
    const token = await userToken(product.url, grace, { scopes: ['dataset/sales:read'] });
    const claims = await oauth.validateJwtAccessToken(server, requestWith(token.value), server.issuer, http);
    expect(claims).toMatchObject({
      iss: server.issuer,
      sub: grace.user.id,
      jti: token.id,
      client_id: token.id,
      scope: 'dataset/sales:read',
    });
  });

  it('and takes one without scopes as one without scopes', async () => {
    const token = await userToken(product.url, grace);
    const claims = await oauth.validateJwtAccessToken(server, requestWith(token.value), server.issuer, http);
    expect(claims.scope).toBeUndefined();
  });

  it('and refuses one that is for somebody else', async () => {
    const token = await userToken(product.url, grace);
    await expect(
      oauth.validateJwtAccessToken(server, requestWith(token.value), 'https://other.example', http),
    ).rejects.toThrow('aud');
  });

  it('and refuses one whose claims were changed', async () => {
    const token = await userToken(product.url, grace);
    const [header, , signature] = token.value.split('.');
    const claims = { ...(decoded(token.value) as object), sub: '00000000-0000-4000-8000-000000000000' };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    await expect(
      oauth.validateJwtAccessToken(server, requestWith(forged), server.issuer, http),
    ).rejects.toThrow('signature');
  });
});

function decoded(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
