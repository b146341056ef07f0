export { applyConsequences, type ConsequencesDone } from './apply-consequences.js';
