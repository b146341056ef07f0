import { Module } from '@nestjs/common';
import { ServiceAccountsModule } from '@tokenwarden/service-accounts';
import { BulkRevokeService } from './bulk-revocation/bulk-revoke.service.js';
import { AccountUpdateResolver } from './principals/account-update.resolver.js';
import {
  OwnerResolver,
  ServiceAccountOfTokenResolver,
  TokensOfServiceAccountResolver,
  TokensOfUserResolver,
} from './principals/principals.resolver.js';
import { ExpiryForecastResolver } from './expiry-forecast/expiry-forecast.resolver.js';
import { RevocationWriter } from './bulk-revocation/revocation-writer.js';
import { TokenGauges } from './gauges/token-gauges.js';
import { TokenLinksResolver } from './token-views/token-links.resolver.js';
import { TokenOperationsService } from './token-operations/token-operations.service.js';
import { TokensResolver } from './token-views/tokens.resolver.js';
import { ViewerCanResolver } from './token-views/viewer-can.resolver.js';
import { TokenViews } from './token-views/token-views.js';
import { ViewerResolver } from './principals/viewer.resolver.js';

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
    ViewerCanResolver,
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
