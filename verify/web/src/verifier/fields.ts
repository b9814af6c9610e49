// Reading a decoded map by the rules of statements.cddl: one reader for each CDDL type, each throwing "malformed".

import type { Bytes } from "./bytes";
import type { Content, Value } from "./cbor";
import { Refused } from "./refused";
import { EXP, IAT, LAST_TIME, type Statement, claimOf } from "./statement";

export type Read<T> = (value: Value | undefined) => T;

/** A text for people: Chinese always, English where the centre gave it. */
export interface Names {
  readonly zh: string;
  readonly en: string | null;
}

export function refuse(): never {
  throw new Refused("malformed");
}

export const uint: Read<number> = (value) =>
  // Larger ones are well formed, and no size, serial or mark that there is.
  typeof value === "bigint" && value > 0 ? Number(value) : typeof value === "number" && value >= 0 ? value : refuse();

export const time: Read<number> = (value) => {
  const seconds = uint(value);
  return seconds <= LAST_TIME ? seconds : refuse();
};

export const text: Read<string> = (value) => (typeof value === "string" ? value : refuse());

export const octets =
  (size?: number): Read<Bytes> =>
  (value) =>
    value instanceof Uint8Array && (size === undefined || value.length === size) ? value : refuse();

export const pattern = (form: string): Read<string> => {
  const whole = new RegExp(`^(?:${form})$`);
  return (value) => (whole.test(text(value)) ? (value as string) : refuse());
};

export const oneOf =
  <T extends string>(...words: readonly T[]): Read<T> =>
  (value) =>
    words.find((word) => word === value) ?? refuse();

export const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (value) =>
    value === null ? null : read(value);

export const array =
  <T>(read: Read<T>, least = 0): Read<T[]> =>
  (value) =>
    Array.isArray(value) && value.length >= least ? value.map(read) : refuse();

export const fixed =
  (...reads: readonly Read<unknown>[]): Read<unknown[]> =>
  (value) =>
    Array.isArray(value) && value.length === reads.length ? reads.map((read, at) => read(value[at])) : refuse();

export const names: Read<Names> = (value) => {
  if (!(value instanceof Map) || value.size !== (value.has("en") ? 2 : 1)) refuse();
  const zh = text(value.get("zh"));
  return { zh, en: value.has("en") ? text(value.get("en")) : null };
};

export const code = pattern("[A-Z][0-9A-Z]{1,7}");
export const number = pattern("[0-9A-Z]{4,32}");
export const date = pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}");
export const term = pattern("[0-9]{4}-[0-9]{2}(?:-[0-9A-Z]{1,3})?");
export const exam = pattern("[A-Z][0-9A-Z]{1,7}-[0-9]{4}-[0-9]{2}(?:-[0-9A-Z]{1,3})?");

/** Whether a text holds a control (Cc) or format (Cf) character. */
export const hasControl = (value: string): boolean => /[\p{Cc}\p{Cf}]/u.test(value);

export const length = (value: string): number => Array.from(value).length;

/** A map that has no other keys than those known, or of 16 to 23 where it has room for later ones. */
export function mapOf(value: Value | undefined, known: readonly number[], later = false): Content {
  if (!(value instanceof Map)) refuse();
  value.forEach((_, key) => {
    if (!known.includes(key as number) && !(later && Number(key) >= 16 && Number(key) <= 23)) refuse();
  });
  return value;
}

/** The content of a statement, with room for later fields. */
export const contentOf = (source: Statement, known: readonly number[]): Content => mapOf(source.content, known, true);

/** Claim 6; there may be no other registered claims than those given. */
export function issuedAt(source: Statement, others: readonly number[] = []): number {
  const known = [IAT, claimOf(source.kind), ...others];
  source.claims.forEach((_, key) => known.includes(key as number) || refuse());
  return time(source.claims.get(IAT));
}

/** Claim 4, null where it is not there. */
export const expiresAt = (source: Statement): number | null =>
  source.claims.has(EXP) ? time(source.claims.get(EXP)) : null;
