export { admitUser } from './admit-user.js';
export { applyConsequences, type ConsequencesDone } from './apply-consequences.js';
export { ConsequencesModule } from './consequences.module.js';
export { foreseeConsequences } from './foresee-consequences.js';
export { endOrphanGraces, newlyPastGrace, type EndedGraces } from './orphan-graces.js';
