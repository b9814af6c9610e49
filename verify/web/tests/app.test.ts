import assert from "node:assert/strict";
import { test } from "node:test";
import { daysOld, judgeClock, timeToJudge } from "../src/app/clocks";
import { type Said, differences } from "../src/app/comparing";
import { hostOf } from "../src/qr_text";
import type { Outcome, Verdict, View } from "../src/verifier/verdict";

const names = { zh: "名", en: null };
const view: View = {
  number: "CEM2204000001I", holder: "王莉", id_hint: "0010",
  programme: { code: "CEM", name: names, level: names, occupation: null },
  exam: { code: "CEM-2022-04", title: null, held_on: null }, issuers: [names],
  issued_at: "2022-05-15T00:00:00Z", expires_at: null,
  status: "valid", status_since: null, reason: null, replaced_by: null,
};
const own = (outcome: Outcome, authority = "key_trusted"): Verdict => ({
  outcome, status_now: null, checked_at: "", as_of: "", receipt: null, snapshot: null,
  checks: [{ step: 5, check: "authority", result: "pass", code: authority }], certificate: view,
});
const said = (outcome: string, authority = "key_trusted", certificate: Said["certificate"] = view): Said => ({
  outcome, checks: [{ step: 5, result: "pass", code: authority }], certificate,
});

test("what cannot be true beside this app's own finding is a difference", () => {
  assert.deepEqual(differences(own("forged"), said("valid")), ["outcome"]);
  assert.deepEqual(differences(own("unknown_key"), said("valid")), ["outcome"]);
  assert.deepEqual(differences(own("valid"), said("forged")), ["outcome"]);
  assert.deepEqual(differences(own("valid"), said("unreadable")), ["outcome"]);
  assert.deepEqual(differences(own("revoked"), said("valid")), ["outcome"]);
  assert.deepEqual(differences(own("replaced"), said("suspended")), ["outcome"]);
  assert.deepEqual(differences(own("expired"), said("valid")), ["outcome"]);
  assert.deepEqual(differences(own("valid"), said("expired")), ["outcome"]);
  assert.deepEqual(differences(own("valid"), said("key_not_trusted", "key_wrong_use")), ["outcome"]);
});

test("what the register may know more is none", () => {
  for (const later of ["valid", "revoked", "suspended", "replaced", "withdrawn", "unregistered"]) {
    assert.deepEqual(differences(own("valid"), said(later)), [], later);
  }
  assert.deepEqual(differences(own("suspended"), said("valid")), []);
  assert.deepEqual(differences(own("revoked"), said("withdrawn")), []);
  assert.deepEqual(differences(own("valid"), said("key_not_trusted", "key_not_active")), []);
  assert.deepEqual(differences(own("key_not_trusted", "key_compromised"), said("valid", "key_restored")), []);
});

test("every signed field is compared", () => {
  for (const field of ["number", "holder", "id_hint", "issued_at", "expires_at"] as const) {
    assert.deepEqual(differences(own("valid"), said("valid", "key_trusted", { ...view, [field]: "another" })), [field]);
  }
  const exam = { ...view.exam, code: "CEM-2023-04" };
  assert.deepEqual(differences(own("valid"), said("valid", "key_trusted", { ...view, exam })), ["exam"]);
  const programme = { ...view.programme, name: { zh: "别名", en: null } };
  assert.deepEqual(differences(own("valid"), said("valid", "key_trusted", { ...view, programme })), ["programme"]);
});

test("a clock is judged by what is known to have passed", () => {
  const [day, newest] = [86_400, 1_700_000_000];
  assert.equal(judgeClock(newest + 300 * day, newest, 0), "fine");
  assert.equal(judgeClock(newest - 200, newest, 0), "fine");
  assert.equal(judgeClock(newest - 365 * day, newest, 0), "behind");
  assert.equal(judgeClock(newest + day, newest, -2 * day), "behind");
  assert.equal(judgeClock(newest + 365 * day, newest, 365 * day), "ahead");
  assert.equal(timeToJudge(newest + 365 * day, newest, 365 * day), newest);
  assert.equal(timeToJudge(newest + 5, newest, 0), newest + 5);
  assert.equal(daysOld(newest, newest + 2.9 * day), 2);
});

test("a code names its host, digits alone name none", () => {
  const digits = "8".repeat(200);
  assert.equal(hostOf(`https://VERIFY.EXAMPLE.ORG/Q/${digits}?from=timeline`), "verify.example.org");
  assert.equal(hostOf(`https://https//Other.example:8080/q/${digits}`), "other.example:8080");
  assert.equal(hostOf(digits), null);
});
