import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from '@fastify/helmet';
import { graphqlFailures, graphqlGate, readJsonBody, type IdentifiedRequest } from '@tokenwarden/api';
import type { Settings } from '@tokenwarden/settings';
import type { Logs } from '@tokenwarden/telemetry';
import type { FastifyRequest } from 'fastify';
import { Authentication } from './authentication/authentication.js';

const QUIET: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/metrics']);

/** What every request of Nest's side has: its origin, the headers a browser looks for, one line in the log. */
export async function addRequestHooks(
  app: NestFastifyApplication,
  settings: Settings,
  logs: Logs,
): Promise<void> {
  const authentication = app.get(Authentication);
  const fastify = app.getHttpAdapter().getInstance();
  app.useBodyParser('application/json', { bodyLimit: fastify.initialConfig.bodyLimit }, (_, body, done) =>
    done(null, readJsonBody(body)),
  );
  await fastify.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: settings.publicUrl.startsWith('https:') ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  fastify.addHook('onRequest', (request: FastifyRequest & IdentifiedRequest, reply, done) => {
    request.origin = authentication.originOf(request.raw);
    // Unless a route says otherwise: what somebody was told or refused is nobody else's.
    reply.header('cache-control', 'no-store');
    done();
  });
  fastify.addHook('preHandler', graphqlGate);
  fastify.addHook('onSend', graphqlFailures);
  fastify.addHook('onResponse', (request: FastifyRequest & IdentifiedRequest, reply, done) => {
    // What machines ask every few seconds would drown what people and services do.
    const level = QUIET.has(request.routeOptions.url ?? '') ? 'debug' : 'info';
    logs[level](
      {
        method: request.method,
        // The pattern and not the URL: what was asked for may hold what no log should.
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        requestId: request.origin?.requestId ?? '',
      },
      'Answered.',
    );
    done();
  });
  if (settings.allowedOrigins.length > 0) {
    app.enableCors({
      origin: [...settings.allowedOrigins],
      credentials: true,
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'apollo-require-preflight', 'x-request-id'],
      exposedHeaders: ['x-request-id', 'retry-after'],
      maxAge: 600,
    });
  }
}
