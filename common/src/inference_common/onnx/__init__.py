"""Networks as ONNX Runtime runs them: read from their file, or made of the library's own and held to it."""
