import { Module } from '@nestjs/common';
import { AccountGauge } from './account-gauge.js';
import { ServiceAccountViews } from './service-account-views.js';
import {
  ActorServiceAccountResolver,
  ServiceAccountsOfGroupResolver,
  ServiceAccountsResolver,
} from './service-accounts.resolver.js';
import { ServiceAccountsService } from './service-accounts.service.js';

/** Service accounts, their groups and members. */
@Module({
  providers: [
    ServiceAccountsService,
    ServiceAccountViews,
    ServiceAccountsResolver,
    ServiceAccountsOfGroupResolver,
    ActorServiceAccountResolver,
    AccountGauge,
  ],
  exports: [ServiceAccountViews, ServiceAccountsService],
})
export class ServiceAccountsModule {}
