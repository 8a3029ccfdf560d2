/** Tasks whose models a repository holds (spec 03 section 7.1, spec 08). */
export const MODEL_TASKS = [
  "image_classification",
  "image_classification_multi_label",
  "object_detection",
  "instance_segmentation",
  "semantic_segmentation",
  "text_classification",
  "text_classification_multi_label",
  "short_text_matching",
  "sequence_labelling",
  "entity_extraction",
  "tabular_prediction",
  "ocr",
  "audio_classification",
  "general",
] as const;
