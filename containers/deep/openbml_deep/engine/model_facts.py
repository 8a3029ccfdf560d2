"""What a model's manifest says about how it was made."""

import onnx
import onnxruntime
import PIL
import timm
import torch


def framework_versions() -> dict[str, str]:
    return {
        "torch": torch.__version__,
        "timm": timm.__version__,
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "pillow": PIL.__version__,
    }
