export { admitUser } from './admit-user.js';
export { applyConsequences, type ConsequencesDone } from './apply-consequences.js';
