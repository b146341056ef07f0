import { Module } from '@nestjs/common';
import { IssuingModule } from '../issuing.module.js';
import { ServiceAccountTokensResolver } from './service-account-tokens.resolver.js';

/** Tokens that act as a service account. */
@Module({ imports: [IssuingModule], providers: [ServiceAccountTokensResolver] })
export class ServiceAccountTokensModule {}
