// Which snapshot is taken, and what it says of a certificate (docs/spec/snapshot.md).

import { type Bytes, hex } from "./bytes";
import type { Certificate } from "./certificate";
import type { Keyring } from "./keyring";
import { STANDINGS, type Snapshot, believe, readSnapshot } from "./kinds";
import { Refused } from "./refused";

export type State = (typeof STANDINGS)[number] | "not_yet_valid" | "expired" | "valid";

/** What step 8 can say without the register: a state, or null where nothing can be said, and the check's code. */
export interface Status {
  readonly state: State | null;
  readonly code: string;
}

const CLOCK_SKEW = 300; // seconds by which a certificate may be issued after the time asked
const OWN_CODES = ["snapshot_before_keyring", "snapshot_unproven", "snapshot_rolled_back"];

/** What is known of the register without asking it. */
export class Knowledge {
  constructor(
    readonly keyring: Keyring,
    readonly snapshot: Snapshot | null = null,
    /** Why the snapshot at hand is not taken. */
    private readonly refused: string | null = null,
  ) {}

  /** What these bytes say; ``logSize`` is a believed checkpoint's, ``kept`` the snapshot taken before. */
  static async of(keyring: Keyring, data: Bytes, logSize?: number | null, kept?: Kept | null): Promise<Knowledge> {
    try {
      return new Knowledge(keyring, await take(data, keyring, logSize, kept));
    } catch (error) {
      if (error instanceof Refused) return new Knowledge(keyring, null, error.code);
      throw error;
    }
  }

  /** The latest moment that is known to have passed, in seconds since 1970. */
  get newestTime(): number {
    return Math.max(this.keyring.issuedAt, this.snapshot?.takenAt ?? 0);
  }

  /** Step 8 for a certificate of this SHA-256, at ``time``; ``index`` is where a receipt proves it in the log. */
  status(says: Certificate, digest: Bytes, time: number, index: number | null): Status {
    const found = this.snapshot?.standings.get(hex(digest.subarray(0, 8)));
    if (found) return { state: found, code: `status_${found}` };
    if (says.beginsAt > time + CLOCK_SKEW) return { state: "not_yet_valid", code: "status_not_yet_valid" };
    if (says.expiresAt !== null && time >= says.expiresAt) return { state: "expired", code: "status_expired" };
    if (!this.snapshot) {
      const why = this.refused && (OWN_CODES.includes(this.refused) ? this.refused : "snapshot_refused");
      return { state: null, code: why || "register_not_asked" };
    }
    const later = says.issuedAt > this.snapshot.takenAt || (index !== null && index >= this.snapshot.logSize);
    if (later) return { state: null, code: "issued_after_snapshot" };
    return { state: "valid", code: "status_by_snapshot" };
  }
}

export type Kept = Pick<Snapshot, "takenAt" | "logSize">;

/** The snapshot of these bytes, where it may be believed without the register. Throws Refused. */
export async function take(data: Bytes, keyring: Keyring, logSize?: number | null, kept?: Kept | null): Promise<Snapshot> {
  const source = await believe(data, keyring);
  if (source.kind !== "snapshot") throw new Refused("wrong_kind");
  const snapshot = readSnapshot(source);
  if (snapshot.issuedAt < keyring.issuedAt) throw new Refused("snapshot_before_keyring");
  if (typeof logSize === "number" && logSize < snapshot.logSize) throw new Refused("snapshot_unproven");
  if (kept && (snapshot.logSize < kept.logSize || snapshot.takenAt < kept.takenAt)) throw new Refused("snapshot_rolled_back");
  return snapshot;
}
