import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database, migrate, type Transaction } from '@tokenwarden/database';
import {
  administratorGroupWarnings,
  hasAdministrators,
  NOBODY_ADMINISTERS,
  pinAdministratorGroups,
} from '@tokenwarden/directory';
import { DirectorySync, Scheduler } from '@tokenwarden/housekeeping';
import { ensureFirstPolicy } from '@tokenwarden/policy';
import { OAuthEndpoints } from '@tokenwarden/resolving';
import { readSettings, type Environment, type Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs, NestLog } from '@tokenwarden/telemetry';
import { AppModule } from './app.module.js';
import { banner } from './banner.js';
import { setUpDemo } from './demo.js';
import { Readiness } from './endpoints/readiness.js';
import { SplitServer } from './http-server.js';
import { agreeOnWhatIsInForce, liveTokensNotInForce } from './in-force.js';
import { startParts, Teardown, type Parts } from './parts.js';
import { addRequestHooks } from './request-hooks.js';

/**
 * Starts the product: its parts, its schema, Nest, the first reading of the directory, and then it serves.
 * What it has begun is in `teardown` at every moment, so that it can be stopped half-way.
 * @throws SettingsError, CannotStartError, WrongMasterKeyError: nothing is left running but what `teardown` undoes
 */
export async function start(environment: Environment, teardown: Teardown): Promise<void> {
  const given = readSettings(environment);
  const logs = new Logs({ level: given.logLevel, instance: given.instanceName });
  for (const warning of given.warnings) logs.warn({}, warning);

  const parts = await startParts(given, logs, teardown);
  const directUrl = directUrlOf(parts.settings);
  const ran = await migrate(directUrl);
  if (ran.length > 0) logs.info({ count: ran.length }, 'Brought the schema up to this version.');

  teardown.add(await agreeOnWhatIsInForce(directUrl, parts.settings));

  const app = await createApp(parts, logs);
  teardown.add(() => app.close());
  await app.get(SigningService).ensureKey();
  const database = app.get(Database);
  await database.transaction(ensureFirstPolicy);
  const readiness = app.get(Readiness);
  // Listening before the directory was read: whoever watches sees why it is not ready yet.
  await app.listen({ host: parts.settings.host, port: parts.settings.port });

  await app.get(DirectorySync).firstSynchronisation();
  // Each by itself: who pins holds a lock behind which none of those that the demo takes may come.
  await database.transaction((tx) => pinAdministratorGroups(tx, parts.settings.adminGroups));
  if (parts.isEmbedded.directory) await database.transaction(setUpDemo);
  const { warnings, isAdministered } = await database.transaction((tx) => lookAround(tx, parts.settings));
  if (!isAdministered) logs.error({ setting: 'ADMIN_GROUPS' }, NOBODY_ADMINISTERS);
  for (const warning of warnings) logs.warn({}, warning);
  app.get(Scheduler).start();
  readiness.started();
  process.stdout.write(`${banner(parts)}\n`);
}

/** What an operator should know of a start, and whether anybody is an administrator by ADMIN_GROUPS. */
interface Surroundings {
  readonly warnings: readonly string[];
  readonly isAdministered: boolean;
}

async function lookAround(tx: Transaction, settings: Settings): Promise<Surroundings> {
  const warnings = await administratorGroupWarnings(tx, settings.adminGroups);
  const isAdministered = await hasAdministrators(tx, settings.adminGroups);
  const ended = await liveTokensNotInForce(tx, settings);
  const notInForce = `${ended} live tokens are for another issuer or audience than is in force now (PUBLIC_URL, AUDIENCES): they do not resolve.`;
  return {
    warnings: [
      ...warnings.filter((warning) => warning !== NOBODY_ADMINISTERS),
      ...(ended > 0 ? [notInForce] : []),
    ],
    isAdministered,
  };
}

async function createApp(parts: Parts, logs: Logs): Promise<NestFastifyApplication> {
  const server = new SplitServer(shownProcess(parts.settings));
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forParts(parts, logs),
    server.adapter,
    {
      logger: new NestLog(logs),
      abortOnError: false,
    },
  );
  await addRequestHooks(app, parts.settings, logs);
  server.mount(app.get(OAuthEndpoints));
  return app;
}

// Which process answered helps whoever looks for a fault, and nobody else.
function shownProcess(settings: Settings): string | undefined {
  return ['debug', 'trace'].includes(settings.logLevel) ? settings.processName : undefined;
}

function directUrlOf(settings: Settings): string {
  const url = settings.databaseDirectUrl ?? settings.databaseUrl;
  if (url === undefined) throw new Error('The parts were not started: there is no database to migrate.');
  return url;
}
