export { ALGORITHMS, isKid, tokenBeginning, type Algorithm } from './header.rules.js';
export { SIGNING_KEY_STATES, stateOf, UPCOMING_SECONDS, type SigningKeyState } from './key-state.rules.js';
export { SigningKeyEntity } from './signing-key.entity.js';
export { SigningModule } from './signing.module.js';
export { SigningService, type PublishedKey, type TokenSigner } from './signing.service.js';
export { LONGEST_TOKEN_BYTES, type VerifiedToken } from './verify-token.js';
