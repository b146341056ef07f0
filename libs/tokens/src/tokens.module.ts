import { Module } from '@nestjs/common';
import { TokenUsesResolver } from './token-uses.resolver.js';

/** The records of tokens. Beside the fields of their uses it provides nothing: its functions take their caller's transaction. */
@Module({ providers: [TokenUsesResolver] })
export class TokensModule {}
