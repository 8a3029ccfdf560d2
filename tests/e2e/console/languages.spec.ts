import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { projectOf, signIn } from "./installation";

const ROOMS = {
  "": "首页",
  "/datasets": "数据集",
  "/experiments": "模型训练",
  "/models": "模型仓库",
  "/services": "在线服务",
  "/applications": "应用",
  "/usage": "用量与账单",
} as const;

test.describe("in Chinese", () => {
  test.use({ locale: "zh-CN" });

  test("the main pages speak Chinese", async ({ page }) => {
    await signIn(page);
    const project = projectOf(page);
    for (const [path, name] of Object.entries(ROOMS)) {
      await page.goto(`/projects/${project}${path}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      if (path !== "") await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
      await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
      await expect(page.getByRole("menuitem", { name: "在线服务" })).toBeVisible();
    }
  });
});

test("the language can be switched and is remembered", async ({ page }) => {
  await signIn(page);
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitem", { name: "简体中文" }).click();
  await expect(page.getByRole("menuitem", { name: "数据集" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("menuitem", { name: "数据集" })).toBeVisible();
});

test("signing out leads to the sign-in page and forgets the session", async ({ page }) => {
  await signIn(page);
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in/);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the main pages have no accessibility faults in ${colorScheme} mode`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await signIn(page);
    const project = projectOf(page);
    for (const path of Object.keys(ROOMS)) {
      await page.goto(`/projects/${project}${path}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
      const faults: string[] = violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any.map((check) => check.message).join()}`).join(" | ")}`);
      expect.soft(faults, path || "home").toEqual([]);
    }
  });
}
