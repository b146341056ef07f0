/** Issuing by the use case itself: the product's rooms in a process without HTTP, as Nest wires them. */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clientsFor } from './issue-clients.mjs';

const DIST = join(import.meta.dirname, '../../dist');
const built = (path) => import(pathToFileURL(join(DIST, path)).href);

process.once('message', ({ users }) => {
  issuing(users).then(
    (issue) => {
      process.send({ ready: {} });
      clientsFor(issue);
    },
    (error) => process.send({ error: error.stack }),
  );
});

/** One token after another, for one user after another. */
async function issuing(users) {
  const require = createRequire(join(DIST, 'main.js'));
  const { NestFactory } = require('@nestjs/core');
  const [
    { AppModule },
    { readSettings },
    { Logs, NestLog },
    { IssuingService },
    { SigningService },
    { Sequencer },
  ] = await Promise.all([
    built('apps/server/src/app.module.js'),
    built('libs/settings/src/index.js'),
    built('libs/telemetry/src/index.js'),
    built('libs/issuing/src/issuing.service.js'),
    built('libs/signing/src/index.js'),
    built('libs/audit/src/sequencer.js'),
  ]);
  const settings = readSettings(process.env);
  const logs = new Logs({ level: 'error', instance: 'bench' });
  const parts = {
    settings,
    directory: { path: settings.directoryFile, acceptsPlainPasswords: false },
    isEmbedded: { postgres: false, directory: false },
  };
  const app = await NestFactory.createApplicationContext(AppModule.forParts(parts, logs), {
    logger: new NestLog(logs),
    abortOnError: false,
  });
  const find = (token) => app.get(token, { strict: false });
  await find(SigningService).ensureKey();
  // Events get their places by the running product, for both sides alike.
  await find(Sequencer).beforeApplicationShutdown();
  const service = find(IssuingService);
  const callers = users.map(callerOf);
  return async (number, name) => {
    const { value } = await service.issueUserToken(callers[number % callers.length], {
      name,
      scopes: undefined,
      lifetime: 'P1D',
    });
    if (!value.startsWith('eyJ')) throw new Error('This is no token.');
  };
}

function callerOf({ id, username }) {
  return {
    carrier: 'session',
    principal: { kind: 'USER', id, name: username },
    groupIds: [],
    permissions: [],
    tokenId: null,
    sessionId: null,
    endsAt: new Date(Date.now() + 3_600_000),
    origin: { address: '127.0.0.1', userAgent: 'bench', requestId: id },
  };
}
