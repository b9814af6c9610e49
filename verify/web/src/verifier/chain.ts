// The chain of keyring versions from a pinned root (2-formats, Keyring).

import { type Bytes, hex, sameBytes, sha256 } from "./bytes";
import { signedBy } from "./ed25519";
import { type Key, type Keyring, STATES, readKeyring, thumbprint } from "./keyring";
import { Refused } from "./refused";
import { type Statement, decode } from "./statement";

/** Keyring versions that follow one another from a pinned root. */
export interface Chain {
  readonly newest: Keyring;
  /** The log's name: of the oldest host in the first version, which never changes. */
  readonly logName: string;
}

/** The chain of these versions from the root of this thumbprint. Throws Refused. */
export async function follow(versions: readonly Bytes[], root: Bytes): Promise<Chain> {
  let [last, before, host]: [Keyring | null, Bytes, string] = [null, new Uint8Array(0), ""];
  for (const data of versions) {
    const source = decode(data);
    const keyring = await readKeyring(source);
    if (last && sameBytes(data, before)) continue;
    if (last) await checkNext(source, keyring, last, before);
    else await checkFirst(source, keyring, root);
    if (!last) host = keyring.hosts[keyring.hosts.length - 1] ?? "";
    [last, before] = [keyring, data];
  }
  if (!last) throw new Refused("no_keyring");
  return { newest: last, logName: `${host.toLowerCase()}/log` };
}

async function checkFirst(source: Statement, keyring: Keyring, root: Bytes): Promise<void> {
  if (keyring.version !== 1 || keyring.previous !== null) throw new Refused("wrong_version");
  for (const key of keyring.keys) {
    if (key.use !== "root" || !sameBytes(await thumbprint(key.public), root)) continue;
    if (await signedBy(key.public, source.signed, source.signature)) return;
  }
  throw new Refused("wrong_root");
}

async function checkNext(source: Statement, keyring: Keyring, last: Keyring, before: Bytes): Promise<void> {
  if (keyring.version !== last.version + 1) throw new Refused("wrong_version");
  if (!keyring.previous || !sameBytes(keyring.previous, await sha256(before))) throw new Refused("wrong_predecessor");
  if (!(await signedByRoot(source, last))) throw new Refused("not_signed_by_root");
  checkKept(last, keyring);
}

async function signedByRoot(source: Statement, keyring: Keyring): Promise<boolean> {
  for (const key of keyring.keys) {
    if (key.use !== "root" || key.state !== "active" || !sameBytes(key.kid, source.kid)) continue;
    if (await signedBy(key.public, source.signed, source.signature)) return true;
  }
  return false;
}

/** Entries are only added; of a key only its end, its state (onwards) and, once, its log size change. */
function checkKept(old: Keyring, now: Keyring): void {
  const kept = (was: readonly unknown[], is: readonly unknown[]): boolean => {
    const texts = is.map((one) => JSON.stringify(one));
    return was.every((one) => texts.includes(JSON.stringify(one)));
  };
  if (!kept(old.issuers, now.issuers) || !kept(old.programmes, now.programmes) || !kept(old.hosts, now.hosts)) {
    throw new Refused("altered");
  }
  for (const was of old.keys) {
    const is = now.keys.find((key) => sameBytes(key.public, was.public));
    if (!is || lasting(is) !== lasting(was)) throw new Refused("altered");
    if (STATES.indexOf(is.state) < STATES.indexOf(was.state)) throw new Refused("altered");
    if (was.believedBelow !== null && is.believedBelow !== was.believedBelow) throw new Refused("altered");
  }
}

/** What of a key never changes. */
const lasting = (key: Key): string => JSON.stringify([hex(key.kid), key.use, key.programmes, key.notBefore]);
