"""Real-time inference of exported models: ONNX Runtime behind an HTTP server of the kit, no torch."""
