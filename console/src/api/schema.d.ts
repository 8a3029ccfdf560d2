/* The control API as docs/reference/contracts.md states it. `npm run generate` replaces this file from openapi.json. */

type Id = number;
type Json<T> = { content: { "application/json": T } };
type Ok<T, S extends number = 200> = { responses: { [K in S]: { headers: { [name: string]: unknown } } & Json<T> } };
type Body<T> = { requestBody: Json<T> };
type NoBody = { requestBody?: never };
type Query<Q> = { parameters: { query?: Q } };
type Paging = { limit?: number; cursor?: string | null };
type Page<T> = { items: T[]; next_cursor: string | null };
type Path<P extends string> = { parameters: { path: { [K in P]: Id } } };
type WithPath<P extends string, Ops> = { [M in keyof Ops]: Ops[M] & Path<P> };
type PageOf<T, Q = object> = NoBody & Query<Paging & Q> & Ok<Page<T>>;

type P = "project_id";
type D = P | "dataset_id";
type V = D | "version_number";

export interface components {
  schemas: {
    Tokens: { access_token: string; id_token: string; refresh_token?: string | null; expires_in: number };
    Challenge: { challenge: "NEW_PASSWORD_REQUIRED"; session: string };
    Me: {
      user_id: Id;
      account_id: Id;
      email: string;
      is_owner: boolean;
      paid_billing: boolean;
      projects: { project_id: Id; name: string; permissions: string[] }[];
    };
    Project: { project_id: Id; name: string; created_at: string };
    Application: { app_id: Id; name: string; description: string; api_key: string; secret_key: string; created_at: string };
    Dataset: {
      dataset_id: Id;
      name: string;
      data_type: string;
      annotation_type: string;
      template: string;
      state: string;
      created_at: string;
      latest_version: number;
      sample_count: number;
      labelled_count: number;
    };
    DatasetVersion: { dataset_id: Id; version_number: number; state: string; sample_count: number; labelled_count: number; created_at: string };
    Upload: { upload_id: string; part_size_bytes: number; part_count: number; parts: components["schemas"]["PartUrl"][] };
    PartUrl: { part_number: number; url: string };
    StoredPart: { part_number: number; etag: string; size_bytes: number };
    Import: {
      import_id: Id;
      state: "uploading" | "planning" | "importing" | "finished" | "failed" | "cancelled";
      filename: string;
      size_bytes: number;
      progress: { entries_total: number; entries_done: number };
      counts: { accepted: number; duplicate: number; rejected: number; ignored: number; unlabelled: number };
      failure: { reason: string; message: string } | null;
      created_at: string;
      finished_at: string | null;
      upload?: components["schemas"]["Upload"] | null;
    };
    ImportProblem: { file: string; reason: string; message: string };
    Label: { name: string; sample_count: number };
    Sample: {
      sample_id: Id;
      name: string;
      labels: { name: string }[];
      width: number;
      height: number;
      size_bytes: number;
      sha256: string;
      thumbnail_url: string;
      image_url?: string | null;
    };
    HyperParameter: {
      name: string;
      task: string;
      type: "integer" | "number" | "choice" | "text" | "json";
      minimum?: number | null;
      maximum?: number | null;
      choices?: string[];
      default: number | string | null;
      label_en: string;
      label_zh: string;
      help_en: string;
      help_zh: string;
      advanced: boolean;
    };
    Machine: { code: string; label: string; cpu: number; memory_gb: number; gpu: string | null; gpu_memory_gb: number; price: string; unit: string; needs_paid_billing: boolean };
    TrainingCatalog: {
      tasks: { code: string; direction: string; [key: string]: unknown }[];
      networks: { [key: string]: unknown }[];
      hyper_parameters: components["schemas"]["HyperParameter"][];
      machines: components["schemas"]["Machine"][];
    };
    Experiment: { experiment_id: Id; name: string; direction: string; task_type: string; description?: string | null; created_at: string };
    DataSelection: { dataset_id: Id; version_number: number; labels?: string[] | null };
    RunRequest: {
      training_data: components["schemas"]["DataSelection"][];
      evaluation_data?: components["schemas"]["DataSelection"][] | null;
      network: string;
      hyper_parameters: { [name: string]: string | number };
      machine_type: string;
      node_count: number;
      max_training_minutes: number;
      remark?: string | null;
      weights?: string | null;
    };
    Run: {
      run_id: Id;
      experiment_id: Id;
      version_number: number;
      state: "preparing" | "queued" | "running" | "stopping" | "succeeded" | "failed" | "stopped";
      stage: string | null;
      network: string;
      hyper_parameters: { [name: string]: unknown };
      machine_type: string;
      node_count: number;
      training_data: components["schemas"]["DataSelection"][];
      evaluation_data?: components["schemas"]["DataSelection"][] | null;
      labels?: string[] | null;
      snapshot_id?: string | null;
      created_at: string;
      started_at: string | null;
      finished_at: string | null;
      training_seconds: number | null;
      progress: { epoch: number; epochs: number | null } | null;
      metrics: { [name: string]: number } | null;
      failure: { fault: string; message: string } | null;
      cost_estimate: string | null;
      remark?: string | null;
    };
    RunMetrics: { epochs?: { [name: string]: unknown }[] };
    RunLogs: { items: { at?: string; message: string }[]; next_after?: string | null };
    Report: { [key: string]: unknown };
    Model: { model_id: Id; name: string; task_type: string; description?: string | null; created_at: string; latest_version?: number | null };
    ModelVersion: {
      model_id: Id;
      version_number: number;
      run_id: Id;
      state: string;
      task_type: string;
      network: string;
      labels: string[];
      metrics: { [name: string]: unknown };
      recommended_threshold: number | null;
      onnx: { max_abs_diff: number; tolerance: number; opset: number; sha256: string } | null;
      lineage: {
        snapshot_id: string;
        dataset_versions: { dataset_id: Id; version_number: number }[];
        code_digest: string;
        image_digest: string;
        hyper_parameters: { [name: string]: unknown };
      } | null;
      created_at: string;
      size_bytes: number | null;
    };
    Service: {
      service_id: Id;
      name: string;
      suffix: string;
      url: string;
      model_id: Id;
      model_version: number;
      machine_type: string;
      compute_units: number;
      instances: number;
      state: "deploying" | "running" | "updating" | "stopping" | "stopped" | "failed";
      failure: { fault?: string; message: string } | null;
      price_per_hour: string;
      created_at: string;
      running_since: string | null;
    };
    ServiceCall: { log_id?: number | string; at?: string; error_code?: number | null; duration_ms?: number; [key: string]: unknown };
    BillItem: {
      module: string;
      machine: string;
      resource_type: string;
      resource_id: Id;
      resource_name: string;
      billed_minutes: number | string;
      free_minutes: number | string;
      amount: string;
    };
    Bill: {
      currency: string;
      month: string;
      total: string;
      items: components["schemas"]["BillItem"][];
      accruing: components["schemas"]["BillItem"][];
      allowances: { module: string; machine: string; free_minutes: number | string; used_minutes: number | string }[];
    };
    LedgerEntry: {
      usage_id: string;
      module: string;
      machine: string;
      resource_type: string;
      resource_id: Id;
      resource_name: string;
      billed_minutes: number | string;
      free_minutes: number | string;
      amount: string;
      recorded_at: string;
    };
    Price: { module: string; machine: string; unit: string; price: string; free_hours: number; needs_paid_billing: boolean };
    Ticket: { ticket: string; url: string; expires_in: number };
  };
}
type S = components["schemas"];

export interface paths {
  "/v1/identity/sessions": { post: Body<{ email: string; password: string }> & Ok<S["Tokens"] | S["Challenge"]> };
  "/v1/identity/sessions/password": { post: Body<{ email: string; new_password: string; session: string }> & Ok<S["Tokens"]> };
  "/v1/identity/sessions/refresh": { post: Body<{ refresh_token: string }> & Ok<S["Tokens"]> };
  "/v1/identity/me": { get: NoBody & Ok<S["Me"]> };
  "/v1/identity/account": { patch: Body<{ paid_billing: boolean }> & Ok<unknown> };
  "/v1/identity/projects": { get: PageOf<S["Project"]>; post: Body<{ name: string; description: string }> & Ok<S["Project"], 201> };
  "/v1/identity/applications": {
    get: PageOf<S["Application"]>;
    post: Body<{ name: string; description: string }> & Ok<S["Application"], 201>;
  };
  "/v1/identity/applications/{app_id}": WithPath<"app_id", { delete: NoBody & Ok<unknown> }>;
  "/v1/datasets/projects/{project_id}/datasets": WithPath<P, {
    get: PageOf<S["Dataset"], { name?: string }>;
    post: Body<{ name: string; data_type: string; annotation_type: string; template: string }> & Ok<S["Dataset"], 201>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}": WithPath<D, { get: NoBody & Ok<S["Dataset"]>; delete: NoBody & Ok<unknown> }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions": WithPath<D, { get: PageOf<S["DatasetVersion"]> }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}": WithPath<V, { get: NoBody & Ok<S["DatasetVersion"]> }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports": WithPath<V, {
    get: PageOf<S["Import"]>;
    post: Body<{ filename: string; size_bytes: number; annotation_format: "json" }> & Ok<S["Import"], 201>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports/{import_id}": WithPath<V | "import_id", {
    get: NoBody & Ok<S["Import"]>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports/{import_id}/part-urls": WithPath<V | "import_id", {
    post: Body<{ part_numbers: number[] }> & Ok<{ items: S["PartUrl"][] }>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports/{import_id}/parts": WithPath<V | "import_id", {
    get: NoBody & Ok<{ items: S["StoredPart"][] }>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports/{import_id}/complete": WithPath<V | "import_id", {
    post: Body<{ parts: { part_number: number; etag: string }[] }> & Ok<S["Import"], 202>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports/{import_id}/cancel": WithPath<V | "import_id", {
    post: NoBody & Ok<S["Import"]>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/imports/{import_id}/problems": WithPath<V | "import_id", {
    get: PageOf<S["ImportProblem"]>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/labels": WithPath<V, { get: PageOf<S["Label"]> }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/samples": WithPath<V, {
    get: PageOf<S["Sample"], { label?: string; annotation_state?: "labelled" | "unlabelled" }>;
  }>;
  "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}/samples/{sample_id}": WithPath<V | "sample_id", {
    get: NoBody & Ok<S["Sample"]>;
  }>;
  "/v1/training/catalog": { get: NoBody & Ok<S["TrainingCatalog"]> };
  "/v1/training/projects/{project_id}/experiments": WithPath<P, {
    get: PageOf<S["Experiment"]>;
    post: Body<{ name: string; direction: string; task_type: string; description?: string | null }> & Ok<S["Experiment"], 201>;
  }>;
  "/v1/training/projects/{project_id}/experiments/{experiment_id}": WithPath<P | "experiment_id", { get: NoBody & Ok<S["Experiment"]> }>;
  "/v1/training/projects/{project_id}/experiments/{experiment_id}/runs": WithPath<P | "experiment_id", {
    get: PageOf<S["Run"]>;
    post: Body<S["RunRequest"]> & Ok<S["Run"], 201>;
  }>;
  "/v1/training/projects/{project_id}/runs/{run_id}": WithPath<P | "run_id", { get: NoBody & Ok<S["Run"]> }>;
  "/v1/training/projects/{project_id}/runs/{run_id}/stop": WithPath<P | "run_id", { post: NoBody & Ok<S["Run"], 202> }>;
  "/v1/training/projects/{project_id}/runs/{run_id}/metrics": WithPath<P | "run_id", { get: NoBody & Ok<S["RunMetrics"]> }>;
  "/v1/training/projects/{project_id}/runs/{run_id}/logs": WithPath<P | "run_id", { get: NoBody & Query<{ after?: string }> & Ok<S["RunLogs"]> }>;
  "/v1/training/projects/{project_id}/runs/{run_id}/report": WithPath<P | "run_id", { get: NoBody & Ok<S["Report"]> }>;
  "/v1/models/projects/{project_id}/models": WithPath<P, {
    get: PageOf<S["Model"]>;
    post: Body<{ name: string; task_type: string; description?: string | null }> & Ok<S["Model"], 201>;
  }>;
  "/v1/models/projects/{project_id}/models/{model_id}": WithPath<P | "model_id", { get: NoBody & Ok<S["Model"]> }>;
  "/v1/models/projects/{project_id}/models/{model_id}/versions": WithPath<P | "model_id", {
    get: PageOf<S["ModelVersion"]>;
    post: Body<{ run_id: Id; description?: string | null }> & Ok<S["ModelVersion"], 201>;
  }>;
  "/v1/models/projects/{project_id}/models/{model_id}/versions/{version_number}": WithPath<P | "model_id" | "version_number", {
    get: NoBody & Ok<S["ModelVersion"]>;
  }>;
  "/v1/services/projects/{project_id}/services": WithPath<P, {
    get: PageOf<S["Service"]>;
    post: Body<{
      name: string;
      suffix: string;
      model_id: Id;
      model_version: number;
      machine_type: "SVC_CPU";
      compute_units: number;
      instances: number;
    }> &
      Ok<S["Service"], 202>;
  }>;
  "/v1/services/projects/{project_id}/services/{service_id}": WithPath<P | "service_id", {
    get: NoBody & Ok<S["Service"]>;
    patch: Body<{ compute_units?: number; instances?: number; model_version?: number }> & Ok<S["Service"], 202>;
    delete: NoBody & Ok<unknown>;
  }>;
  "/v1/services/projects/{project_id}/services/{service_id}/stop": WithPath<P | "service_id", { post: NoBody & Ok<S["Service"], 202> }>;
  "/v1/services/projects/{project_id}/services/{service_id}/restart": WithPath<P | "service_id", { post: NoBody & Ok<S["Service"], 202> }>;
  "/v1/services/projects/{project_id}/services/{service_id}/calls": WithPath<P | "service_id", { get: PageOf<S["ServiceCall"]> }>;
  "/v1/metering/prices": { get: NoBody & Ok<{ currency: string; prices: S["Price"][] }> };
  "/v1/metering/bill": { get: NoBody & Query<{ month?: string }> & Ok<S["Bill"]> };
  "/v1/metering/ledger": { get: PageOf<S["LedgerEntry"]> };
  "/v1/live/tickets": { post: Body<{ project_id: Id }> & Ok<S["Ticket"], 201> };
}
