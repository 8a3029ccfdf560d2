import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { projectOf, setting, signIn } from "./installation";

const TARGET = process.env.OPENBML_SCREENSHOTS ?? join(__dirname, "../../../docs/images");

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(1200); // charts and images settle
  await page.screenshot({ path: join(TARGET, `${name}.png`) });
}

/** Opens the first object of a list page. */
async function openFirst(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("navigation", { name: "Breadcrumb" })).toBeVisible();
}

/** Pictures for the README, of an installation that a walk has filled: `OPENBML_SCREENSHOTS=<folder> npm run e2e -- screenshots`. */
test.describe("screenshots", () => {
  test.use({ viewport: { width: 1280, height: 800 }, colorScheme: process.env.OPENBML_SCREENSHOTS_DARK ? "dark" : "light", locale: process.env.OPENBML_SCREENSHOTS_LOCALE ?? "en-US" });

  test("screenshots of the rooms", async ({ page }) => {
    test.skip(!process.env.OPENBML_SCREENSHOTS, "asked for by OPENBML_SCREENSHOTS only");
    mkdirSync(TARGET, { recursive: true });
    await signIn(page);
    const project = `/projects/${projectOf(page)}`;

    await openFirst(page, `${project}/datasets`);
    await page.getByRole("tab", { name: /^(Samples|样本)/ }).click();
    await expect(page.getByTestId("samples").locator("img").first()).toBeVisible();
    await shoot(page, "datasets");

    await openFirst(page, `${project}/experiments`);
    await openFirst(page, page.url());
    await expect(page.getByTestId("curves").locator("canvas").first()).toBeVisible();
    await shoot(page, "run");
    await page.goto(`${page.url().split("?")[0] ?? ""}/report`);
    await expect(page.getByTestId("metrics")).toBeVisible();
    await shoot(page, "report");

    await openFirst(page, `${project}/services`);
    await page.goto(`${page.url().split("?")[0] ?? ""}?tab=try`);
    const picker = page.locator('input[type="file"]');
    await expect(picker).toBeAttached();
    await picker.setInputFiles(setting("OPENBML_SAMPLE_IMAGE"));
    await expect(page.getByTestId("results")).toContainText("%", { timeout: 60_000 });
    await shoot(page, "try-it");
  });
});
