import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOver } from "../src/countdown";

const WORDS = { left: "{days} d {hours} h {minutes} min left", over: "over" };

test("what is left is told in days, hours and minutes, and its end", () => {
  assert.equal(leftOver(((3 * 24 + 2) * 60 + 17) * 60_000 + 59_999, WORDS), "3 d 2 h 17 min left");
  assert.equal(leftOver(60_000, WORDS), "0 d 0 h 1 min left");
  for (const none of [59_999, 0, -1, NaN]) assert.equal(leftOver(none, WORDS), "over");
});
