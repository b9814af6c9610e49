// Bundles the pages' scripts into the service's static files; with --tests, the unit tests into .tests/.
import { copyFile, readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const common = { bundle: true, format: "esm", target: "es2020", legalComments: "none", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  await rm(".tests", { recursive: true, force: true });
  const names = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    platform: "node",
    entryPoints: names.map((name) => `tests/${name}`),
    outdir: ".tests",
    outExtension: { ".js": ".mjs" },
  });
} else {
  const out = "../http/static/web";
  await rm(out, { recursive: true, force: true });
  await build({
    ...common,
    minify: true,
    splitting: true,
    entryPoints: ["src/upload.ts", "src/batch.ts", "src/scan.ts"],
    chunkNames: "[name]-[hash]",
    outdir: out,
  });
  await copyFile("node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", `${out}/zxing_reader.wasm`);
}
