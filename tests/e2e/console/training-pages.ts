import { expect, type Locator, type Page } from "@playwright/test";

/** What a person does on the pages of training; names are the English ones. */
export class TrainingPages {
  constructor(private readonly page: Page) {}

  /** From the list of experiments to the run form of a new one; the task is as its card reads. */
  async createExperiment(name: string, task?: string): Promise<void> {
    await this.page.getByRole("button", { name: "Create experiment" }).first().click();
    const dialog = this.page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    if (task) await dialog.getByRole("radio", { name: new RegExp(`^${task}`) }).check();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Start run" })).toBeVisible();
  }

  async chooseNetwork(name: string): Promise<void> {
    await this.page.getByRole("radio", { name: new RegExp(`^${name}`) }).check();
  }

  async setHyperParameters(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(values)) await this.page.getByRole("spinbutton", { name: label }).fill(value);
  }

  /** A search with few trials in place of the values of the form. */
  async searchHyperParameters(strategy: "Random search" | "Bayesian search" | "Evolutionary", trials: number): Promise<Locator> {
    await this.page.getByRole("radiogroup", { name: "Hyper-parameter source" }).getByText("Automatic search").click();
    const fields = this.page.getByTestId("search-fields");
    await fields.getByText(strategy, { exact: true }).click();
    await fields.getByRole("spinbutton", { name: "Maximum number of trials" }).fill(String(trials));
    return fields;
  }

  async start(): Promise<void> {
    await expect(this.page.getByTestId("greatest-cost")).toContainText("¥");
    await this.page.getByRole("button", { name: "Start training" }).click();
    await this.page.waitForURL(/\/runs\/\d+$/);
  }

  async openReport(): Promise<void> {
    await this.page.getByRole("button", { name: "Evaluation report" }).click();
    await expect(this.page.getByTestId("metrics")).toContainText("%");
    await expect(this.page.getByRole("heading", { name: "Wrong examples" })).toBeVisible();
  }
}
