// Every kind of statement: which keys may sign it, for which programme, and what its content must hold.

import type { Bytes } from "./bytes";
import type { Content, Value } from "./cbor";
import { readCertificate } from "./certificate";
import * as fields from "./fields";
import { type Key, type Keyring, type Use, maySignFor, readKeyring, signer } from "./keyring";
import { Refused } from "./refused";
import { type Kind, type Statement, envelope, opened } from "./statement";

export const STANDINGS = ["suspended", "revoked", "replaced", "withdrawn"] as const;

/** What certificates are not simply valid, at one moment and log size; by hexadecimal of 8 bytes of their SHA-256. */
export interface Snapshot {
  readonly takenAt: number;
  readonly logSize: number;
  readonly standings: ReadonlyMap<string, (typeof STANDINGS)[number]>;
  readonly issuedAt: number;
}

type Fields = Readonly<Record<number, fields.Read<unknown>>>;

const short = fields.octets(16);
const named = fields.fixed(fields.number, short);
const atLeastOne: fields.Read<number> = (value) => fields.uint(value) || fields.refuse();
const event: fields.Read<unknown> = (value) => {
  const entry = fields.mapOf(value, [1, 2, 3]);
  return [fields.names(entry.get(1)), fields.date(entry.get(2)), fields.orNull(fields.date)(entry.get(3))];
};

const CHANGE: Fields = {
  1: named,
  2: fields.oneOf("suspended", "reinstated", "revoked", "replaced"),
  3: fields.time,
  4: fields.oneOf(
    "registration_error", "misconduct", "false_materials", "holder_request", "reissued", "investigation",
    "key_compromise", "other",
  ),
};
const PASS_LIST: Fields = {
  1: fields.exam,
  2: fields.code,
  3: fields.oneOf("notice", "final"),
  4: atLeastOne,
  5: fields.orNull(fields.time),
  6: fields.text,
  7: fields.orNull(fields.time),
  8: fields.array(fields.fixed(fields.uint, fields.text, fields.text, fields.orNull(short))),
  9: event,
};
const LOOKUP_INDEX: Fields = {
  1: fields.exam,
  2: atLeastOne,
  3: fields.octets(4),
  4: fields.array(fields.fixed(fields.number, fields.octets(32))),
};
const ERASURE: Fields = {
  1: fields.array(fields.octets(32), 1),
  2: fields.array(fields.number, 1),
  3: fields.text,
};
const DOCUMENT: Fields = { 1: fields.text, 2: fields.text, 3: fields.octets() };

/** All fields of ``wanted``, and those of ``perhaps`` that are there; nothing else but later ones. */
function check(source: Statement, wanted: Fields, perhaps: Fields = {}): Content {
  const all = { ...wanted, ...perhaps };
  const content = fields.contentOf(source, Object.keys(all).map(Number));
  for (const [key, read] of Object.entries(all)) {
    if (Number(key) in wanted || content.has(Number(key))) read(content.get(Number(key)));
  }
  fields.issuedAt(source);
  return content;
}

function checkPassList(source: Statement): void {
  const content = check(source, PASS_LIST);
  if (!String(content.get(1)).startsWith(`${String(content.get(2))}-`)) fields.refuse();
  const notice = content.get(3) === "notice";
  for (const row of content.get(8) as Value[][]) if ((row[3] === null) !== notice) fields.refuse();
}

/** The snapshot that a statement holds. Throws Refused for any breach of statements.cddl. */
export function readSnapshot(source: Statement): Snapshot {
  if (source.kind !== "snapshot") fields.refuse();
  const content = fields.contentOf(source, [1, 2, 3]);
  const [takenAt, logSize] = [fields.time(content.get(1)), fields.uint(content.get(2))];
  const found = content.get(3);
  if (!(found instanceof Map)) fields.refuse();
  const standings = new Map<string, (typeof STANDINGS)[number]>();
  const standing = fields.oneOf(...STANDINGS);
  found.forEach((value, key) => {
    if (typeof key !== "string" || key.length !== 16) fields.refuse();
    standings.set(key, standing(value));
  });
  return { takenAt, logSize, standings, issuedAt: fields.issuedAt(source) };
}

const READERS: Readonly<Record<Kind, (source: Statement) => unknown>> = {
  certificate: readCertificate,
  change: (source) => check(source, CHANGE, { 5: named, 6: fields.text }),
  pass_list: checkPassList,
  lookup_index: (source) => check(source, LOOKUP_INDEX),
  keyring: readKeyring,
  snapshot: readSnapshot,
  erasure: (source) => check(source, ERASURE),
  document: (source) => check(source, DOCUMENT),
};

function useFor(source: Statement): Use {
  switch (source.kind) {
    case "keyring":
      return "root";
    case "certificate":
    case "pass_list":
    case "lookup_index":
      return "certificate";
    case "document": {
      const path = source.content.get(1);
      return typeof path === "string" && path.startsWith("status/") ? "status" : "credential";
    }
    default:
      return "status";
  }
}

/** What a statement says its programme is, before anything in it is known to be in order. */
function programmeOf(source: Statement): Value | undefined {
  const [first, second, third] = [1, 2, 3].map((key) => source.content.get(key));
  if (source.kind === "certificate") return third;
  if (source.kind === "pass_list") return second;
  return source.kind === "lookup_index" && typeof first === "string" ? first.split("-")[0] : undefined;
}

/** That a key may sign statements of this kind and of the programme that it says it is of. Throws Refused. */
export function checkUse(source: Statement, key: Key): void {
  if (key.use !== useFor(source)) throw new Refused("key_wrong_use");
  if (source.kind === "snapshot" && key.programmes.length) throw new Refused("key_wrong_programme");
  const programme = programmeOf(source);
  if (typeof programme === "string" && !maySignFor(key, programme)) throw new Refused("key_wrong_programme");
}

/** That what a key signed may be believed where its place in the log is not known, or is this one. Throws Refused. */
export function checkState(key: Key, index: number | null = null): void {
  if (key.state === "compromised" && (index === null || index >= (key.believedBelow ?? 0))) throw new Refused("key_compromised");
  if (key.state === "retired") throw new Refused("key_retired");
}

/** A statement of any kind that is in order, and believed by this keyring. Throws Refused. */
export async function believe(data: Bytes, keyring: Keyring): Promise<Statement> {
  const outer = envelope(data);
  const key = await signer(outer, keyring);
  const source = opened(outer);
  checkUse(source, key);
  await READERS[source.kind](source);
  checkState(key);
  return source;
}

/** The 33 bytes that the log holds of a statement: its kind and its SHA-256. */
export function logEntry(kind: number, digest: Bytes): Bytes {
  const entry = new Uint8Array(33);
  entry[0] = kind;
  entry.set(digest, 1);
  return entry;
}
