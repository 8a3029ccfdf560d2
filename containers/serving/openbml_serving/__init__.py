"""Real-time inference of exported models: ONNX Runtime behind bare ASGI, no torch."""
