// The signed statement: COSE_Sign1 (RFC 9052) over CWT claims (RFC 8392). Nothing in it is to be believed before its
// signature is checked; what a kind's content must hold is for kinds.ts, keyring.ts and certificate.ts.

import { type Bytes, join, utf8 } from "./bytes";
import { type Content, type KeyTypes, type Value, decode as decodeCbor, octetsHead } from "./cbor";
import { Refused } from "./refused";

export const KINDS = [
  "certificate", "change", "pass_list", "lookup_index", "keyring", "snapshot", "erasure", "document",
] as const;
export type Kind = (typeof KINDS)[number];

export const [EXP, IAT, CTI] = [4, 6, 7] as const;
export const LAST_TIME = 253402300799;

const ED25519 = -19; // RFC 9864
const FIRST_PRIVATE = -65537;

/** The private claim of a kind. */
export const claimOf = (kind: Kind): number => FIRST_PRIVATE - KINDS.indexOf(kind);

const NOT_INTEGER: KeyTypes = {
  [`/${claimOf("pass_list")}/9/1`]: "text",
  [`/${claimOf("keyring")}/4/*/2`]: "text",
  [`/${claimOf("keyring")}/5/*/2`]: "text",
  [`/${claimOf("keyring")}/5/*/3`]: "text",
  [`/${claimOf("snapshot")}/3`]: "bytes",
};

/** A statement's outer layer: who is said to have signed which bytes. */
export interface Envelope {
  readonly data: Bytes;
  readonly kid: Bytes;
  readonly payload: Bytes;
  /** The Sig_structure over the received bytes (RFC 9052 section 4.4). */
  readonly signed: Bytes;
  readonly signature: Bytes;
}

/** A whole statement. */
export interface Statement extends Envelope {
  readonly kind: Kind;
  readonly claims: Content;
  /** The map under the kind's private claim. */
  readonly content: Content;
}

/** Reads the outer layer alone. Throws Refused, with newer_format where a later version may read it. */
export function envelope(data: Bytes): Envelope {
  const outer = decodeCbor(data);
  if (!Array.isArray(outer) || outer.length !== 4) throw new Refused("not_a_statement");
  const [header, unprotected, payload, signature] = outer;
  if (!(header instanceof Uint8Array) || !(unprotected instanceof Map) || unprotected.size) throw new Refused("not_a_statement");
  if (!(payload instanceof Uint8Array)) throw new Refused("not_a_statement");
  if (!(signature instanceof Uint8Array) || signature.length !== 64) throw new Refused("not_a_statement");
  const kid = kidOf(decodeCbor(header));
  const signed = sigStructure(header, payload);
  return { data, kid, payload, signed, signature };
}

/** What is signed: ["Signature1", protected, no external data, payload]. */
export function sigStructure(header: Bytes, payload: Bytes): Bytes {
  return join(
    Uint8Array.of(0x84, 0x6a), utf8("Signature1"), octetsHead(header.length), header,
    Uint8Array.of(0x40), octetsHead(payload.length), payload,
  );
}

/** The whole statement whose outer layer was read. Throws Refused. */
export function opened(outer: Envelope): Statement {
  const claims = decodeCbor(outer.payload, NOT_INTEGER);
  if (!(claims instanceof Map)) throw new Refused("not_a_statement");
  const kind = kindOf(claims);
  return { ...outer, kind, claims, content: claims.get(claimOf(kind)) as Content };
}

/** Reads one statement strictly, outside and inside. Throws Refused. */
export function decode(data: Bytes): Statement {
  return opened(envelope(data));
}

function kidOf(header: Value): Bytes {
  if (header instanceof Map) {
    const algorithm = header.get(1);
    if ((typeof algorithm === "number" || typeof algorithm === "bigint") && algorithm !== ED25519) {
      throw new Refused("newer_format");
    }
    const kid = header.get(4);
    if (algorithm === ED25519 && header.size === 2 && kid instanceof Uint8Array && kid.length === 4) return kid;
  }
  throw new Refused("not_a_statement");
}

function kindOf(claims: Content): Kind {
  const found: Array<number | bigint> = [];
  claims.forEach((value, key) => {
    if (key === EXP || key === IAT) {
      if ((typeof value !== "number" && typeof value !== "bigint") || value > LAST_TIME) throw new Refused("not_a_statement");
    } else if (typeof key !== "string" && key <= FIRST_PRIVATE) found.push(key);
    else if (key !== CTI) throw new Refused("not_a_statement");
  });
  const known = found.map((claim) => KINDS.find((kind) => claimOf(kind) === claim));
  if (known.includes(undefined)) throw new Refused("newer_format");
  const kind = known[0];
  if (!kind || known.length !== 1 || !(claims.get(claimOf(kind)) instanceof Map)) throw new Refused("not_a_statement");
  return kind;
}
