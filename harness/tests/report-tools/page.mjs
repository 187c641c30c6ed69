// Opens a page in Chromium at several widths and in both colour schemes, uses its filters, and prints what it found as
// JSON: page.mjs PAGE [FOLDER]. With a folder, pictures are put there.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Unlike import, it looks in NODE_PATH.
const { chromium } = createRequire(import.meta.url)("playwright-core");
const [page, folder] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const found = { errors: [], requests: [], widths: {}, filters: {} };
for (const [width, colorScheme] of [[1200, "light"], [1200, "dark"], [390, "light"], [360, "light"]]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const tab = await context.newPage();
  tab.on("console", (message) => found.errors.push(message.text()));
  tab.on("pageerror", (error) => found.errors.push(String(error)));
  tab.on("request", (request) => found.requests.push(request.url()));
  await tab.goto(pathToFileURL(page).href);
  // How much wider than the window the page is: no part of it may be hidden on the right.
  found.widths[`${width} ${colorScheme}`] = await tab.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (folder) {
    await tab.screenshot({ path: `${folder}/${width}-${colorScheme}.png`, fullPage: true });
    if (width === 1200 && colorScheme === "light") await tab.pdf({ path: `${folder}/print.pdf`, format: "A4" });
  }
  if (width === 1200) {
    const form = tab.locator("form.filters").first();
    if (await form.count()) {
      const rules = form.locator("xpath=..").locator("table.rules tr");
      const shown = async () => (await rules.evaluateAll((rows) => rows.filter((row) => row.offsetParent).length));
      found.filters.all = await shown();
      await form.locator("input[type=search]").fill("holds");
      found.filters.search = await shown();
      await form.locator("input[type=search]").fill("");
      await form.locator("input[name=pass]").uncheck();
      found.filters.withoutPass = await shown();
      await form.locator("select").selectOption("dns");
      found.filters.dnsWithoutPass = await shown();
    }
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify(found));
