import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { record } from '@tokenwarden/audit';
import { admitUser } from '@tokenwarden/consequences';
import { Database, databaseNow } from '@tokenwarden/database';
import { DirectoryService, type DirectoryUser } from '@tokenwarden/directory';
import { Settings } from '@tokenwarden/settings';
import {
  addDuration,
  canonicalName,
  rateLimited,
  SYSTEM,
  unauthenticated,
  withoutCovered,
  type Author,
  type Caller,
  type RequestOrigin,
  type Target,
} from '@tokenwarden/vocabulary';
import { SessionEntity } from './session.entity.js';
import { hashOfSessionToken, newSessionToken } from './session-token.js';
import { endSession, liveSession, removeLongExpired, userNamed } from './sessions.queries.js';
import { SignInLimits, type SignInAttempt } from './sign-in-limits.js';

/** What signing in gives; the token is shown here and never again. */
export interface SignedIn {
  readonly sessionToken: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly user: SignedInUser;
}

interface SignedInUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
}

/** The entry of somebody who has its password, and the database's time before it was read. */
interface ReadEntry {
  readonly entry: DirectoryUser;
  readonly readFrom: Date;
}

/** Signing in, signing out, and whom a session token belongs to: asked of Postgres every time, so that its end is at once everywhere. */
@Injectable()
export class SessionsService {
  private readonly limits: SignInLimits;

  constructor(
    private readonly database: Database,
    private readonly directory: DirectoryService,
    private readonly settings: Settings,
  ) {
    this.limits = new SignInLimits(database);
  }

  /**
   * Signs a person in. Unknown, wrong password and disabled are one answer.
   * @throws Problem `UNAUTHENTICATED`; `RATE_LIMITED` after too many failures; `DIRECTORY_UNAVAILABLE`; `UNAVAILABLE`
   */
  async signIn(username: string, password: string, origin: RequestOrigin): Promise<SignedIn> {
    const attempt = { username: canonicalName(username), address: origin.address };
    refuseWhileLimited(await this.limits.secondsToWait(attempt));
    const readFrom = await this.database.read(databaseNow);
    const entry = await this.directory.authenticate(username, password);
    if (entry === undefined) return this.refuse(attempt, origin);
    // Others may have failed meanwhile: a right guess among many made at once must not be told from a wrong one.
    refuseWhileLimited(await this.limits.secondsToWait(attempt));
    return (await this.open({ entry, readFrom }, origin)) ?? this.refuse(attempt, origin);
  }

  private async refuse(attempt: SignInAttempt, origin: RequestOrigin): Promise<never> {
    refuseWhileLimited(await this.limits.countFailure(attempt));
    await this.database.transaction(async (tx) => {
      // A name that is nobody's is not kept: it may be a password that went into the wrong field.
      const meant = await userNamed(tx, attempt.username);
      const target = meant === undefined ? {} : { target: userTarget(meant) };
      await record(tx, {
        action: 'session.refused',
        outcome: 'REFUSED',
        by: { ...SYSTEM, origin },
        ...target,
      });
    });
    throw unauthenticated('Username or password is wrong.');
  }

  /** Brings the user to what their entry says and begins a session; undefined where they were disabled or removed since. */
  private async open({ entry, readFrom }: ReadEntry, origin: RequestOrigin): Promise<SignedIn | undefined> {
    const sessionToken = newSessionToken();
    const tokenHash = hashOfSessionToken(sessionToken);
    if (tokenHash === undefined) throw new Error('A new session token has a wrong form.');
    return this.database.transaction(async (tx) => {
      // The user is held first, and the session begins after that: a disabling is either seen here or ends it.
      const user = await admitUser(tx, entry, readFrom);
      if (user?.state !== 'ACTIVE') return undefined;
      const createdAt = await databaseNow(tx);
      const expiresAt = addDuration(createdAt, this.settings.sessionLifetime);
      const session = { id: randomUUID(), tokenHash, userId: user.id, createdAt, expiresAt, endedAt: null };
      await tx.insert(SessionEntity, session);
      await record(tx, { action: 'session.created', by: byUser(user, origin), target: userTarget(user) });
      await removeLongExpired(tx);
      const { id, username, displayName } = user;
      return { sessionToken, createdAt, expiresAt, user: { id, username, displayName } };
    });
  }

  /**
   * Ends the session everywhere, from the commit on; one that has ended stays ended, and what is no session is let be.
   * @throws Problem `UNAVAILABLE`
   */
  async signOut(sessionToken: string, origin: RequestOrigin): Promise<void> {
    const tokenHash = hashOfSessionToken(sessionToken);
    if (tokenHash === undefined) return;
    await this.database.transaction(async (tx) => {
      const ended = await endSession(tx, tokenHash);
      if (ended === undefined) return;
      const user = { id: ended.userId, username: ended.username };
      await record(tx, { action: 'session.ended', by: byUser(user, origin), target: userTarget(user) });
    });
  }

  /**
   * Who makes a request with this session token; undefined where it is none, has ended, or its user may not sign in.
   * @throws Problem `UNAVAILABLE` when that cannot be decided
   */
  async callerOfSession(sessionToken: string, origin: RequestOrigin): Promise<Caller | undefined> {
    const tokenHash = hashOfSessionToken(sessionToken);
    if (tokenHash === undefined) return undefined;
    const session = await this.database.read((tx) => liveSession(tx, tokenHash));
    if (session === undefined) return undefined;
    return {
      carrier: 'session',
      principal: { kind: 'USER', id: session.userId, name: session.username },
      groupIds: session.groups.map((group) => group.id),
      permissions: withoutCovered(session.groups.flatMap((group) => group.grants)),
      tokenId: null,
      sessionId: session.id,
      endsAt: session.expiresAt,
      origin,
    };
  }
}

function refuseWhileLimited(seconds: number): void {
  if (seconds > 0) throw rateLimited(`Too many failed sign-ins. Try again in ${seconds} seconds.`, seconds);
}

function byUser(user: { id: string; username: string }, origin: RequestOrigin): Author {
  return { actor: { kind: 'USER', id: user.id, name: user.username }, actorTokenId: null, origin };
}

function userTarget(user: { id: string; username: string }): Target {
  return { type: 'user', id: user.id, name: user.username };
}
