/** The main job step by step, and how far a project has come. */

export interface Progress {
  readonly datasets: number;
  readonly samples: number;
  readonly experiments: number;
  readonly models: number;
  readonly services: number;
  readonly runningServices: number;
  readonly applications: number;
}

export type StepName = "dataset" | "import" | "train" | "publish" | "deploy" | "application" | "predict";

export interface Step {
  readonly name: StepName;
  readonly done: boolean;
  readonly current: boolean;
}

/** A model exists only after a run succeeded, so it ticks the training too. The last step stays open: try it any time. */
export function spineSteps(progress: Progress): Step[] {
  const done: Record<StepName, boolean> = {
    dataset: progress.datasets > 0,
    import: progress.samples > 0,
    train: progress.models > 0 || progress.experiments > 0,
    publish: progress.models > 0,
    deploy: progress.services > 0,
    application: progress.applications > 0,
    predict: false,
  };
  const names = Object.keys(done) as StepName[];
  const current = names.find((name) => !done[name]);
  return names.map((name) => ({ name, done: done[name], current: name === current }));
}
