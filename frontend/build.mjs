// Bundles the page's scripts into the package: node build.mjs [--watch]
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "src", "songkin", "web", "static", "dist");
const options = {
  entryPoints: [join(here, "src", "app.js")],
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "external",
  logLevel: "warning",
};

await mkdir(out, { recursive: true });
for (const name of await readdir(out)) await rm(join(out, name), { recursive: true });
await copyFile(join(here, "node_modules", "htmx.org", "LICENSE"), join(out, "htmx.LICENSE.txt"));
if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
