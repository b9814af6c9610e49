import assert from "node:assert/strict";
import { test } from "node:test";
import { obstacle, refusalOf } from "../src/camera";

test("a page without https says so before anything else", () => {
  assert.equal(obstacle({ secure: false, devices: false }), "insecure");
  assert.equal(obstacle({ secure: true, devices: false }), "unsupported");
  assert.equal(obstacle({ secure: true, devices: true }), null);
});

test("each of the browser's refusals has a reason of its own", () => {
  assert.equal(refusalOf("NotAllowedError"), "denied");
  assert.equal(refusalOf("NotFoundError"), "none");
  assert.equal(refusalOf("OverconstrainedError"), "none");
  assert.equal(refusalOf("NotReadableError"), "busy");
  assert.equal(refusalOf("TypeError"), "failed");
});
