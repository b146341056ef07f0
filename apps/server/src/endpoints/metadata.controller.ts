import { Controller, Get, Header } from '@nestjs/common';
import { Settings } from '@tokenwarden/settings';
import { OWN_SCOPES } from '@tokenwarden/vocabulary';

/** Where clients learn what this server offers (RFC 8414), also under the name that gateways and secret scanners try. */
@Controller('.well-known')
export class MetadataController {
  constructor(private readonly settings: Settings) {}

  /** RFC 8414, section 2. There is no authorization endpoint: tokens are issued over GraphQL. */
  @Get('oauth-authorization-server')
  @Header('Cache-Control', 'public, max-age=300')
  authorizationServer() {
    const { publicUrl } = this.settings;
    return {
      issuer: publicUrl,
      jwks_uri: `${publicUrl}/.well-known/jwks.json`,
      introspection_endpoint: `${publicUrl}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
      revocation_endpoint: `${publicUrl}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
      response_types_supported: [],
      grant_types_supported: [],
      scopes_supported: Object.values(OWN_SCOPES),
    };
  }

  /** The same, and the two members without which OpenID Connect Discovery readers refuse it. */
  @Get('openid-configuration')
  @Header('Cache-Control', 'public, max-age=300')
  openidConfiguration() {
    return {
      ...this.authorizationServer(),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    };
  }
}
