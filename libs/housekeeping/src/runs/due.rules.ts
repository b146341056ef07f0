import { nextMoment, type HousekeepingTrigger, type Schedule } from '@tokenwarden/vocabulary';

/** A moment that is older than this was missed: nobody was there to look, who looks once a second. */
const MISSED_MILLISECONDS = 60_000;
/** As far as a clock that is set right may have run ahead before; farther, and all moments until then would be lost. */
const AHEAD_MILLISECONDS = 60_000;

/**
 * Whether a task is due by its schedule, and as what: a moment since `through` has come. However many have come, it is
 * one run; CATCH_UP where the first of them was missed.
 * @param through up to when all moments are done with, by the database's clock as `now` is
 */
export function dueTrigger(
  schedule: Schedule,
  through: Date,
  now: Date,
): Exclude<HousekeepingTrigger, 'MANUAL'> | undefined {
  // The clock was set back: what is done with lies in the future, and nobody knows what was missed since.
  if (through.getTime() > now.getTime() + AHEAD_MILLISECONDS) return 'CATCH_UP';
  const moment = nextMoment(schedule, through);
  if (moment === undefined || moment > now) return undefined;
  return now.getTime() - moment.getTime() > MISSED_MILLISECONDS ? 'CATCH_UP' : 'SCHEDULE';
}
