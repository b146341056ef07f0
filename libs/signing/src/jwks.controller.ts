import { Controller, Get, Header } from '@nestjs/common';
import { SigningService } from './signing.service.js';

/** The public keys, for whoever verifies tokens offline (RFC 7517). Open to everybody. */
@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(private readonly signing: SigningService) {}

  @Get()
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', 'public, max-age=300') // as long as a new key is announced before it signs
  jwks(): Buffer {
    // As bytes: to a text Fastify adds a charset, which this media type does not have.
    return Buffer.from(JSON.stringify(this.signing.jwks()));
  }
}
