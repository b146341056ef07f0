import { Module } from '@nestjs/common';
import { ResolvingModule } from '@tokenwarden/resolving';
import { SessionsModule } from '@tokenwarden/sessions';
import { Authentication } from './authentication.js';

/** Who calls: for the guard and for the context of GraphQL. */
@Module({
  imports: [ResolvingModule, SessionsModule],
  providers: [Authentication],
  exports: [Authentication],
})
export class AuthenticationModule {}
