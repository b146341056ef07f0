import { Module } from '@nestjs/common';
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
  ],
  exports: [ServiceAccountViews, ServiceAccountsService],
})
export class ServiceAccountsModule {}
