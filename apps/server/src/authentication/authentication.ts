import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { credentialOf, originOf } from '@tokenwarden/api';
import { ResolvingService } from '@tokenwarden/resolving';
import { isSessionToken, isWelcomeOrigin, SessionsService } from '@tokenwarden/sessions';
import { Settings } from '@tokenwarden/settings';
import { forbidden, type Caller, type RequestOrigin } from '@tokenwarden/vocabulary';

/** Who makes a request of GraphQL or of a Nest route: by session, or by access token. */
@Injectable()
export class Authentication {
  constructor(
    private readonly settings: Settings,
    private readonly sessions: SessionsService,
    private readonly resolving: ResolvingService,
  ) {}

  /** Where the request came from; forwarded headers count only from TRUSTED_PROXIES. */
  originOf(request: IncomingMessage): RequestOrigin {
    return originOf(request, this.settings.trustedProxies);
  }

  /**
   * The caller, or undefined where no credential came or none that is good.
   * @throws Problem `INVALID_INPUT` for two credentials at once, `FORBIDDEN` for a cookie sent by a foreign page,
   * `UNAVAILABLE` where it cannot be decided
   */
  async callerOf(request: IncomingMessage, origin: RequestOrigin): Promise<Caller | undefined> {
    const credential = credentialOf(request, { cookie: true });
    switch (credential.kind) {
      case 'bearer':
        return isSessionToken(credential.token)
          ? this.sessions.callerOfSession(credential.token, origin)
          : this.resolving.callerOfToken(credential.token, origin);
      case 'session':
        this.refuseForeignPage(request);
        return this.sessions.callerOfSession(credential.token, origin);
      case 'none':
      case 'unusable':
      case 'basic':
        return undefined;
    }
  }

  // The browser sends the cookie by itself, whoever wrote the page: only our own and the allowed ones may use it.
  private refuseForeignPage({ headers }: IncomingMessage): void {
    if (isWelcomeOrigin(headers.origin, this.settings)) return;
    throw forbidden(
      'This page may not use the session cookie: add its origin to ALLOWED_ORIGINS, or send a Bearer token.',
    );
  }
}
