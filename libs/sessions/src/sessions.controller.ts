import {
  Body,
  Controller,
  Delete,
  HttpCode,
  Post,
  Req,
  Res,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { credentialOf, originOf } from '@tokenwarden/api';
import { Settings } from '@tokenwarden/settings';
import { forbidden, unauthenticated } from '@tokenwarden/vocabulary';
import { SignInInput } from './session.inputs.js';
import { endedCookie, isCookieSecure, sessionCookie } from './session-cookie.js';
import { SessionsService, type SignedIn } from './sessions.service.js';
import { isWelcomeOrigin } from './welcome-origin.js';

/** What `POST /session` answers. */
export interface SessionAnswer extends Omit<SignedIn, 'createdAt' | 'expiresAt'> {
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** Signing in and out over HTTP. */
@Controller('session')
export class SessionsController {
  private readonly isSecure: boolean;

  constructor(
    private readonly sessions: SessionsService,
    private readonly settings: Settings,
  ) {
    this.isSecure = isCookieSecure(settings.publicUrl);
  }

  /** Signs in: the session token in the body for programs, and as a cookie for browsers. */
  @Post()
  @HttpCode(201)
  async signIn(
    @Body() input: SignInInput,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    refuseForms(request);
    this.refuseForeignPage(request);
    const origin = originOf(request.raw, this.settings.trustedProxies);
    const signedIn = await this.sessions.signIn(input.username, input.password, origin);
    const maxAge = Math.floor((signedIn.expiresAt.getTime() - signedIn.createdAt.getTime()) / 1_000);
    void reply.header('cache-control', 'no-store');
    void reply.header('set-cookie', sessionCookie(signedIn.sessionToken, maxAge, this.isSecure));
    const { sessionToken, expiresAt, user } = signedIn;
    return { sessionToken, expiresAt: expiresAt.toISOString(), user };
  }

  /** Signs out: 204 with whatever credential, for what is dead is to stay so; 401 without one. */
  @Delete()
  @HttpCode(204)
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const credential = credentialOf(request.raw, { cookie: true });
    if (credential.kind !== 'bearer' && credential.kind !== 'session') throw unauthenticated();
    if (credential.kind === 'session') this.refuseForeignPage(request);
    await this.sessions.signOut(credential.token, originOf(request.raw, this.settings.trustedProxies));
    void reply.header('cache-control', 'no-store');
    void reply.header('set-cookie', endedCookie(this.isSecure));
  }

  private refuseForeignPage({ headers }: FastifyRequest): void {
    if (isWelcomeOrigin(headers.origin, this.settings)) return;
    throw forbidden('Pages of this origin may not sign in or out: add it to ALLOWED_ORIGINS.');
  }
}

// A form is what a page of another site can send without asking; JSON it cannot.
function refuseForms({ headers }: FastifyRequest): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new UnsupportedMediaTypeException();
}
