// The second opinion: what this app found by itself, held against what the server of the moment says.

import type { Check, Verdict, View } from "../verifier/verdict";

/** The server's verdict, of which everything may be a lie. */
export interface Said {
  readonly outcome: string;
  readonly checks: readonly Pick<Check, "step" | "result" | "code">[];
  readonly certificate: Partial<View> | null;
  readonly receipt?: { readonly tlog_proof?: string } | null;
}

/** What differs: the outcome, or fields by their names. */
export type Differences = readonly string[];

const JUDGED_ALONE = ["unreadable", "unknown_key", "forged", "key_not_trusted", "malformed"];
const FINAL = ["revoked", "replaced"]; // no later answer undoes them
const BY_DATE = ["not_yet_valid", "expired"]; // signed into the certificate itself
const SIGNED = ["number", "holder", "id_hint", "issued_at", "expires_at", "registered_at"] as const;

const codeOf = (verdict: Pick<Said, "checks">, step: number): string => verdict.checks.find((one) => one.step === step)?.code ?? "";

/** What cannot be so if both answers are true; nothing where one just knows more than the other. */
export function differences(own: Verdict, said: Said): Differences {
  return outcomesDiffer(own, said) ? ["outcome"] : own.certificate && said.certificate ? fieldsDiffering(own.certificate, said.certificate) : [];
}

function outcomesDiffer(own: Verdict, said: Said): boolean {
  const [mine, theirs] = [own.outcome, said.outcome];
  if (mine === theirs) return false;
  // Whoever has the register can tell that a key which is not trusted now was so when it signed.
  if (codeOf(own, 5) === "key_compromised") return !["key_trusted", "key_restored"].includes(codeOf(said, 5));
  if (JUDGED_ALONE.includes(mine)) return true;
  // Of a genuine certificate the register can say that its key was not in use then, and nothing else against it here.
  if (theirs === "key_not_trusted") return codeOf(said, 5) !== "key_not_active" && codeOf(said, 5) !== "key_compromised";
  if (JUDGED_ALONE.includes(theirs)) return true;
  if (BY_DATE.includes(mine) || BY_DATE.includes(theirs)) return theirs === "valid" || mine === "valid";
  return FINAL.includes(mine) && !["unregistered", "withdrawn"].includes(theirs);
}

function fieldsDiffering(own: View, said: Partial<View>): Differences {
  const differing: string[] = SIGNED.filter((field) => (own[field] ?? null) !== (said[field] ?? null));
  if (own.programme.code !== said.programme?.code || own.programme.name.zh !== said.programme?.name?.zh) differing.push("programme");
  if (own.exam.code !== said.exam?.code) differing.push("exam");
  return differing;
}
