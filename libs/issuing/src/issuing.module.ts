import { Module } from '@nestjs/common';
import { SigningModule } from '@tokenwarden/signing';
import { Idempotency } from './idempotency/idempotency.js';
import { IssuingService } from './issuing.service.js';
import { TokenIssuer } from './token-issuer.js';

/** What every way of issuing stands on. */
@Module({
  imports: [SigningModule],
  providers: [TokenIssuer, Idempotency, IssuingService],
  exports: [TokenIssuer, Idempotency, IssuingService],
})
export class IssuingModule {}
