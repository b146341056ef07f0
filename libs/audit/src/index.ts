export { AuditModule } from './audit.module.js';
export { AuditService } from './audit.service.js';
export { holdsSecret, refuseSecret } from './secrecy.rules.js';
export { record, recordAll, recordOf, storableDetails, storableText, type NewAuditEvent } from './record.js';
export { AUDIT_ACTIONS, type AuditAction, type AuditOutcome } from './actions.js';
export { Actor, ActorKindEnum, toActor } from './actor.type.js';
export { AuditEvent } from './audit-event.type.js';
export { recordingOfSelected, type SelectedEvents } from './selected-events.js';
export { changesBehind, type TrailStretch } from './trail-stretch.queries.js';
