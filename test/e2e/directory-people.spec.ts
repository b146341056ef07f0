import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { graphql, introspect, signIn, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { grantTo, userById } from './principals.js';
import { changeToken, isActive, userToken, type Issued } from './token-calls.js';
import { twoOnSlapdForSpecs } from './two-on-slapd.js';
import { until } from './waiting.js';

jest.setTimeout(60_000);

const { directory, one, other, ada, gate, sync } = twoOnSlapdForSpecs();
beforeAll(async () => {
  await grantTo(one.url, ada, 'data-engineering', ['dataset/*:read']);
});

/** Somebody new, with a session and a token of theirs. */
async function newcomer(name: string): Promise<{ readonly session: SignedIn; readonly token: Issued }> {
  await directory.addUsers(name);
  await directory.join('data-engineering', name);
  await sync();
  const session = await signIn(other.url, name);
  return { session, token: await userToken(other.url, session) };
}

/** Within a second of the commit no instance lets the token in. */
async function endsEverywhere({ value }: Issued): Promise<void> {
  for (const { url } of [one, other])
    await until(async () => !(await isActive(url, gate, value)), { seconds: 1 });
}

async function isSignedIn({ token }: SignedIn): Promise<boolean> {
  return (await graphql(other.url, { token }, '{ viewer { expiresAt } }')).status === 200;
}

async function statusOf({ id }: Issued): Promise<string> {
  const query = 'query ($id: ID!) { token(id: $id) { status } }';
  return (await graphql<{ token: { status: string } }>(one.url, ada, query, { id })).data.token.status;
}

/** What the trail says of somebody or something, but for signing in. */
async function actionsOn(targetId: string): Promise<string[]> {
  const trail = await auditLines(one.url, ada);
  return trail
    .filter((event) => event.targetId === targetId && !event.action.startsWith('session.'))
    .map(({ action, actor }) => `${action} ${actor.kind}`);
}

describe('signing in by a real OpenLDAP', () => {
  it('takes the password of the directory, and gives what its groups may do', async () => {
    const grace = await signIn(other.url, 'grace');
    expect(grace.user).toMatchObject({
      id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02',
      displayName: 'Grace Hopper',
    });
    expect((await userById(one.url, ada, grace.user.id)).permissions).toEqual(['dataset/*:read']);
  });

  it.each([
    ['a wrong password', 'grace', 'grace-demo '],
    ['a name that nobody has', 'nobody', 'grace-demo'],
    ['the right password of somebody who is disabled', 'barbara', 'barbara-demo'],
    ['a wildcard', '*', 'grace-demo'],
    ['a filter', 'grace)(uid=*', 'grace-demo'],
    ['a DN', 'uid=grace,ou=people,dc=demo,dc=example', 'grace-demo'],
    ['a program of the directory', 'tokenwarden', 'tokenwarden-demo'],
  ])('is refused alike with %s', async (_, username, password) => {
    const attempt = async (body: object) => {
      const answer = await fetch(`${one.url}/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const { code, title, detail } = (await answer.json()) as Record<string, unknown>;
      return { status: answer.status, code, title, detail };
    };
    const refused = await attempt({ username, password });
    expect(refused).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(refused).toEqual(await attempt({ username: `${username} `, password: 'other' }));
  });
});

describe('groups of groups', () => {
  it('give whoever is below what the upper one may do, in circles too', async () => {
    await directory.addUsers('ivy');
    await directory.addGroup('interns', 'ivy');
    await directory.nest('interns', 'data-engineering');
    await directory.nest('data-engineering', 'interns');
    await sync();
    const ivy = await signIn(one.url, 'ivy');
    const seen = await userById(one.url, ada, ivy.user.id);
    expect(seen.groups.map(({ name }) => name)).toEqual(['data-engineering', 'interns']);
    expect(seen.permissions).toEqual(['dataset/*:read']);
    await directory.removeGroup('interns');
    await sync();
    expect((await userById(one.url, ada, ivy.user.id)).permissions).toEqual([]);
  });
});

describe('a leaver', () => {
  it('takes nothing along: session and tokens end on every instance, for good', async () => {
    const { session, token } = await newcomer('lena');
    await directory.removeUsers('lena');
    expect(await isActive(other.url, gate, token.value)).toBe(true); // nobody has looked yet
    const run = await sync();
    await endsEverywhere(token);
    expect(await isSignedIn(session)).toBe(false);
    await expect(signIn(one.url, 'lena')).rejects.toThrow('401');
    expect(await statusOf(token)).toBe('REVOKED');
    expect(run.details).toMatchObject({ users: { removed: 1 }, revokedTokens: 1 });
    expect(await actionsOn(session.user.id)).toEqual(['user.created SYSTEM', 'user.removed SYSTEM']);
    expect(await actionsOn(token.id)).toEqual(['token.created USER', 'token.revoked SYSTEM']);
  });

  it('who comes back under the old name is somebody else, with nothing of what was there', async () => {
    const { session, token } = await newcomer('rene');
    await directory.removeUsers('rene');
    await sync();
    const again = await newcomer('rene');
    expect(again.session.user.id).not.toBe(session.user.id);
    expect(await isActive(one.url, gate, token.value)).toBe(false);
    expect((await userById(one.url, ada, session.user.id)).state).toBe('REMOVED');
    const mine = await graphql<{ viewer: { user: { tokens: { nodes: { id: string }[] } } } }>(
      one.url,
      again.session,
      '{ viewer { user { tokens { nodes { id } } } } }',
    );
    expect(mine.data.viewer.user.tokens.nodes).toEqual([{ id: again.token.id }]);
  });
});

describe('who is disabled', () => {
  it('loses session and tokens at once, and has each token back only when it is resumed', async () => {
    const { session, token } = await newcomer('dora');
    await directory.disableUsers('dora');
    await sync();
    await endsEverywhere(token);
    expect(await isSignedIn(session)).toBe(false);
    await expect(signIn(one.url, 'dora')).rejects.toThrow('401');
    expect(await statusOf(token)).toBe('SUSPENDED');

    await directory.enableUsers('dora');
    await sync();
    expect(await isActive(other.url, gate, token.value)).toBe(false);
    const back = await signIn(other.url, 'dora');
    await changeToken(other.url, back, 'resumeToken', token.id);
    expect(await isActive(one.url, gate, token.value)).toBe(true);
  });

  it('and enabled again need not wait for a synchronisation to sign in', async () => {
    const { session } = await newcomer('emil');
    await directory.disableUsers('emil');
    await sync();
    await directory.enableUsers('emil');
    const back = await signIn(one.url, 'emil');
    expect(back.user.id).toBe(session.user.id);
    expect((await userById(one.url, ada, session.user.id)).state).toBe('ACTIVE');
  });
});

describe('who is renamed or moved', () => {
  it('stays who they are, with their tokens, under the new name', async () => {
    const { session, token } = await newcomer('nora');
    await directory.renameUser('nora', 'nora.berg');
    await directory.moveUser('nora.berg', 'research');
    await sync();
    const { body } = await introspect(other.url, gate, token.value);
    expect(body).toMatchObject({ active: true, username: 'nora.berg', scope: 'dataset/*:read' });
    expect((await signIn(one.url, 'nora.berg')).user.id).toBe(session.user.id);
    await expect(signIn(one.url, 'nora')).rejects.toThrow('401');
    expect(await isSignedIn(session)).toBe(true);
    expect(await actionsOn(session.user.id)).toEqual(['user.created SYSTEM', 'user.updated SYSTEM']);
  });
});
