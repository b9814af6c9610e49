// A receipt: a C2SP tlog-proof, by which a statement's place in the log is checked against a signed checkpoint.

import { type Bytes, fromBase64, join, sameBytes, sha256, utf8 } from "./bytes";
import { signedBy } from "./ed25519";
import type { Keyring } from "./keyring";
import { Refused } from "./refused";

export interface Place {
  readonly index: number;
  readonly size: number;
}

const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
const HASH = /^[A-Za-z0-9+/]{43}=$/;

function refuse(): never {
  throw new Refused("receipt_bad");
}

function count(text: string | undefined): number {
  return text !== undefined && NUMBER.test(text) ? Number(text) : refuse();
}

const hash = (text: string): Bytes => (HASH.test(text) ? fromBase64(text) : refuse());

/** Where the log holds this entry (33 bytes), by a proof whose checkpoint one of the keyring's log keys signed. */
export async function checkReceipt(proof: string, entry: Bytes, keyring: Keyring): Promise<Place> {
  const [head, checkpoint] = halves(proof);
  const lines = head.split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") refuse();
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const first = lines.shift() ?? "";
  if (!first.startsWith("index ")) refuse();
  const index = count(first.slice(6));
  const { size, root } = await readCheckpoint(checkpoint, keyring);
  if (index >= size) refuse();
  const leaf = await sha256(join(Uint8Array.of(0), entry));
  if (!sameBytes(await rootOf(leaf, index, size, lines.map(hash)), root)) refuse();
  return { index, size };
}

function halves(proof: string): [string, string] {
  const at = proof.indexOf("\n\n");
  return at < 0 ? refuse() : [proof.slice(0, at), proof.slice(at + 2)];
}

/** Size and root of a checkpoint (C2SP tlog-checkpoint) that a log key which is not compromised signed. */
export async function readCheckpoint(note: string, keyring: Keyring): Promise<{ size: number; root: Bytes }> {
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n")) refuse();
  const body = note.slice(0, at + 1);
  const [origin, size, root] = body.split("\n");
  if (!origin || root === undefined) refuse();
  const signatures = note.slice(at + 2).split("\n").filter((line) => line.startsWith(`\u2014 ${origin} `));
  for (const line of signatures) {
    const blob = fromBase64(line.slice(origin.length + 3));
    for (const key of keyring.keys) {
      if (key.use !== "log" || key.state === "compromised") continue;
      const id = (await sha256(join(utf8(`${origin}\n`), Uint8Array.of(1), key.public))).subarray(0, 4);
      if (!sameBytes(id, blob.subarray(0, 4))) continue;
      if (await signedBy(key.public, utf8(body), blob.slice(4))) return { size: count(size), root: hash(root) };
    }
  }
  refuse();
}

/** The root that a path of hashes gives from a leaf (RFC 9162 section 2.1.3.2). Throws Refused for a path too long or short. */
async function rootOf(leaf: Bytes, index: number, size: number, path: readonly Bytes[]): Promise<Bytes> {
  let [at, last, found] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) refuse();
    if (at % 2 || at === last) {
      found = await sha256(join(Uint8Array.of(1), sibling, found));
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else found = await sha256(join(Uint8Array.of(1), found, sibling));
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? found : refuse();
}
