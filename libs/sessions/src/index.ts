export { SessionsModule } from './sessions.module.js';
export { SessionsService, type SignedIn } from './sessions.service.js';
export { SessionEntity } from './session.entity.js';
export { isSessionToken } from './session-token.js';
export { isWelcomeOrigin } from './welcome-origin.js';
