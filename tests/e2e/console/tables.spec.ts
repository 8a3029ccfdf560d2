import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { projectOf, signIn } from "./installation";

/** Tables of the mock API (`npm run mock`), which knows a run of every kind and a service: `OPENBML_MOCK=1 npm run e2e -- tables`. */
test.skip(!process.env.OPENBML_MOCK, "walks the mock API only");

const KINDS = ["Churn of customers", "Cities", "Prices of flats", "Ranges of prices"] as const;

async function expectAccessible(page: Page, place: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  const faults: string[] = violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any.map((check) => check.message).join()}`).join(" | ")}`);
  expect.soft(faults, place).toEqual([]);
}

/** No page may be wider than the window. */
async function expectNoOverflow(page: Page, place: string): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(beyond, `${place}: pixels beyond the window`).toBeLessThanOrEqual(0);
}

async function openReport(page: Page, experiment: string): Promise<void> {
  await page.goto(`/projects/${projectOf(page)}/experiments`);
  await page.getByRole("link", { name: experiment }).click();
  await expect(page.getByRole("heading", { level: 1, name: experiment })).toBeVisible();
  await page.getByRole("link", { name: "V1", exact: true }).click();
  await page.getByRole("button", { name: /(Evaluation report|评估报告)$/ }).click({ timeout: 15_000 });
  await expect(page.getByTestId("metrics")).toBeVisible();
}

test("a table becomes a run whose leaderboard grows", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page);
  await page.getByRole("menuitem", { name: "Experiments" }).click();

  await test.step("create an experiment for tables", async () => {
    await page.getByRole("button", { name: "Create experiment" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Who leaves");
    await dialog.getByRole("radio", { name: /^Tabular prediction/ }).check();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Start run" })).toBeVisible();
  });

  await test.step("choose the table, its target and what columns are for", async () => {
    await page.getByRole("combobox", { name: "Training set" }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("Customer churn").click();
    await page.getByRole("radio", { name: "Predict churn" }).check();
    await expect(page.getByTestId("target")).toContainText("two different values");
    await page.getByRole("button", { name: "With remarks (5)" }).click();
    await page.getByRole("button", { name: "Exclude these 5" }).click();
    await page.getByRole("button", { name: "With remarks (5)" }).click();
    await expect(page.locator("tr.ob-role-excluded")).toHaveCount(5);
    await expectAccessible(page, "wizard");
    await expectNoOverflow(page, "wizard");
  });

  await test.step("a column with a single value blocks the start", async () => {
    await page.getByRole("radio", { name: "Predict branch" }).check();
    await expect(page.getByTestId("target").getByRole("alert")).toContainText("nothing to predict");
    await expect(page.getByRole("button", { name: "Start training" })).toBeDisabled();
    await page.getByRole("radio", { name: "Predict churn" }).check();
  });

  await test.step("the draft outlives a reload", async () => {
    await page.reload();
    await expect(page.getByRole("radio", { name: "Predict churn" })).toBeChecked();
  });

  await test.step("the expert mode brings a script, and its mistakes are told at the field", async () => {
    await page.getByRole("radio", { name: /^Expert/ }).check();
    const script = page.getByRole("textbox", { name: "Training script" });
    await expect(script).toHaveValue(/hyperparameter_tune/);
    await expect(page.getByRole("spinbutton", { name: "Nodes" })).toHaveValue("1");
    const preset = await script.inputValue();
    await script.fill(`${preset}\nunknown_name`);
    await page.getByRole("button", { name: "Start training" }).click();
    await expect(page.getByText("unknown_name is none of this model's; line 12")).toBeVisible();
    await expectAccessible(page, "expert mode");
    await page.getByRole("radio", { name: /^AutoML/ }).check();
  });

  await test.step("start and watch", async () => {
    await expect(page.getByTestId("greatest-cost")).toContainText("¥");
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForURL(/\/runs\/\d+$/);
    await expect(page.getByTestId("leaderboard").locator("tbody tr[data-row-key]").nth(2)).toBeVisible({ timeout: 30_000 });
    await expect(page.getByTestId("curves").locator("canvas").first()).toBeVisible();
    await expectAccessible(page, "run");
  });
});

for (const kind of KINDS) {
  test(`the report of “${kind}” is complete`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await signIn(page);
    await openReport(page, kind);
    await expect(page.getByTestId("report-leaderboard").locator("tbody tr[data-row-key]").first()).toBeVisible();
    await expect(page.getByTestId("importance").locator("canvas").first()).toBeVisible();
    await expect(page.getByTestId("dependence").locator("canvas").first()).toBeVisible();
    await expect(page.getByTestId("cards")).toContainText("What it is for");
    if (kind === "Churn of customers") {
      const at = page.getByTestId("at-threshold");
      const before = await at.innerText();
      await page.getByTestId("threshold").getByRole("slider").press("ArrowRight");
      await page.getByTestId("threshold").getByRole("slider").press("PageUp");
      await expect(at).not.toHaveText(before);
    }
    await expectAccessible(page, kind);
    await expectNoOverflow(page, kind);
  });
}

test("a deployed table answers what-ifs, and its version tells its API", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page);
  await page.getByRole("menuitem", { name: "Online services" }).click();
  await page.getByRole("link", { name: "Churn online" }).click();
  await page.getByRole("tab", { name: "What if" }).click();

  await test.step("the answer follows the row, beside a kept one", async () => {
    await expect(page.getByTestId("explanation")).toContainText("age");
    await page.getByRole("button", { name: "Keep as baseline" }).click();
    await page.getByRole("spinbutton", { name: "age" }).fill("91");
    await expect(page.getByTestId("baseline")).toContainText("age: 34 → 91");
    await expectAccessible(page, "what if");
    await expectNoOverflow(page, "what if");
  });

  await test.step("many rows are pasted, and what is missing is named", async () => {
    await page.getByText("Many rows", { exact: true }).click();
    const paste = page.getByRole("textbox", { name: "Paste rows as CSV" });
    await paste.fill("age,balance\n30,5");
    await page.getByRole("button", { name: "Read rows" }).click();
    await expect(page.getByRole("alert")).toContainText("city");
    const header = "age,balance,city,product_with_the_longest_name_of_all_columns_in_this_table,opened_on,last_call,income";
    await paste.fill(`${header}\n30,5,Beijing,Mortgage,2020-01-02,"a, b",900\n60,,Chengdu,Mortgage,,,`);
    await page.getByRole("button", { name: "Read rows" }).click();
    await page.getByRole("button", { name: "Predict" }).click();
    await expect(page.getByTestId("rows").locator("tbody tr[data-row-key]")).toHaveCount(2);
    await expect(page.getByTestId("rows")).toContainText("%");
    await expectAccessible(page, "many rows");
  });

  await test.step("the API reference names the features", async () => {
    await page.getByRole("menuitem", { name: "Models" }).click();
    await page.getByRole("link", { name: "Churn of customers" }).click();
    await page.getByRole("link", { name: "V1" }).click();
    await page.getByRole("tab", { name: "API reference" }).click();
    await expect(page.getByTestId("api-reference")).toContainText("opened_on");
    await expectAccessible(page, "API reference");
    await expectNoOverflow(page, "API reference");
  });

  await test.step("the version is validated without a service, and a reload finds it again", async () => {
    await page.getByRole("tab", { name: "Validate" }).click();
    await page.getByRole("button", { name: "Start validation" }).click();
    await expect(page.getByTestId("explanation")).toContainText("age");
    await page.getByRole("spinbutton", { name: "age" }).fill("91");
    await expect(page.getByTestId("explanation")).toContainText("= 91");
    await page.reload();
    await expect(page.getByTestId("validation")).toContainText("Free of charge");
    await expect(page.getByTestId("explanation")).toContainText("age");
    await expectAccessible(page, "validation");
    await expectNoOverflow(page, "validation");
    await page.getByRole("button", { name: "End now" }).click();
    await expect(page.getByRole("button", { name: "Start again" })).toBeVisible();
  });
});

test.describe("in Chinese", () => {
  test.use({ locale: "zh-CN" });

  test("the pages of tables speak Chinese", async ({ page }) => {
    await signIn(page);
    await openReport(page, "Churn of customers");
    await expect(page.getByTestId("cards")).toContainText("适用场景");
    await page.goto(page.url().replace("/report", ""));
    await expect(page.getByTestId("leaderboard")).toContainText("模型");
    await page.getByRole("link", { name: "Churn of customers" }).click();
    await page.getByRole("button", { name: "新建训练任务" }).first().click();
    await expect(page.getByTestId("columns")).toContainText("标识列");
    await expectNoOverflow(page, "Chinese wizard");
  });
});

test("a table of a thousand columns is searched and paged", async ({ page }) => {
  await signIn(page);
  await page.goto(`/projects/${projectOf(page)}/experiments`);
  await page.getByRole("link", { name: "Prices of flats" }).click();
  await page.getByRole("button", { name: "Start run" }).first().click();
  await page.getByRole("combobox", { name: "Training set" }).click();
  await page.locator(".ant-select-dropdown:visible").getByText("Sensors of a plant").click();
  await expect(page.getByTestId("columns")).toContainText("1,000 columns");
  await page.getByRole("searchbox", { name: "Search columns" }).fill("sensor_09");
  await expect(page.getByTestId("columns")).toContainText("99 columns");
  await expectNoOverflow(page, "a thousand columns");
});
