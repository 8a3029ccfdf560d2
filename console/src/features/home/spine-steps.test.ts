import { describe, expect, it } from "vitest";
import { spineSteps } from "./spine-steps";

const NOTHING = { datasets: 0, samples: 0, experiments: 0, models: 0, services: 0, runningServices: 0, applications: 0 };

describe("next steps", () => {
  it("begin with the first dataset", () => {
    expect(spineSteps(NOTHING).find((step) => step.current)?.name).toBe("dataset");
  });

  it("point to the import while the datasets are empty", () => {
    expect(spineSteps({ ...NOTHING, datasets: 2 }).find((step) => step.current)?.name).toBe("import");
  });

  it("end with a prediction", () => {
    const all = spineSteps({ datasets: 1, samples: 9, experiments: 1, models: 1, services: 1, runningServices: 1, applications: 1 });
    expect(all.filter((step) => step.done)).toHaveLength(6);
    expect(all.find((step) => step.current)?.name).toBe("predict");
  });
});
