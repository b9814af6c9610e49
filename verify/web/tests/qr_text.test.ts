import assert from "node:assert/strict";
import { test } from "node:test";
import vectors from "../../../tests/vectors/project/qr_text.json";
import { digits, otherKind, verdictAddress } from "../src/qr_text";

type Case = { name: string; text: string; digits: string | null; ours?: boolean };

const NUMBER = "8" + "1".repeat(364);

test("the vectors' texts are ours, with their digits, or not", () => {
  assert.ok(vectors.cases.length > 40);
  for (const { name, text, digits: read, ours } of vectors.cases as Case[]) {
    assert.equal(digits(text), ours ? read : null, name);
  }
});

test("a code leads to the verdict's page here, whatever host it names, and keeps the chosen language", () => {
  assert.equal(verdictAddress(`HTTPS://VERIFY.EXAMPLE.ORG/Q/${NUMBER}`, null), `/Q/${NUMBER}`);
  assert.equal(verdictAddress(NUMBER, "en"), `/Q/${NUMBER}?lang=en`);
  assert.equal(verdictAddress("https://a.example/", "en"), null);
});

test("other codes are called what they are", () => {
  assert.equal(otherKind("wxp://f2f0abc"), "payment");
  assert.equal(otherKind("HTTPS://QR.ALIPAY.COM/FKX012"), "payment");
  assert.equal(otherKind("134567890123456789"), "payment");
  assert.equal(otherKind("HC1:NCFOXN"), "health_certificate");
  assert.equal(otherKind("https://example.org/"), "link");
  assert.equal(otherKind("hello"), "other");
});
