// Opens the pages in a folder in Chromium, narrow and wide, light and dark, and fails on
// whatever the console, the network or axe-core has to say against them.
//
//     node look.js FOLDER CHROMIUM

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, normalize } from "node:path";
import puppeteer from "puppeteer-core";

const [folder, chromium] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const server = createServer((request, response) => {
  try {
    const body = readFileSync(join(folder, normalize(new URL(request.url, "http://localhost").pathname)));
    const type = request.url.endsWith(".json") ? "application/json" : "text/html; charset=utf-8";
    response.writeHead(200, { "content-type": type }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });

async function looked(mirror, name, width, scheme, { withAxe }) {
  const page = await browser.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) wrong.push(`asks ${request.url()}`);
  });
  // The page's own policy would refuse axe-core; without it, it is held to the policy.
  await page.setBypassCSP(withAxe);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`${address}${mirror}/status/${name}.html`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) wrong.push(`${over} pixels wider than the window`);
  if (withAxe) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    wrong.push(...violations.map((each) => `axe: ${each.id}: ${each.nodes[0].html}`));
    await page.screenshot({ path: join(folder, `${mirror}-${name}-${width}-${scheme}.png`), fullPage: name === "index" });
  }
  await page.close();
  return wrong;
}

let failed = 0;
// The last is there where real data is.
const mirrors = ["one-run", "two-years", "real-weeks"].filter((name) => existsSync(join(folder, name)));
for (const mirror of mirrors) {
  for (const name of ["index", "a"]) {
    for (const width of [360, 1280]) {
      for (const scheme of ["light", "dark"]) {
        for (const withAxe of [true, false]) {
          const wrong = await looked(mirror, name, width, scheme, { withAxe });
          failed += wrong.length;
          for (const each of wrong) console.log(`${mirror} ${name} ${width} ${scheme}: ${each}`);
        }
      }
    }
  }
}
console.log(`${failed} mistakes; screenshots are in ${folder}`);
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
