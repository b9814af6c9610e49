// Judges texts for tests in other languages: JSON on standard input, {root, keyrings, snapshot, clock, texts}, bytes as
// hexadecimal; on standard output for each text {outcome, checks: [[step, result, code], …]}.

import { readFileSync } from "node:fs";
import { fromHex } from "../src/verifier/bytes";
import { follow } from "../src/verifier/chain";
import { Knowledge } from "../src/verifier/snapshot";
import { judge } from "../src/verifier/verdict";

interface Asked {
  readonly root: string;
  readonly keyrings: readonly string[];
  readonly snapshot?: string | null;
  readonly clock: number;
  readonly texts: readonly string[];
}

const asked = JSON.parse(readFileSync(0, "utf-8")) as Asked;
const chain = await follow(asked.keyrings.map(fromHex), fromHex(asked.root));
const { newest } = chain;
const knowledge = asked.snapshot ? await Knowledge.of(newest, fromHex(asked.snapshot)) : new Knowledge(newest);
const answers = [];
for (const text of asked.texts) {
  const { outcome, checks } = await judge(text, { chain, knowledge, clock: asked.clock });
  answers.push({ outcome, checks: checks.map(({ step, result, code }) => [step, result, code]) });
}
console.log(JSON.stringify(answers));
