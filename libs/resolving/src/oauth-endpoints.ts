import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { credentialOf, requestIdOf, sendOAuthError, type Credential } from '@tokenwarden/api';
import { Settings } from '@tokenwarden/settings';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import type { EndpointParts } from './endpoint-parts.js';
import { introspect } from './introspection.route.js';
import { oauthRefusalOf, sendRefusal } from './oauth-refusal.js';
import { ResolvingService } from './resolving.service.js';
import { revoke } from './revocation.route.js';

const ROUTES = { '/oauth2/introspect': introspect, '/oauth2/revoke': revoke } as const;
type Route = keyof typeof ROUTES;

/** The OAuth endpoints beside Nest's router, on the server's own `node:http`: an answer is cheaper than a controller. */
@Injectable()
export class OAuthEndpoints {
  private readonly parts: EndpointParts;

  constructor(
    resolving: ResolvingService,
    settings: Settings,
    metrics: Metrics,
    private readonly logs: Logs,
  ) {
    this.parts = {
      resolving: resolving.parts,
      metrics,
      trustedProxies: settings.trustedProxies,
      cacheMaxAgeSeconds: settings.introspectionCacheMaxAge,
    };
  }

  /** Whether a request for this path, without its query, is answered here. */
  handles(pathname: string): pathname is Route {
    return Object.hasOwn(ROUTES, pathname);
  }

  /** Answers a request that `handles` has taken; it never throws, and whatever fails is answered. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.answer(request, response);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let credential: Credential | undefined;
    try {
      if (request.method !== 'POST') {
        sendOAuthError(response, 405, 'invalid_request', 'Use POST.', { allow: 'POST' });
        return;
      }
      credential = credentialOf(request, { cookie: true, basic: true });
      await ROUTES[routeOf(request)](this.parts, credential, request, response);
    } catch (thrown) {
      const refusal = oauthRefusalOf(thrown, credential?.kind);
      if (refusal.status === 503) this.logUndecided(request, thrown);
      if (response.headersSent) response.destroy();
      else sendRefusal(response, refusal);
    }
  }

  private logUndecided(request: IncomingMessage, error: unknown): void {
    this.logs.error(
      { requestId: requestIdOf(request), route: routeOf(request), error },
      'An OAuth call could not be decided.',
    );
  }
}

function routeOf({ url = '' }: IncomingMessage): Route {
  return url.split('?', 1)[0] as Route;
}
