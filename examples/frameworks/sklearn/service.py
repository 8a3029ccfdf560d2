"""Service code of a scikit-learn model: the two classes that the manual asks for."""

import pickle

import numpy as np


class CustomException(RuntimeError):  # noqa: N818 - the contract's name
    """Its code and message are what the caller of the service reads."""

    def __init__(self, error_code, message, orig_error=None):
        super().__init__(message)
        self.error_code = error_code
        self.orig_error = orig_error


class PredictWrapper:
    def __init__(self, model_path, use_gpu, logger):
        with open(model_path + "/model.pkl", "rb") as file:  # noqa: PTH123 - a path as the contract gives it
            self.model = pickle.load(file)  # noqa: S301 - one's own model

    def preprocess(self, request_body):
        """Return the model's input, further arguments of predict, and what postprocess shall know."""
        if "features" not in request_body:
            raise CustomException(336006, "Missing required parameter")
        try:
            return np.array(request_body["features"], dtype=float), {}, {}
        except (TypeError, ValueError) as error:
            raise CustomException(336005, "Failed decoding input", error) from error

    def predict(self, data, infer_args):
        return self.model.predict(data, **infer_args)

    def postprocess(self, infer_result, request_context):
        return {"categories": infer_result.tolist()}
