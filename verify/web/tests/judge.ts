// Judges texts for tests in other languages: JSON on standard input, {root, keyrings, snapshot, now, texts}, bytes as
// hexadecimal; on standard output for each text {outcome, checks: [[step, result, code], …]}.

import { readFileSync } from "node:fs";
import { fromHex } from "../src/verifier/bytes";
import { follow } from "../src/verifier/chain";
import { believeSnapshot } from "../src/verifier/snapshot";
import { judge } from "../src/verifier/verdict";

interface Asked {
  readonly root: string;
  readonly keyrings: readonly string[];
  readonly snapshot?: string | null;
  readonly now: number;
  readonly texts: readonly string[];
}

const asked = JSON.parse(readFileSync(0, "utf-8")) as Asked;
const keyring = await follow(asked.keyrings.map(fromHex), fromHex(asked.root));
const snapshot = asked.snapshot ? await believeSnapshot(fromHex(asked.snapshot), keyring) : null;
const answers = [];
for (const text of asked.texts) {
  const { outcome, checks } = await judge(text, { keyring, snapshot, now: asked.now });
  answers.push({ outcome, checks: checks.map(({ step, result, code }) => [step, result, code]) });
}
console.log(JSON.stringify(answers));
