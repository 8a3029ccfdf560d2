import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { signIn } from "./installation";
import { detectionArchive } from "./archives";

const JOB_MINUTES = 3;
const IMAGES = 12;

async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name, exact: true }).click();
  await expect(page.getByRole("tab", { name, exact: true })).toHaveAttribute("aria-selected", "true");
}

async function expectAccessible(page: Page, place: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  const faults: string[] = violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  expect.soft(faults, place).toEqual([]);
}

async function createDataset(page: Page, name: string, kind: string): Promise<void> {
  await page.getByRole("menuitem", { name: "Datasets" }).click();
  await page.getByRole("button", { name: "Create dataset" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByRole("combobox", { name: "Data and annotation" }).click();
  await page.locator(".ant-select-dropdown:visible").getByText(kind).click();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

test("images with boxes are imported, browsed, judged and exported", async ({ page }) => {
  const name = `boxes-${Date.now().toString(36)}`;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page);
  await createDataset(page, name, "Object detection, boxes");

  await test.step("choose a format and start the import", async () => {
    await expect(page.getByRole("radio", { name: /^Images with json/ })).toBeChecked();
    await expectAccessible(page, "import wizard");
    const archive = await detectionArchive(page, IMAGES);
    await page.locator('input[type="file"]').first().setInputFiles({ name: "boxes.zip", mimeType: "application/zip", buffer: archive });
    await page.getByRole("button", { name: "Start import" }).click();
    await expect(page.locator('[data-testid="import"][data-state="finished"]')).toContainText(`${IMAGES} accepted`, { timeout: 120_000 });
  });

  await test.step("browse and filter; the filter survives a reload", async () => {
    await openTab(page, "Samples");
    await expect(page.getByTestId("sample-total")).toHaveText(`${IMAGES} samples`);
    await expect(page.getByTestId("samples").locator("img").first()).toBeVisible();
    await page.locator(".ob-filter button", { hasText: "square" }).click();
    await expect(page).toHaveURL(/label=square/);
    await expect(page.getByTestId("sample-total")).toHaveText(`${IMAGES / 2} samples`);
    await page.reload();
    await expect(page.getByTestId("sample-total")).toHaveText(`${IMAGES / 2} samples`);
    await expectAccessible(page, "sample browser");
  });

  await test.step("open a sample with its regions, step to the next by key", async () => {
    await page.locator('[data-place="0"]').click();
    const viewer = page.getByTestId("viewer");
    await expect(viewer.getByTestId("regions").locator("rect").first()).toBeVisible();
    await expect(page.getByText(`1 of ${IMAGES / 2}`)).toBeVisible();
    await page.keyboard.press("ArrowRight");
    await expect(page.getByText(`2 of ${IMAGES / 2}`)).toBeVisible();
  });

  await test.step("clear its annotation and take it back from the history", async () => {
    await page.getByRole("button", { name: "Clear annotation" }).click();
    await expect(page.getByRole("dialog").getByText("Without label").first()).toBeVisible();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.locator(".ob-filter button", { hasText: "Without label" }).click();
    await expect(page.getByTestId("sample-total")).toHaveText("1 sample");
    await page.locator('[data-place="0"]').click();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByRole("button", { name: "Take revision 1 back" }).click();
    await expect(page.getByRole("list", { name: "History" })).toContainText("square");
    await page.keyboard.press("Escape");
  });

  await test.step("rename a label in all samples", async () => {
    await openTab(page, "Labels");
    const row = page.getByRole("row", { name: /square/ });
    await row.getByRole("button", { name: "Rename in all samples" }).click();
    await page.getByRole("textbox", { name: /square|edit/i }).or(row.locator("textarea")).first().fill("block");
    await page.keyboard.press("Enter");
    await expect(page.locator('[data-testid="operation"][data-state="finished"]')).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("row", { name: /block/ })).toContainText(String(IMAGES / 2));
  });

  await test.step("read the quality report", async () => {
    await openTab(page, "Quality");
    await page.getByRole("button", { name: "Start report" }).click();
    await expect(page.locator('[data-testid="quality"][data-state="finished"]')).toBeVisible({ timeout: JOB_MINUTES * 60_000 });
    await expect(page.getByTestId("quality-document").getByRole("img", { name: "Samples per label" }).locator("canvas").first()).toBeVisible();
    await expectAccessible(page, "quality report");
  });

  await test.step("export and download", async () => {
    await openTab(page, "Exports");
    await page.getByRole("button", { name: "Export data" }).last().click();
    await expect(page.locator('[data-testid="export"][data-state="finished"]')).toContainText(`${IMAGES} samples`, { timeout: JOB_MINUTES * 60_000 });
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toMatch(/\.zip$/);
  });
});

test("classes of texts are set by hand and for many at once", async ({ page }) => {
  const name = `texts-${Date.now().toString(36)}`;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page);
  await page.getByRole("menuitem", { name: "Datasets" }).click();
  await page.getByRole("button", { name: "Create dataset" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByText("Texts", { exact: true }).click();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();

  await test.step("import two files at once", async () => {
    await page.getByRole("radio", { name: /^Text per line/ }).check();
    const file = (part: string) => ({ name: `${part}.txt`, mimeType: "text/plain", buffer: Buffer.from(`${part} one\n${part} two\n${part} three\n`) });
    await page.locator('input[type="file"]').first().setInputFiles([file("first"), file("second")]);
    await page.getByRole("button", { name: "Start import" }).click();
    await expect(page.locator('[data-testid="import"][data-state="finished"]')).toContainText("6 accepted", { timeout: 120_000 });
  });

  await test.step("set the class of one", async () => {
    await openTab(page, "Samples");
    await page.locator('[data-place="0"]').click();
    const labels = page.getByRole("dialog").getByRole("combobox", { name: "Labels" });
    await labels.fill("weather");
    await labels.press("Enter");
    await expect(page.getByTestId("viewer")).toContainText("revision 2");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
  });

  await test.step("set the class of all others of a filter", async () => {
    await page.locator(".ob-filter button", { hasText: "Without label" }).click();
    await expect(page.getByTestId("sample-total")).toHaveText("5 samples");
    await page.getByRole("button", { name: /^Select all 5/ }).click();
    await page.getByTestId("bulk").getByRole("combobox", { name: "Label", exact: true }).fill("sports");
    await page.getByTestId("bulk").getByRole("button", { name: "Apply" }).click();
    await expect(page.locator('[data-testid="operation"][data-state="finished"]')).toContainText("5 of 5", { timeout: 60_000 });
    await page.locator(".ob-filter button", { hasText: "sports" }).click();
    await expect(page.getByTestId("sample-total")).toHaveText("5 samples");
  });
});
