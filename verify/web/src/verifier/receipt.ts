// Checkpoints, and receipts (C2SP signed-note, tlog-checkpoint, tlog-proof; COSE Receipts, RFC 9942), by which a
// statement's place in the log is checked. The same codes as verify/core/log.

import { type Bytes, fromBase64, join, sameBytes, sha256, utf8 } from "./bytes";
import { type Value, decode } from "./cbor";
import type { Chain } from "./chain";
import { signedBy } from "./ed25519";
import type { Key } from "./keyring";
import { Refused } from "./refused";
import { sigStructure } from "./statement";

export interface Place {
  readonly index: number;
  readonly size: number;
}

interface Checkpoint {
  readonly size: number;
  readonly root: Bytes;
}

const MOST = 1 << 20; // characters of a note or a proof
const MOST_SIZE = 2 ** 53 - 1; // beyond it no number here counts one by one, and no log has as many
const HEADER = "c2sp.org/tlog-proof@v1\n";
const COUNT = /^(?:0|[1-9][0-9]{0,15})$/;
const DASH = "\u2014 ";

function count(text: string | undefined, code: string): number {
  const found = text !== undefined && COUNT.test(text) ? Number(text) : Infinity;
  if (found > MOST_SIZE) throw new Refused(code);
  return found;
}

/** The bytes that a text writes in the one way that there is. */
function base64(text: string, length?: number): Bytes {
  const letters = text.replace(/={1,2}$/, "");
  const canonical = text.length % 4 === 0 && /^[A-Za-z0-9+/]*$/.test(letters) && btoa(atob(text)) === text;
  const data = canonical ? fromBase64(text) : null;
  if (!data || (length !== undefined && data.length !== length)) throw new Refused("not_a_note");
  return data;
}

interface Signature {
  readonly name: string;
  readonly id: Bytes;
  readonly signature: Bytes;
}

/** A note's text and its signatures. */
function openNote(note: string): [string, Signature[]] {
  const at = note.lastIndexOf("\n\n");
  if (note.length > MOST || at < 0 || !note.endsWith("\n") || /[\0-\t\v-\x1f]/.test(note)) throw new Refused("not_a_note");
  const signatures = note.slice(at + 2, -1).split("\n").map((line) => {
    const [name, said] = [line.slice(2, line.indexOf(" ", 2)), line.slice(line.indexOf(" ", 2) + 1)];
    if (!line.startsWith(DASH) || line.indexOf(" ", 2) < 3) throw new Refused("not_a_note");
    const data = base64(said);
    if (data.length < 5) throw new Refused("not_a_note");
    return { name, id: data.slice(0, 4), signature: data.slice(4) };
  });
  return [note.slice(0, at + 1), signatures];
}

/** The checkpoint in a note that a log key of this centre signed over this log's name. Throws Refused. */
export async function believeCheckpoint(note: string, chain: Chain): Promise<Checkpoint> {
  const [body, signatures] = openNote(note);
  const [origin, sized, rooted] = body.split("\n");
  if (!origin || /[+\s]/.test(origin)) throw new Refused("not_a_checkpoint");
  const size = count(sized, "not_a_checkpoint");
  const root = base64(rooted ?? "", 32);
  if (origin !== chain.logName) throw new Refused("other_log");
  let doubt = new Refused("stranger");
  for (const key of chain.newest.keys) {
    const id = (await sha256(join(utf8(`${origin}\n`), Uint8Array.of(1), key.public))).subarray(0, 4);
    const said = signatures.find((one) => one.name === origin && sameBytes(one.id, id));
    if (key.use !== "log" || !said) continue;
    if (!(await signedBy(key.public, utf8(body), said.signature))) throw new Refused("signature_bad");
    const against = doubtOf(key, size);
    if (!against) return { size, root };
    doubt = new Refused(against);
  }
  throw doubt;
}

/** Why what this key signed of a tree of this size is not believed, null where it is. */
function doubtOf(key: Key, size: number): string | null {
  if (key.use !== "log") return "stranger";
  if (key.state === "compromised" && size > (key.believedBelow ?? 0)) return "key_compromised";
  return key.state === "retired" ? "key_retired" : null;
}

/** Where the log holds this entry (33 bytes), by a tlog-proof or a COSE Receipt. Throws Refused. */
export function checkReceipt(receipt: string | Bytes, entry: Bytes, chain: Chain): Promise<Place> {
  return typeof receipt === "string" ? checkProof(receipt, entry, chain) : checkCose(receipt, entry, chain);
}

/** By a tlog-proof with a checkpoint that is believed. */
async function checkProof(proof: string, entry: Bytes, chain: Chain): Promise<Place> {
  const at = proof.indexOf("\n\n");
  if (proof.length > MOST || at < 0 || !proof.startsWith(HEADER)) throw new Refused("not_a_proof");
  const lines = proof.slice(HEADER.length, Math.max(at, HEADER.length)).split("\n");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const first = lines.shift() ?? "";
  if (!first.startsWith("index ")) throw new Refused("not_a_proof");
  const index = count(first.slice(6), "not_a_proof");
  if (lines.length > 64) throw new Refused("proof_length");
  const path = lines.map((line) => base64(line, 32));
  const { size, root } = await believeCheckpoint(proof.slice(at + 2), chain);
  if (!sameBytes(await rootOf(entry, { index, size }, path), root)) throw new Refused("other_entry");
  return { index, size };
}

/** By a COSE Receipt, whose root, found from its proof, a log key signed. */
async function checkCose(data: Bytes, entry: Bytes, chain: Chain): Promise<Place> {
  const { header, kid, place, path, signature } = openCose(data);
  const root = await rootOf(entry, place, path);
  let doubt = "stranger";
  for (const key of chain.newest.keys) {
    if (!sameBytes(key.kid, kid)) continue;
    const against = doubtOf(key, place.size);
    if (!against && (await signedBy(key.public, sigStructure(header, root), signature))) return place;
    doubt = against ?? "other_entry";
  }
  throw new Refused(doubt);
}

function openCose(data: Bytes): { header: Bytes; kid: Bytes; place: Place; path: Bytes[]; signature: Bytes } {
  const bytes = (value: Value | undefined): Bytes => (value instanceof Uint8Array ? value : refuse());
  const map = (value: Value | undefined, size: number): Map<number | bigint | string, Value> =>
    value instanceof Map && value.size === size ? value : refuse();
  const list = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : refuse());
  const whole = (value: Value | undefined): number => (typeof value === "number" && value >= 0 ? value : refuse());
  const refuse = (): never => {
    throw new Refused("not_a_receipt");
  };
  try {
    if (data.length > MOST || data[0] !== 0xd2) refuse(); // COSE_Sign1's tag, 18
    const outer = list(decode(data.slice(1)));
    const [header, signature] = [bytes(outer[0]), bytes(outer[3])];
    if (outer.length !== 4 || outer[2] !== null || signature.length !== 64) refuse();
    const said = map(decode(header), 3); // algorithm Ed25519, kid, and RFC9162_SHA256 as the log's structure
    if (said.get(1) !== -19 || said.get(395) !== 1) refuse();
    const proofs = list(map(map(outer[1], 1).get(396), 1).get(-1));
    const proof = list(decode(bytes(proofs[0])));
    if (proofs.length !== 1 || proof.length !== 3) refuse();
    const place = { size: whole(proof[0]), index: whole(proof[1]) };
    return { header, kid: bytes(said.get(4)), place, path: list(proof[2]).map(bytes), signature };
  } catch (error) {
    if (error instanceof Refused) refuse();
    throw error;
  }
}

/** The root that a path of hashes gives from an entry's leaf (RFC 9162 section 2.1.3.2). */
async function rootOf(entry: Bytes, { index, size }: Place, path: readonly Bytes[]): Promise<Bytes> {
  if (index >= size) throw new Refused("beyond_tree");
  if (path.some((one) => one.length !== 32)) throw new Refused("proof_length");
  const leaf = await sha256(join(Uint8Array.of(0), entry));
  const half = (value: number): number => Math.floor(value / 2);
  let [at, last, found] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) throw new Refused("proof_length");
    const right = at % 2 === 1 || at === last;
    found = await sha256(join(Uint8Array.of(1), ...(right ? [sibling, found] : [found, sibling])));
    if (right) while (at % 2 === 0 && at) [at, last] = [half(at), half(last)];
    [at, last] = [half(at), half(last)];
  }
  if (last) throw new Refused("proof_length");
  return found;
}
