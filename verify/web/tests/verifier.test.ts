// The verifier passes the vector files that the Python core passes (docs/spec/vectors.md): the whole of each expectation.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { digits, digitsOf, begins } from "../src/qr_text";
import { fromHex, hex, sha256 } from "../src/verifier/bytes";
import { chinaMidnight } from "../src/verifier/certificate";
import { type Chain, follow } from "../src/verifier/chain";
import { kept, own } from "../src/verifier/ed25519";
import type { Key } from "../src/verifier/keyring";
import { believe, logEntry } from "../src/verifier/kinds";
import { believeCheckpoint, checkReceipt } from "../src/verifier/receipt";
import { Refused } from "../src/verifier/refused";
import { type Kept, Knowledge, take } from "../src/verifier/snapshot";
import { KINDS, envelope } from "../src/verifier/statement";
import { judge } from "../src/verifier/verdict";

type Case = Record<string, any>;
type Vectors = { runner: string; root: string; keyrings: string[]; chains: Record<string, string[]>; cases: Case[] };

const FOLDER = "../../tests/vectors";
const load = (name: string): any => JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf-8"));
const chainOf = (keyrings: readonly string[], root: string): Promise<Chain> => follow(keyrings.map(fromHex), fromHex(root));
const keptOf = (one: Case): Kept | null =>
  "kept_size" in one ? { logSize: one["kept_size"], takenAt: one["kept_taken_at"] } : null;

/** What a runner says of a case, or the code of its refusal under ``refusal``. */
async function answer(refusal: string, run: () => Promise<object>): Promise<object> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Refused) return { [refusal]: error.code };
    throw error;
  }
}

type Runner = (one: Case, all: Vectors) => Promise<object>;

const RUNNERS: Record<string, Runner> = {
  chain: (one, all) =>
    answer("code", async () => ({ code: null, version: (await chainOf(one["keyrings"], all.root)).newest.version })),
  statement: (one, all) =>
    answer("code", async () => {
      const source = await believe(fromHex(one["statement"]), (await chainOf(all.keyrings, all.root)).newest);
      const kind = KINDS.indexOf(source.kind) + 1;
      return { code: null, kind, entry: hex(logEntry(kind, await sha256(source.data))) };
    }),
  snapshot: (one, all) =>
    answer("code", async () => {
      const { newest } = await chainOf(all.chains[one["chain"]] ?? [], all.root);
      const taken = await take(fromHex(one["snapshot"]), newest, one["log_size"], keptOf(one));
      return { code: null, taken_at: taken.takenAt, log_size: taken.logSize };
    }),
  verdict: (one, all) =>
    answer("refused", async () => {
      const chain = await chainOf(all.chains[one["chain"]] ?? [], all.root);
      const knowledge =
        "snapshot" in one
          ? await Knowledge.of(chain.newest, fromHex(one["snapshot"]), one["log_size"], keptOf(one))
          : new Knowledge(chain.newest);
      const receipt = "receipt_cose" in one ? fromHex(one["receipt_cose"]) : (one["receipt"] ?? null);
      const asked = { chain, knowledge, clock: one["clock"], asOf: one["as_of"] ?? null, receipt };
      const { receipt: _, checks, ...verdict } = await judge(one["qr"], asked);
      return { ...verdict, checks: checks.map(({ result, code }) => [result, code]) };
    }),
  text: async (one) => {
    const read = digitsOf(one["text"]);
    if (read === null) return { ...one, digits: null, begins: begins(one["text"]) };
    return { ...one, digits: read, ours: digits(one["text"]) !== null };
  },
};
const OTHERS = ["log", "receipts"]; // for those who hold the whole log; of several lists, below

for (const name of readdirSync(`${FOLDER}/project`)) {
  const vectors = load(`project/${name}`) as Vectors & { format?: number };
  if (OTHERS.includes(vectors.runner)) continue;
  test(`every case of ${name} has what it expects`, async () => {
    assert.equal(vectors.format, 1);
    const run = RUNNERS[vectors.runner];
    assert.ok(run && vectors.cases.length > 15, vectors.runner);
    for (const one of vectors.cases) {
      const told = `${one["kind"] ?? ""} ${one["class"] ?? ""} ${one["name"] ?? ""}`;
      assert.deepEqual(await run(one, vectors), one["expect"] ?? one, told);
    }
  });
}

test("every checkpoint and receipt of log.json is believed, or refused with its code", async () => {
  const logs = load("project/log.json");
  const chain = await chainOf([logs.keyring], logs.root);
  assert.equal(chain.logName, logs.origin);
  const codeOf = async (run: () => Promise<unknown>) => (await answer("code", async () => ((await run()), { code: null }))) as Case;
  for (const { name, note, refused } of logs.checkpoints) {
    assert.equal((await codeOf(() => believeCheckpoint(note, chain)))["code"], refused, name);
  }
  for (const { name, tlog_proof, entry, refused } of logs.tlog_proofs) {
    assert.equal((await codeOf(() => checkReceipt(tlog_proof, fromHex(entry), chain)))["code"], refused, name);
  }
  for (const { name, cose, entry, refused } of logs.cose_receipts) {
    assert.equal((await codeOf(() => checkReceipt(fromHex(cose), fromHex(entry), chain)))["code"], refused, name);
  }
});

test("every text of the contract's certificate.json is judged as it says", async () => {
  const contract = load("contract/certificate.json");
  const keys = contract.keys.map((key: Case) => ({
    kid: fromHex(key["kid"]), public: fromHex(key["public"]), use: key["use"], programmes: [], state: "active",
  })) as Key[];
  const chains = load("project/chains.json") as Vectors;
  const known = await chainOf(chains.cases[0]?.["keyrings"], chains.root);
  const chain = { ...known, newest: { ...known.newest, keys } };
  const knowledge = new Knowledge(chain.newest);
  for (const { name, qr, expect } of contract.cases) {
    const { checks, outcome } = await judge(qr, { chain, knowledge, clock: 1_700_000_000 });
    const found = checks.map((check) => check.result);
    if (expect === "signature_ok") assert.deepEqual(found.slice(0, 6), Array(6).fill("pass"), name);
    else assert.equal(outcome, expect, name);
    assert.equal(found.filter((result) => result === "fail").length, expect === "signature_ok" ? 0 : 1, name);
  }
});

test("the kept library judges signatures as this platform's own cryptography does", async () => {
  const { cases, keyrings, root } = load("project/statements.json") as Vectors;
  const { keys } = (await chainOf(keyrings, root)).newest;
  const other = await kept();
  const judged = { true: 0, false: 0 };
  for (const one of cases.filter((each) => ["good", "signature_altered"].includes(each["class"]))) {
    const { kid, signed, signature } = envelope(fromHex(one["statement"]));
    const key = keys.find((each) => hex(each.kid) === hex(kid));
    assert.ok(key);
    const fits = await own(key.public, signed, signature);
    assert.equal(await other(key.public, signed, signature), fits);
    judged[`${fits}`] += 1;
  }
  assert.ok(judged.true > 50 && judged.false > 5);
});

test("a day of any year begins in China when the core says", () => {
  const days = ["0001-01-01", "0999-12-31", "1900-12-31", "1901-01-01", "1940-05-31", "1940-06-01", "1940-06-02", "1988-07-01", "9999-12-31"];
  const begins = [-62135625943, -30610339543, -2177568343, -2177481600, -933753600, -933667200, -933584400, 583686000, 253402185600];
  assert.deepEqual(days.map(chinaMidnight), begins); // as china_midnight of verify/core/certificate.py has them
  for (const none of ["0000-12-31", "1900-02-29"]) assert.throws(() => chinaMidnight(none), Refused);
});
