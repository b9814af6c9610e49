// The verifier passes the vector files that the Python core passes: same outcomes, same steps, same codes.
import assert from "node:assert/strict";
import { test } from "node:test";
import contract from "../../../tests/vectors/contract/certificate.json";
import kinds from "../../../tests/vectors/contract/kinds.json";
import chains from "../../../tests/vectors/project/chains.json";
import texts from "../../../tests/vectors/project/qr_text.json";
import verdicts from "../../../tests/vectors/project/verdicts.json";
import { fromHex, hex, sha256 } from "../src/verifier/bytes";
import { follow } from "../src/verifier/chain";
import { type Key, type Keyring, signer } from "../src/verifier/keyring";
import { checkContent, checkUse, logEntry } from "../src/verifier/kinds";
import { Refused } from "../src/verifier/refused";
import { KINDS, type Kind, decode } from "../src/verifier/statement";
import { type Verdict, judge } from "../src/verifier/verdict";

const pinned = () => follow(verdicts.chains.plain.map(fromHex), fromHex(verdicts.root));
const results = (verdict: Verdict) => verdict.checks.map((check) => check.result);

test("every text of the contract's certificate.json is judged as it says", async () => {
  const keys = contract.keys.map((key) => ({
    kid: fromHex(key.kid), public: fromHex(key.public), use: key.use, programmes: [], state: "active",
  })) as unknown as Key[];
  const keyring: Keyring = { ...(await pinned()), keys };
  const classes = new Set<string>();
  for (const { name, qr, expect } of contract.cases) {
    const verdict = await judge(qr, { keyring, now: 1_700_000_000 });
    const found = results(verdict);
    classes.add(expect);
    if (expect === "signature_ok") {
      assert.deepEqual(found, [...Array<string>(6).fill("pass"), ...Array<string>(3).fill("not_done")], name);
      continue;
    }
    assert.equal(verdict.outcome, expect, name);
    assert.equal(found.filter((result) => result === "fail").length, 1, name);
    assert.ok(found.slice(found.indexOf("fail") + 1).every((result) => result === "not_done"), name);
  }
  assert.ok(contract.cases.length > 50 && classes.size >= 6);
});

test("every text of verdicts.json that needs the keyring alone has its outcome and its codes", async () => {
  const keyring = await pinned();
  for (const { name, chain, qr, clock, as_of, snapshot, receipt, receipt_cose, expect } of verdicts.cases) {
    if (chain !== "plain" || as_of || snapshot !== undefined || receipt !== undefined || receipt_cose) continue;
    const verdict = await judge(qr, { keyring, now: clock });
    const checks = verdict.checks.map(({ result, code }) => [result, code]);
    assert.deepEqual([verdict.outcome, checks], [expect.outcome, expect.checks], name);
  }
});

test("every chain of keyrings is followed, or refused with its code", async () => {
  for (const { name, keyrings, expect } of chains.cases) {
    const refused = expect.code;
    const following = follow(keyrings.map(fromHex), fromHex(chains.root));
    if (refused === null) assert.equal((await following).version, keyrings.length, name);
    else await assert.rejects(following, (error) => error instanceof Refused && error.code === refused, name);
  }
});

test("what is no text of a certificate is told altered or not one", async () => {
  const keyring = await pinned();
  for (const { name, text, digits, begins } of texts.cases as { name: string; text: string; digits: string | null; begins?: boolean }[]) {
    const { checks } = await judge(text, { keyring, now: 0 });
    assert.equal(checks[0]?.code, digits ? "text_read" : begins ? "altered" : "not_a_qr_text", name);
  }
});

test("a good statement of every kind is read, its signer found, and its log entry made", async () => {
  const [first] = kinds.statements;
  const keyring = await follow([fromHex(first?.statement ?? "")], fromHex(kinds.root_thumbprint));
  for (const { kind, statement, sha256: digest, entry } of kinds.statements) {
    const source = decode(fromHex(statement));
    assert.ok(kind.startsWith(source.kind), kind);
    assert.equal(hex(await sha256(source.data)), digest, kind);
    assert.equal(hex(logEntry(KINDS.indexOf(source.kind as Kind) + 1, fromHex(digest))), entry, kind);
    await checkContent(source);
    const key = await signer(source, keyring);
    if (source.kind !== "snapshot") checkUse(source, key); // its key here is of one programme
  }
});
