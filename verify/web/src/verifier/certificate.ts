// Certificates: their claims, and when they begin.

import type { Value } from "./cbor";
import * as fields from "./fields";
import { Refused } from "./refused";
import { CTI, EXP, type Statement } from "./statement";

const MEAN_TIME = 29_143; // seconds by which Shanghai's local mean time, used before 1901, was ahead

/** What a certificate says. Times are seconds since 1970. */
export interface Certificate {
  readonly number: string;
  readonly holder: string;
  readonly idHint: string;
  readonly programme: string;
  readonly term: string;
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  /** The date on an older paper, where this statement was made after it. */
  readonly paperDate: string | null;
  /** From when it says that it holds. */
  readonly beginsAt: number;
}

/** The certificate that a statement holds. Throws Refused for any breach of statements.cddl. */
export function readCertificate(source: Statement): Certificate {
  if (source.kind !== "certificate") throw new Refused("not_a_certificate");
  const content = fields.contentOf(source, [1, 2, 3, 4, 6]);
  const paperDate = content.has(6) ? fields.date(content.get(6)) : null;
  const begun = paperDate === null ? null : chinaMidnight(paperDate);
  const number = numberOf(source.claims.get(CTI));
  const holder = shown(content.get(1), 1, 50);
  const idHint = shown(content.get(2), paperDate === null ? 1 : 0, 4);
  const programme = fields.code(content.get(3));
  const term = fields.term(content.get(4));
  const issuedAt = fields.issuedAt(source, [EXP, CTI]);
  const expiresAt = fields.expiresAt(source);
  const beginsAt = begun ?? issuedAt;
  if (beginsAt > issuedAt) fields.refuse();
  if (expiresAt !== null && expiresAt <= beginsAt) throw new Refused("expires_before_issue");
  return { number, holder, idHint, programme, term, issuedAt, expiresAt, paperDate, beginsAt };
}

function numberOf(cti: Value | undefined): string {
  return fields.number(String.fromCharCode(...fields.octets()(cti)));
}

function shown(value: Value | undefined, least: number, most: number): string {
  const read = fields.text(value);
  const length = fields.length(read);
  return length >= least && length <= most && !fields.hasControl(read) ? read : fields.refuse();
}

/** When a day of the years 1 to 9999 begins in China, in seconds since 1970; throws for a date that no calendar has. */
export function chinaMidnight(day: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (!(midnight >= Date.parse("0001-01-01T00:00:00Z")) || new Date(midnight).toISOString().slice(0, 10) !== day) fields.refuse();
  if (midnight < Date.UTC(1901, 0)) return midnight / 1000 - MEAN_TIME;
  const clock = (at: number): number =>
    Date.parse(`${new Date(at).toLocaleString("sv", { timeZone: "Asia/Shanghai" }).replace(" ", "T")}Z`);
  const guess = midnight - 8 * 3_600_000;
  const summer = guess - (clock(guess) - midnight);
  return (clock(summer) === midnight ? summer : guess) / 1000; // some summers began at a midnight that was not
}
