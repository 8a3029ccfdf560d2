"""A SavedModel with two signatures: make.py FOLDER"""

import json
import sys
from pathlib import Path

import tensorflow as tf

folder = Path(sys.argv[1])


class Scaled(tf.Module):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], tf.float32, name="inputs"),
            tf.TensorSpec([], tf.float32, name="keep_prob"),
        ]
    )
    def predict(self, inputs, keep_prob):
        return {"scores": inputs * keep_prob}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def plus_one(self, x):
        return {"y": x + 1}


model = Scaled()
tf.saved_model.save(
    model, str(folder), signatures={"predict": model.predict, "serving_default": model.plus_one}
)
manifest = {
    "format": "openbml.framework-model/1",
    "framework": "tensorflow",
    "task": "general",
    "contract": "framework",
}
(folder / "framework.json").write_text(json.dumps(manifest, indent=1))
