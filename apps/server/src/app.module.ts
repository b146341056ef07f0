import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ApolloDriver } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import { ScheduleModule } from '@nestjs/schedule';
import { inputValidation } from '@tokenwarden/api';
import { AuditModule } from '@tokenwarden/audit';
import { ConsequencesModule } from '@tokenwarden/consequences';
import { DatabaseModule } from '@tokenwarden/database';
import { DirectoryModule } from '@tokenwarden/directory';
import { HousekeepingModule } from '@tokenwarden/housekeeping';
import { InventoryModule } from '@tokenwarden/inventory';
import { RotationModule, ServiceAccountTokensModule, UserTokensModule } from '@tokenwarden/issuing';
import { NotificationsModule } from '@tokenwarden/notifications';
import { PolicyModule } from '@tokenwarden/policy';
import { ResolvingModule } from '@tokenwarden/resolving';
import { ServiceAccountsModule } from '@tokenwarden/service-accounts';
import { SessionsModule } from '@tokenwarden/sessions';
import { SettingsModule } from '@tokenwarden/settings';
import { SigningModule } from '@tokenwarden/signing';
import { Logs, TelemetryModule } from '@tokenwarden/telemetry';
import { TokensModule } from '@tokenwarden/tokens';
import { entities } from '../../../ormconfig.js';
import { AccessGuard } from './access/access.guard.js';
import { EdgeFilter } from './access/edge.filter.js';
import { RefusalRecorder } from './access/refusal-recorder.js';
import { Authentication } from './authentication/authentication.js';
import { AuthenticationModule } from './authentication/authentication.module.js';
import { HealthController } from './endpoints/health.controller.js';
import { MetadataController } from './endpoints/metadata.controller.js';
import { MetricsController } from './endpoints/metrics.controller.js';
import { Readiness } from './endpoints/readiness.js';
import { GraphQLConfig } from './graphql.config.js';
import { KeyRetention } from './key-retention.js';
import { NodeResolver } from './node.resolver.js';
import type { Parts } from './parts.js';

/** The rooms of the product, without what only a running one needs: what the schema is printed from, too. */
export const ROOMS = [
  AuditModule,
  NotificationsModule,
  SigningModule,
  TokensModule,
  ServiceAccountsModule,
  ConsequencesModule,
  PolicyModule,
  UserTokensModule,
  ServiceAccountTokensModule,
  RotationModule,
  ResolvingModule,
  SessionsModule,
  InventoryModule,
  HousekeepingModule,
];

/** The whole product. */
@Module({})
export class AppModule {
  static forParts({ settings, directory }: Parts, logs: Logs): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.forRoot(settings),
        TelemetryModule.forRoot(logs),
        DatabaseModule.forRoot({
          url: databaseUrlOf(settings.databaseUrl),
          isPooled: settings.databaseUrl !== settings.databaseDirectUrl,
          entities,
          onIdleConnectionError: (error) => logs.warn({ error }, 'An idle database connection was lost.'),
        }),
        DirectoryModule.forRoot(directory),
        ScheduleModule.forRoot(),
        ...ROOMS,
        AuthenticationModule,
        GraphQLModule.forRootAsync({
          driver: ApolloDriver,
          imports: [AuthenticationModule],
          useClass: GraphQLConfig,
        }),
      ],
      controllers: [HealthController, MetricsController, MetadataController],
      providers: [
        NodeResolver,
        KeyRetention,
        Readiness,
        RefusalRecorder,
        { provide: APP_PIPE, useFactory: inputValidation },
        {
          provide: APP_GUARD,
          useFactory: (authentication: Authentication) => new AccessGuard(authentication),
          inject: [Authentication],
        },
        {
          provide: APP_FILTER,
          useFactory: (refusals: RefusalRecorder) =>
            new EdgeFilter(refusals, (error, { requestId }) =>
              logs.error({ error, requestId: requestId ?? '' }, 'A request failed.'),
            ),
          inject: [RefusalRecorder],
        },
      ],
    };
  }
}

function databaseUrlOf(url: string | undefined): string {
  if (url === undefined) throw new Error('The parts were not started: there is no database to connect to.');
  return url;
}
