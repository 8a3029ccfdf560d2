import { expect, type Page } from "@playwright/test";

/** A setting of the walk; a missing one stops it with its name. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}`);
  return value;
}

export async function signIn(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByLabel(/^(E-mail|邮箱)$/).fill(setting("OPENBML_EMAIL"));
  await page.getByLabel(/^(Password|密码)$/).fill(setting("OPENBML_PASSWORD"));
  await page.getByRole("button", { name: /^(Sign in|登录)$/ }).click();
  await page.waitForURL(/\/projects\/\d+/, { timeout: 30_000 });
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

export function projectOf(page: Page): string {
  const match = /\/projects\/(\d+)/.exec(page.url());
  if (!match?.[1]) throw new Error(`no project in ${page.url()}`);
  return match[1];
}
