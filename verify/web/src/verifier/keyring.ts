// One version of the keyring: the centre's public keys, issuers, programmes and hosts (2-formats, Keyring).

import { type Bytes, hex, join, sameBytes, sha256 } from "./bytes";
import type { Value } from "./cbor";
import { isSound } from "./curve";
import { signedBy } from "./ed25519";
import * as fields from "./fields";
import type { Names } from "./fields";
import { Refused } from "./refused";
import type { Envelope, Statement } from "./statement";

export const STATES = ["active", "retired", "compromised"] as const;
const USES = ["root", "certificate", "status", "credential", "log"] as const;
export type Use = (typeof USES)[number];

export interface Key {
  readonly kid: Bytes;
  readonly public: Bytes;
  readonly use: Use;
  /** The programmes it may sign for, empty for all. */
  readonly programmes: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number | null;
  readonly state: (typeof STATES)[number];
  readonly believedBelow: number | null;
}

export interface Programme {
  readonly code: string;
  readonly name: Names;
  readonly level: Names;
  readonly occupation: string | null;
  readonly marks: readonly unknown[];
  readonly validity: number | null;
  readonly numbering: "default" | "own";
  readonly issuers: readonly string[];
}

export interface Issuer {
  readonly id: string;
  readonly name: Names;
}

export interface Keyring {
  readonly version: number;
  readonly expiresAt: number;
  readonly keys: readonly Key[];
  readonly issuers: readonly Issuer[];
  readonly programmes: readonly Programme[];
  readonly previous: Bytes | null;
  readonly hosts: readonly string[];
  readonly issuedAt: number;
}

/** The RFC 9679 SHA-256 thumbprint of an Ed25519 public key: of the map {1: 1, -1: 6, -2: key}. */
export function thumbprint(key: Bytes): Promise<Bytes> {
  return sha256(join(Uint8Array.of(0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 32), key));
}

function readKey(value: Value | undefined): Key {
  const entry = fields.mapOf(value, [1, 2, 3, 4, 5, 6, 7, 8]);
  return {
    kid: fields.octets(4)(entry.get(1)),
    public: fields.octets(32)(entry.get(2)),
    use: fields.oneOf(...USES)(entry.get(3)),
    programmes: fields.array(fields.code)(entry.get(4)),
    notBefore: fields.time(entry.get(5)),
    notAfter: fields.orNull(fields.time)(entry.get(6)),
    state: fields.oneOf(...STATES)(entry.get(7)),
    believedBelow: fields.orNull(fields.uint)(entry.get(8)),
  };
}

/** That a key is sound and bears its own ID, and that only a compromised one has a log size. Throws Refused. */
async function check(key: Key): Promise<void> {
  if (!isSound(key.public)) throw new Refused("unsound_key");
  if (!sameBytes(key.kid, (await thumbprint(key.public)).subarray(0, 4))) throw new Refused("wrong_kid");
  if (key.believedBelow !== null && key.state !== "compromised") fields.refuse();
}

function readIssuer(value: Value | undefined): Issuer {
  const entry = fields.mapOf(value, [1, 2]);
  return { id: fields.text(entry.get(1)), name: fields.names(entry.get(2)) };
}

function readProgramme(value: Value | undefined): Programme {
  const entry = fields.mapOf(value, [1, 2, 3, 4, 5, 6, 7, 8]);
  return {
    code: fields.code(entry.get(1)),
    name: fields.names(entry.get(2)),
    level: fields.names(entry.get(3)),
    occupation: fields.orNull(fields.text)(entry.get(4)),
    marks: fields.fixed(fields.uint, fields.uint)(entry.get(5)),
    validity: fields.orNull(fields.uint)(entry.get(6)),
    numbering: fields.oneOf("default", "own")(entry.get(7)),
    issuers: fields.array(fields.text, 1)(entry.get(8)),
  };
}

/** The keyring that a statement holds, not yet to be believed: see chain.ts. Throws Refused. */
export async function readKeyring(source: Statement): Promise<Keyring> {
  if (source.kind !== "keyring") fields.refuse();
  const content = fields.contentOf(source, [1, 2, 3, 4, 5, 6, 7]);
  const [version, expiresAt] = [fields.uint(content.get(1)), fields.time(content.get(2))];
  const keys = fields.array(readKey, 1)(content.get(3));
  for (const key of keys) await check(key);
  const issuers = fields.array(readIssuer, 1)(content.get(4));
  const programmes = fields.array(readProgramme, 1)(content.get(5));
  const previous = fields.orNull(fields.octets(32))(content.get(6));
  const hosts = fields.array(fields.text, 1)(content.get(7));
  const issuedAt = fields.issuedAt(source);
  for (const ids of [keys.map((key) => hex(key.public)), issuers.map((one) => one.id), programmes.map((one) => one.code)]) {
    if (new Set(ids).size < ids.length) fields.refuse();
  }
  const known = issuers.map((issuer) => issuer.id);
  if (programmes.some((programme) => !programme.issuers.every((id) => known.includes(id)))) fields.refuse();
  return { version, expiresAt, keys, issuers, programmes, previous, hosts, issuedAt };
}

export const defaultNumbered = (keyring: Keyring): string[] =>
  keyring.programmes.filter((programme) => programme.numbering === "default").map((programme) => programme.code);

export const maySignFor = (key: Key, programme: string): boolean =>
  key.programmes.length === 0 || key.programmes.includes(programme);

/** The key that signed a statement, among all that its kid, which is a hint, names. Throws Refused. */
export async function signer(source: Envelope, keyring: Keyring): Promise<Key> {
  const named = keyring.keys.filter((key) => sameBytes(key.kid, source.kid));
  if (!named.length) throw new Refused("unknown_key");
  for (const key of named) if (await signedBy(key.public, source.signed, source.signature)) return key;
  throw new Refused("signature_bad");
}
