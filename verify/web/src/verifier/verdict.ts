// The verdict: the nine numbered steps (docs/spec/verdict.md) without a register, by the keyring, and a snapshot and a
// receipt where there are any. The same outcomes and codes as verify/core/verdict.py; tests/vectors hold both.

import { isSlip } from "../numbers";
import { begins, digitsOf } from "../qr_text";
import { type Bytes, fromDigits, sha256 } from "./bytes";
import { type Certificate, readCertificate } from "./certificate";
import type { Chain } from "./chain";
import type { Names } from "./fields";
import { type Key, type Keyring, type Programme, defaultNumbered, signer } from "./keyring";
import { checkState, checkUse, logEntry } from "./kinds";
import { type Place, checkReceipt } from "./receipt";
import { Refused } from "./refused";
import type { Knowledge, State } from "./snapshot";
import { KINDS, type Statement, decode } from "./statement";

export type Outcome = "unreadable" | "unknown_key" | "forged" | "key_not_trusted" | "malformed" | State;
export type Result = "pass" | "fail" | "not_done";

const STEPS = ["text", "encoding", "key", "signature", "authority", "claims", "register", "status", "log"] as const;

export interface Check {
  readonly step: number;
  readonly check: (typeof STEPS)[number];
  readonly result: Result;
  readonly code: string;
}

/** What is shown of a certificate, as the service's verdict has it (docs/spec/verdict.md, JSON). */
export interface View {
  readonly number: string;
  readonly holder: string;
  readonly id_hint: string;
  readonly programme: { code: string; name: Names; level: Names; occupation: string | null };
  readonly exam: { code: string; title: null; held_on: null };
  readonly issuers: readonly Names[];
  readonly issued_at: string;
  readonly expires_at: string | null;
  readonly status: State | null;
  readonly status_since: null;
  readonly reason: null;
  readonly replaced_by: null;
  readonly registered_at?: string;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly status_now: null;
  readonly checked_at: string;
  readonly as_of: string;
  readonly checks: readonly Check[];
  readonly certificate: View | null;
  readonly receipt: Place | null;
  readonly snapshot: { readonly taken_at: string; readonly log_size: number } | null;
}

/** What there is to judge by. Times are in seconds since 1970. */
export interface Asked {
  readonly chain: Chain;
  readonly knowledge: Knowledge;
  readonly clock: number;
  readonly asOf?: number | null;
  /** What came with the certificate to show its place in the log: a tlog-proof, or a COSE Receipt. */
  readonly receipt?: string | Bytes | null;
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

/** A time as JSON has it: RFC 3339, whole seconds, UTC. */
export const moment = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** The verdict of a scanned, typed or pasted text. Throws Refused for a time asked about that nothing can be said of. */
export async function judge(text: string, asked: Asked): Promise<Verdict> {
  const now = Math.max(asked.clock, asked.knowledge.newestTime);
  const asOf = asked.asOf ?? now;
  const { snapshot } = asked.knowledge;
  if (snapshot && asOf < snapshot.takenAt) throw new Refused("as_of_before_snapshot");
  return new Procedure(asked, now, asOf).verdict(text);
}

class Procedure {
  private readonly done = new Map<number, Check>();
  private readonly keyring: Keyring;
  private certificate: { says: Certificate; programme: Programme; status: State | null } | null = null;
  private place: Place | null = null;

  constructor(
    private readonly asked: Asked,
    private readonly now: number,
    private readonly asOf: number,
  ) {
    this.keyring = asked.chain.newest;
  }

  private note(step: number, result: Result, code: string): void {
    this.done.set(step, { step, check: STEPS[step - 1] ?? "text", result, code });
  }

  async verdict(text: string): Promise<Verdict> {
    let outcome: Outcome = "valid";
    try {
      await this.run(text);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      this.note(error.step, "fail", error.code);
      outcome = error.outcome;
    }
    STEPS.forEach((_, at) => this.done.has(at + 1) || this.note(at + 1, "not_done", "not_reached"));
    const { snapshot } = this.asked.knowledge;
    return {
      outcome,
      status_now: null,
      checked_at: moment(this.now),
      as_of: moment(this.asOf),
      checks: STEPS.map((_, at) => this.done.get(at + 1) as Check),
      certificate: this.view(),
      receipt: this.place,
      snapshot: snapshot ? { taken_at: moment(snapshot.takenAt), log_size: snapshot.logSize } : null,
    };
  }

  private async run(text: string): Promise<void> {
    const source = this.read(text);
    const key = await this.signer(source);
    const receipt = await this.receipt(source);
    this.authority(source, key);
    const status = await this.claims(source);
    this.note(7, "not_done", "register_not_asked");
    if (status.state && status.state !== "valid") throw new Failed(8, status.code, status.state);
    this.note(8, status.state ? "pass" : "not_done", status.code);
    this.note(9, this.place ? "pass" : "not_done", receipt);
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
    const found = this.now > this.keyring.expiresAt ? "keyring_expired" : "key_found";
    try {
      const key = await signer(source, this.keyring);
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

  /** What step 9 will say; its place in the log, where a receipt proves it, helps step 5 too. */
  private async receipt(source: Statement): Promise<string> {
    const { receipt, chain } = this.asked;
    if (receipt === undefined || receipt === null) return "no_receipt";
    const entry = logEntry(KINDS.indexOf(source.kind) + 1, await sha256(source.data));
    try {
      this.place = await checkReceipt(receipt, entry, chain);
      return "logged";
    } catch (error) {
      codeOf(error);
      return "receipt_bad";
    }
  }

  /** Step 5: without the register a key is believed by its state, or below the size that a receipt proves. */
  private authority(source: Statement, key: Key): void {
    try {
      checkUse(source, key);
      checkState(key, this.place ? this.place.index : null);
      this.note(5, "pass", "key_trusted");
    } catch (error) {
      const code = codeOf(error);
      if (code !== "key_retired") throw new Failed(5, code, "key_not_trusted");
      this.note(5, "not_done", code);
    }
  }

  /** Step 6, and what step 8 will say. */
  private async claims(source: Statement): Promise<{ state: State | null; code: string }> {
    let says: Certificate;
    try {
      says = readCertificate(source);
    } catch (error) {
      throw new Failed(6, codeOf(error), "malformed");
    }
    if (isSlip(says.number, defaultNumbered(this.keyring))) throw new Failed(6, "number_check", "malformed");
    const programme = this.keyring.programmes.find(({ code }) => code === says.programme);
    if (!programme) throw new Failed(6, "unknown_programme", "malformed");
    this.note(6, "pass", "claims_ok");
    const status = this.asked.knowledge.status(says, await sha256(source.data), this.asOf, this.place?.index ?? null);
    this.certificate = { says, programme, status: status.state };
    return status;
  }

  private view(): View | null {
    if (!this.certificate) return null;
    const { says, programme, status } = this.certificate;
    const { code, name, level, occupation } = programme;
    const named = (id: string): Names => this.keyring.issuers.find((issuer) => issuer.id === id)?.name ?? { zh: id, en: null };
    return {
      number: says.number,
      holder: says.holder,
      id_hint: says.idHint,
      programme: { code, name, level, occupation },
      exam: { code: `${says.programme}-${says.term}`, title: null, held_on: null },
      issuers: programme.issuers.map(named),
      issued_at: moment(says.beginsAt),
      expires_at: says.expiresAt === null ? null : moment(says.expiresAt),
      status,
      status_since: null,
      reason: null,
      replaced_by: null,
      ...(says.paperDate === null ? {} : { registered_at: moment(says.issuedAt) }),
    };
  }
}
