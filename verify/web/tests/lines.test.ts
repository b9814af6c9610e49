import assert from "node:assert/strict";
import { test } from "node:test";
import { firstWithin } from "../src/files";
import { lines } from "../src/lines";

async function all(...chunks: Uint8Array[]): Promise<unknown[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const found: unknown[] = [];
  for await (const value of lines(body)) found.push(value);
  return found;
}

test("lines are whole however the bytes arrive, also when a character is cut in two", async () => {
  const bytes = new TextEncoder().encode('{"name":"王丽"}\n{"done":2}\n{"last":true}');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.deepEqual(await all(bytes.slice(0, cut), bytes.slice(cut)), [{ name: "王丽" }, { done: 2 }, { last: true }]);
  }
});

test("empty lines say nothing, and a line that is not JSON is an error", async () => {
  assert.deepEqual(await all(new TextEncoder().encode("\n\n1\n\n")), [1]);
  await assert.rejects(all(new TextEncoder().encode("<html>\n")));
});

test("of several files the first that is small enough is taken", () => {
  assert.equal(firstWithin([], 10), null);
  assert.equal(firstWithin([{ size: 11 }], 10), "too_large");
  assert.deepEqual(firstWithin([{ size: 11 }, { size: 3 }], 10), { size: 3 });
});
