// Opens a report in a browser as readers do: at three widths, light, dark and in print. Says what is wrong, one problem a line; nothing
// where all is well. Arguments: the page, the folder of playwright-core and axe-core, the folder for screenshots.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { readFileSync } from "node:fs";

const [page, home, shots] = process.argv.slice(2);
const require = createRequire(join(home, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(page).href;
const problems = [];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

for (const width of [360, 820, 1280]) {
  for (const look of ["light", "dark", "print"]) {
    const where = `${width} ${look}`;
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: look === "dark" ? "dark" : "light", bypassCSP: true });
    const tab = await context.newPage();
    tab.on("console", (message) => message.type() === "error" && problems.push(`${where}: console: ${message.text()}`));
    tab.on("pageerror", (error) => problems.push(`${where}: script: ${error.message}`));
    tab.on("request", (request) => request.url() !== address && problems.push(`${where}: asks for ${request.url()}`));
    if (look === "print") await tab.emulateMedia({ media: "print" });
    await tab.goto(address);
    const over = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0 && look !== "print") problems.push(`${where}: ${over} pixels wider than the window`);
    if (look !== "print") {
      await tab.evaluate(axe);
      const found = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const v of found.violations) problems.push(`${where}: axe: ${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 160)}`);
    }
    await tab.screenshot({ path: join(shots, `${width}-${look}.png`), fullPage: true });
    await tab.screenshot({ path: join(shots, `${width}-${look}-first.png`) });
    if (width === 1280 && look === "light") problems.push(...(await sorted(tab)));
    await context.close();
  }
}

// Every table sorts by every column, numbers as numbers; sums stay where they are.
async function sorted(tab) {
  return tab.evaluate(() => {
    const wrong = [];
    for (const table of document.querySelectorAll("table")) {
      const lines = () => [...table.tBodies[0].rows].filter((r) => r.className === "line");
      const others = () => [...table.tBodies[0].rows].map((r, i) => (r.className === "line" ? "" : i + r.textContent)).join();
      const before = others();
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        head.querySelector("button").click();
        const values = lines().map((r) => r.cells[column].dataset.v || "");
        const numbers = values.filter((v) => v !== "" && !isNaN(v)).map(Number);
        if (numbers.length === values.length && numbers.some((n, i) => i > 0 && numbers[i - 1] > n)) wrong.push(`${table.dataset.id}: column ${column} does not sort`);
        if (head.getAttribute("aria-sort") !== "ascending") wrong.push(`${table.dataset.id}: column ${column} does not say that it is sorted`);
      });
      if (others() !== before) wrong.push(`${table.dataset.id}: a sum moved`);
    }
    return wrong;
  });
}

await browser.close();
console.log(problems.join("\n"));
