// Days and moments, to the microsecond: what Python keeps of them, and Date of JavaScript does not.

import { demand, textOf } from "./forms.js";

export const DAY = 86_400_000_000n;
const MOMENT = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z$/;
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d))$/;

// The number of a day since 1970, or an error where it is no day.
export function dayNumber(text) {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(textOf(text));
  const moment = parts ? Date.UTC(parts[1], parts[2] - 1, parts[3]) : NaN;
  const isDay = !Number.isNaN(moment) && new Date(moment).toISOString().slice(0, 10) === text;
  demand(isDay, `Invalid isoformat string: '${text}'`);
  return moment / 86_400_000;
}

export function dayText(number) {
  return new Date(number * 86_400_000).toISOString().slice(0, 10);
}

function microseconds(day, hours, minutes, seconds, fraction) {
  const inRange = hours < 24 && minutes < 60 && seconds < 60;
  demand(inRange, "has a moment in another form than its one");
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  return BigInt(dayNumber(day)) * DAY + whole * 1_000_000n + BigInt(fraction);
}

// The microseconds since 1970 of a moment in the one form in which the product writes it.
export function momentOf(text) {
  const parts = MOMENT.exec(textOf(text));
  demand(parts, `has a moment in another form than its one: ${text}`);
  return microseconds(...parts.slice(1));
}

// The same of a moment as sources of evidence write it, with any offset from Greenwich.
export function isoMoment(text) {
  const parts = ISO.exec(textOf(text));
  demand(parts, `Invalid isoformat string: '${text}'`);
  const [, day, hours, minutes, seconds = "0", fraction = "0", sign, ahead = "0", more = "0"] = parts;
  const told = microseconds(day, hours, minutes, seconds, fraction.padEnd(6, "0").slice(0, 6));
  const offset = (BigInt(ahead) * 60n + BigInt(more)) * 60_000_000n;
  return sign === "-" ? told + offset : told - offset;
}
