export { UserTokensModule } from './user-tokens/user-tokens.module.js';
export { ServiceAccountTokensModule } from './service-account-tokens/service-account-tokens.module.js';
export { RotationModule } from './rotation/rotation.module.js';
