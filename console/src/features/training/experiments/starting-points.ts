/** The manual's scenarios as starting points of an experiment (spec 03 section 2.1), with the task that usually answers them. */
export const STARTING_POINTS = [
  { code: "site_safety", task: "object_detection" },
  { code: "quality_inspection", task: "instance_segmentation" },
  { code: "image_tagging", task: "image_classification_multi_label" },
  { code: "medical_research", task: "image_classification" },
  { code: "image_moderation", task: "image_classification" },
  { code: "precision_marketing", task: "tabular_prediction" },
  { code: "credit_scoring", task: "tabular_prediction" },
  { code: "churn_prediction", task: "tabular_prediction" },
  { code: "price_prediction", task: "tabular_prediction" },
  { code: "land_cover", task: "semantic_segmentation" },
] as const;

export type StartingPoint = (typeof STARTING_POINTS)[number]["code"];
