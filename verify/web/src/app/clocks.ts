// Whether this device's clock can be believed, and how old what is known is.

export type Clock = "fine" | "behind" | "ahead";

const DAY = 86_400;
const SKEW = 300; // seconds by which clocks may differ

/** How a clock stands to the newest moment that is known to have passed, and to the centre's clock when last asked. */
export function judgeClock(clock: number, newest: number, ahead: number): Clock {
  if (clock < newest - SKEW || ahead < -DAY) return "behind";
  return ahead > DAY ? "ahead" : "fine";
}

/** The time to judge by: of a clock that is wrong, the newest known one (docs/spec/snapshot.md, Time). */
export const timeToJudge = (clock: number, newest: number, ahead: number): number =>
  judgeClock(clock, newest, ahead) === "fine" ? clock : newest;

/** Whole days that what is known is old. */
export const daysOld = (since: number, now: number): number => Math.max(0, Math.floor((now - since) / DAY));
