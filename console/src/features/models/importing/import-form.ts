import type { Framework, ImportCatalog, ImportRow, NewModelImport, PictureInput } from "@/api/serving";

export interface ChoosableFramework {
  readonly framework: Framework;
  readonly row: ImportRow;
}

/** What models of a task may be imported from, in the order of the table (spec 03 section 7.3). */
export function frameworksFor({ frameworks, imports }: ImportCatalog, task: string): ChoosableFramework[] {
  const byCode = new Map(frameworks.map((framework) => [framework.code, framework]));
  return imports
    .filter((row) => row.task === task || row.task === "*")
    .flatMap((row) => row.frameworks.map((code) => ({ framework: byCode.get(code), row })))
    .filter((entry): entry is ChoosableFramework => entry.framework !== undefined);
}

/** Tasks that take imported models, each once; a row for any task adds none. */
export const importTasks = ({ imports }: ImportCatalog): string[] => [...new Set(imports.map((row) => row.task).filter((task) => task !== "*"))];

const PICTURE_TASKS = new Set(["image_classification", "object_detection"]);

/** Settings of pictures belong to models that answer by the task's API and are not from here. */
export function needsPicture({ framework, row }: ChoosableFramework, task: string): boolean {
  return PICTURE_TASKS.has(task) && row.contract === "task" && framework.code !== "openbml";
}

export const DEFAULT_PICTURE: PictureInput = { size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channels: "rgb", layout: "chw", resize: "cover" };

export interface ImportValues {
  readonly framework: string;
  readonly way: "files" | "s3";
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly s3Uri: string;
  readonly description: string;
  readonly modelFile: string;
  readonly codeFile: string;
  readonly labelsFile: string;
  readonly picture: PictureInput | null;
}

/** What is left empty is the platform's to find out. */
export function importRequest(values: ImportValues): NewModelImport {
  const named = (name: "description" | "model_file" | "code_file" | "labels_file", value: string) => (value.trim() === "" ? {} : { [name]: value.trim() });
  return {
    framework: values.framework,
    ...(values.way === "s3" ? { files: [], s3_uri: values.s3Uri.trim() } : { files: values.files.map(({ name, size }) => ({ name, size_bytes: size })) }),
    ...named("description", values.description),
    ...named("model_file", values.modelFile),
    ...named("code_file", values.codeFile),
    ...named("labels_file", values.labelsFile),
    ...(values.picture ? { picture: values.picture } : {}),
  };
}

export type ImportFault = "noFiles" | "noAddress" | "noCode" | "twice";

export const S3_ADDRESS = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/;

/** What the platform would refuse at once. */
export function importFault(values: ImportValues, serviceCode: Framework["service_code"]): ImportFault | null {
  if (values.way === "s3") return S3_ADDRESS.test(values.s3Uri.trim()) ? null : "noAddress";
  if (values.files.length === 0) return "noFiles";
  if (new Set(values.files.map((file) => file.name)).size < values.files.length) return "twice";
  return serviceCode !== "none" && !values.files.some((file) => file.name.endsWith(".py")) ? "noCode" : null;
}

/** `deploy/model.pt` of a chosen folder keeps its place below the folder; a single file its name. */
export function nameInModel(file: { readonly name: string; readonly webkitRelativePath?: string }): string {
  const path = file.webkitRelativePath ?? "";
  return path.includes("/") ? path.slice(path.indexOf("/") + 1) : file.name;
}
