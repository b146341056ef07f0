import { Module } from '@nestjs/common';
import { SigningModule } from '@tokenwarden/signing';
import { OAuthEndpoints } from './oauth-endpoints.js';
import { ResolvingResolver } from './resolving.resolver.js';
import { ResolvingService } from './resolving.service.js';
import { UsabilityResolver } from './usability.resolver.js';
import { UseFlusher } from './use-flusher.js';
import { UseTally } from './use-tally.js';

/** Whose token is this, what may it do. Needs `Database`, `Settings`, `Metrics` and `Logs`, which are global. */
@Module({
  imports: [SigningModule],
  providers: [
    { provide: UseTally, useFactory: () => new UseTally() },
    UseFlusher,
    ResolvingService,
    OAuthEndpoints,
    ResolvingResolver,
    UsabilityResolver,
  ],
  exports: [ResolvingService, OAuthEndpoints],
})
export class ResolvingModule {}
