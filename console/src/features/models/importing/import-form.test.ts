import { describe, expect, it } from "vitest";
import type { ImportCatalog } from "@/api/serving";
import { DEFAULT_PICTURE, frameworksFor, importFault, importRequest, importTasks, nameInModel, needsPicture, type ImportValues } from "./import-form";

const framework = (code: string, service_code: "none" | "wrapper" | "functions" = "none") => ({ code, name: code, image: null, layouts: [], service_code, refusal_en: null, refusal_zh: null });
const catalog: ImportCatalog = {
  picture: DEFAULT_PICTURE,
  frameworks: [framework("tensorflow"), framework("pytorch", "functions"), framework("sklearn", "wrapper"), framework("openbml")],
  imports: [
    { task: "image_classification", frameworks: ["tensorflow"], contract: "task", deployments: ["cloud", "edge"], extension: false, checked: true },
    { task: "image_classification", frameworks: ["pytorch"], contract: "framework", deployments: ["cloud", "edge"], extension: false, checked: true },
    { task: "tabular_prediction", frameworks: ["sklearn"], contract: "framework", deployments: ["cloud"], extension: false, checked: true },
    { task: "*", frameworks: ["openbml"], contract: "task", deployments: ["cloud", "edge"], extension: true, checked: true },
  ],
};
const values: ImportValues = { framework: "sklearn", way: "files", files: [{ name: "model.pkl", size: 10 }], s3Uri: "", description: " ", modelFile: "", codeFile: "", labelsFile: "", picture: null };

describe("an import", () => {
  it("offers the frameworks of the task's rows and of those for any task", () => {
    expect(frameworksFor(catalog, "image_classification").map((entry) => entry.framework.code)).toEqual(["tensorflow", "pytorch", "openbml"]);
    expect(importTasks(catalog)).toEqual(["image_classification", "tabular_prediction"]);
  });

  it("asks for settings of pictures only where the task's API feeds the model", () => {
    expect(frameworksFor(catalog, "image_classification").map((entry) => needsPicture(entry, "image_classification"))).toEqual([true, false, false]);
    expect(frameworksFor(catalog, "tabular_prediction").some((entry) => needsPicture(entry, "tabular_prediction"))).toBe(false);
  });

  it("sends what was filled in and nothing else", () => {
    expect(importRequest(values)).toEqual({ framework: "sklearn", files: [{ name: "model.pkl", size_bytes: 10 }] });
    expect(importRequest({ ...values, way: "s3", s3Uri: " s3://bucket/model/ ", codeFile: "serve.py", picture: DEFAULT_PICTURE })).toEqual({ framework: "sklearn", files: [], s3_uri: "s3://bucket/model/", code_file: "serve.py", picture: DEFAULT_PICTURE });
  });

  it("is refused before anything is sent", () => {
    expect(importFault({ ...values, files: [] }, "none")).toBe("noFiles");
    expect(importFault(values, "wrapper")).toBe("noCode");
    expect(importFault({ ...values, files: [...values.files, { name: "serve.py", size: 3 }] }, "wrapper")).toBeNull();
    expect(importFault({ ...values, files: [...values.files, ...values.files] }, "none")).toBe("twice");
    expect(importFault({ ...values, way: "s3", s3Uri: "https://bucket/x" }, "wrapper")).toBe("noAddress");
    expect(importFault({ ...values, way: "s3", s3Uri: "s3://bucket/x" }, "wrapper")).toBeNull();
  });

  it("keeps the places of files in a chosen folder", () => {
    expect(nameInModel({ name: "a.pb", webkitRelativePath: "saved/variables/a.pb" })).toBe("variables/a.pb");
    expect(nameInModel({ name: "a.pb", webkitRelativePath: "" })).toBe("a.pb");
  });
});
