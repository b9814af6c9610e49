import assert from "node:assert/strict";
import { test } from "node:test";
import { digits, otherKind, verdictAddress } from "../src/qr_text";

const NUMBER = "8" + "1".repeat(364);

test("digits are read alone and after any host's /Q/, whatever the case and the white space around them", () => {
  for (const text of [NUMBER, `HTTPS://VERIFY.EXAMPLE.ORG/Q/${NUMBER}`, ` https://a.example:8000/q/${NUMBER}\n`]) {
    assert.equal(digits(text), NUMBER);
  }
});

test("nothing else is taken for a certificate's code", () => {
  for (const text of ["", "0123", `${NUMBER}x`, `HTTPS://A.EXAMPLE/Q/${NUMBER}/x`, `https://a.example/${NUMBER}`,
    "134567890123456789", "8".repeat(2001), `ftp://a.example/q/${NUMBER}`]) {
    assert.equal(digits(text), null);
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
