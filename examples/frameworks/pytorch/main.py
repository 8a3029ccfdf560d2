"""Service code of a PyTorch model: the three functions that the manual asks for."""

import torch


def model_fn(model_dir):
    model = torch.nn.Linear(2, 3)
    model.load_state_dict(torch.load(f"{model_dir}/model.pkl"))
    return model


def input_fn(request):
    """Make the model's input of the call's JSON, whose form is up to this function."""
    return torch.tensor([instance["data"] for instance in request["instances"]], dtype=torch.float32)


def output_fn(predict_result):
    """Make `result` of what the model gave."""
    return {"scores": torch.softmax(predict_result, dim=1).tolist()}
