// The verdict: the nine numbered steps (2-formats, Verdict), without a register: by the keyring, and a snapshot and a
// receipt where there are any. The same outcomes and codes as verify/core/verdict.py; tests/vectors hold both.

import { isSlip } from "../numbers";
import { begins, digitsOf } from "../qr_text";
import { type Bytes, fromDigits, hex, sha256 } from "./bytes";
import { type Certificate, readCertificate } from "./certificate";
import { type Key, type Keyring, type Programme, defaultNumbered, signer } from "./keyring";
import { type Snapshot, checkUse, logEntry } from "./kinds";
import { checkReceipt } from "./receipt";
import { Refused } from "./refused";
import { KINDS, type Statement, decode } from "./statement";

export type Outcome =
  | "unreadable" | "unknown_key" | "forged" | "key_not_trusted" | "malformed" | "withdrawn" | "revoked" | "replaced"
  | "suspended" | "not_yet_valid" | "expired" | "valid";
export type Result = "pass" | "fail" | "not_done";

const STEPS = ["text", "encoding", "key", "signature", "authority", "claims", "register", "status", "log"] as const;
const CLOCK_SKEW = 300; // seconds by which a certificate may be issued after the time asked

export interface Check {
  readonly step: number;
  readonly check: (typeof STEPS)[number];
  readonly result: Result;
  readonly code: string;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  /** What the certificate says, and its programme in the keyring; null where nothing could be believed. */
  readonly certificate: { readonly says: Certificate; readonly programme: Programme } | null;
  readonly snapshot: { readonly takenAt: number; readonly logSize: number } | null;
}

/** What there is to judge by. ``now`` is in seconds since 1970. */
export interface Known {
  readonly keyring: Keyring;
  readonly now: number;
  readonly snapshot?: Snapshot | null;
  /** A C2SP tlog-proof that came with the certificate. */
  readonly receipt?: string | null;
}

class Failed extends Error {
  constructor(
    readonly step: number,
    readonly code: string,
    readonly outcome: Outcome,
  ) {
    super(code);
  }
}

const codeOf = (error: unknown): string => {
  if (error instanceof Refused) return error.code;
  throw error;
};

/** The verdict of a scanned, typed or pasted text. */
export async function judge(text: string, known: Known): Promise<Verdict> {
  const procedure = new Procedure(known);
  let outcome: Outcome;
  try {
    outcome = await procedure.run(text);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    procedure.note(error.step, "fail", error.code);
    outcome = error.outcome;
  }
  return procedure.verdict(outcome);
}

class Procedure {
  private readonly done = new Map<number, Check>();
  private certificate: Verdict["certificate"] = null;

  constructor(private readonly known: Known) {}

  note(step: number, result: Result, code: string): void {
    this.done.set(step, { step, check: STEPS[step - 1] ?? "text", result, code });
  }

  verdict(outcome: Outcome): Verdict {
    const failed = [...this.done.values()].some((check) => check.result === "fail");
    STEPS.forEach((_, at) => {
      if (!this.done.has(at + 1)) this.note(at + 1, "not_done", failed ? "not_reached" : "register_not_asked");
    });
    const { snapshot } = this.known;
    return {
      outcome,
      checks: STEPS.map((_, at) => this.done.get(at + 1) as Check),
      certificate: this.certificate,
      snapshot: snapshot ? { takenAt: snapshot.takenAt, logSize: snapshot.logSize } : null,
    };
  }

  async run(text: string): Promise<Outcome> {
    const source = this.read(text);
    const key = await this.signer(source);
    this.authority(source, key);
    const says = this.claims(source);
    await this.status(source, says);
    await this.place(source);
    return "valid";
  }

  /** Steps 1 and 2. */
  private read(text: string): Statement {
    const digits = digitsOf(text);
    if (digits === null) throw new Failed(1, begins(text) ? "altered" : "not_a_qr_text", "unreadable");
    this.note(1, "pass", "text_read");
    try {
      const source = decode(fromDigits(digits));
      this.note(2, "pass", "decoded");
      return source;
    } catch (error) {
      throw new Failed(2, codeOf(error), "unreadable");
    }
  }

  /** Steps 3 and 4. */
  private async signer(source: Statement): Promise<Key> {
    const { keyring, now } = this.known;
    const found = now > keyring.expiresAt ? "keyring_expired" : "key_found";
    try {
      const key = await signer(source, keyring);
      this.note(3, "pass", found);
      this.note(4, "pass", "signature_ok");
      return key;
    } catch (error) {
      const code = codeOf(error);
      if (code === "unknown_key") throw new Failed(3, code, "unknown_key");
      this.note(3, "pass", found);
      throw new Failed(4, code, "forged");
    }
  }

  /** Step 5: without the register a key is believed by its state. */
  private authority(source: Statement, key: Key): void {
    try {
      checkUse(source, key);
    } catch (error) {
      throw new Failed(5, codeOf(error), "key_not_trusted");
    }
    if (key.state === "compromised") throw new Failed(5, "key_compromised", "key_not_trusted");
    if (key.state === "retired") this.note(5, "not_done", "key_retired");
    else this.note(5, "pass", "key_trusted");
  }

  /** Step 6. */
  private claims(source: Statement): Certificate {
    const { keyring } = this.known;
    let says: Certificate;
    try {
      says = readCertificate(source);
    } catch (error) {
      throw new Failed(6, codeOf(error), "malformed");
    }
    if (isSlip(says.number, defaultNumbered(keyring))) throw new Failed(6, "number_check", "malformed");
    const programme = keyring.programmes.find(({ code }) => code === says.programme);
    if (!programme) throw new Failed(6, "unknown_programme", "malformed");
    this.note(6, "pass", "claims_ok");
    this.certificate = { says, programme };
    return says;
  }

  /** Step 8, by the snapshot and the certificate's own dates. */
  private async status(source: Statement, says: Certificate): Promise<void> {
    const { snapshot, now } = this.known;
    this.note(7, "not_done", "register_not_asked");
    const standing = snapshot?.standings.get(hex((await sha256(source.data)).subarray(0, 8)));
    if (standing) throw new Failed(8, `status_${standing}`, standing);
    if (says.beginsAt > now + CLOCK_SKEW) throw new Failed(8, "status_not_yet_valid", "not_yet_valid");
    if (says.expiresAt !== null && now >= says.expiresAt) throw new Failed(8, "status_expired", "expired");
    if (!snapshot) return;
    if (says.issuedAt > snapshot.takenAt) this.note(8, "not_done", "issued_after_snapshot");
    else this.note(8, "pass", "status_by_snapshot");
  }

  /** Step 9, by the receipt. */
  private async place(source: Statement): Promise<void> {
    const { receipt, keyring } = this.known;
    if (receipt === undefined || receipt === null) return this.note(9, "not_done", "no_receipt");
    const entry = logEntry(KINDS.indexOf(source.kind) + 1, await sha256(source.data as Bytes));
    try {
      await checkReceipt(receipt, entry, keyring);
      this.note(9, "pass", "logged");
    } catch (error) {
      codeOf(error);
      this.note(9, "not_done", "receipt_bad");
    }
  }
}
