import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { projectOf, signIn } from "./installation";

const TARGET = process.env.OPENBML_SCREENSHOTS ?? join(__dirname, "../../../docs/images");

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(700); // charts and images settle
  await page.screenshot({ path: join(TARGET, `${name}.png`) });
}

/** Opens the first object of a list page. */
async function openFirst(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("navigation", { name: "Breadcrumb" })).toBeVisible();
}

/** Pictures for the README, of an installation that a walk has filled: run with `--grep screenshots`. */
test("screenshots of the rooms", async ({ page }) => {
  test.skip(!process.env.OPENBML_SCREENSHOTS && !process.argv.join(" ").includes("screenshots"), "asked for by name only");
  mkdirSync(TARGET, { recursive: true });
  await signIn(page);
  const project = `/projects/${projectOf(page)}`;
  await shoot(page, "console-home");

  await openFirst(page, `${project}/datasets`);
  await page.getByRole("tab", { name: "Images" }).click();
  await expect(page.getByTestId("samples").locator("img").first()).toBeVisible();
  await shoot(page, "console-dataset");
  await page.getByRole("tab", { name: "Imports" }).click();
  await shoot(page, "console-imports");

  await openFirst(page, `${project}/experiments`);
  const experiment = page.url();
  await page.goto(`${experiment}/new-run`);
  await expect(page.getByTestId("greatest-cost")).toBeVisible();
  await shoot(page, "console-run-form");
  await openFirst(page, experiment);
  await expect(page.getByTestId("curves")).toBeVisible();
  await shoot(page, "console-run");
  await page.getByRole("button", { name: "Evaluation report" }).click();
  await expect(page.getByTestId("metrics")).toBeVisible();
  await shoot(page, "console-report");

  await openFirst(page, `${project}/models`);
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("heading", { name: "Made from" })).toBeVisible();
  await shoot(page, "console-model");

  await openFirst(page, `${project}/services`);
  await shoot(page, "console-service");
  await page.getByRole("tab", { name: "Try it" }).click();
  const image = process.env.OPENBML_SAMPLE_IMAGE;
  const picker = page.locator('input[type="file"]');
  if (image) {
    await expect(picker).toBeAttached();
    await picker.setInputFiles(image);
    await expect(page.getByTestId("results")).toBeVisible();
  }
  await shoot(page, "console-try-it");
  await page.goto(`${project}/usage`);
  await shoot(page, "console-usage");
});
