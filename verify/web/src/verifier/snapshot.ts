// Which snapshot is believed: a status key of all programmes signed it, and that key is active.

import type { Bytes } from "./bytes";
import { type Keyring, signer } from "./keyring";
import { type Snapshot, checkUse, readSnapshot } from "./kinds";
import { Refused } from "./refused";
import { decode } from "./statement";

/** The snapshot of these bytes, believed by this keyring. Throws Refused. */
export async function believeSnapshot(data: Bytes, keyring: Keyring): Promise<Snapshot> {
  const source = decode(data);
  const key = await signer(source, keyring);
  if (source.kind !== "snapshot") throw new Refused("not_a_snapshot");
  checkUse(source, key);
  if (key.state !== "active") throw new Refused(`key_${key.state}`);
  return readSnapshot(source);
}
