import { Module } from '@nestjs/common';

/** The records of tokens. It provides nothing: every function here takes the transaction of whoever calls it. */
@Module({})
export class TokensModule {}
