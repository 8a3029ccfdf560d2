import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { projectOf, signIn } from "./installation";

/** Models and services of the mock API (`npm run mock`): `OPENBML_MOCK=1 npm run e2e -- models-services`. */
test.skip(!process.env.OPENBML_MOCK, "walks the mock API only");

const LOG_ID = "1390582998516105216";

async function expectSound(page: Page, place: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  const faults: string[] = violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any.map((check) => check.message).join()}`).join(" | ")}`);
  expect.soft(faults, place).toEqual([]);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(beyond, `${place}: pixels beyond the window`).toBeLessThanOrEqual(0);
}

async function start(page: Page): Promise<string> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page);
  return `/projects/${projectOf(page)}`;
}

async function openService(page: Page, project: string, name: string): Promise<void> {
  await page.goto(`${project}/services`);
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

test("a model is made, imported with its problems told, and used", async ({ page }) => {
  const project = await start(page);
  await page.goto(`${project}/models`);
  await expect(page.getByRole("link", { name: "Sign digits" })).toBeVisible();
  await expectSound(page, "models");

  await test.step("create an empty model", async () => {
    await page.getByRole("button", { name: "Create model" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Flowers");
    await dialog.getByRole("combobox", { name: "Task" }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("Tabular prediction", { exact: true }).click();
    await expectSound(page, "create model");
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Import a model" })).toBeVisible();
  });

  await test.step("what is wrong with a file is told, with how to mend it", async () => {
    await page.getByRole("radio", { name: /Sklearn/ }).check();
    const files = page.locator('input[type="file"]').first();
    await files.setInputFiles({ name: "model.pkl", mimeType: "application/octet-stream", buffer: Buffer.alloc(2000) });
    await expect(page.getByText("The service code (a .py file) is missing.")).toBeVisible();
    await files.setInputFiles({ name: "serve.py", mimeType: "text/x-python", buffer: Buffer.from("x = 1") });
    await expectSound(page, "import");
    await page.getByRole("button", { name: "Send and check" }).click();
    await expect(page.getByTestId("import")).toContainText("CustomException is missing");
    await expect(page.getByTestId("import")).toContainText("Add the service code file.");
    await expectSound(page, "problems of an import");
    await page.getByRole("button", { name: "Choose other files" }).click();
  });

  await test.step("good files become a version", async () => {
    await page.getByRole("radio", { name: /Sklearn/ }).check();
    const files = page.locator('input[type="file"]').first();
    await files.setInputFiles([
      { name: "model.pkl", mimeType: "application/octet-stream", buffer: Buffer.alloc(2000) },
      { name: "serve.py", mimeType: "text/x-python", buffer: Buffer.from("class CustomException(RuntimeError): pass\nclass PredictWrapper: pass\n") },
    ]);
    await page.getByRole("button", { name: "Send and check" }).click();
    await page.getByRole("button", { name: "Submit" }).click();
    await page.getByRole("link", { name: "Open V1" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Flowers V1" })).toBeVisible();
    await expectSound(page, "imported version");
  });

  await test.step("only versions from presets have a report, and what is deployed is protected", async () => {
    await page.getByRole("link", { name: "Flowers", exact: true }).click();
    await expect(page.getByRole("button", { name: "Report" })).toBeDisabled();
    await page.goto(`${project}/models`);
    await page.getByRole("link", { name: "Sign digits" }).click();
    await expect(page.getByRole("button", { name: "Report" }).first()).toBeEnabled();
    await expect(page.getByRole("button", { name: "Delete" })).toBeDisabled();
    await expectSound(page, "model");
  });

  await test.step("versions are compared side by side", async () => {
    await page.getByRole("checkbox", { name: "Choose V1 for comparison" }).check();
    await page.getByRole("checkbox", { name: "Choose V2 for comparison" }).check();
    await page.getByRole("button", { name: "Compare (2)" }).click();
    const comparison = page.getByTestId("comparison");
    await expect(comparison).toContainText("97.5% ★");
    const all = await comparison.locator("tbody tr[data-row-key]").count();
    await page.getByRole("switch", { name: "Differences only" }).click();
    expect(await comparison.locator("tbody tr[data-row-key]").count()).toBeLessThan(all);
    await expectSound(page, "comparison");
  });

  await test.step("lineage, card, performance and export of a version", async () => {
    await page.getByRole("link", { name: "V1", exact: true }).click();
    await page.getByRole("tab", { name: "Made from" }).click();
    await expect(page.getByTestId("lineage")).toContainText("Recognise: Sign digits V1");
    await expectSound(page, "lineage");
    await page.getByRole("tab", { name: "Model card" }).click();
    await expect(page.getByTestId("model-card")).toContainText("<script>alert(1)</script>");
    await expect(page.getByTestId("model-card").getByRole("link")).toHaveCount(0);
    await expectSound(page, "model card");
    await page.getByRole("tab", { name: "Performance curve" }).click();
    await expect(page.getByTestId("performance").locator("canvas")).toHaveCount(2);
    await expectSound(page, "performance");
    await page.getByRole("button", { name: "Export as MLflow" }).click();
    await expect(page.getByRole("link", { name: "Download MLflow model" })).toBeVisible();
  });
});

test("a service is deployed without resources and gets them later", async ({ page }) => {
  const project = await start(page);
  await page.goto(`${project}/services/new`);

  await test.step("the price and the estimate follow the size", async () => {
    await page.getByRole("combobox", { name: "Model", exact: true }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("Topics", { exact: true }).click();
    await expect(page.getByText("This model has its service")).toBeVisible();
    await expect(page.getByTestId("price-per-hour")).toHaveText("¥0.80");
    await page.getByRole("spinbutton", { name: "Compute units" }).fill("3");
    await expect(page.getByTestId("price-per-hour")).toHaveText("¥2.40");
    await expect(page.getByTestId("price-per-month")).toHaveText("¥1,728.00");
    await expect(page.getByTestId("estimate")).toContainText("was not measured");
    await expectSound(page, "deploy");
  });

  await test.step("deploy without resources", async () => {
    await page.goto(`${project}/models`);
    await page.getByRole("button", { name: "Create model" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Later");
    await dialog.getByRole("combobox", { name: "Task" }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("General", { exact: true }).click();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("radio", { name: /XGBoost/ }).check();
    await page.locator('input[type="file"]').first().setInputFiles([
      { name: "model.pkl", mimeType: "application/octet-stream", buffer: Buffer.alloc(20) },
      { name: "serve.py", mimeType: "text/x-python", buffer: Buffer.from("class CustomException(RuntimeError): pass\nclass PredictWrapper: pass\n") },
    ]);
    await page.getByRole("button", { name: "Send and check" }).click();
    await page.getByRole("button", { name: "Submit" }).click();
    await page.getByRole("link", { name: "Open V1" }).click();
    await page.getByRole("button", { name: "Deploy service" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Later online");
    await page.getByLabel("Suffix").fill("later");
    await page.getByRole("checkbox", { name: "Set the resources later" }).check();
    await page.getByRole("button", { name: "Create service" }).click();
    await expect(page.getByText("Resources to be set")).toBeVisible();
    await page.getByRole("button", { name: "Set resources" }).click();
    await expectSound(page, "set resources");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await expect(page.locator('[data-state="running"]').first()).toBeVisible();
  });
});

test("a service is split, put to sleep, watched and called", async ({ page }) => {
  const project = await start(page);
  await openService(page, project, "Signs online");
  await expect(page.locator('[data-state="running"]').first()).toBeVisible();
  await expect(page.getByRole("tab", { name: "JavaScript" })).toBeVisible();
  await expectSound(page, "service");

  await test.step("a second version takes a share", async () => {
    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByTestId("versions").getByRole("button", { name: "Add a second version" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByTestId("price-per-hour")).toHaveText("¥0.80");
    await expectSound(page, "second version");
    await dialog.getByRole("button", { name: "Deploy service" }).click();
    const split = page.getByTestId("split");
    await expect(split).toContainText("V2: 10 %");
    await split.getByRole("slider").press("ArrowRight");
    await expect(split).toContainText("V2: 11 %");
    await split.getByRole("switch", { name: "Sticky" }).click();
    await split.getByRole("button", { name: "Apply" }).click();
    await expect(split.getByRole("button", { name: "Apply" })).toBeDisabled();
    await expect(page.getByTestId("role-comparison")).toContainText("the difference is real (p = < 0.001)");
    await expectSound(page, "two versions");
  });

  await test.step("the sleep policy shows its next times and refuses what cannot be", async () => {
    await page.getByRole("tab", { name: "Policies" }).click();
    const policy = page.getByTestId("sleep-policy");
    await policy.getByRole("button", { name: "Add a time" }).click();
    await expect(policy.getByTestId("next-times").locator("time")).toHaveCount(3);
    await policy.getByRole("textbox", { name: "Cron expression" }).fill("99 * * * *");
    await expect(policy.getByRole("button", { name: "Save policy" })).toBeDisabled();
    await policy.getByRole("textbox", { name: "Cron expression" }).fill("0 8 * * 1-5");
    await expectSound(page, "policies");
    await policy.getByRole("button", { name: "Save policy" }).click();
    await expect(page.getByText("Now: In force")).toBeVisible();
  });

  await test.step("live figures and logs", async () => {
    await page.getByRole("tab", { name: "Live" }).click();
    await expect(page.getByTestId("live").locator("canvas")).toHaveCount(3);
    await expectSound(page, "live");
    await page.getByRole("tab", { name: "Logs" }).click();
    await page.getByRole("searchbox", { name: "Search the lines" }).fill("slow");
    await expect(page.locator(".ob-log")).toContainText("slow picture");
    await expect(page.locator(".ob-log")).not.toContainText("GET /ping");
    await expectSound(page, "logs");
  });

  await test.step("a call is marked, and kept calls become data", async () => {
    await page.getByRole("tab", { name: "Calls" }).click();
    await expect(page.getByTestId("calls")).toContainText(LOG_ID);
    await page.getByRole("checkbox", { name: "Failed only" }).click();
    await expect(page.getByTestId("calls")).not.toContainText(LOG_ID);
    await page.getByRole("checkbox", { name: "Failed only" }).click();
    await expect(page.getByRole("checkbox", { name: "Failed only" })).not.toBeChecked();
    await page.getByRole("button", { name: `Details of call ${LOG_ID}` }).click();
    await expect(page.getByTestId("call")).toContainText(`"log_id": ${LOG_ID}`);
    await page.getByRole("radio", { name: "Wrong" }).check();
    await expectSound(page, "call");
    await page.getByTestId("call").getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Marked", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Close" }).first().click();
    await page.getByRole("checkbox", { name: `Choose call ${LOG_ID}` }).check();
    await page.getByRole("combobox", { name: "Dataset" }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("Sign digits", { exact: true }).click();
    await page.getByRole("button", { name: "Add to the dataset" }).click();
    await expect(page.getByText("All were added to “Sign digits”.")).toBeVisible();
    await expectSound(page, "calls");
  });
});

test("models of every task are tried", async ({ page }) => {
  const project = await start(page);
  const tried = async (service: string): Promise<void> => {
    await openService(page, project, service);
    await expect(page.locator('[data-state="running"]').first()).toBeVisible();
    await page.getByRole("tab", { name: "Try it" }).click();
  };
  const expectAnswer = async (place: string): Promise<void> => {
    await expect(page.getByTestId("exchange")).toContainText(LOG_ID);
    await expectSound(page, place);
  };

  await test.step("entities are marked in the text", async () => {
    await tried("Places online");
    await page.getByRole("textbox", { name: "Text" }).fill("Alice lives in Lyon");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await expect(page.getByTestId("entities").locator("mark")).toHaveCount(2);
    await expectAnswer("entities");
  });

  await test.step("tokens have their tags", async () => {
    await tried("Tags online");
    await page.getByRole("textbox", { name: "Text" }).fill("A l i c e");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await expect(page.getByTestId("tokens")).toContainText("B-PER");
    await expectAnswer("tokens");
  });

  await test.step("two texts have a similarity", async () => {
    await tried("Questions online");
    await page.getByRole("textbox", { name: "First text" }).fill("reset my password");
    await page.getByRole("textbox", { name: "Second text" }).fill("forgot it");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await expect(page.getByTestId("similarity")).toHaveText("0.8812");
    await expectAnswer("similarity");
  });

  await test.step("texts are read from a picture", async () => {
    await tried("Receipts online");
    const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==", "base64");
    await page.locator('input[type="file"]').first().setInputFiles({ name: "receipt.png", mimeType: "image/png", buffer: png });
    await expect(page.getByTestId("texts")).toContainText("TOTAL 12.50");
    await expect(page.getByTestId("regions").locator("polygon")).toHaveCount(1);
    await expectAnswer("texts read");
  });

  await test.step("a framework's model takes JSON", async () => {
    await tried("Framework model online");
    const request = page.getByRole("textbox", { name: "Request" });
    await expect(request).toHaveValue(/features/);
    await request.fill("{");
    await expect(page.getByRole("button", { name: "Ask", exact: true })).toBeDisabled();
    await page.getByRole("button", { name: "Example" }).click();
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await expectAnswer("framework");
  });

  await test.step("a sound is taken from a file, and a microphone that is not allowed is told", async () => {
    await tried("Sounds online");
    await page.evaluate(() => {
      Object.defineProperty(navigator.mediaDevices, "getUserMedia", { value: () => Promise.reject(new DOMException("no", "NotAllowedError")) });
    });
    await page.getByRole("button", { name: "Record" }).click();
    await expect(page.getByTestId("microphone").getByRole("alert")).toContainText("not allowed");
    await page.locator('input[type="file"]').first().setInputFiles({ name: "glass.wav", mimeType: "audio/wav", buffer: Buffer.alloc(3200) });
    await expect(page.getByTestId("results")).toContainText("glass");
    await expectAnswer("sound");
  });
});

test("the microphone's sound is sent as a WAV of 16 kHz", async ({ browser }) => {
  const context = await browser.newContext({ permissions: ["microphone"] });
  const page = await context.newPage();
  const project = await start(page);
  await openService(page, project, "Sounds online");
  await page.getByRole("tab", { name: "Try it" }).click();
  // A tone stands in for the microphone, which a machine without sound has not.
  await page.evaluate(() => {
    const tone = (): Promise<MediaStream> => {
      const sound = new AudioContext();
      const oscillator = sound.createOscillator();
      const out = sound.createMediaStreamDestination();
      oscillator.connect(out);
      oscillator.start();
      return Promise.resolve(out.stream);
    };
    Object.defineProperty(navigator.mediaDevices, "getUserMedia", { value: tone });
  });
  const sent = page.waitForRequest(/\/sound\//);
  await page.getByRole("button", { name: "Record" }).click();
  await page.waitForTimeout(1200);
  await page.getByRole("button", { name: "Stop and ask" }).click();
  const { sound } = (await sent).postDataJSON() as { sound: string };
  const wav = Buffer.from(sound, "base64");
  expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
  expect([wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([1, 16_000, 16]);
  expect(wav.length).toBeGreaterThan(16_000);
  await context.close();
});

test("a batch is predicted once, and again by a schedule", async ({ page }) => {
  const project = await start(page);
  await page.goto(`${project}/batch-predictions`);
  await page.getByRole("button", { name: "New batch prediction" }).click();

  await test.step("with files of this computer", async () => {
    await page.getByLabel("Name", { exact: true }).fill("Once");
    await page.locator('input[type="file"]').first().setInputFiles({ name: "rows.jsonl", mimeType: "application/json", buffer: Buffer.from('{"text": "a"}\n') });
    await page.getByRole("spinbutton", { name: "Nodes" }).fill("3");
    await expect(page.getByTestId("batch-price")).toHaveText("¥0.075");
    await expectSound(page, "new batch");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await expect(page.getByTestId("batch-progress")).toHaveAttribute("data-state", "succeeded", { timeout: 20_000 });
    await expect(page.getByTestId("results")).toContainText("2 failed");
    await expect(page.getByTestId("results")).toContainText("predictions.jsonl");
    await expectSound(page, "batch");
  });

  await test.step("every second week", async () => {
    await page.goto(`${project}/batch-predictions/new`);
    await page.getByLabel("Name", { exact: true }).fill("Often");
    await page.getByRole("switch", { name: "Repeat" }).click();
    await page.getByLabel("Address of the data").fill("s3://bucket/in/");
    await page.getByRole("spinbutton", { name: "Every" }).fill("2");
    await page.getByRole("combobox", { name: "Unit" }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("weeks", { exact: true }).click();
    await expect(page.getByTestId("next-runs").locator("time")).toHaveCount(4);
    await expectSound(page, "schedule");
    await page.getByRole("button", { name: "Save schedule" }).click();
    await expect(page.getByRole("cell", { name: "Every 2 weeks" })).toBeVisible();
    await expectSound(page, "schedules");
  });
});

test("calls are counted, drawn and taken away as CSV", async ({ page }) => {
  await start(page);
  await page.getByRole("menuitem", { name: "Call statistics" }).click();
  await expect(page.getByTestId("statistics").locator("canvas").first()).toBeVisible();
  await page.getByText("Service", { exact: true }).first().click();
  await expectSound(page, "statistics");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download as CSV file" }).click();
  expect((await download).suggestedFilename()).toMatch(/^calls-.*\.csv$/);
});

test.describe("in Chinese", () => {
  test.use({ locale: "zh-CN" });

  test("the pages of models and services speak Chinese", async ({ page }) => {
    const project = await start(page);
    await page.goto(`${project}/models`);
    await expect(page.getByRole("button", { name: "新建模型" })).toBeVisible();
    await openService(page, project, "Signs online");
    for (const [tab, text] of [["版本与流量", "主版本"], ["策略", "休眠策略"], ["实时监控", "QPS"], ["调用记录", "仅失败"]] as const) {
      await page.getByRole("tab", { name: tab }).click();
      await expect(page.getByText(text).first()).toBeVisible();
    }
    await page.goto(`${project}/batch-predictions/new`);
    await expect(page.getByText("机型与节点")).toBeVisible();
    await page.goto(`${project}/statistics`);
    await expect(page.getByRole("heading", { level: 1, name: "调用统计" })).toBeVisible();
  });
});
