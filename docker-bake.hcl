# Written by `./manage.py generate` from docker_images/; do not edit.
# `docker buildx bake LIB` builds one image, `docker buildx bake` all of them; what they stand on comes along.
variable "PREFIX" {
  default = ""
}
variable "TAG" {
  default = "latest"
}
# Platforms to build for, with commas; empty: this machine's own.
variable "PLATFORMS" {
  default = ""
}
variable "PYTHON_IMAGE" {
  default = null
}
variable "WHEELS" {
  default = null
}
variable "TORCH_BACKEND" {
  default = null
}
variable "SOURCE" {
  default = null
}
variable "DOCUMENTATION" {
  default = null
}
variable "REVISION" {
  default = null
}
variable "CREATED" {
  default = null
}
variable "VERSION" {
  default = "0.1.0"
}
group "default" {
  targets = ["asteroid", "hibari", "sentence-transformers", "sentence-transformers-onnx", "speechbrain", "timm", "transformers"]
}
target "_labels" {
  labels = {
    "org.opencontainers.image.base.name" = PYTHON_IMAGE == null ? "python:3.11-slim-bookworm" : PYTHON_IMAGE
    "org.opencontainers.image.base.digest" = PYTHON_IMAGE == null ? "sha256:0a310eeecf4e1f5a0743f9a6520c90c88d089c903ca5fd283f501e3a805f5f89" : null
    "org.opencontainers.image.source" = SOURCE
    "org.opencontainers.image.documentation" = DOCUMENTATION
    "org.opencontainers.image.revision" = REVISION
    "org.opencontainers.image.created" = CREATED
    "org.opencontainers.image.version" = VERSION
  }
}
target "base" {
  context = "common"
  target = "base"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
  platforms = compact(split(",", PLATFORMS))
}
target "common" {
  context = "common"
  target = "common"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
  platforms = compact(split(",", PLATFORMS))
}
target "tools" {
  context = "common"
  target = "tools"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
  platforms = compact(split(",", PLATFORMS))
}
target "torch" {
  context = "common"
  target = "torch"
  args = {
    PYTHON_IMAGE = PYTHON_IMAGE
    WHEELS = WHEELS
    TORCH_BACKEND = TORCH_BACKEND
  }
  platforms = compact(split(",", PLATFORMS))
}
target "asteroid" {
  inherits = ["_labels"]
  context = "docker_images/asteroid"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-asteroid"
    "org.opencontainers.image.description" = "Inference API for models of asteroid"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-asteroid:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
target "hibari" {
  inherits = ["_labels"]
  context = "docker_images/hibari"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-base = "target:base"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-hibari"
    "org.opencontainers.image.description" = "Inference API for models of hibari"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-hibari:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
target "sentence-transformers" {
  inherits = ["_labels"]
  context = "docker_images/sentence_transformers"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-sentence-transformers"
    "org.opencontainers.image.description" = "Inference API for models of sentence-transformers"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-sentence-transformers:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
target "sentence-transformers-onnx" {
  inherits = ["_labels"]
  context = "docker_images/sentence_transformers"
  dockerfile = "onnx/Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-base = "target:base"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-sentence-transformers-onnx"
    "org.opencontainers.image.description" = "Inference API for models of sentence-transformers-onnx"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-sentence-transformers-onnx:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
target "speechbrain" {
  inherits = ["_labels"]
  context = "docker_images/speechbrain"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-speechbrain"
    "org.opencontainers.image.description" = "Inference API for models of speechbrain"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-speechbrain:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
target "timm" {
  inherits = ["_labels"]
  context = "docker_images/timm"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-timm"
    "org.opencontainers.image.description" = "Inference API for models of timm"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-timm:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
target "transformers" {
  inherits = ["_labels"]
  context = "docker_images/transformers"
  dockerfile = "Dockerfile"
  contexts = {
    inference-tools = "target:tools"
    inference-common = "target:common"
    inference-torch = "target:torch"
  }
  labels = {
    "org.opencontainers.image.title" = "inference-transformers"
    "org.opencontainers.image.description" = "Inference API for models of transformers"
    "org.opencontainers.image.licenses" = "Apache-2.0"
  }
  tags = ["${PREFIX}inference-transformers:${TAG}"]
  platforms = compact(split(",", PLATFORMS))
}
