import { expect, test } from "@playwright/test";
import { setting, signIn } from "./installation";
import { TrainingPages } from "./training-pages";

const RUN_MINUTES = 3;

test("a zip of labelled images becomes an online prediction", async ({ page }) => {
  const mark = Date.now().toString(36);
  const training = new TrainingPages(page);
  await signIn(page);

  await test.step("create a dataset", async () => {
    await page.getByRole("menuitem", { name: "Datasets" }).click();
    await page.getByRole("button", { name: "Create dataset" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill(`walk-${mark}`);
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: `walk-${mark}` })).toBeVisible();
  });

  await test.step("upload the archive and wait for the import", async () => {
    await page.locator('input[type="file"]').first().setInputFiles(setting("OPENBML_SAMPLE_ZIP"));
    await page.getByRole("button", { name: "Start import" }).click();
    await expect(page.locator('[data-testid="import"][data-state="finished"]')).toBeVisible({ timeout: 120_000 });
  });

  await test.step("see thumbnails and filter them by label", async () => {
    await page.getByRole("tab", { name: "Samples" }).click();
    const images = page.getByTestId("samples").locator("img");
    await expect(images.first()).toBeVisible();
    await expect.poll(() => images.first().evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
    const label = page.locator(".ob-filter button").nth(3);
    await label.click();
    await expect(label).toHaveAttribute("aria-pressed", "true");
    await expect(images.first()).toBeVisible();
  });

  await test.step("start a run", async () => {
    await page.getByRole("button", { name: /Train$/ }).click();
    await training.createExperiment(`walk-${mark}`);
    await training.chooseNetwork("MobileNetV3_large_x1_0");
    await training.setHyperParameters({ Epochs: "2", "Input size (px)": "64" });
    await training.start();
  });

  await test.step("watch the curves until it has succeeded", async () => {
    await expect(page.getByTestId("curves").locator("canvas").first()).toBeVisible({ timeout: RUN_MINUTES * 60_000 });
    await expect(page.locator('header [data-state="succeeded"]')).toBeVisible({ timeout: RUN_MINUTES * 60_000 });
    await page.getByRole("tab", { name: "Logs" }).click();
    await expect(page.locator("pre.ob-log")).toContainText("epoch");
  });

  await test.step("read the evaluation report", async () => {
    await training.openReport();
    await expect(page.getByRole("img", { name: "Confusion matrix" }).locator("canvas").first()).toBeVisible();
  });

  await test.step("publish the model", async () => {
    await page.getByRole("button", { name: "Publish model" }).click();
    await expect(page.getByLabel("Name of the model")).toHaveValue(`walk-${mark}`);
    await page.getByRole("button", { name: "Publish model" }).click();
    await page.waitForURL(/\/models\/\d+\/versions\/1$/);
    await expect(page.getByText("ONNX answers as the trained network does")).toBeVisible({ timeout: 60_000 });
  });

  await test.step("deploy it", async () => {
    await page.getByRole("button", { name: "Deploy service" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill(`walk-${mark}`);
    await page.getByRole("textbox", { name: "Suffix" }).fill(`walk${mark}`);
    await expect(page.getByTestId("price-per-hour")).toHaveText("¥0.80");
    await page.getByRole("button", { name: "Start deployment" }).click();
    await page.waitForURL(/\/services\/\d+/);
    await expect(page.locator('header [data-state="running"]')).toBeVisible({ timeout: 90_000 });
    await expect(page.getByTestId("service-url")).toContainText(`/classification/walk${mark}`);
  });
  const serviceAddress = page.url();

  await test.step("create an application", async () => {
    await page.getByRole("menuitem", { name: "Applications" }).click();
    await page.getByRole("button", { name: "Create application" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill(`walk-${mark}`);
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    const row = page.getByRole("row", { name: new RegExp(`walk-${mark}`) });
    await row.getByRole("button", { name: "Show the Secret Key" }).click();
    await expect(row.getByRole("button", { name: "Hide the Secret Key" })).toBeVisible();
  });

  await test.step("predict a picture", async () => {
    await page.goto(serviceAddress);
    await page.getByRole("tab", { name: "Try it" }).click();
    await page.getByRole("combobox", { name: "Call as application" }).click();
    await page.locator(".ant-select-dropdown:visible").getByText(`walk-${mark}`).click();
    await page.locator('input[type="file"]').setInputFiles(setting("OPENBML_SAMPLE_IMAGE"));
    await expect(page.getByTestId("results")).toContainText("%", { timeout: 60_000 });
    await expect(page.getByText(/^Log id/)).toBeVisible();
  });

  await test.step("find it on the bill", async () => {
    await page.getByRole("menuitem", { name: "Usage and bill" }).click();
    await expect(page.getByTestId("bill-total")).toContainText("¥");
    await page.getByRole("tab", { name: "Running now" }).click();
    await expect(page.getByRole("cell", { name: new RegExp(`walk-${mark}`) })).toBeVisible({ timeout: 60_000 });
  });

  await test.step("stop the service", async () => {
    await page.goto(serviceAddress);
    await page.getByRole("button", { name: /Stop$/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
    await expect(page.locator('header [data-state="stopped"]')).toBeVisible({ timeout: 60_000 });
  });
});
