import { Module } from '@nestjs/common';
import { ServiceAccountsModule } from '@tokenwarden/service-accounts';
import { BulkRevokeService } from './bulk-revoke.service.js';
import { AccountUpdateResolver } from './account-update.resolver.js';
import {
  OwnerResolver,
  ServiceAccountOfTokenResolver,
  TokensOfServiceAccountResolver,
  TokensOfUserResolver,
} from './principals.resolver.js';
import { ExpiryForecastResolver } from './expiry-forecast.resolver.js';
import { RevocationWriter } from './revocation-writer.js';
import { TokenGauges } from './token-gauges.js';
import { TokenLinksResolver } from './token-links.resolver.js';
import { TokenOperationsService } from './token-operations.service.js';
import { TokensResolver } from './tokens.resolver.js';
import { TokenViews } from './token-views.js';
import { ViewerResolver } from './viewer.resolver.js';

/** What needs tokens and their owners together: lists, one token, what is done to it, who asks, and the gauges. */
@Module({
  imports: [ServiceAccountsModule],
  providers: [
    TokenViews,
    TokenOperationsService,
    BulkRevokeService,
    RevocationWriter,
    TokenGauges,
    TokensResolver,
    TokenLinksResolver,
    ExpiryForecastResolver,
    AccountUpdateResolver,
    ViewerResolver,
    TokensOfUserResolver,
    TokensOfServiceAccountResolver,
    OwnerResolver,
    ServiceAccountOfTokenResolver,
  ],
  exports: [TokenViews],
})
export class InventoryModule {}
