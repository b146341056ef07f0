export { BrokenSealError, Sealing, WrongMasterKeyError } from './sealing.js';
export { SecretsModule } from './secrets.module.js';
