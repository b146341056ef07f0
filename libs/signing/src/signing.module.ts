import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { SecretsModule } from '@tokenwarden/secrets';
import { JwksController } from './jwks.controller.js';
import { SigningService } from './signing.service.js';

/** Keys, tokens signed and verified, and the JWKS. No key is configured here: each call names its own. */
@Module({
  imports: [SecretsModule, JwtModule.register({})],
  controllers: [JwksController],
  providers: [SigningService],
  exports: [SigningService],
})
export class SigningModule {}
