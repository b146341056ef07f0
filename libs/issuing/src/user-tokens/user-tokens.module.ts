import { Module } from '@nestjs/common';
import { IssuingModule } from '../issuing.module.js';
import { UserTokensResolver } from './user-tokens.resolver.js';

/** Tokens that act as their user. */
@Module({ imports: [IssuingModule], providers: [UserTokensResolver] })
export class UserTokensModule {}
